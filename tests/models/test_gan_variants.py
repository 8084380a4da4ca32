"""SGAN, CGAN, ACGAN: two tasks for one network, pairs of image and label, a head for the class; the losses by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import nn, random, tensor
from minigen.autograd import grad, no_grad
from minigen.gradcheck import gradcheck
from minigen.models import ACGAN, CGAN, DCGAN, SGAN
from minigen.models.cgan import ConditionalDiscriminator, ConditionalGenerator, condition
from minigen.models.sgan import real_logit, sgan_loss, supervised_loss
from minigen.random import new_generator
from tests.checking import few

N, K = 6, 4
sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731


@pytest.fixture(autouse=True)
def seed():
    random.manual_seed(0)


def normal(seed, *shape):
    return new_generator(seed).standard_normal(shape)


# --- SGAN ---------------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**31), st.integers(1, 5), st.sampled_from([1.0, 30.0]))
def test_real_is_every_class_but_the_fake(seed, classes, scale):
    """S53: D(x) = 1 − 1 / (1 + Σ eᵃ), which is the softmax of K + 1 logits, that of the fake being 0, without its last entry."""
    a = scale * normal(seed, N, classes)
    d = sigmoid(real_logit(tensor(a)).data)[:, 0]
    np.testing.assert_allclose(d, 1 - 1 / (1 + np.exp(a).sum(axis=1)), rtol=1e-9, atol=1e-12)
    with_fake = tensor(np.concatenate([a, np.zeros((N, 1))], axis=1)).softmax(axis=1).data
    np.testing.assert_allclose(1 - d, with_fake[:, -1], atol=1e-9)


def test_real_logit_does_not_overflow():
    np.testing.assert_allclose(real_logit(tensor(np.float32([[1000, 1000], [-1000, -999]]))).data, [[1000 + math.log(2)], [-998.6867]])


@few
@given(st.integers(0, 2**31))
def test_sgan_loss_by_hand(seed):
    g = new_generator(seed)
    a, fake, y, known = normal(seed, N, K), normal(seed + 1, 5, K), g.integers(0, K, N), g.random(N) < 0.5
    p = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
    classes = -np.log(p[np.arange(N), y])[known].mean() if known.any() else 0
    real, unreal = (1 - 1 / (1 + np.exp(b).sum(axis=1)) for b in (a, fake))
    expected = classes - np.log(real).mean() - np.log(1 - unreal).mean()
    hidden = tensor(np.where(known, y, -1))  # what stands in the other rows counts nowhere
    np.testing.assert_allclose(sgan_loss(tensor(a), hidden, tensor(known), tensor(fake)).item(), expected, rtol=1e-9)
    gradcheck(lambda a, fake: sgan_loss(a, hidden, tensor(known), fake), [a, fake])


def test_unlabelled_rows_give_no_class_gradient():
    """An image without a label pulls at the classes only along softmax(a), that is as "one of them"."""
    a, known = tensor(normal(0, N, K), requires_grad=True), tensor(np.arange(N) % 2 == 0)
    (g,) = grad(supervised_loss(a, tensor(np.arange(N) % K), known), [a])
    np.testing.assert_array_equal(g.data[1::2], 0)
    assert (np.abs(g.data[::2]) > 0).all()
    (g,) = grad(sgan_loss(a, tensor(np.arange(N) % K), known, tensor(normal(1, N, K))), [a])
    as_one = -(1 - sigmoid(real_logit(a).data)) * a.softmax(axis=1).data / N
    np.testing.assert_allclose(g.data[1::2], as_one[1::2], rtol=1e-9)
    assert (np.abs(g.data - as_one)[::2] > 1e-3).all()


def test_without_labels_it_is_a_gan():
    a, nothing = tensor(normal(0, N, K), requires_grad=True), tensor(np.zeros(N, bool))
    loss = supervised_loss(a, tensor(np.full(N, -1)), nothing)
    assert loss.item() == 0
    np.testing.assert_array_equal(grad(loss, [a])[0].data, 0)


def test_with_one_class_its_logit_is_the_discriminators():
    a = tensor(normal(0, N, 1))
    np.testing.assert_array_equal(real_logit(a).data, a.data)


def test_sgan_names_the_largest_logit_and_its_generator_plays_against_all_of_them():
    model = SGAN.convolutional(classes=3, latent_dim=5, image_shape=(8, 8), width=2)
    x = model.sample(N)
    np.testing.assert_array_equal(model.classify(x).data, model.eval().discriminator(x).data.argmax(axis=1))
    assert not model.train().classify(x).requires_grad
    assert model.discriminator.training
    with random.fork(1):
        loss = model.generator_loss(N).item()
    with random.fork(1):
        a = model.fake_logits(N).data
    np.testing.assert_allclose(loss, np.log1p(np.exp(-np.log(np.exp(a).sum(axis=1)))).mean(), rtol=1e-5)


# --- CGAN ---------------------------------------------------------------------------------------------------------------------


@few
@given(st.integers(0, 2**31))
def test_condition_is_the_same_with_one_hot_rows(seed):
    z, weight, y = normal(seed, N, 3), normal(seed + 1, K, 3), new_generator(seed).integers(0, K, N)
    one_hot = np.eye(K)[y]
    np.testing.assert_allclose(condition(tensor(z), tensor(y), tensor(weight)).data, z * (one_hot @ weight), rtol=1e-12)
    gradcheck(lambda z, w: condition(z, tensor(y), w), [z, weight])


def cgan(classes=K):
    return CGAN.convolutional(classes, latent_dim=5, image_shape=(8, 6), width=2)


def test_the_label_reaches_both_players():
    model = cgan().eval()
    z, y, other = model.noise(N), tensor(np.arange(N) % K), tensor((np.arange(N) + 1) % K)
    x, same = model.generator(z, y), model.generator(z, y)
    np.testing.assert_array_equal(x.data, same.data)
    assert (np.abs(model.generator(z, other).data - x.data).reshape(N, -1).max(axis=1) > 1e-7).all()
    assert (np.abs(model.discriminator(x, other).data - model.discriminator(x, y).data) > 1e-7).all()
    with no_grad():
        model.discriminator.embedding.weight[1:] = model.discriminator.embedding.weight[0].data
    np.testing.assert_array_equal(model.discriminator(x, other).data, model.discriminator(x, y).data)


class Spy(nn.Module):
    """A network that notes what it was given, and returns the mean of it times a weight."""

    def __init__(self):
        self.weight, self.given = nn.Parameter(np.ones((), np.float32)), []

    def forward(self, *inputs):
        self.given.append([t.data.copy() for t in inputs])
        return self.weight * inputs[0].reshape(len(inputs[0]), -1).mean(axis=1, keepdims=True)


def spied():
    """A CGAN whose G writes the label into every pixel and whose D notes its pairs."""

    class Label(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(np.ones((), np.float32))

        def forward(self, z, y):
            return self.weight * (tensor(y.data.astype(np.float32)).reshape(-1, 1, 1, 1) + tensor(np.zeros((1, 1, 2, 2), np.float32)))

    return CGAN(Label(), Spy(), 3, K)


def test_fakes_are_shown_with_the_label_that_they_were_made_for():
    """S54: pairs (x, y) against (x*|y, y). With labels swapped, D would learn nothing of them."""
    model = spied()
    x, y = tensor(normal(0, N, 1, 2, 2).astype(np.float32)), tensor(np.array([3, 1, 0, 2, 3, 1]))
    model.discriminator_loss(x, y)
    (real, real_y), (fake, fake_y) = model.discriminator.given
    np.testing.assert_array_equal(real, x.data)
    np.testing.assert_array_equal(real_y, y.data)
    np.testing.assert_array_equal(fake_y, y.data)
    np.testing.assert_array_equal(fake[:, 0, 0, 0], y.data)
    model.discriminator.given.clear()
    model.generator_loss(200)
    ((fake, fake_y),) = model.discriminator.given
    np.testing.assert_array_equal(fake[:, 0, 0, 0], fake_y)
    assert set(fake_y) == set(range(K))


def test_the_losses_of_cgan_by_hand():
    model = spied()
    x, y = tensor(normal(0, N, 1, 2, 2).astype(np.float32)), tensor(np.array([3, 1, 0, 2, 3, 1]))
    real, fake = x.data.mean(axis=(1, 2, 3)), y.data
    expected = np.log1p(np.exp(-real)).mean() + np.log1p(np.exp(fake)).mean()
    np.testing.assert_allclose(model.discriminator_loss(x, y).item(), expected, rtol=1e-6)
    with random.fork(2):
        loss = model.generator_loss(50).item()
    with random.fork(2):
        drawn = model.labels(50).data
    np.testing.assert_allclose(loss, np.log1p(np.exp(-drawn)).mean(), rtol=1e-6)


def test_samples_have_the_classes_that_were_asked_for():
    model = spied()
    np.testing.assert_array_equal(model.sample(4, tensor(np.array([2, 0, 3, 3]))).data[:, 0, 0, 0], [2, 0, 3, 3])
    assert set(model.sample(100).data[:, 0, 0, 0]) == set(range(K))


def test_parameters_of_the_conditional_players():
    """Beside those of DCGAN: a vector and an image for each class, and 9 weights a channel for the second plane."""
    plain, model = DCGAN(), CGAN.convolutional()
    assert isinstance(model.generator, ConditionalGenerator)
    assert isinstance(model.discriminator, ConditionalDiscriminator)
    assert model.generator.num_parameters() - plain.generator.num_parameters() == 10 * 100
    assert model.discriminator.num_parameters() - plain.discriminator.num_parameters() == 10 * 784 + 9 * 32
    assert ACGAN.convolutional().discriminator.num_parameters() - plain.discriminator.num_parameters() == 10 * (2048 + 1)


# --- ACGAN --------------------------------------------------------------------------------------------------------------------


class ByLabel(nn.Module):
    """A generator that gives each label its point of the plane."""

    points = normal(5, K, 2).astype(np.float32)

    def __init__(self):
        self.table = nn.Parameter(self.points.copy())

    def forward(self, z, y):
        return self.table[y]


def log_softmax(a):
    return a - np.log(np.exp(a).sum(axis=1, keepdims=True))


def test_the_losses_of_acgan_by_hand():
    x, y = normal(0, N, 2).astype(np.float32), np.array([3, 1, 0, 2, 3, 1])
    model = ACGAN(ByLabel(), nn.Linear(2, 1 + K), 2, K)
    heads = lambda x: x @ model.discriminator.weight.data.T + model.discriminator.bias.data  # noqa: E731
    fake = ByLabel.points[y]
    l_s = np.log(sigmoid(heads(x)[:, 0])).mean() + np.log(1 - sigmoid(heads(fake)[:, 0])).mean()
    l_c = log_softmax(heads(x)[:, 1:])[np.arange(N), y].mean() + log_softmax(heads(fake)[:, 1:])[np.arange(N), y].mean()
    np.testing.assert_allclose(model.discriminator_loss(tensor(x), tensor(y)).item(), -(l_s + l_c), rtol=1e-5)
    model.fake_classes = False
    l_c -= log_softmax(heads(fake)[:, 1:])[np.arange(N), y].mean()
    np.testing.assert_allclose(model.discriminator_loss(tensor(x), tensor(y)).item(), -(l_s + l_c), rtol=1e-5)
    with random.fork(2):
        loss = model.generator_loss(50).item()
    with random.fork(2):
        y = model.labels(50).data
    fake = ByLabel.points[y]
    expected = -np.log(sigmoid(heads(fake)[:, 0])).mean() - log_softmax(heads(fake)[:, 1:])[np.arange(50), y].mean()
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_the_auxiliary_head_teaches_the_generator_its_classes():
    """With a D that knows the classes and is content with everything, the generator's loss falls where the point fits the label."""
    model = ACGAN(ByLabel(), nn.Linear(2, 1 + K), 2, K)
    with no_grad():
        model.discriminator.weight.copy_(np.float32([[0, 0], [9, 0], [0, 9], [-9, 0], [0, -9]]))
        model.discriminator.bias.zero_()
    right = np.float32([[1, 0], [0, 1], [-1, 0], [0, -1]])
    losses = []
    for points in (right, right[::-1].copy()):
        with no_grad(), random.fork(0):
            model.generator.table.copy_(points)
            losses.append(model.generator_loss(40).item())
    assert losses[0] == pytest.approx(math.log(2), abs=1e-3)
    assert losses[1] > 5
