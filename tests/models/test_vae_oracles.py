"""The VAE held to models in which the truth is known: linear-Gaussian ones, in closed form, and small ones, by quadrature."""

import math
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import gradcheck, nn, random, tensor
from minigen.autograd import grad, no_grad
from minigen.distributions import Independent, MultivariateNormal, Normal, kl_divergence
from minigen.models import VAE, GaussianVAE, LinearGaussian
from minigen.random import new_generator
from minigen.tensor import Tensor
from tests.checking import few

sizes = st.tuples(st.integers(2, 5), st.integers(1, 3))  # D, K


def linear_gaussian(seed, d, k, orthogonal=False):
    g = new_generator(seed)
    W = g.standard_normal((d, k))
    if orthogonal:
        W = np.linalg.qr(W)[0][:, : min(d, k)] * g.uniform(0.5, 2, min(d, k))
    return LinearGaussian(W, g.standard_normal(d), g.uniform(0.3, 1.5))


def any_q(seed, n, k):
    g = new_generator(seed)
    return Independent(Normal(tensor(g.standard_normal((n, k))), tensor(g.uniform(0.2, 2, (n, k)))), 1)


def linear_vae(model, seed):
    """A VAE with the model's decoder and a linear encoder that has nothing to do with it; of log σ² only the bias is not 0."""
    vae, (d, k) = model.as_vae(), model.W.shape
    g = new_generator(seed)
    weight = np.concatenate([g.standard_normal((k, d)), 0.2 * g.standard_normal((k, d))])
    vae.encoder.load_state_dict({"weight": weight, "bias": g.standard_normal(2 * k)})
    return vae


@contextmanager
def noise(monkeypatch, eps):
    """Inside, ε is what the test says."""

    def randn(shape, dtype=None, device=None):
        assert shape == eps.shape
        return eps

    with monkeypatch.context() as m:
        m.setattr(random, "randn", randn)
        yield


def cubature(n, k):
    """2K points ±√K eⱼ, for each of n examples: their mean of a quadratic function is its expectation under N(0, I), exactly."""
    points = math.sqrt(k) * np.concatenate([np.eye(k), -np.eye(k)])
    return np.repeat(points[:, None], n, axis=1)  # (L, N, K)


# --- closed form: probabilistic PCA -------------------------------------------------------------------------------------------


@few
@given(st.integers(0, 2**31), sizes)
def test_log_p_is_elbo_plus_divergence(seed, size):
    """S24: log p(x) = E_q log p(x|z) − KL(q ‖ p(z)) + KL(q ‖ p(z|x)) for any W, μ, σ, q; and the bound is one."""
    model, x = linear_gaussian(seed, *size), tensor(new_generator(seed + 1).standard_normal((4, size[0])) * 2)
    q = any_q(seed + 2, 4, size[1])
    gap = kl_divergence(q, model.posterior(x))
    log_p = model.log_prob(x)
    np.testing.assert_allclose(model.elbo(x, q).detach().data + gap.data, log_p.data, rtol=1e-10, atol=1e-10)
    assert (gap.data >= 0).all()
    assert (model.elbo(x, q).data <= log_p.data).all()


@few
@given(st.integers(0, 2**31), sizes)
def test_bound_is_tight_at_the_exact_posterior(seed, size):
    model, x = linear_gaussian(seed, *size), tensor(new_generator(seed + 1).standard_normal((4, size[0])) * 2)
    np.testing.assert_allclose(model.elbo(x, model.posterior(x)).data, model.log_prob(x).data, rtol=1e-10, atol=1e-10)


@few
@given(st.integers(0, 2**31), sizes)
def test_linear_gaussian_against_bayes_rule(seed, size):
    """p(x) and p(z|x) themselves: log p(x|z) + log p(z) − log p(z|x) is log p(x) wherever z is."""
    model, x = linear_gaussian(seed, *size), tensor(new_generator(seed + 1).standard_normal((4, size[0])))
    z = tensor(new_generator(seed + 2).standard_normal((4, size[1])))
    log_p = model.p(z).log_prob(x) + model.prior.log_prob(z) - model.posterior(x).log_prob(z)
    np.testing.assert_allclose(log_p.data, model.log_prob(x).data, rtol=1e-9, atol=1e-9)
    W, mu, sigma = (t.detach().numpy() for t in (model.W, model.mu, model.sigma))
    C = W @ W.T + sigma**2 * np.eye(len(mu))
    r = x.numpy() - mu
    expected = -0.5 * (np.einsum("ni,ij,nj->n", r, np.linalg.inv(C), r) + np.linalg.slogdet(2 * np.pi * C)[1])
    np.testing.assert_allclose(model.log_prob(x).data, expected, rtol=1e-9)


def test_fit_finds_the_most_likely_parameters():
    x = tensor(new_generator(0).standard_normal((200, 4)) @ new_generator(1).standard_normal((4, 4)))
    model = LinearGaussian.fit(x, 2)
    g = grad(model.log_prob(x).sum(), list(model.parameters()))
    for slope in g:
        np.testing.assert_allclose(slope.data, 0, atol=1e-8)
    WW = (model.W.mT @ model.W).detach().numpy()
    assert abs(WW[0, 1]) < 1e-10


# --- the VAE itself on the same model -----------------------------------------------------------------------------------------


@few
@given(st.integers(0, 2**31), sizes)
def test_vae_bound_obeys_the_identity(seed, size):
    """The VAE's own ``terms``, integrated exactly over ε: it catches σ = exp(log σ²), a wrong sign of KL, a mean over pixels, a lost ½."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        model, x = linear_gaussian(seed, *size), tensor(new_generator(seed + 1).standard_normal((4, size[0])))
        vae = linear_vae(model, seed + 3)
        with noise(monkeypatch, cubature(4, size[1])):
            reconstruction, kl = vae.terms(x, 2 * size[1])
        q = vae.q(x)
        np.testing.assert_allclose(reconstruction.data, model.reconstruction(x, q).data, rtol=1e-10, atol=1e-10)
        log_p = (reconstruction - kl + kl_divergence(q, model.posterior(x))).data
        np.testing.assert_allclose(log_p, model.log_prob(x).data, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_vae_is_tight_and_at_rest_at_the_exact_posterior(seed, monkeypatch):
    model = linear_gaussian(seed, 4, 2, orthogonal=True)
    x, vae = tensor(new_generator(9).standard_normal((5, 4))), model.as_vae()
    exact = model.posterior(x)
    np.testing.assert_allclose(vae.q(x).mean.data, exact.mean.data, atol=1e-12)
    np.testing.assert_allclose(vae.q(x).variance.data, np.broadcast_to(exact.variance.data, (5, 2)), rtol=1e-12)
    with noise(monkeypatch, cubature(5, 2)):
        bound = vae.elbo(x, 4)
    np.testing.assert_allclose(bound.data, model.log_prob(x).data, rtol=1e-10)
    for slope in grad(bound.sum(), list(vae.encoder.parameters())):
        np.testing.assert_allclose(slope.data, 0, atol=1e-9)


def test_weights_are_constant_where_q_is_exact():
    """p(x, z) / q(z|x) = p(x) for every z: one importance sample is enough, and its variance is 0."""
    model = linear_gaussian(1, 4, 2, orthogonal=True)
    x = tensor(new_generator(9).standard_normal((5, 4)))
    for n in (1, 3):
        with no_grad():
            np.testing.assert_allclose(model.as_vae().importance_log_prob(x, n).data, model.log_prob(x).data, rtol=1e-10)


def test_l_samples_are_unbiased_and_their_variance_falls_as_1_over_l():
    """S26: 4,000 independent estimates of one example for each L."""
    random.manual_seed(0)
    model = linear_gaussian(2, 3, 2)
    vae, x = linear_vae(model, 5), tensor(np.repeat(new_generator(3).standard_normal((1, 3)), 4000, axis=0))
    with no_grad():
        exact = model.elbo(x[:1], vae.q(x[:1])).item()
        estimates = {n: vae.elbo(x, n).numpy() for n in (1, 4, 16)}
    for n, e in estimates.items():
        assert abs(e.mean() - exact) < 4 * e.std() / math.sqrt(len(e)), n
        np.testing.assert_allclose(e.var() * n, estimates[1].var(), rtol=0.15)


def test_every_draw_of_z_is_a_new_one():
    random.manual_seed(0)
    vae = linear_vae(linear_gaussian(2, 3, 2), 5)
    x = tensor(np.zeros((2, 3)))
    with no_grad():
        reconstruction = [vae.terms(x, n)[0].numpy() for n in (1, 1, 2)]
    values = np.concatenate(reconstruction)
    assert len(np.unique(values)) == 6  # neither examples nor calls nor samples share their ε


def test_reparametrised_gradient_is_unbiased_and_far_quieter_than_the_score_function(monkeypatch):
    """S27: gradients of E_q log p(x|z) with respect to μ_z and log σ_z², 20,000 single draws of each estimator."""
    random.manual_seed(0)
    model, n = linear_gaussian(4, 4, 2), 20_000
    vae, x = model.as_vae(), tensor(new_generator(8).standard_normal((1, 4)))
    start = tensor([[0.4, -0.3, -0.5, 0.2]], dtype=np.float64)
    many = x.broadcast_to((n, 4))

    def draws(estimator):
        vae.encoder = lambda _: parameters  # each row is a copy of the same q, with a gradient of its own
        parameters = Tensor(np.repeat(start.data, n, axis=0), requires_grad=True)
        return grad(estimator().sum(), [parameters])[0].numpy()

    def score_function():
        q = vae.q(many)
        z = q.sample()
        return q.log_prob(z) * vae.p(z).log_prob(many).detach()

    pathwise, score = draws(lambda: vae.terms(many)[0]), draws(score_function)
    exact = Tensor(start.data.copy(), requires_grad=True)
    q = Independent(Normal(exact[:, :2], (0.5 * exact[:, 2:]).exp()), 1)
    expected = grad(model.reconstruction(x, q).sum(), [exact])[0].numpy()[0]
    for estimate in (pathwise, score):
        error = np.abs(estimate.mean(axis=0) - expected)
        assert (error < 4.5 * estimate.std(axis=0) / math.sqrt(n)).all()
    assert (pathwise.var(axis=0) < score.var(axis=0) / 10).all()


# --- quadrature: nonlinear decoders -------------------------------------------------------------------------------------------


def log_p_by_quadrature(vae, x, k, points):
    """log ∫ p(x|z) p(z) dz on an equally spaced grid over [−7, 7]ᴷ, whose error falls faster than any power of the spacing."""
    line = np.linspace(-7, 7, points)
    z = np.stack(np.meshgrid(*[line] * k), axis=-1).reshape(-1, 1, k)
    with no_grad():
        z = tensor(z).to(x.dtype)
        log_joint = vae.p(z).log_prob(x) + vae.prior.log_prob(z)  # (points, N)
        return (log_joint.logsumexp(axis=0) + k * math.log(line[1] - line[0])).numpy()


@pytest.mark.parametrize("kind", [VAE, GaussianVAE])
@pytest.mark.parametrize(("k", "points"), [(1, 400), (2, 120)])
def test_importance_sampling_agrees_with_quadrature(kind, k, points):
    """S19: both integrate p(x|z) p(z); the estimate lies within its error bar, and ELBO ≤ E[estimate] ≤ log p(x)."""
    random.manual_seed(0)
    vae = kind.fully_connected(6, (8,), k, nn.Tanh).to(np.float64)
    for p in vae.decoder.parameters():
        nn.init.normal_(p, 0, 0.7)
    x = tensor((new_generator(0).random((5, 6)) < 0.5).astype(float))
    exact = log_p_by_quadrature(vae, x, k, points)
    with no_grad():
        q, n = vae.q(x), 20_000
        z = q.sample((n,))
        weights = (vae.p(z).log_prob(x) + vae.prior.log_prob(z) - q.log_prob(z)).numpy()
        w = np.exp(weights - exact)  # its mean is 1
        error = w.std(axis=0) / math.sqrt(n)
        found = vae.importance_log_prob(x, n).numpy()
        bound = vae.elbo(x, 2000).numpy()
    assert (np.abs(np.expm1(found - exact)) < 5 * error + 1e-6).all()
    assert (bound < exact).all()


def test_more_importance_samples_give_a_tighter_bound():
    random.manual_seed(0)
    vae = linear_vae(linear_gaussian(2, 3, 2), 5)
    x = tensor(np.repeat(new_generator(3).standard_normal((1, 3)), 3000, axis=0))
    with no_grad():
        bounds = [vae.importance_log_prob(x, n).mean().item() for n in (1, 5, 50)]
        log_p = linear_gaussian(2, 3, 2).log_prob(x[:1]).item()
    assert bounds == sorted(bounds)
    assert bounds[-1] < log_p
    assert log_p - bounds[-1] < 0.5 * (log_p - bounds[0])


# --- derivatives --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: VAE.fully_connected(4, (3,), 2, nn.Softplus),
        lambda: GaussianVAE.fully_connected(4, (3,), 2, nn.Tanh, sigma=0.7),
        lambda: GaussianVAE.fully_connected(4, (3,), 2, nn.Tanh, sigma="learned"),
        lambda: GaussianVAE.fully_connected(4, (3,), 2, nn.Tanh, sigma="network"),
    ],
    ids=["Bernoulli", "fixed σ", "learned σ", "σ from the decoder"],
)
@pytest.mark.parametrize("n_samples", [1, 3])
def test_whole_bound_by_finite_differences(make, n_samples):
    """S22: encoder, draw, decoder, both terms; every parameter and the input, with frozen noise."""
    random.manual_seed(0)
    vae = make().to(np.float64)
    names = [name for name, _ in vae.named_parameters()]
    x = new_generator(1).uniform(0.1, 0.9, (3, 4))

    def bound(x, *values):
        for name, value in zip(names, values):
            _put(vae, name, value)
        with random.fork(7):
            return vae.elbo(x, n_samples)

    gradcheck(bound, [x, *(p.detach().data.copy() for p in list(vae.parameters()))])


def _put(module, path, value):
    *owners, name = path.split(".")
    for owner in owners:
        module = module[int(owner)] if owner.isdigit() else getattr(module, owner)
    setattr(module, name, value)


def test_marginal_of_the_model_is_what_it_samples():
    random.manual_seed(0)
    model = linear_gaussian(6, 3, 2)
    with no_grad():
        for x in (model.sample(20_000).numpy(), model.as_vae().sample(20_000).numpy()):
            np.testing.assert_allclose(x.mean(axis=0), model.mu.detach().numpy(), atol=0.08)
            np.testing.assert_allclose(np.cov(x.T), model.marginal().covariance_matrix.detach().numpy(), atol=0.25)
    assert isinstance(model.marginal(), MultivariateNormal)
