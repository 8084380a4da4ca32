"""Masked autoregressive maps: one pass one way, D passes the other; the two readings; orders; context."""

import numpy as np
import pytest

import minigen as mg
from minigen import nn
from minigen.bijections import MaskedAutoregressive
from minigen.derivatives import jacobian
from minigen.distributions import Independent, Normal, TransformedDistribution
from minigen.tensor import Tensor

D = 5


def drawn(order=None, context=0, **options):
    mg.manual_seed(0)
    net = nn.MADE(D, hidden=(20, 20), outputs=2, order=order, context_features=context, activation=nn.Tanh).to(np.float64)
    for p in net.parameters():
        p.data[...] *= 3.0
    return MaskedAutoregressive(net, conditional=context > 0, **options)


def normals(n, d=D, seed=1):
    return Tensor(mg.random.new_generator(seed).standard_normal((n, d)))


@pytest.mark.parametrize("order", [None, [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]])
@pytest.mark.parametrize("context", [0, 3])
def test_triangular_in_the_order_and_invertible(order, context):
    b, x = drawn(order, context), normals(4)
    c = normals(4, 3, seed=2) if context else None
    y, log_det = b(x, c)
    back, down = b.inverse(y, c)
    np.testing.assert_allclose(back.data, x.data, atol=1e-12)
    np.testing.assert_allclose(down.data, -log_det.data, atol=1e-12)
    for direction, at in ((b, x), (b.inv, y)):
        j = jacobian(lambda v: direction(v, None if c is None else c[:1])[0], at[:1]).data[0, :, 0]  # noqa: B023 (called at once)
        place = np.arange(D) if order is None else np.argsort(order)
        j_in_order = j[np.ix_(np.argsort(place), np.argsort(place))]
        assert (j_in_order[np.triu_indices(D, 1)] == 0).all()
        assert (np.abs(j_in_order[np.tril_indices(D)]) > 0).all()
        value = direction(at, c)[1].data[0]
        assert value == pytest.approx(np.linalg.slogdet(j)[1], abs=1e-12)


def test_it_is_the_papers_formula():
    b, x = drawn(bound=None), normals(3)
    mu, alpha = b.net(x).data[:, :D], b.net(x).data[:, D:]
    y, log_det = b(x)
    np.testing.assert_allclose(y.data, (x.data - mu) * np.exp(-alpha))
    np.testing.assert_allclose(log_det.data, -alpha.sum(axis=1))
    np.testing.assert_allclose(drawn(bound=0.5)(x)[1].data, -(0.5 * np.tanh(alpha)).sum(axis=1))


def test_one_pass_one_way_and_d_passes_the_other_way():
    b, calls = drawn(), []
    plain = b.net.forward
    b.net.forward = lambda x: calls.append(1) or plain(x)
    base = Independent(Normal(mg.zeros(D, dtype=np.float64), mg.ones(D, dtype=np.float64)), 1)
    maf, iaf = TransformedDistribution(base, b.inv), TransformedDistribution(base, b)

    def passes(action):
        calls.clear()
        action()
        return len(calls)

    assert passes(lambda: maf.log_prob(normals(7))) == 1
    assert passes(lambda: maf.sample(7)) == D
    assert passes(lambda: iaf.sample(7)) == 1
    assert passes(lambda: iaf.log_prob(normals(7))) == D


def test_gradients_flow_through_all_passes():
    b = drawn()
    y = Tensor(normals(2).data, requires_grad=True)
    x, down = b.inverse(y)
    (x.sum() + down.sum()).backward()
    assert (y.grad.data != 0).all()
    assert all((np.abs(p.grad.data) > 0).any() for p in b.parameters())


def test_what_is_not_known_yet_is_0_in_each_pass():
    order = [2, 0, 4, 1, 3]
    b, seen = drawn(order), []
    plain = b.net.forward
    b.net.forward = lambda x: seen.append(x.data) or plain(x)
    x, _ = b.inverse(normals(3))
    for i, at in enumerate(seen):
        np.testing.assert_allclose(at[:, order[:i]], x.data[:, order[:i]])
        assert (at[:, order[i:]] == 0).all()  # a guess would be multiplied by zeros, and ∞ · 0 is NaN


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: MaskedAutoregressive(nn.Linear(2, 4)), TypeError, r"as MADE\(D, outputs=2\) does; got Linear"),
        (lambda: drawn()(mg.ones(2, 4)), ValueError, r"expected \(N, 5\), got \(2, 4\)"),
        (lambda: drawn(context=2)(normals(2)), ValueError, "give it a context"),
        (lambda: drawn(context=2)(normals(3), normals(1)), ValueError, "3 rows need as many rows of context, got 1"),
    ],
)
def test_errors_teach(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()
