"""check_bijection is checked: deliberately wrong bijections, and the mistake that the report must name."""

import math

import numpy as np
import pytest

from minigen.bijections import Bijection, BijectionError, check_bijection, sum_except_batch
from minigen.bijections.checking.check import PROMISES
from minigen.bijections.checking.quadrature import cell_masses
from minigen.distributions import Normal, TransformedDistribution
from minigen.nn import Parameter
from minigen.ops import asinh, cosh, exp, log, sinh, sqrt, where
from minigen.tensor import Tensor


class Sinh(Bijection):
    """y = sinh(a x) + b, right unless told otherwise: ``up`` and ``down`` make log-determinants of the terms log a cosh(a x), (N, …)."""

    def __init__(self, up=sum_except_batch, down=lambda terms: -sum_except_batch(terms), back=lambda self, y: asinh(y - self.b) / self.a):
        self.up, self.down, self.back = up, down, back
        self.a, self.b = Parameter(np.array(0.8)), Parameter(np.array(0.3))

    def terms(self, x):
        return log(self.a * cosh(self.a * x))

    def forward(self, x, context=None):
        return sinh(self.a * x) + self.b, self.up(self.terms(x))

    def inverse(self, y, context=None):
        x = asinh(y - self.b) / self.a
        return self.back(self, y), self.down(self.terms(x))


def both(f):
    """A mistake in forward and inverse alike."""
    return {"up": f, "down": lambda terms: -f(terms)}


def spread(number, terms):
    """One number for all rows: (N,)"""
    return number + 0 * sum_except_batch(terms)


LOG_DETS = [  # shape of an event, what is wrong, the words of the report
    ((), both(lambda t: -t), "the sign is flipped.*; so does the inverse, and a round trip cancels the two"),
    ((3,), both(lambda t: -sum_except_batch(t)), "the sign is flipped.*; so does the inverse, and a round trip cancels the two"),
    ((3,), {"up": lambda t: -sum_except_batch(t)}, r"forward returns .* the sign is flipped: this is the log-determinant of the opposite"),
    ((3,), {"down": sum_except_batch}, r"log-determinant: inverse returns .* the sign is flipped"),
    ((3,), {"up": lambda t: spread(t.sum(), t)}, "summed over the batch"),
    ((3,), {"up": lambda t: spread(t.sum(axis=1).mean(), t)}, "averaged over the batch"),
    ((3,), {"up": lambda t: t.sum()}, r"shape \(\) in place of \(8,\): one number for the whole batch"),
    ((3,), {"up": lambda t: t}, r"shape \(8, 3\) in place of \(8,\): it is not summed over the elements"),
    ((3,), {"up": lambda t: t[:2, 0]}, r"shape \(2,\) in place of \(8,\): one number for each row"),
    ((3,), both(lambda t: t.mean(axis=1)), "the factor number of elements = 3 is missing"),
    ((2, 3, 4), both(lambda t: sum_except_batch(t) / 12), "the factor h·w = 12 is missing"),
    ((2, 3, 4), both(lambda t: sum_except_batch(t) / -12), "the factor h·w = 12 is missing and the sign is flipped"),
    ((2, 3, 4), both(lambda t: sum_except_batch(t) * 12), "there is a factor h·w = 12 too much"),
    ((), both(lambda t: 2 * t), "every row is 2 times the right value"),
    ((3,), both(lambda t: 0.5 * sum_except_batch(t)), "every row is 0.5 times the right value"),
    ((3,), both(lambda t: 0 * sum_except_batch(t)), "the log-determinant is missing: 0 is returned"),
    ((3,), both(lambda t: sum_except_batch(t - math.log(256))), r"a constant is missing: 3 · log 256"),
    ((), both(lambda t: t + math.log(2)), "a constant is too much: log 2"),
    ((3,), both(lambda t: sum_except_batch(t) + 0.7), "a constant term is too much: every row is off by 0.7"),
    ((3,), both(lambda t: sum_except_batch(t[:, :2])), r"the term of element \[2\], .*, is missing"),
    ((3,), both(lambda t: sum_except_batch(t) + t[:, 1]), r"the term of element \[1\], .*, counts twice"),
    ((2, 2), both(lambda t: sum_except_batch(t) - 2 * t[:, 1, 0]), r"the term of element \[1, 0\], .*, has the wrong sign"),
    ((5,), both(lambda t: sum_except_batch(t[:, ::2])), r"the terms of 2 of 5 elements .*: \[1\] counts 0 times, \[3\] counts 0 times"),
    ((), {"up": lambda t: log(0 * t - 1)}, "NaN: the logarithm of a negative number"),
    ((), {"up": lambda t: -log(0 * t)}, "infinite: does the map take these points for outside"),
    ((), both(lambda t: where(t > -0.1, t, 0.0)), "only . of 8 rows are wrong"),
    ((), both(lambda t: t * t), "no simple pattern"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "wrong", "words"), LOG_DETS, ids=[w for _, _, w in LOG_DETS])
def test_a_wrong_log_determinant_is_named(shape, wrong, words):
    assert check_bijection(Sinh(), shape=shape)
    with pytest.raises(BijectionError, match=words):
        check_bijection(Sinh(**wrong), shape=shape)


BACK = [  # a wrong way back, the words of the report
    (lambda self, y: asinh(y) / self.a, "round trip"),
    (lambda self, y: asinh(y - self.b), r"row \d \(at .*\), element \(\d,\) comes .* every element is .* times the right value: a scale"),
    (lambda self, y: asinh(y - self.b) / self.a + 1.5, "every element is off by 1.5: a shift is not undone"),
    (lambda self, y: -asinh(y - self.b) / self.a, "inverse.forward.x.. is not the identity: .* the sign is flipped"),
    (lambda self, y: (asinh(y - self.b) / self.a)[:, [1, 2, 0]], "the elements come back in another order"),
    (lambda self, y: sinh(self.a * y) + self.b, "the way back is the way there once more"),
    (lambda self, y: asinh(y - self.b * np.array([1, 0, 1])) / self.a, r"only element \[1\] of 3"),
    (lambda self, y: asinh(y - self.b) / self.a * np.nan, "comes back as nan: NaN"),
]  # fmt: skip


@pytest.mark.parametrize(("back", "words"), BACK, ids=[w for _, w in BACK])
def test_a_wrong_way_back_is_named(back, words):
    with pytest.raises(BijectionError, match=words):
        check_bijection(Sinh(back=back), shape=(3,))


class WrongPlaceBack(Sinh):
    """The derivative a cosh(a x), taken at y = sinh(a x) + b."""

    def inverse(self, y, context=None):
        return super().inverse(y)[0], -sum_except_batch(self.terms(y))


class WrongPlaceThere(Sinh):
    def forward(self, x, context=None):
        y, _ = super().forward(x)
        return y, sum_except_batch(self.terms(y))


@pytest.mark.parametrize("b", [WrongPlaceBack(), WrongPlaceThere()], ids=["inverse", "forward"])
@pytest.mark.parametrize("shape", [(), (3,)], ids=str)
def test_a_derivative_at_the_wrong_place_is_named(b, shape):
    with pytest.raises(BijectionError, match="it is taken at the wrong place"):
        check_bijection(b, shape=shape)


# --- the other promises: for each a class that breaks it ----------------------------------------------------------------------


class TwoBranches(Bijection):
    """y = x² taken for invertible on the whole line."""

    def forward(self, x, context=None):
        return x * x, log(2 * abs(x))

    def inverse(self, y, context=None):
        return sqrt(y), -log(2 * sqrt(y))


class BatchCentred(Sinh):
    def forward(self, x, context=None):
        return super().forward(x - x.mean(axis=0), context)


class Remembers(Sinh):
    """Keeps the log-determinant of its first call."""

    def forward(self, x, context=None):
        y, log_det = super().forward(x)
        self.kept = getattr(self, "kept", None) or [log_det.detach().data.tolist()]
        return y, Tensor(np.array(self.kept[0])) + 0 * log_det if len(self.kept[0]) == len(x) else log_det


class Wider(Sinh):
    """Draws something else than what its density says."""

    def forward(self, x, context=None):
        y, log_det = super().forward(x)
        return 1.2 * y, log_det + math.log(1.2)


class Detached(Sinh):
    def terms(self, x):
        return log(self.a.detach() * cosh(self.a * x))


class Cut(Sinh):
    """A part of the map that no gradient flows through."""

    def forward(self, x, context=None):
        y, log_det = super().forward(x)
        return y + 0.1 * x.detach(), log_det


class Idle(Sinh):
    def __init__(self):
        super().__init__()
        self.scale = Parameter(np.ones(3))


class Log(Bijection):
    """y = log x, careless about x ≤ 0."""

    def forward(self, x, context=None):
        return log(x), -sum_except_batch(log(x))

    def inverse(self, y, context=None):
        return exp(y), sum_except_batch(y)


class MaskedLog(Log):
    """The value is saved by where, its gradient is not."""

    def forward(self, x, context=None):
        outside = x.data <= 0
        return where(outside, 0.0, log(where(outside, 1.0, x))), where(outside, -np.inf, -log(x))


class Wide(Sinh):
    def terms(self, x):
        return super().terms(x) + Tensor(np.zeros(x.shape))


class Cancels(Sinh):
    def forward(self, x, context=None):
        y, log_det = super().forward(x)
        return y, (log_det + 30_000) - 30_000


class Bare(Sinh):
    """A number that is not part of the state."""

    def __init__(self):
        super().__init__()
        self.scale = np.array(2.0)


class Learns(Sinh):
    """Sets a plain number by the data in training."""

    scale = 1.0

    def forward(self, x, context=None):
        if self.training:
            self.scale = float(1 / x.data.std())
        y, log_det = super().forward(x * self.scale)
        return y, log_det + math.log(self.scale)

    def inverse(self, y, context=None):
        x, log_det = super().inverse(y)
        return x / self.scale, log_det - math.log(self.scale)


class Flat(Sinh):
    def forward(self, x, context=None):
        y, log_det = super().forward(x)
        return y.reshape((len(x), -1)), log_det


class Shift(Bijection):
    """y = x + context"""

    def __init__(self, heeds=True):
        self.heeds = heeds

    def forward(self, x, context=None):
        return x + self.heeds * context, 0 * x

    def inverse(self, y, context=None):
        return y - self.heeds * context, 0 * y


BROKEN = [  # a bijection, the shape of its events, the check that finds it, its words
    (TwoBranches(), (), "round trip", "has the map two branches, of which the inverse knows one"),
    (TwoBranches(), (), "mass", r"integrates to 0\.\d+ in place of 0\.9"),
    (Sinh(**both(lambda t: -t)), (), "mass", "integrates to .* in place of 1"),
    (Sinh(**both(lambda t: -sum_except_batch(t))), (2,), "mass", "integrates to .* in place of 1"),
    (Wider(), (), "mass", "draws b.z. do not follow the density that the inverse gives"),
    (Wider(), (2,), "mass", "draws b.z. do not follow"),
    (BatchCentred(), (3,), "rows", "another one when the row comes alone"),
    (Remembers(), (3,), "composition", "kept from an earlier call"),
    (Detached(), (3,), "gradients", "a changes images and log-determinants by .*, its gradient says .*: a step is detached"),
    (Idle(), (3,), "gradients", "no gradient reaches scale: it has no influence"),
    (Cut(), (3,), "log-determinant", "forward: its Jacobian by autograd .* by finite differences .*: a part of the map has no gradient"),
    (Log(), (), "domain", r"forward of row \d \(at .*\) is NaN"),
    (MaskedLog(), (), "domain", "the gradient of its log-determinant is NaN"),
    (Wide(), (), "float32", "float32 becomes float64 in log-determinant of forward"),
    (Cancels(), (), "float32", "log-determinant of forward in row . .* is off by .* difference of nearly equal numbers"),
    (Bare(), (3,), "saving", "scale is an array that is neither saved nor moved"),
    (Learns(), (), "saving", "forward of a copy that loaded the state_dict differs"),
    (Flat(), (2, 2), "shapes", r"forward returns shape \(10, 4\), but forward_shape promises \(10, 2, 2\)"),
]  # fmt: skip


@pytest.mark.parametrize(("b", "shape", "check", "words"), BROKEN, ids=[f"{type(b).__name__}-{c}-{s}" for b, s, c, _ in BROKEN])
def test_a_broken_promise_is_named(b, shape, check, words):
    with pytest.raises(BijectionError, match=f"{check}: .*{words}"):
        check_bijection(b, shape=shape, only=[check])


def test_a_right_map_passes_and_is_left_alone():
    b = Sinh()
    before = {name: t.data for name, t in b.named_parameters()}
    report = check_bijection(b, shape=(2,))
    assert report
    assert set(report.errors) == set(PROMISES) - {"context"}
    assert max(report.errors[check] for check in ("round trip", "log-determinant", "rows", "composition")) < 1e-12
    assert report.errors["mass"] < 1e-4
    assert all(vars(b)[name].data is data for name, data in before.items())
    assert b.training
    assert str(report).startswith("Sinh: 10 checks of 8 rows, 0 wrong\n  in order, with the largest deviation: shapes 0")


def test_context_is_passed_on_and_must_matter():
    c = np.linspace(-1, 1, 8)
    assert "context" in check_bijection(Shift(), context=c).errors
    with pytest.raises(BijectionError, match="the context was given but changes nothing"):
        check_bijection(Shift(heeds=False), context=c)


def test_points_of_ones_own_and_a_domain():
    x = np.array([0.2, 0.9, 3.0])
    assert check_bijection(Log(), x, only=["log-determinant", "round trip"]).rows == 3
    with pytest.raises(TypeError, match="got TransformedDistribution; of a flow pass flow"):
        check_bijection(TransformedDistribution(Normal(0.0, 1.0), Sinh()))
    with pytest.raises(ValueError, match="there is no check"):
        check_bijection(Sinh(), only=["sign"])
    with pytest.raises(ValueError, match="8 points need as many rows of context, got 3"):
        check_bijection(Sinh(), np.zeros(8), context=np.zeros(3))
    with pytest.raises(ValueError, match="1 of 2 points x lie outside of the domain, row 1"):
        check_bijection(Beyond(), [5.0, 1.0])
    with pytest.raises(ValueError, match="do not get into the domain of this Beyond: pass points x"):
        check_bijection(Beyond(), shape=(30,))


class Beyond(Log):
    """Defined beyond 3 only."""

    def forward(self, x, context=None):
        return x, where((x.data < 3).reshape(len(x), -1).any(axis=1), -np.inf, 0 * sum_except_batch(x))


def test_an_identity_at_its_start_hides_nothing():
    class Zero(Sinh):
        def __init__(self):
            super().__init__()
            self.a.data = np.array(1.0)

        def forward(self, x, context=None):
            return x * self.a, -sum_except_batch(log(self.a) + 0 * x)  # the wrong sign; log a = 0 at the start

        def inverse(self, y, context=None):
            return y / self.a, sum_except_batch(log(self.a) + 0 * y)

    assert check_bijection(Zero(), shape=(3,), jitter=0, only=["log-determinant"])
    with pytest.raises(BijectionError, match="the sign is flipped"):
        check_bijection(Zero(), shape=(3,), only=["log-determinant"])


def test_the_quadrature_finds_peaks_and_singular_edges():
    edge = cell_masses(lambda y: 0.25 / np.sqrt(y[:, 0]), [np.array([0.0, 1.0, 4.0])], 1e-10)  # z², z ~ U(0, 2)
    np.testing.assert_allclose(edge, [0.5, 0.5], atol=1e-3)
    peak = lambda y: np.exp(-0.5 * (((y - 0.3) / 0.01) ** 2).sum(axis=1)) / (2 * math.pi * 1e-4)  # noqa: E731
    cells = cell_masses(peak, [np.linspace(-1, 1, 9)] * 2, 1e-9)
    assert cells.shape == (8, 8)
    assert cells.sum() == pytest.approx(1, abs=1e-6)
