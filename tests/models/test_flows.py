"""NICE, RealNVP, MAF, IAF and IAF as a VAE's posterior: densities against the Jacobian and quadrature, what moves, context, passes."""

import math
from itertools import pairwise

import numpy as np
import pytest

import minigen as mg
from minigen import data, models, nn, optim, random
from minigen.autograd import no_grad
from minigen.bijections import AffineCoupling, UniformDequantization, check_bijection
from minigen.derivatives import jacobian
from minigen.evaluate.bits_per_dim import bits
from minigen.models.iaf import IAFVAE
from minigen.models.realnvp import ImageRealNVP
from minigen.ops import cat
from minigen.tensor import Tensor
from minigen.train import fit

FLOWS = {  # name: a small model of events (D,)
    "nice, logistic": lambda n, **more: models.NICE(n, hidden=(6, 6)),
    "nice, gaussian": lambda n, **more: models.NICE(n, hidden=(6,), prior="gaussian"),
    "realnvp": lambda n, **more: models.RealNVP(n, hidden=(8,), blocks=3, bound=0.8, **more),
    "maf": lambda n, **more: models.MAF(n, hidden=(8,), blocks=2, **more),
    "maf, batch norm": lambda n, **more: models.MAF(n, hidden=(8,), blocks=2, batch_norm=True, **more).eval(),
    "iaf": lambda n, **more: models.IAF(n, hidden=(8,), blocks=2, **more),
}
CONDITIONAL = ("realnvp", "maf", "iaf")


def stirred(model, seed=0, size=0.3):
    """The model in float64, its parameters moved away from where they start."""
    noise = random.new_generator(seed)
    model.to(np.float64)
    for p in model.parameters():
        p.data += size * noise.standard_normal(p.shape)
    return model


def normals(*shape, seed=1):
    return Tensor(random.new_generator(seed).standard_normal(shape))


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("name", FLOWS)
def test_the_density_is_that_of_the_change_of_variables(name, n):
    mg.manual_seed(0)
    model, x = stirred(FLOWS[name](n)), normals(4, n)
    z, log_p = model.encode(x), model.log_prob(x)
    np.testing.assert_allclose(model.decode(z).data, x.data, atol=1e-10)
    touched = np.zeros((n, n), bool)
    for i in range(len(x)):
        j = jacobian(lambda v: model.encode(v[None])[0], x[i]).data
        touched |= j != 0
        expected = model.base.log_prob(z[i : i + 1]).item() + np.linalg.slogdet(j)[1]
        assert log_p.data[i] == pytest.approx(expected, abs=1e-10)
    assert touched.any(axis=0).all()  # every element matters
    assert (touched.sum(axis=1) > 1).all()  # and none of z is an element that always passed
    check_bijection(model.bijection, x=normals(3, n, seed=2))


@pytest.mark.parametrize("name", FLOWS)
def test_the_density_has_the_mass_1(name):
    mg.manual_seed(0)
    model = stirred(FLOWS[name](2), size=0.05)
    side = np.linspace(-40, 40, 501)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    with no_grad():
        mass = np.exp(model.log_prob(grid).data).sum() * (side[1] - side[0]) ** 2
    assert mass == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("model", "density", "sample"), [(models.MAF, 1, 4), (models.IAF, 4, 1)])
def test_passes_of_the_networks_for_4_elements(model, density, sample):
    model, calls = model(4, hidden=(8,), blocks=2), []
    for layer in model.modules():
        if isinstance(layer, nn.MADE):
            layer.forward = lambda x, plain=layer.forward: calls.append(1) or plain(x)
    for action, passes in ((lambda: model.log_prob(normals(3, 4)), density), (lambda: model.sample(3), sample)):
        calls.clear()
        action()
        assert len(calls) == 2 * passes


def test_nice_keeps_volumes_but_for_its_scaling():
    mg.manual_seed(0)
    model = stirred(models.NICE(5, hidden=(6,)))
    flow = model.bijection.inv
    log_det = flow(normals(3, 5))[1].data
    np.testing.assert_allclose(log_det, np.full(3, flow[-1].s.data.sum()))
    assert len(flow) == 5
    np.testing.assert_array_equal(flow[:-1](normals(3, 5))[1].data, np.zeros(3))
    z = model.base.log_prob(Tensor(np.zeros((1, 5))))
    assert z.item() == pytest.approx(5 * math.log(0.25))  # the logistic density at 0


@pytest.mark.parametrize("name", CONDITIONAL)
def test_a_conditional_flow_depends_on_its_context(name):
    mg.manual_seed(0)
    model = stirred(FLOWS[name](3, context_features=2))
    x, c = normals(4, 3), normals(4, 2, seed=2)
    log_p = model.log_prob(x, c)
    assert (np.abs(model.log_prob(x, c + 1.0).data - log_p.data) > 1e-6).all()
    np.testing.assert_allclose(model.decode(model.encode(x, c), c).data, x.data, atol=1e-10)
    assert model.sample(4, context=c).shape == (4, 3)
    with pytest.raises(ValueError, match="conditional; give it a context"):
        model.log_prob(x)


def test_the_slides_listing_learns_a_bent_density():
    mg.manual_seed(0)
    toy = data.parabola()
    x, model = Tensor(toy.sample(500, seed=0)), models.RealNVP(2, hidden=(32, 32), blocks=5)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(150):
        loss = -model.log_prob(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert -3.3 < loss.item() < -2.7  # the entropy is −3.15, one normal density reaches about −2.5
    assert model.sample(7).dtype == np.float32


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of numbers that overflow, before the loss is seen to be infinite
@pytest.mark.parametrize(("bound", "lr", "ends"), [(2.0, 0.3, True), (2.0, 10.0, False), (None, 1.0, False)])
def test_too_high_a_learning_rate_ends_in_numbers_or_in_a_message_never_in_silent_nan(bound, lr, ends):
    mg.manual_seed(0)
    x, model = Tensor(data.parabola().sample(200, seed=0)), models.RealNVP(2, hidden=(32, 32), bound=bound)
    loop = fit(lambda b: -model.log_prob(b).mean(), [x], optim.Adam(model.parameters(), lr=lr), steps=150, progress=False)
    if ends:
        assert all(math.isfinite(loss) for _, loss in loop)
    else:
        with pytest.raises(FloatingPointError, match=r"the loss is .*; the weights are those of step"):
            list(loop)
    assert all(np.isfinite(p.data).all() for p in model.parameters())


# --- images -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("shape", [(1, 8, 4), (3, 4, 4)])
def test_the_multi_scale_flow_of_images(shape, classes):
    mg.manual_seed(0)
    scales = 2 if shape[1] == 8 else 1
    model = stirred(ImageRealNVP(shape, scales=scales, hidden=4, residual=1, classes=classes).eval(), size=0.1)
    v = Tensor(random.new_generator(0).random((2, *shape)))
    c = None if not classes else Tensor(np.eye(classes)[:2])
    z, log_p = model.encode(v, c), model.log_prob(v, c)
    assert z.shape == (2, math.prod(shape))
    np.testing.assert_allclose(model.decode(z, c).data, v.data, atol=1e-9)
    j = jacobian(lambda x: model.encode(x, None if c is None else c[:1])[0], v[:1]).data.reshape(len(z[0]), -1)
    assert log_p.data[0] == pytest.approx(model.base.log_prob(z[:1]).item() + np.linalg.slogdet(j)[1], abs=1e-8)
    assert (j != 0).any(axis=0).all()
    assert (np.abs(j).sum(axis=1) > np.abs(j).max(axis=1)).all()  # no latent is a pixel that was only stretched


def test_couplings_of_an_image_take_turns():
    model = ImageRealNVP((1, 8, 8), scales=2, hidden=2, residual=1, batch_norm=False)
    levels = [[b for b in level if isinstance(b, AffineCoupling)] for level in model.bijection.inv[1].levels]
    assert [len(level) for level in levels] == [6, 6, 4]
    for level in levels:
        for one, other in pairwise(level):
            if one.mask is not None and other.mask is not None:
                np.testing.assert_array_equal(one.mask.data + other.mask.data, np.ones(one.mask.shape))
            elif one.mask is None:
                assert (one.passive, one.active) == (other.active, other.passive)


def test_an_untrained_flow_of_images_codes_grey_values_in_about_8_bits():
    mg.manual_seed(0)
    k = Tensor(random.new_generator(0).integers(0, 256, (16, 1, 8, 8)).astype(np.float32))
    model = ImageRealNVP((1, 8, 8), scales=1, hidden=4, residual=1)
    v, log_q = UniformDequantization()(k)
    loss = bits(model.log_prob(v), log_q, 64).mean()
    assert 7.5 < loss.item() < 9.5
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())
    with pytest.raises(RuntimeError, match=r"call eval\(\) before sampling"):
        model.sample(1)
    assert model.eval().sample(2).shape == (2, 1, 8, 8)


# --- the posterior of a VAE ---------------------------------------------------------------------------------------------------


def small_vae(blocks=2, size=0.2):
    mg.manual_seed(0)
    model = IAFVAE.fully_connected(6, hidden=(8,), latent_dim=2, blocks=blocks, context_features=3)
    return stirred(model, size=size), Tensor((random.new_generator(0).random((3, 6)) < 0.5).astype(float))


def test_log_q_is_the_density_of_the_draws():
    model, x = small_vae()
    z, log_q = model.draw(x, 4)
    assert z.shape == (4, 3, 2)
    q, h = model.start(x)
    for i in range(4):
        z0, down = model.flow.inverse(z[i], h)
        np.testing.assert_allclose((q.log_prob(z0) + down).data, log_q.data[i], atol=1e-9)
    side = np.linspace(-6, 6, 61)
    grid = Tensor(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2))
    h0 = Tensor(np.repeat(h.data[:1], len(grid), axis=0))
    z0, down = model.flow.inverse(grid, h0)
    mu, sigma = q.mean.data[0], q.stddev.data[0]
    log_p0 = (-0.5 * ((z0.data - mu) / sigma) ** 2 - np.log(sigma) - 0.5 * math.log(2 * math.pi)).sum(axis=1)
    assert np.exp(log_p0 + down.data).sum() * 0.2**2 == pytest.approx(1, abs=5e-3)


def test_the_bound_is_below_log_p_and_importance_samples_reach_it():
    model, x = small_vae(size=0.05)
    model.encoder[-1].bias.data[2:4] += 1.5  # a wide q(z|x): no part of the posterior is out of its reach
    side = np.linspace(-7, 7, 141)
    grid = Tensor(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 1, 2))
    with no_grad():
        joint = (model.log_likelihood(x, grid) + model.prior.log_prob(grid)).data  # (points, 3)
        log_p = np.log(np.exp(joint).sum(axis=0) * 0.1**2)
        mg.manual_seed(1)
        bound = np.mean([model.elbo(x, 500).data for _ in range(4)], axis=0)
        assert (bound < log_p).all()
        np.testing.assert_allclose(model.importance_log_prob(x, 4000).data, log_p, atol=0.05)
    assert model.encode(x).shape == (3, 2)
    assert model.reconstruct(x).shape == (3, 6)
    assert model.sample(5).shape == (5, 6)
    with pytest.raises(NotImplementedError, match="known at its own draws"):
        model.q(x)


def test_without_blocks_it_is_the_vae():
    model, x = small_vae(blocks=0)
    vae = models.VAE(lambda v: model.encoder(v)[:, :4], model.decoder, 2)
    vae.to(np.float64)
    mg.manual_seed(3)
    exact = vae.terms(x)[1].data
    mg.manual_seed(3)
    with no_grad():
        np.testing.assert_allclose(model.terms(x, 20_000)[1].data, exact, atol=0.1)


def test_gradients_reach_everything():
    model, x = small_vae()
    (-model.elbo(x, 2).mean()).backward()
    assert all(p.grad is not None and np.isfinite(p.grad.data).all() for p in model.parameters())
    assert cat([p.grad.reshape(-1) for p in model.flow.parameters()]).data.any()
