"""The gradient penalty: against critics whose slope is known, to second order, and what it makes of a critic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import gradcheck, nn, optim, random, tensor
from minigen.autograd import grad
from minigen.models import WGANGP, dcgan
from minigen.models.wgan_gp import gradient_penalty
from minigen.random import new_generator
from minigen.tensor import Tensor

numbers = st.lists(st.floats(-3, 3), min_size=1, max_size=6).map(np.array)


def two_batches(n, *shape):
    g = new_generator(0)
    return (tensor(g.uniform(-1, 1, (n, *shape))) for _ in range(2))


@given(numbers)
def test_a_linear_critic_pays_for_the_length_of_its_weights(w):
    """S58: (‖w‖ − 1)², whatever the images, and the derivative 2 (‖w‖ − 1) w / ‖w‖."""
    weight = Tensor(w, requires_grad=True)
    penalty = gradient_penalty(lambda x: x @ weight, *two_batches(5, len(w)))
    length = np.linalg.norm(w)
    np.testing.assert_allclose(penalty.item(), (length - 1) ** 2, rtol=1e-9, atol=1e-12)
    expected = 2 * (length - 1) * w / length if length else 0 * w
    np.testing.assert_allclose(grad(penalty, weight)[0].data, expected, rtol=1e-9, atol=1e-9)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).map(np.array))
def test_each_pair_of_images_has_a_place_of_its_own_between_them(epsilon):
    """f(x) = ½ |x|² has the gradient x̂: its length is that of the image between, all pixels together."""
    real, fake = two_batches(3, 1, 2, 4)
    e = epsilon.reshape(3, 1, 1, 1)
    length = np.sqrt(((e * real.data + (1 - e) * fake.data) ** 2).sum(axis=(1, 2, 3)))
    penalty = gradient_penalty(lambda x: 0.5 * (x * x).sum(axis=(1, 2, 3)), real, fake, epsilon)
    np.testing.assert_allclose(penalty.item(), ((length - 1) ** 2).mean(), rtol=1e-12)


def test_places_are_drawn_uniformly_for_each_pair():
    random.manual_seed(0)
    seen = []
    gradient_penalty(lambda x: seen.append(x.data.copy()) or x.sum(axis=1), tensor(np.ones((4000, 2))), tensor(np.zeros((4000, 2))))
    places = seen[0]
    assert (places[:, 0] == places[:, 1]).all()
    np.testing.assert_allclose(np.quantile(places[:, 0], [0, 0.25, 0.5, 0.75, 1]), [0, 0.25, 0.5, 0.75, 1], atol=0.03)


@pytest.mark.parametrize("norm", [nn.Identity, nn.InstanceNorm2d])
def test_its_derivative_by_the_weights_of_a_convolutional_critic(norm):
    """The gradient of a gradient, through convolutions and a norm, against finite differences."""
    random.manual_seed(0)
    critic = dcgan.discriminator((16, 16), width=2, norm=norm, slope=0.2).to("float64")
    real, fake = two_batches(2, 1, 16, 16)
    epsilon = np.array([0.3, 0.8])
    layers = [m for m in critic if isinstance(m, (nn.Conv2d, nn.Linear))]

    def penalty(*weights):
        for layer, weight in zip(layers, weights, strict=True):
            layer.weight = weight
        return gradient_penalty(critic, real, fake, epsilon)

    gradcheck(penalty, [layer.weight.data.copy() for layer in layers])


def test_the_slope_that_a_linear_critic_is_left_with():
    """Descending −s d + λ (s − 1)², for two clouds at a distance d, a slope of s = 1 + d / 2λ is best: the penalty gives way a little."""
    random.manual_seed(0)
    model = WGANGP(nn.Identity(), nn.Linear(1, 1), 1, penalty=10.0)
    optimizer = optim.SGD(model.critic.parameters(), lr=0.02)
    for _ in range(150):
        z = random.randn((64, 1))
        model.noise = lambda n, z=z: tensor(z)
        loss = model.critic_loss(tensor(z + 3.0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert model.critic.weight.item() == pytest.approx(1 + 3 / 20, abs=1e-3)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: gradient_penalty(nn.Linear(2, 1), tensor(np.ones((3, 2))), tensor(np.ones((2, 2)))), r"got \(3, 2\) and \(2, 2\)"),
        (lambda: WGANGP(nn.Identity(), dcgan.discriminator(width=2), 1), "the critic has batch normalization.*InstanceNorm2d"),
    ],
)
def test_wrong_uses(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        wrong()
