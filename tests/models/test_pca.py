"""PCA: the closed form, its optimality, and the linear autoencoder that learns the same plane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import nn, optim, random, tensor
from minigen.data import mnist
from minigen.models import PCA, Autoencoder, LinearGaussian
from minigen.models.pca import subspace_angle
from minigen.random import new_generator
from tests.checking import few


def correlated(seed, n=60, d=6):
    g = new_generator(seed)
    return g.standard_normal((n, d)) @ (g.standard_normal((d, d)) * 2.0 ** -np.arange(d)) + g.standard_normal(d)


@few
@given(st.integers(0, 2**31), st.integers(1, 6))
def test_directions_are_eigenvectors_of_the_covariance(seed, k):
    x = correlated(seed)
    pca = PCA(k).fit(x)
    v, c = pca.components.numpy(), np.cov(x.T)
    np.testing.assert_allclose(v @ v.T, np.eye(k), atol=1e-12)
    np.testing.assert_allclose(c @ v.T, v.T * pca.explained_variance.numpy(), atol=1e-10)
    assert (np.diff(pca.explained_variance.numpy()) <= 0).all()
    np.testing.assert_allclose(pca.explained_variance_ratio.numpy().sum(), np.linalg.eigvalsh(c)[::-1][:k].sum() / np.trace(c))
    z = pca.encode(tensor(x)).numpy()
    np.testing.assert_allclose(np.cov(z.T), np.diag(pca.explained_variance.numpy()).squeeze(), atol=1e-10)
    unexplained = (pca.total_variance - pca.explained_variance.sum()).item() * (len(x) - 1)
    np.testing.assert_allclose(pca.reconstruction_error(tensor(x)).numpy().sum(), unexplained, atol=1e-9)


@few
@given(st.integers(0, 2**31))
def test_no_other_plane_is_nearer(seed):
    x = correlated(seed)
    best = PCA(2).fit(x).reconstruction_error(tensor(x)).sum().item()
    q, _ = np.linalg.qr(new_generator(seed + 1).standard_normal((6, 2)))
    other = ((x - x.mean(0)) @ (np.eye(6) - q @ q.T)) ** 2
    assert best <= other.sum() + 1e-9


def test_all_components_give_everything_back():
    x = correlated(0)
    pca = PCA().fit(tensor(x))
    np.testing.assert_allclose(pca.reconstruct(tensor(x)).numpy(), x, atol=1e-12)
    assert pca.components.shape == (6, 6)


@pytest.mark.parametrize("fraction", [0.3, 0.9, 0.99, 0.9999999])
def test_a_fraction_chooses_the_smallest_sufficient_number(fraction):
    x = correlated(3)
    ratio = PCA(fraction).fit(x).explained_variance_ratio.numpy()
    assert ratio.sum() >= fraction > ratio[:-1].sum()


def test_signs_do_not_depend_on_the_svd():
    x = correlated(4)
    np.testing.assert_allclose(PCA(3).fit(x).components.numpy(), PCA(3).fit(x[::-1]).components.numpy(), atol=1e-10)


def test_digits_stay_float32():
    x = mnist(full=False)[:300].x
    pca = PCA(20).fit(x)
    assert pca.reconstruct(tensor(x)).dtype == np.float32
    assert 0.5 < pca.explained_variance_ratio.sum().item() < 0.9


def test_state_is_saved():
    x = correlated(5)
    state = PCA(2).fit(x).state_dict()
    other = PCA(2).fit(correlated(6))
    other.load_state_dict(state)
    np.testing.assert_array_equal(other.encode(x).numpy(), PCA(2).fit(x).encode(x).numpy())


def test_linear_autoencoder_learns_the_same_plane():
    """S12: trained to convergence, its loss is PCA's to a part in a million and the planes coincide."""
    random.manual_seed(0)
    g = new_generator(0)
    q, _ = np.linalg.qr(g.standard_normal((5, 5)))
    x = g.standard_normal((100, 5)) * [2.0, 1.5, 0.5, 0.4, 0.3] @ q + 1
    model = Autoencoder.fully_connected(5, hidden=(), latent_dim=2).to(np.float64)
    optimizer, steps = optim.Adam(model.parameters(), lr=0.03), 1500
    schedule = optim.CosineAnnealingLR(optimizer, steps)
    data = tensor(x)
    for _ in range(steps):
        loss = model.loss(data).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    pca = PCA(2).fit(x)
    best = pca.reconstruction_error(data).mean().item()
    assert best <= model.loss(data).mean().item() * (1 + 1e-12)
    np.testing.assert_allclose(model.loss(data).mean().item(), best, rtol=1e-6)
    assert subspace_angle(model.decoder[0].weight.mT, pca.components) < 1e-4
    np.testing.assert_allclose(model.reconstruct(data).detach().numpy(), pca.reconstruct(data).numpy(), atol=1e-3)


def test_a_nonlinear_autoencoder_beats_pca_on_a_curve():
    """On a circle one linear number is not enough, one nonlinear number nearly is."""
    random.manual_seed(0)
    t = new_generator(0).uniform(-2.5, 2.5, 200)
    x = np.stack([np.cos(t), np.sin(t)], axis=1).astype(np.float32)
    model, data = Autoencoder.fully_connected(2, (20,), 1, nn.Tanh), tensor(x)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(400):
        loss = model.loss(data).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert model.loss(data).mean().item() < 0.2 * PCA(1).fit(x).reconstruction_error(data).mean().item()
    assert model.loss(data).shape == (200,)
    assert model(data).shape == (200, 2)


def test_probabilistic_pca_has_the_same_plane():
    x = correlated(2)
    assert subspace_angle(LinearGaussian.fit(x, 2).W.mT, PCA(2).fit(x).components) < 1e-9


@pytest.mark.parametrize("angle", [0.0, 1e-6, 0.3, np.pi / 2])
def test_subspace_angle(angle):
    a = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0]])
    b = np.array([[1.0, 1, 0, 0], [0, np.cos(angle), np.sin(angle), 0]])
    b[0] -= b[1] * (b[0] @ b[1])  # other spanning vectors, the same plane
    b[0] = [1, 0, 0, 0]
    np.testing.assert_allclose(subspace_angle(a, 3 * b), angle, atol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: PCA(0), "positive whole number"),
        (lambda: PCA(1.5), "fraction of the variance"),
        (lambda: PCA(True), "positive whole number"),
        (lambda: PCA(7).fit(correlated(0)), "have 6 directions, not 7"),
        (lambda: PCA(2).fit(np.zeros((3, 4, 4))), "flatten images"),
        (lambda: PCA(2).encode(tensor(correlated(0))), "call fit"),
        (lambda: LinearGaussian(np.ones((3, 2)), np.ones(2), 1.0), "expected W"),
        (lambda: LinearGaussian.fit(correlated(0), 6), "latent_dim"),
    ],
)
def test_wrong_uses(wrong, complaint):
    with pytest.raises((ValueError, RuntimeError), match=complaint):
        wrong()
