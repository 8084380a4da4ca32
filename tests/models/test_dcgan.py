"""The DCGAN of the listings: shapes layer by layer, parameters, TensorFlow's padding, the two ways to start."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import nn, random, tensor
from minigen.models import DCGAN
from minigen.models.dcgan import dcgan_init, discriminator, generator, halved, same
from minigen.nn import functional as F
from minigen.random import new_generator
from tests.checking import values


@pytest.fixture(autouse=True)
def seed():
    random.manual_seed(0)


def trace(net, x):
    """The shapes behind each layer, without the batch."""
    shapes = []
    for layer in net:
        x = layer(x)
        shapes.append(x.shape[1:])
    return shapes


def test_shapes_of_the_listings_layer_by_layer():
    """S48, S49: the discriminator's images shrink to 14, 7 and 4; the book's comment says 3."""
    gan = DCGAN()
    up = trace(gan.generator, tensor(random.randn((2, 100))))
    assert up == [(12544,), (256, 7, 7), *[(128, 14, 14)] * 3, *[(64, 14, 14)] * 3, *[(1, 28, 28)] * 2]
    down = trace(gan.discriminator, tensor(random.randn((2, 1, 28, 28))))
    assert down == [*[(32, 14, 14)] * 2, *[(64, 7, 7)] * 3, *[(128, 4, 4)] * 3, (2048,), (1,)]


def test_parameters_of_the_listings():
    gan = DCGAN()
    count = [[layer.num_parameters() for layer in net if layer.num_parameters()] for net in (gan.generator, gan.discriminator)]
    assert count == [[1_266_944, 295_040, 256, 73_792, 128, 577], [320, 18_496, 128, 73_856, 256, 2_049]]
    assert {m.negative_slope for m in gan.modules() if isinstance(m, nn.LeakyReLU)} == {0.01}


@pytest.mark.parametrize("shape", [(28, 28), (25, 25), (28, 20), (9, 6), (32, 31)])
def test_any_image_shape(shape):
    gan = DCGAN(5, shape, width=2)
    assert gan.sample(3).shape == (3, 1, *shape)
    assert gan.discriminator(gan.sample(3)).shape == (3, 1)


@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 4))
def test_same_is_as_many_zeros_as_are_needed(n, kernel, stride):
    ((before, after),) = same((n,), kernel, stride)
    assert after - before in (0, 1)
    windows = lambda zeros: (n + zeros - kernel) // stride + 1  # noqa: E731
    needed = [zeros for zeros in range(kernel + 1) if windows(zeros) >= math.ceil(n / stride)]
    assert before + after == needed[0]


def test_same_is_tensorflows_not_pytorchs():
    """With stride 2 on four numbers TensorFlow's windows start at the first one, those of padding=1 before it."""
    x, ones = tensor([[[[1.0, 2.0, 3.0, 4.0]]]]), tensor(np.ones((1, 1, 1, 3), np.float32))
    assert F.conv2d(x, ones, None, (1, 2), (0, same((4,))[0])).data.ravel().tolist() == [6, 7]
    assert F.conv2d(x, ones, None, (1, 2), (0, 1)).data.ravel().tolist() == [3, 9]


@given(st.tuples(st.integers(3, 9), st.integers(3, 9)))
def test_enlarging_is_the_adjoint_of_halving(size):
    """⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩ with the layers' own padding, for even and odd sizes."""
    w, x = values(0, (2, 3, 3, 3)), values(1, (1, 3, *size))
    y = values(2, (1, 2, *halved(size)))
    conv, up = F.conv2d(x, w, None, 2, same(size)), F.conv_transpose2d(y, w, None, 2, same(size))
    np.testing.assert_allclose((conv * y).sum(), (x * up).sum(), rtol=1e-9, atol=1e-12)


def test_the_two_ways_to_start():
    gan = DCGAN(width=32)
    weight = gan.generator[2].weight  # 3×3 kernels: fan in and out are nine times the channels
    limit = math.sqrt(6 / (9 * (128 + 64)))
    assert 0.999 * limit < np.abs(weight.data).max() <= limit
    assert dcgan_init(gan) is gan
    np.testing.assert_allclose(weight.data.std(), 0.02, rtol=0.02)
    norm = gan.generator[6].weight.data
    assert abs(norm.mean() - 1) < 0.02
    assert 0.01 < norm.std() < 0.03
    assert all((p.data == 0).all() for name, p in gan.named_parameters() if name.endswith("bias"))


def test_another_norm_and_none():
    """Only a network without batch norm judges each image by itself."""
    x = tensor(new_generator(0).uniform(-1, 1, (4, 1, 28, 28)), dtype=np.float32)
    for norm, alone in ((nn.BatchNorm2d, False), (nn.InstanceNorm2d, True), (nn.Identity, True)):
        net = discriminator(width=4, norm=norm, outputs=3)
        assert net(x).shape == (4, 3)
        assert np.allclose(net(x).data[:1], net(x[:2]).data[:1], rtol=1e-4) == alone
        assert sum(isinstance(m, norm) for m in net.modules()) == 2
        assert sum(isinstance(m, norm) for m in generator(5, width=2, norm=norm).modules()) == 2
