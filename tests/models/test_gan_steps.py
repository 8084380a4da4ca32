"""The contract of all GANs: a player's step changes nothing of the other, and the model has samples but no density."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from minigen import nn, optim, random, tensor
from minigen.models import ACGAN, CGAN, DCGAN, GAN, LSGAN, SGAN, SNGAN, WGAN, WGANGP, CycleGAN, Pix2Pix, dcgan
from minigen.models.gan import gan_step
from minigen.random import new_generator


class Row(NamedTuple):
    """A model, who plays, and what their two steps descend: always first the discriminator, then the generator."""

    make: Callable
    shape: tuple  # of an image
    losses: tuple = ("discriminator_loss", "generator_loss")  # methods
    inputs: Callable = lambda x: ((x,), (len(x),))  # what they are called with, given real images
    players: Callable = lambda m: (m.discriminator, m.generator)  # the module that learns in each step; the other must not change
    sample: Callable = lambda m, n: m.sample(n)


def with_batch_norm():
    generator = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 6), nn.Tanh())
    discriminator = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.LeakyReLU(0.2), nn.Dropout(0.1), nn.Linear(8, 1))
    return GAN(generator, discriminator, 3)


def with_spectral_norm():
    model = with_batch_norm()
    model.discriminator = nn.Sequential(nn.spectral_norm(nn.Linear(6, 8)), nn.ReLU(), nn.spectral_norm(nn.Linear(8, 1)))
    return model


def networks(norm=nn.BatchNorm2d):
    """A generator and a discriminator for images of 13×16."""
    return dcgan.generator(3, (13, 16), width=4), dcgan.discriminator((13, 16), width=4, norm=norm)


def by_class(model, n):
    return model.sample(n, tensor(np.arange(n) % model.classes))


MODELS = {
    "GAN": Row(lambda: GAN.fully_connected(6, 5, 3), (6,)),
    "GAN with batch norm": Row(with_batch_norm, (6,)),
    "GAN with spectral norm": Row(with_spectral_norm, (6,)),
    "DCGAN": Row(lambda: DCGAN(3, (13, 16), width=4), (1, 13, 16)),
    "LSGAN": Row(lambda: LSGAN(*networks(), 3), (1, 13, 16)),
    "SNGAN": Row(lambda: SNGAN(*networks(nn.Identity), 3), (1, 13, 16)),
    "WGAN": Row(lambda: WGAN(*networks(), 3), (1, 13, 16), ("critic_loss", "generator_loss")),
    "WGAN-GP": Row(lambda: WGANGP(*networks(nn.InstanceNorm2d), 3), (1, 13, 16), ("critic_loss", "generator_loss")),
    "SGAN": Row(lambda: SGAN.convolutional(3, 5, (8, 7), 4), (1, 8, 7), inputs=lambda x: ((x, LABELS, LABELS != 1), (len(x),))),
    "CGAN": Row(lambda: CGAN.convolutional(3, 5, (8, 7), 4), (1, 8, 7), inputs=lambda x: ((x, LABELS), (len(x),)), sample=by_class),
    "ACGAN": Row(lambda: ACGAN.convolutional(3, 5, (8, 7), 4), (1, 8, 7), inputs=lambda x: ((x, LABELS), (len(x),)), sample=by_class),
}
TRANSLATORS = {  # they make images of images: without noise, without samples
    "Pix2Pix": Row(lambda: Pix2Pix.of_size(1, 1, 2, 2), (1, 9, 8), inputs=lambda x: ((x, -x), (x, -x))),
    "CycleGAN": Row(
        lambda: CycleGAN.of_size(1, 1, 2, 1, identity=0.5), (1, 8, 8), inputs=lambda x: ((x, -x), (x, -x)),
        players=lambda m: (m.discriminators, m.generators),
    ),
}  # fmt: skip
N = 4
LABELS = tensor(np.array([0, 2, 1, 1]))


@pytest.fixture(autouse=True)
def seed():
    random.manual_seed(0)


@pytest.fixture(params=MODELS)
def row(request):
    return MODELS[request.param]


@pytest.fixture(params=[*MODELS, *TRANSLATORS])
def any_row(request):
    return (MODELS | TRANSLATORS)[request.param]


def images(row, n=N):
    return tensor(new_generator(1).uniform(-1, 1, (n, *row.shape)).astype(np.float32))


def bytes_of(module):
    """Everything that training could change: weights, statistics, gradients, modes, flags."""
    state = {name: array.tobytes() for name, array in module.state_dict().items()}
    state |= {f"∇{name}": p.grad is not None and p.grad.data.tobytes() for name, p in module.named_parameters()}
    state |= {f"flag of {name}": p.requires_grad for name, p in module.named_parameters()}
    return state | {f"mode of {name}": m.training for name, m in module.named_modules()}


def step(row, model, turn):
    """One step of player ``turn`` (0: the discriminator, 1: the generator), as in an experiment; returns the loss."""
    loss = getattr(model, row.losses[turn])(*row.inputs(images(row))[turn])
    optimizer = optim.SGD(row.players(model)[turn].parameters(), lr=0.1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@pytest.mark.parametrize("turn", [0, 1], ids=["discriminator", "generator"])
def test_a_step_changes_every_weight_of_its_player_and_no_byte_of_the_other(any_row, turn):
    model = any_row.make()
    for p in model.parameters():
        p.grad = tensor(np.full(p.shape, 7, np.float32))  # gradients of an earlier step
    learner, watcher = any_row.players(model)[turn], any_row.players(model)[1 - turn]
    weights = {name: p.data.copy() for name, p in learner.named_parameters()}
    before = bytes_of(watcher)
    loss = step(any_row, model, turn)
    after = bytes_of(watcher)
    assert not [name for name in before if before[name] != after[name]]
    assert not [name for name, p in learner.named_parameters() if p.grad is None]
    assert not [n for n, p in learner.named_parameters() if n.endswith("weight") and (p.data == weights[n]).all()]
    assert loss.shape == ()
    assert loss.dtype == np.float32
    assert np.isfinite(loss.item())


def test_statistics_of_batches_follow_the_players_own_steps(any_row):
    """The discriminator sees a real and a generated batch in its step, the generator one batch in its own."""
    model = any_row.make()
    for turn, batches in enumerate((2, 1)):
        norms = [m for m in any_row.players(model)[turn].modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))]
        before = [m.num_batches_tracked.item() for m in norms]
        step(any_row, model, turn)
        assert [m.num_batches_tracked.item() - b for m, b in zip(norms, before, strict=True)] == [batches] * len(norms)


def test_each_step_draws_noise_of_its_own(row):
    model = row.make().eval()
    for turn, loss in enumerate(row.losses):
        a, b = (getattr(model, loss)(*row.inputs(images(row))[turn]).item() for _ in range(2))
        assert a != b
    random.manual_seed(3)
    a = row.sample(model, 5)
    random.manual_seed(3)
    np.testing.assert_array_equal(a.data, row.sample(model, 5).data)


def test_samples_are_images_and_drawing_them_changes_nothing(row):
    model = row.make()
    step(row, model, 1)
    before = bytes_of(model)
    x = row.sample(model, 5)
    assert bytes_of(model) == before
    assert x.shape == (5, *row.shape)
    assert x.dtype == np.float32
    assert not x.requires_grad
    assert np.abs(x.data).max() <= 1
    assert x.data.std(axis=0).max() > 0


def test_a_sample_does_not_depend_on_its_neighbours(row, monkeypatch):
    model = row.make()
    step(row, model, 1)
    z = random.randn((6, model.latent_dim))
    monkeypatch.setattr(model, "noise", lambda n: tensor(z[:n]))
    np.testing.assert_allclose(row.sample(model, 6).data[:2], row.sample(model, 2).data, rtol=1e-5, atol=1e-6)


def test_its_density_is_implicit(row):
    model = row.make()
    with pytest.raises(NotImplementedError, match=f"{type(model).__name__} has no log_prob: its density p\\(x\\) is implicit"):
        model.log_prob(images(row))


@pytest.mark.parametrize("make", [lambda: GAN.fully_connected(6, 5, 3), with_spectral_norm])
def test_the_algorithm_in_one_function_is_the_two_steps_of_the_model(make):
    x, states = images(MODELS["GAN"]), []
    for by_hand in (True, False):
        random.manual_seed(0)
        model = make()
        d_optimizer, g_optimizer = (optim.Adam(p.parameters(), lr=0.1) for p in (model.discriminator, model.generator))
        random.manual_seed(1)
        for _ in range(2):
            if by_hand:
                paid = []
                for loss, optimizer, given in ((model.discriminator_loss, d_optimizer, x), (model.generator_loss, g_optimizer, N)):
                    paid.append(loss(given))
                    optimizer.zero_grad()
                    paid[-1].backward()
                    optimizer.step()
            else:
                paid = gan_step(model.generator, model.discriminator, x, model.noise, d_optimizer, g_optimizer)
        states.append((bytes_of(model), [loss.item() for loss in paid]))
    assert states[0] == states[1]
