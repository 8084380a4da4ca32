"""Couplings: what passes and what moves for every kind of mask, the slide's Jacobian entry by entry, what the network sees, context."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen as mg
from minigen import nn
from minigen.autograd import grad
from minigen.bijections import (
    AdditiveCoupling,
    AffineCoupling,
    Chain,
    Coupling,
    Permute,
    SplineCoupling,
    alternating_mask,
    checkerboard_mask,
    half_mask,
    rational_quadratic_spline,
)
from minigen.bijections.affine import scale_and_add, sum_of_scales
from minigen.derivatives import jacobian
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values


def coupling_inputs(draw, d=(2, 5), rest=((), (2, 3))):
    n, seed = draw(st.integers(*d)), draw(seeds)
    active = draw(st.sampled_from([slice(0, 1), slice(n // 2, n), slice(0, n, 2)]))
    k, tail = len(np.arange(n)[active]), draw(st.sampled_from(rest))
    arrays = [values(seed, (2, n, *tail)), values(seed + 1, (2, 2 * k, *tail)), values(seed + 2, (), 0.5, 2.0)]
    return arrays, {"active": active, "back": draw(st.booleans())}


def coupling_reference(x, theta, bound, *, active, back):
    s, t = np.split(theta, 2, axis=1)
    s, y = bound * np.tanh(s), x.copy()
    y[:, active] = (x[:, active] - t) / np.exp(s) if back else x[:, active] * np.exp(s) + t
    return y


def scales_inputs(draw):
    (_, theta, bound), _ = coupling_inputs(draw)
    return [theta, bound], {}


def scales_reference(theta, bound):
    s = bound * np.tanh(np.split(theta, 2, axis=1)[0])
    return s.reshape(len(s), -1).sum(axis=1)


ROWS = [
    Row("scale_and_add", scale_and_add, coupling_reference, coupling_inputs),
    Row("sum_of_scales", sum_of_scales, scales_reference, scales_inputs),
]


@few
@given(st.data())
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_primitives(row, data):
    check(row, data.draw)


class LongWay(AffineCoupling):
    """The composite that the two primitives stand for."""

    def scale_and_shift(self, theta):
        return super().scale_and_shift(theta)


class Seen(nn.Module):
    """A network that remembers what it saw; its numbers depend on all of it and differ from place to place."""

    def __init__(self, out_channels):
        self.out_channels = out_channels

    def forward(self, x):
        self.x = x.data
        places = np.sin(1 + np.arange(self.out_channels)).reshape((-1,) + (1,) * (x.ndim - 2))
        whole, here = x.sum(axis=tuple(range(1, x.ndim)), keepdims=True), x.sum(axis=1, keepdims=True)
        return mg.tanh((whole + here) * places + places)


MASKS = {  # name: (mask, shape of an event, out_channels of an affine network)
    "2 of 2": (half_mask(2), (2,), 2),
    "D = 5, d = 2": (half_mask(5), (5,), 6),
    "D = 5, the others": (half_mask(5, flip=True), (5,), 4),
    "D = 5, d = 4": (half_mask(5, 4), (5,), 2),
    "D = 5, every other": (alternating_mask(5), (5,), 4),
    "D = 5, unevenly": ([1, 1, 0, 1, 0], (5,), 4),
    "D = 6, unevenly": ([0, 1, 0, 0, 1, 1], (6,), 6),
    "D = 4, every other, the others": (alternating_mask(4, flip=True), (4,), 4),
    "3 channels": (half_mask(3), (3, 2, 3), 4),
    "3 channels, the others": (half_mask(3, flip=True), (3, 2, 3), 2),
    "checkerboard": (checkerboard_mask(3, 5), (2, 3, 5), 4),
    "checkerboard, the others": (checkerboard_mask(3, 5, flip=True), (1, 3, 5), 2),
    "each channel its own": (np.stack([checkerboard_mask(2, 2)[0], checkerboard_mask(2, 2, True)[0]]), (2, 2, 2), 4),
}


def points(shape, n=3, seed=0):
    return Tensor(mg.random.new_generator(seed).standard_normal((n, *shape)))


@pytest.mark.parametrize("name", MASKS)
def test_what_passes_is_untouched_and_alone_decides_how_the_rest_moves(name):
    mask, shape, outs = MASKS[name]
    coupling, x = AffineCoupling(mask, Seen(outs)), points(shape)
    mask = np.asarray(mask, bool)
    mask = np.broadcast_to(mask if mask.ndim > 1 else mask.reshape(mask.shape + (1,) * (len(shape) - 1)), shape)
    y, log_det = coupling(x)
    np.testing.assert_array_equal(y.data[:, mask], x.data[:, mask])
    assert (y.data[:, ~mask] != x.data[:, ~mask]).all()
    assert log_det.shape == (3,)
    other = x.data.copy()
    other[:, ~mask] += 1.0
    before = coupling.net.x
    moved, same = coupling(Tensor(other))
    np.testing.assert_array_equal(coupling.net.x, before)  # the network never sees what it moves
    np.testing.assert_array_equal(same.data, log_det.data)
    stretch = (moved.data - y.data)[:, ~mask]  # exp(s), because x grew by 1
    np.testing.assert_allclose(np.log(stretch).sum(axis=1), log_det.data, rtol=1e-9)


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("kind", [AdditiveCoupling, AffineCoupling, LongWay])
def test_log_determinants_are_those_of_the_jacobian_in_both_directions(kind, name):
    mask, shape, outs = MASKS[name]
    coupling = kind(mask, Seen(outs // 2 * kind.per_element))
    for direction in (coupling, coupling.inv):
        x = points(shape)
        y, log_det = direction(x)
        for i in range(len(x)):
            j = jacobian(lambda v: direction(v[None])[0][0], x[i]).data.reshape(x[i].numel(), -1)  # noqa: B023 (called at once)
            assert log_det.data[i] == pytest.approx(np.linalg.slogdet(j)[1], abs=1e-12)
        np.testing.assert_allclose(direction.inverse(y)[0].data, x.data, atol=1e-14)


@pytest.mark.parametrize("bound", [1.5, "learned"])
@pytest.mark.parametrize("name", MASKS)
def test_two_nodes_or_ten_make_no_difference(name, bound):
    mask, shape, outs = MASKS[name]
    for back in (False, True):
        found = []
        for kind in (AffineCoupling, LongWay):
            coupling = kind(mask, Seen(outs), bound=bound)
            coupling.to(np.float64)
            x = Tensor(points(shape).data, requires_grad=True)
            y, log_det = coupling.inverse(x) if back else coupling(x)
            first = grad((y * y).sum() + (log_det * log_det).sum(), [x, *coupling.parameters()], create_graph=True)
            second = grad(sum((g * g).sum() for g in first), x)
            found.append([y, log_det, *first, *second])
        for a, b in zip(*found):
            np.testing.assert_allclose(a.data, b.data, rtol=1e-9, atol=1e-12)


def test_an_empty_batch_and_mixed_dtypes():
    coupling = AffineCoupling(half_mask(5), nn.MLP(2, 6))
    y, log_det = coupling(mg.ones(0, 5))
    assert (y.shape, log_det.shape, y.dtype) == ((0, 5), (0,), np.float32)
    assert coupling(points((5,)))[0].dtype == np.float64
    assert coupling.to(np.float64)(mg.ones(3, 5))[0].dtype == np.float64


def test_the_slides_jacobian_for_d_5_symbol_by_symbol():
    net = nn.Sequential(nn.Linear(2, 8, dtype=np.float64), nn.Tanh(), nn.Linear(8, 6, dtype=np.float64))
    coupling, z = AffineCoupling(half_mask(5, d=2), net), points((5,), 1)
    j = jacobian(lambda v: coupling(v)[0], z).data[0, :, 0]
    alpha = 2.0 * np.tanh(net(z[:, :2]).data[0, :3])
    np.testing.assert_allclose(np.diag(j), [1, 1, *np.exp(alpha)], rtol=1e-14)
    assert (np.diag(j)[:2] == 1).all()
    free = np.zeros((5, 5), bool)  # the slide's "e = don't care": b and α depend on z₁, z₂ in any way
    free[2:, :2] = True
    assert (j[~free & ~np.eye(5, dtype=bool)] == 0).all()
    assert (j[free] != 0).all()
    assert coupling(z)[1].item() == pytest.approx(alpha.sum())


def test_masks_are_those_of_the_papers():
    np.testing.assert_array_equal(half_mask(5), [1, 1, 0, 0, 0])
    np.testing.assert_array_equal(half_mask(5, 3), [1, 1, 1, 0, 0])
    np.testing.assert_array_equal(alternating_mask(5), [1, 0, 1, 0, 1])
    np.testing.assert_array_equal(checkerboard_mask(2, 3)[0], [[0, 1, 0], [1, 0, 1]])
    for mask in (lambda f: half_mask(7, flip=f), lambda f: alternating_mask(7, f), lambda f: checkerboard_mask(3, 3, f)):
        assert (mask(False) ^ mask(True)).all()  # two couplings in turn move everything


@pytest.mark.parametrize(
    "turn",
    [
        lambda net: Chain(AffineCoupling(half_mask(5), net(6)), AffineCoupling(half_mask(5, flip=True), net(4))),
        lambda net: Chain(AffineCoupling(half_mask(4), net(4)), Permute.reverse(4), AffineCoupling(half_mask(4), net(4))),
        lambda net: Chain(AffineCoupling(checkerboard_mask(1, 5), net(2)), AffineCoupling(checkerboard_mask(1, 5, flip=True), net(2))),
    ],
)
def test_two_couplings_in_turn_move_everything(turn):
    chain = turn(Seen)
    mask = chain[0].mask
    x = points((5 - (len(chain) == 3),) if mask is None else (1, 1, 5))
    y = chain(x)[0].data
    if len(chain) == 3:
        y = y[:, ::-1]
    assert (y != x.data).all()


def test_the_network_sees_only_the_passive_part_of_a_split_and_zeros_in_a_masked_image():
    split = AffineCoupling(half_mask(5), Seen(6))
    x = points((5,))
    split(x)
    np.testing.assert_array_equal(split.net.x, x.data[:, :2])
    image = AffineCoupling(checkerboard_mask(2, 3), Seen(4))
    x = points((2, 2, 3))
    image(x)
    np.testing.assert_array_equal(image.net.x, x.data * [[0, 1, 0], [1, 0, 1]])


@pytest.mark.parametrize("shape", [(4,), (4, 2, 2)])
def test_a_conditional_coupling_depends_on_its_context_and_another_ignores_it(shape):
    x, context = points(shape), points((3,), seed=1)
    outs = 4
    for conditional in (True, False):
        coupling = AffineCoupling(half_mask(4), Seen(outs), conditional)
        y, log_det = coupling(x, context)
        assert coupling.net.x.shape == (3, 5 if conditional else 2, *shape[1:])
        back, down = coupling.inverse(y, context)
        np.testing.assert_allclose(back.data, x.data, atol=1e-14)
        np.testing.assert_allclose(down.data, -log_det.data, atol=1e-14)
        assert (coupling(x, context + 1.0)[0].data != y.data).any() == conditional
    with pytest.raises(ValueError, match="this map is conditional; give it a context"):
        AffineCoupling(half_mask(4), Seen(outs), conditional=True)(x)


@pytest.mark.parametrize("bound", [0.5, "learned", None])
def test_the_scale_is_bounded_and_the_bound_can_be_learned(bound):
    class Far(nn.Module):
        def forward(self, x):
            return mg.cat([x * 0 + 50.0, x * 0], axis=1)

    coupling = AffineCoupling(half_mask(2), Far(), bound=bound)
    log_det = coupling(points((2,)))[1]
    np.testing.assert_allclose(log_det.data, {0.5: 0.5, "learned": 1.0, None: 50.0}[bound])
    assert [name for name, _ in coupling.named_parameters()] == (["bound"] if bound == "learned" else [])
    if bound == "learned":
        log_det.sum().backward()
        assert coupling.bound.grad.item() == pytest.approx(3.0)


def test_a_spline_coupling_takes_widths_heights_and_slopes_in_this_order():
    theta = Tensor(mg.random.new_generator(0).standard_normal((3, 8, 2)))

    class Knots(nn.Module):
        def forward(self, x):
            return theta.reshape(3, 16)

    coupling, x = SplineCoupling(half_mask(3), Knots(), bins=3, bound=2.0), points((3,))
    y, log_det = coupling(x)
    pieces = [mg.movedim(t, 1, 2) for t in (theta[:, :3], theta[:, 3:6], theta[:, 6:])]
    expected, log_slope = rational_quadratic_spline(x[:, 1:], *pieces, 2.0)
    np.testing.assert_allclose(y.data[:, 1:], expected.data)
    np.testing.assert_allclose(log_det.data, log_slope.data.sum(axis=1))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: AffineCoupling([1, 1], Seen(2)), r"holds 1 where x passes .* both must occur; got shape \(2,\), 2 ones"),
        (lambda: AffineCoupling([0.5, 1], Seen(2)), "both must occur"),
        (lambda: AffineCoupling(True, Seen(2)), "got True"),
        (lambda: AffineCoupling(half_mask(4), Seen(4))(mg.ones(3, 5)), r"expected \(N, 4, …\), as the mask has it, got \(3, 5\)"),
        (lambda: AffineCoupling(half_mask(5), Seen(5))(mg.ones(3, 5)), r"net must give \(3, 6\) for \(3, 2\), got \(3, 5\)"),
        (lambda: AffineCoupling(checkerboard_mask(2, 2), Seen(2))(mg.ones(3, 2, 2, 2)), r"must give \(3, 4, 2, 2\) for \(3, 2, 2, 2\)"),
        (lambda: AffineCoupling(half_mask(2), Seen(2), bound=0), 'a positive number, "learned" or None, got 0'),
        (lambda: half_mask(1), "half_mask: a coupling needs at least 2 features, one to pass and one to move, got 1"),
        (lambda: half_mask(3, 3), "between 1 and 2 can pass, got d = 3"),
        (lambda: alternating_mask(1), "at least 2 features"),
        (lambda: checkerboard_mask(1, 1), "at least 2 pixels"),
    ],
)
def test_errors_teach(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()


def test_a_coupling_without_its_formula_says_what_to_write():
    with pytest.raises(NotImplementedError, match="Coupling has no transform: write def transform"):
        Coupling([1, 0], Seen(1))(mg.ones(1, 2))
    with pytest.raises(NotImplementedError, match="Coupling has no restore: write def restore"):
        Coupling([1, 0], Seen(1)).inverse(mg.ones(1, 2))
