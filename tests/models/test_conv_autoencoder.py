"""The convolutional autoencoder and the convolutional VAE: shapes for all sizes, parameters by hand, better than PCA at equal codes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigen import nn, optim, random, tensor
from minigen.autograd import grad, no_grad
from minigen.data import batches, mnist
from minigen.models import PCA, VAE, ConvAutoencoder, GaussianVAE
from minigen.models.conv_autoencoder import conv_decoder, conv_encoder, halvings
from minigen.random import new_generator


def images(n, *shape):
    return tensor(new_generator(0).random((n, math.prod(shape)), np.float32))


@settings(max_examples=20)
@given(height=st.integers(3, 30), width=st.integers(3, 30), depth=st.integers(0, 2))
def test_every_size_comes_back(height, width, depth):
    shape, channels = (height, width), (3, 2)[:depth] or (3,)
    model = ConvAutoencoder(shape, 4, channels)
    x = images(2, *shape)
    z = model.encode(x)
    assert z.shape == (2, 4)
    y = model.reconstruct(x)
    assert (y.shape, y.dtype) == (x.shape, np.float32)
    assert 0 < y.data.min() <= y.data.max() < 1
    np.testing.assert_allclose(model.loss(x).data, ((x - y) ** 2).sum(axis=1).data, rtol=1e-6)


def test_the_plan_for_28_by_28():
    assert halvings((28, 28), (16, 32)) == [(28, 28), (14, 14), (7, 7)]
    assert halvings((25, 20), (1, 1, 1)) == [(25, 20), (13, 10), (7, 5), (4, 3)]
    encoder, decoder = conv_encoder((28, 28), 10), conv_decoder(10, (28, 28))
    assert encoder.num_parameters() == (9 + 1) * 16 + (9 * 16 + 1) * 32 + (32 * 49 + 1) * 10
    assert decoder.num_parameters() == (10 + 1) * 32 * 49 + (9 * 32) * 16 + 16 + 9 * 16 + 1
    x, seen = images(1, 28, 28), []
    for layer in encoder:
        x = layer(x)
        seen.append(x.shape[1:])
    assert seen == [(1, 28, 28), (16, 14, 14), (16, 14, 14), (32, 7, 7), (32, 7, 7), (32 * 49,), (10,)]


def test_the_image_is_seen_the_right_way_round():
    """Pixel (i, j) of the image is number i·W + j of the row: a convolution that picks pixels finds it there."""
    encoder = conv_encoder((4, 6), 6, (1,), activation=nn.Identity)
    with no_grad():
        for p in encoder.parameters():
            p.zero_()
        encoder[1].weight[0, 0, 1, 1] = 1  # keeps every second pixel of every second row
        encoder[-1].weight.copy_(np.eye(6, dtype=np.float32))
    x = np.arange(24, dtype=np.float32)
    np.testing.assert_array_equal(encoder(tensor(x[None])).data[0], x.reshape(4, 6)[::2, ::2].ravel())


@pytest.mark.parametrize("shape", [(2,), (3, 2), (2, 3, 2)])
def test_the_decoder_takes_any_number_of_axes_in_front(shape):
    decoder = conv_decoder(2, (5, 6), (3,))
    z = tensor(new_generator(1).standard_normal(shape, np.float32))
    rows = decoder(z.reshape(-1, 2)).data
    np.testing.assert_allclose(decoder(z).data, rows.reshape(*shape[:-1], 30), rtol=1e-6)


@pytest.mark.parametrize(
    ("vae", "planes"),
    [
        (lambda: VAE.convolutional((6, 5), (4,), 3), 1),
        (lambda: GaussianVAE.convolutional((6, 5), (4, 2), 3), 1),
        (lambda: GaussianVAE.convolutional((6, 5), (4,), 3, nn.Tanh, sigma="network"), 2),
    ],
    ids=["Bernoulli", "Gaussian", "σ from the decoder"],
)
def test_the_convolutional_vae_is_a_vae(vae, planes):
    vae, x = vae(), images(4, 6, 5)
    results = {
        "elbo": (vae.elbo(x), (4,)), "two draws": (vae.elbo(x, 2), (4,)), "importance": (vae.importance_log_prob(x, 3), (4,)),
        "encode": (vae.encode(x), (4, 3)), "decode": (vae.decode(vae.encode(x)), (4, 30)), "sample": (vae.sample(7), (7, 30)),
    }  # fmt: skip
    for what, (result, shape) in results.items():
        assert (result.shape, result.dtype) == (shape, np.float32), what
    assert vae.decoder(vae.encode(x)).shape == (4, planes * 30)
    for p in grad(vae.elbo(x).sum(), list(vae.parameters())):
        assert np.abs(p.data).sum() > 0


def test_a_network_that_gives_sigma_has_the_means_in_its_first_plane():
    vae, z = GaussianVAE.convolutional((6, 5), (4,), 3, sigma="network"), tensor(random.randn((4, 3)))
    both = vae.decoder(z).data.reshape(4, 2, 30)
    np.testing.assert_array_equal(vae.p(z).mean.data, both[:, 0])
    np.testing.assert_allclose(vae.p(z).stddev.data, np.exp(0.5 * both[:, 1]), rtol=1e-6)


@pytest.mark.parametrize("channels", [(2, 2, 2, 2), (1,) * 9])
def test_too_many_halvings_are_refused(channels):
    with pytest.raises(ValueError, match=r"an image \(5, 4\) can be halved 3 times, got (4|9) channels"):
        ConvAutoencoder((5, 4), 2, channels)


def test_it_beats_pca_with_as_many_numbers():
    """S13, in a few seconds: 3,000 digits, 6 numbers a code, the error on 300 others."""
    digits = mnist(full=False)[:3300].x
    x, unseen = tensor(digits[:3000]), tensor(digits[3000:])
    model = ConvAutoencoder((28, 28), 6, (8, 16))
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    stream = batches(x, 50).forever()
    for _ in range(300):
        loss = model.loss(next(stream)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ours, pca = (((unseen - m.reconstruct(unseen)) ** 2).sum(axis=1).mean().item() for m in (model, PCA(6).fit(x)))
    assert ours < 0.95 * pca
