"""What the theory of GANs says, held to numbers: the best discriminator, what its losses then measure, where two players go."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import nn, optim, tensor
from minigen.autograd import grad, no_grad
from minigen.distributions import Normal
from minigen.evaluate import wasserstein_1d
from minigen.models import lsgan, wgan
from minigen.models.dirac_gan import GAMES, dirac_gan
from minigen.models.games import Game, alternating, behaviour, eigenvalues, extragradient, orbit, simultaneous
from minigen.models.gan import discriminator_loss, generator_loss_minimax, generator_loss_nonsaturating
from minigen.models.optimal_discriminator import (
    jensen_shannon,
    kl_on_grid,
    least_squares_discriminator,
    least_squares_value,
    minimax_value,
    optimal_discriminator,
    optimal_logit,
    pearson_chi2,
)
from minigen.models.wgan_gp import gradient_penalty
from minigen.nn import functional as F
from minigen.ops import square
from minigen.random import new_generator
from tests.checking import few, seeds

GRID = np.linspace(-12, 12, 2401)
DX = GRID[1] - GRID[0]
ORIGIN = tensor(np.zeros(2))


def log_normal(mean, std):
    return -0.5 * ((GRID - mean) / std) ** 2 - math.log(std * math.sqrt(2 * math.pi))


def normal(mean, std):
    return np.exp(log_normal(mean, std))


means, stds = st.floats(-3, 3), st.floats(0.3, 1.5)


# --- the best discriminator ---------------------------------------------------------------------------------------------------


@few
@given(means, stds, means, stds, seeds)
def test_no_discriminator_beats_the_optimal_one(m1, s1, m2, s2, seed):
    """And its value is −log 4 + 2 JSD, by quadrature of both sides."""
    p, q = log_normal(m1, s1), log_normal(m2, s2)
    logit = optimal_logit(p, q)
    best = minimax_value(logit, p, q, DX)
    np.testing.assert_allclose(best, -math.log(4) + 2 * jensen_shannon(p, q, DX), atol=1e-9)
    assert -math.log(4) - 1e-9 <= best <= 1e-9
    assert minimax_value(logit + new_generator(seed).normal(0, 0.1, len(p)), p, q, DX) < best
    assert minimax_value(0 * logit, p, q, DX) == pytest.approx(-math.log(4))
    np.testing.assert_allclose(1 / (1 + np.exp(-np.clip(logit, -500, 500))), optimal_discriminator(np.exp(p), np.exp(q)), atol=1e-12)


def test_the_optimum_at_one_point():
    """Of all D in (0, 1) the best for p log D + q log(1 − D) is p/(p + q)."""
    d = np.linspace(0.001, 0.999, 999)
    for p, q in [(1.0, 1.0), (3.0, 1.0), (0.1, 0.9), (2.0, 0.0)]:
        best = d[np.argmax(p * np.log(d) + q * np.log(1 - d))]
        assert abs(best - optimal_discriminator(np.array(p), np.array(q))) < 1.1e-3
    assert optimal_discriminator(np.zeros(1), np.zeros(1)) == 0.5


def test_divergences_of_known_pairs():
    p, q = log_normal(0, 1), log_normal(1.5, 1)
    assert kl_on_grid(p, q, DX) == pytest.approx(1.5**2 / 2)
    assert kl_on_grid(log_normal(0, 2), q, DX) == pytest.approx(math.log(1 / 2) + (4 + 1.5**2) / 2 - 0.5)
    assert pearson_chi2(np.exp(q), np.exp(p), DX) == pytest.approx(math.exp(1.5**2) - 1)
    assert jensen_shannon(p, p, DX) == pytest.approx(0, abs=1e-12)
    assert jensen_shannon(p, q, DX) == pytest.approx(jensen_shannon(q, p, DX))
    for far in (5.0, 6.0):  # log 2, however far apart: no slope that could tell a generator where to go
        apart = log_normal(-far, 0.3), log_normal(far, 0.3)
        assert jensen_shannon(*apart, DX) == pytest.approx(math.log(2))
        assert minimax_value(optimal_logit(*apart), *apart, DX) == pytest.approx(0, abs=1e-9)


def points_of(mean, std, n=2000):
    """n points that lie as evenly as a sample of N(mean, std²) can: the quantiles."""
    return Normal(tensor(np.float64(mean)), tensor(np.float64(std))).icdf(tensor((np.arange(n) + 0.5) / n)).reshape(-1, 1)


PAIRS = {"shifted": ((-1.0, 1.0), (1.0, 1.0)), "wide and narrow": ((0.0, 2.0), (0.5, 0.7))}


@pytest.mark.parametrize("name", PAIRS)
def test_training_reaches_the_optimal_discriminator(name):
    """S38: a network that descends the loss of the slides ends at D* where there are data, and at the value −log 4 + 2 JSD."""
    (m1, s1), (m2, s2) = PAIRS[name]
    p, q = normal(m1, s1), normal(m2, s2)
    x, fake = points_of(m1, s1), points_of(m2, s2)
    D = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)).to("cpu", np.float64)
    optimizer = optim.Adam(D.parameters(), lr=1e-2)
    schedule = optim.CosineAnnealingLR(optimizer, T_max=300)
    for _ in range(300):
        loss = discriminator_loss(D(x), D(fake))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with no_grad():
        found = D(tensor(GRID.reshape(-1, 1))).sigmoid().numpy()[:, 0]
    off = np.abs(found - optimal_discriminator(p, q))[p + q > 0.05]
    assert off.max() < 0.03, off.max()
    assert -loss.item() == pytest.approx(-math.log(4) + 2 * jensen_shannon(log_normal(m1, s1), log_normal(m2, s2), DX), abs=3e-3)


# --- the generator's two losses -----------------------------------------------------------------------------------------------


@given(st.floats(-30, 30))
def test_saturating_and_non_saturating_gradients(a):
    """S40: −σ(a) vanishes where D is sure of a fake, −(1 − σ(a)) does not; both have their zero at D = 1 and D = 0, not at ½."""
    logit = tensor(np.float64(a), requires_grad=True)
    sigma = 1 / (1 + math.exp(-a))
    (minimax,), (nonsaturating,) = grad(generator_loss_minimax(logit), [logit]), grad(generator_loss_nonsaturating(logit), [logit])
    assert minimax.item() == pytest.approx(-sigma)
    assert nonsaturating.item() == pytest.approx(-(1 / (1 + math.exp(a))))
    assert minimax.item() + nonsaturating.item() == pytest.approx(-1)


def test_the_gradient_where_training_starts():
    logit = tensor(np.float64(-10), requires_grad=True)
    saturated, strong = grad(generator_loss_minimax(logit), [logit])[0].item(), grad(generator_loss_nonsaturating(logit), [logit])[0].item()
    assert abs(saturated) < 5e-5 < 0.9999 < abs(strong)


# --- two players --------------------------------------------------------------------------------------------------------------

BILINEAR = Game(lambda theta, psi: theta * psi, lambda theta, psi: -theta * psi)
H = 0.1
TURNING = {  # game -> the imaginary part of the eigenvalues ± i c of its field at the equilibrium
    "bilinear": 1.0, "minimax": 0.5, "non-saturating": 0.5, "WGAN": 1.0, "LSGAN": 0.5,
}  # fmt: skip
SMOOTH = [*TURNING, "non-saturating + R1"]
STEPS = [simultaneous, alternating, extragradient]


def game(name):
    return BILINEAR if name == "bilinear" else GAMES[name]


@pytest.mark.parametrize("name", TURNING)
def test_eigenvalues_of_games_without_a_penalty_are_imaginary(name):
    values = eigenvalues(game(name).field, ORIGIN)
    np.testing.assert_allclose(sorted(values, key=lambda v: v.imag), [-1j * TURNING[name], 1j * TURNING[name]], atol=1e-12)


def test_a_gradient_penalty_at_the_data_makes_them_converge():
    """R1 with γ = 1: −γ/2 ± √(γ²/4 − ¼) = −½, twice."""
    values = eigenvalues(GAMES["non-saturating + R1"].field, ORIGIN)
    np.testing.assert_allclose(values, [-0.5, -0.5], atol=1e-6)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("name", SMOOTH)
def test_what_a_step_does_to_distances(name, step):
    """S41: the spectral radius of the step's Jacobian, as the theory has it: √(1 + h²c²) out, 1 in circles, √(1 − h²c² + h⁴c⁴) in."""
    verdict, radius = behaviour(game(name), step, ORIGIN, H)
    if name == "non-saturating + R1":
        assert verdict == "converges"
        return
    hc = H * TURNING[name]
    expected = {
        simultaneous: ("diverges", math.sqrt(1 + hc**2)),
        alternating: ("circles", 1.0),
        extragradient: ("converges", math.sqrt(1 - hc**2 + hc**4)),
    }[step]
    assert (verdict, radius) == (expected[0], pytest.approx(expected[1], abs=1e-12))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("name", SMOOTH)
def test_the_simulation_agrees(name, step):
    """Near the equilibrium training is Jⁿ w₀; over many steps distances grow or shrink by the factor ρ each."""
    near = orbit(game(name), step, [1e-4, 0.0], H, 200)
    linear = np.array([1e-4, 0.0])
    J = np.stack([(step(game(name), tensor(e), H) - step(game(name), tensor(-e), H)).numpy() / 2e-6 for e in 1e-6 * np.eye(2)], axis=1)
    for _ in range(200):
        linear = J @ linear
    np.testing.assert_allclose(near[-1], linear, rtol=1e-5, atol=1e-10)
    verdict, radius = behaviour(game(name), step, ORIGIN, H)
    distance = np.linalg.norm(near, axis=1)
    period = {"bilinear": 63, "WGAN": 63}.get(name, 126)  # 2π/hc steps, after which the ellipse of an orbit is where it was
    grown = distance[period:] / distance[:-period]
    if name != "non-saturating + R1":
        np.testing.assert_allclose(grown, radius**period, rtol=0.01)
    assert {"diverges": grown.min() > 1.005, "circles": abs(grown - 1).max() < 0.01, "converges": grown.max() < 0.995}[verdict]


def energy(name, w):
    """Half of d|w|²/dt, along the field."""
    return (GAMES[name].field(tensor(w)) * tensor(w)).sum().item()


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_what_the_linear_picture_leaves_out(theta, psi):
    """With infinitely small steps |w|² changes at 0 in the zero-sum game: circles for ever; at −2a tanh(a/2) in the non-saturating one."""
    w, a = np.array([theta, psi]), theta * psi
    assert energy("minimax", w) == pytest.approx(0, abs=1e-12)
    assert energy("WGAN", w) == pytest.approx(0, abs=1e-12)
    assert energy("non-saturating", w) == pytest.approx(-a * math.tanh(a / 2), abs=1e-12)
    assert energy("LSGAN", w) == pytest.approx(-2 * a**2, abs=1e-9)


@pytest.mark.parametrize("step", [simultaneous, alternating], ids=lambda step: step.__name__)
@pytest.mark.parametrize("weight", [0.1, 0.5, 1.0, 1.5])
def test_a_penalty_for_slopes_that_are_not_one_leads_elsewhere(weight, step):
    """S41, WGAN-GP with λ (|ψ| − 1)²: where the samples are the data D should be flat, and the penalty drives it away from ψ = 0.

    On either side of ψ = 0 the field is J (w − w*) with w* = (±2λ, 0), wrong samples, and J has the eigenvalues −λ ± √(λ² − 1). If they
    are real, training ends at w*. If not it spirals around w* until ψ changes its sign, then around the other w*, and so on for ever.
    """
    game = dirac_gan(wgan.critic_loss, wgan.generator_loss, penalty=lambda psi: weight * square(abs(psi) - 1))
    root = np.sqrt(complex(weight**2 - 1))
    for psi in (-0.7, -1e-9, 1e-9, 0.4):
        w = np.array([0.3, psi])
        J = np.array([[0, 1], [-1, -2 * weight]])
        np.testing.assert_allclose(game.field(tensor(w)).numpy(), J @ (w - [math.copysign(2 * weight, psi), 0]), atol=1e-12)
        found = sorted(eigenvalues(game.field, tensor(w)), key=lambda v: (v.imag, v.real))
        np.testing.assert_allclose(found, sorted([-weight - root, -weight + root], key=lambda v: (v.imag, v.real)), atol=1e-7)
    late = orbit(game, step, [0.3, 0.2], 0.05, 1200)[600:]
    crossings = (np.diff(np.sign(late[:, 1])) != 0).sum()
    if root.imag:
        assert crossings >= 6
        assert 1 < np.linalg.norm(late, axis=1).min() <= np.linalg.norm(late, axis=1).max() < 2
    else:
        assert crossings == 0
        np.testing.assert_allclose(late[-1], [2 * weight, 0], atol=1e-4)


def test_a_penalty_on_every_slope_leads_to_the_data():
    converged = np.linalg.norm(orbit(GAMES["non-saturating + R1"], alternating, [0.3, 0.2], 0.05, 800), axis=1)
    assert converged[-1] < 1e-4


def test_clipping_keeps_the_wasserstein_game_in_a_box():
    def clipped(game, w, lr):
        w = simultaneous(game, w, lr)
        return tensor(np.array([w[0].item(), np.clip(w[1].item(), -1, 1)]))

    free = np.abs(orbit(GAMES["WGAN"], simultaneous, [0.5, 0.0], 0.1, 1500))
    held = np.abs(orbit(GAMES["WGAN"], clipped, [0.5, 0.0], 0.1, 1500))
    assert free.max() > 100
    assert held.max() < 2
    assert np.linalg.norm(held[1000:], axis=1).min() > 0.5  # it does not converge either


def test_losses_of_the_smallest_gan_are_those_of_the_large_one():
    psi, theta = 0.7, -1.3
    for name, d_loss, g_loss, middle in [
        ("minimax", discriminator_loss, generator_loss_minimax, 0.0),
        ("non-saturating", discriminator_loss, generator_loss_nonsaturating, 0.0),
        ("WGAN", wgan.critic_loss, wgan.generator_loss, 0.0),
        ("LSGAN", lsgan.discriminator_loss, lsgan.generator_loss, 0.5),
    ]:
        real, fake = tensor(np.full(3, middle)), tensor(np.full(3, middle + psi * theta))
        w = tensor(np.float64(theta)), tensor(np.float64(psi))
        assert GAMES[name].discriminator_loss(*w).item() == pytest.approx(d_loss(real, fake).item())
        assert GAMES[name].generator_loss(*w).item() == pytest.approx(g_loss(fake).item())
        assert dirac_gan(d_loss, g_loss, middle=middle).generator_loss(*w).item() == pytest.approx(g_loss(fake).item())


def test_the_penalty_of_the_smallest_gan_is_the_gradient_penalty_of_a_linear_critic():
    """D(x) = ψ x has slope ψ everywhere: (|ψ| − 1)². S58"""
    x, fake = tensor(np.zeros((4, 1))), tensor(np.full((4, 1), -1.3))
    for psi in (-2.0, 0.3, 1.0):
        with_penalty, without = (GAMES[name].discriminator_loss(tensor(-1.3), tensor(psi)).item() for name in ("WGAN-GP", "WGAN"))
        assert gradient_penalty(lambda at: psi * at, x, fake).item() == pytest.approx(with_penalty - without, abs=1e-6)  # noqa: B023


# --- Wasserstein and least squares --------------------------------------------------------------------------------------------


def fit_critic(x, y, penalty_weight, steps):
    """A network f that ascends E f(x) − E f(y) − λ E max(0, |f'| − 1)² on points between x and y.

    The penalty is one-sided, since the usual one forbids the slope 0 that a critic must pass where it turns: from f(x) = x it never finds
    the |x| that tells a wide from a narrow distribution. [H. Petzka et al. 2018, https://arxiv.org/abs/1709.08894]
    """
    f = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)).to("cpu", np.float64)
    optimizer, draw = optim.Adam(f.parameters(), lr=5e-3, betas=(0.5, 0.9)), new_generator(0)
    schedule = optim.CosineAnnealingLR(optimizer, T_max=steps)
    for _ in range(steps):
        t = draw.random((len(x), 1))
        between = tensor(t * draw.permutation(x.numpy()) + (1 - t) * draw.permutation(y.numpy()), requires_grad=True)
        (slope,) = grad(f(between).sum(), [between], create_graph=True)
        loss = wgan.critic_loss(f(x), f(y)) + penalty_weight * (F.relu(abs(slope) - 1) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return f


def largest_slope(f, low, high):
    at = tensor(np.linspace(low, high, 2001).reshape(-1, 1), requires_grad=True)
    return np.abs(grad(f(at).sum(), [at])[0].numpy()).max()


@pytest.mark.parametrize(("first", "second"), [((0.0, 1.0), (3.0, 0.5)), ((0.0, 1.0), (0.0, 2.0))], ids=["moved", "spread"])
def test_a_critic_finds_w1_by_sorting(first, second):
    """S58: the critic's value is W₁ in 1-D; and divided by its largest slope it is never above it [Kantorovich, Rubinstein]."""
    x, y = points_of(*first, n=200), points_of(*second, n=200)
    truth = wasserstein_1d(x.numpy()[:, 0], y.numpy()[:, 0])
    f = fit_critic(x, y, 50.0, 300)
    with no_grad():
        value = (f(x).mean() - f(y).mean()).item()
    low, high = (getattr(np, end)([x.numpy(), y.numpy()]) for end in ("min", "max"))
    assert value / largest_slope(f, low, high) <= truth
    assert value == pytest.approx(truth, rel=0.06)


@few
@given(seeds)
def test_any_critic_bounds_w1_from_below(seed):
    g = new_generator(seed)
    x, y = np.sort(g.normal(0, 1, 40)), np.sort(g.normal(g.normal(), 2, 40))
    f = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)).to("cpu", np.float64)
    with no_grad():
        value = (f(tensor(x.reshape(-1, 1))).mean() - f(tensor(y.reshape(-1, 1))).mean()).item()
    slope = largest_slope(f, min(x[0], y[0]), max(x[-1], y[-1]))
    assert abs(value) <= slope * wasserstein_1d(x, y) * (1 + 1e-3)


@few
@given(means, stds, means, stds)
def test_least_squares_measures_pearsons_chi2(m1, s1, m2, s2):
    """S59: with labels −1 and 1 and target 0 the loss at the best D is ½ χ²(2q ‖ p + q)   [LSGAN, section 3.2]"""
    p, q = normal(m1, s1), normal(m2, s2)
    best = least_squares_discriminator(p, q, fake=-1.0, real=1.0)
    np.testing.assert_allclose(least_squares_value(best, p, q, DX, 0.0), 0.5 * pearson_chi2(2 * q, p + q, DX), atol=1e-9)


@few
@given(means, stds, means, stds, seeds)
def test_no_discriminator_pays_less_squares(m1, s1, m2, s2, seed):
    p, q = normal(m1, s1), normal(m2, s2)
    cost = lambda d: 0.5 * (p * (d - 1) ** 2 + q * d**2).sum() * DX  # noqa: E731
    best = least_squares_discriminator(p, q)
    assert cost(best) < cost(best + new_generator(seed).normal(0, 0.1, len(p)))
    np.testing.assert_allclose(best, optimal_discriminator(p, q))  # with labels 0 and 1 it is the GAN's D*
