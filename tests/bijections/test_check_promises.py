"""check_bijection is checked: bijections that break the other promises, and what it says of wrong calls."""

import math

import numpy as np
import pytest

from minigen import random
from minigen.bijections import LU, Bijection, BijectionError, Permute, check_bijection, sum_except_batch
from minigen.bijections.bijection import no_change
from minigen.bijections.checking.check import PROMISES
from minigen.distributions import Normal, TransformedDistribution
from minigen.nn import Parameter
from minigen.ops import cosh, exp, log, sqrt, where
from minigen.tensor import Tensor
from tests.bijections.test_check import Sinh, both


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

    def __init__(self, there=1.0, back=1.0):
        self.there, self.back = there, back

    def forward(self, x, context=None):
        return x + self.there * context, 0 * x

    def inverse(self, y, context=None):
        return y - self.back * context, 0 * y


class Shuffled(Bijection):
    """An order that is drawn, and held where state_dict does not look."""

    def __init__(self, n):
        self.order = random.randperm(n, "cpu").tolist()

    def forward(self, x, context=None):
        return x[:, self.order], no_change(x)

    def inverse(self, y, context=None):
        return y[:, np.argsort(self.order)], no_change(y)


class NoContext(Bijection):
    def forward(self, x):
        return x, 0 * x


class Returns(Bijection):
    """Something else than a tensor and a tensor."""

    def __init__(self, what):
        self.what = what

    def forward(self, x, context=None):
        return self.what(x)


class Noisy(Sinh):
    def forward(self, x, context=None):
        return super().forward(x + 0.01 * random.randn(x.shape).astype(x.dtype))


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
    (Learns(), (), "saving", "forward of one that loaded the state_dict differs"),
    (NoContext(), (), "shapes", r"forward must take a context.*: def forward\(self, x, context=None\)"),
    (Returns(lambda x: x), (3,), "shapes", "forward must return two things, .image, log-determinants., but returns one Tensor"),
    (Returns(lambda x: (x, x, x)), (3,), "shapes", "must return two things, .* but returns 3 things"),
    (Returns(lambda x: (x, 0.5)), (3,), "shapes", r"the log-determinant that forward returns is no tensor but float: add it to"),
    (Returns(lambda x: (x.data, 0 * x)), (), "shapes", "the image that forward returns is no tensor but ndarray:"),
    (Noisy(), (3,), "round trip", "a second call gives another image: is something drawn at random"),
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
    with pytest.raises(BijectionError, match="context: the context was given but changes nothing: is it passed on"):
        check_bijection(Shift(0.0, 0.0), context=c)
    for there, back, deaf in ((0.0, 1.0, "forward"), (1.0, 0.0, "inverse")):
        with pytest.raises(BijectionError, match=f"the context was given but changes nothing in {deaf}"):
            check_bijection(Shift(there, back), context=c)


def test_a_bijection_that_is_built_anew_must_get_all_its_state():
    assert check_bijection(Shuffled(5), shape=(5,))  # a copy has the same order
    with pytest.raises(BijectionError, match="saving: forward of one that loaded the state_dict differs"):
        check_bijection(Shuffled(5), shape=(5,), again=lambda: Shuffled(5))
    assert check_bijection(Permute.random(5), shape=(5,), again=lambda: Permute.random(5))


class Careless(Sinh):
    """x = log(y + √(y² + 1)): for y far below 0 the two cancel to 0, whose logarithm has no derivative."""

    def inverse(self, y, context=None):
        v = y - self.b
        return log(v + sqrt(v * v + 1)) / self.a, super().inverse(y)[1]


def test_a_formula_that_cancels_is_no_case_of_two_branches():
    words = "comes back as -inf: infinite: a formula overflows there.*\n.*the derivative that autograd finds is no number"
    with pytest.raises(BijectionError, match=words):
        check_bijection(Careless(), [-50.0, 0.5, 3.0])
    assert check_bijection(Careless(), [-50.0, 0.5, 3.0], only=["rows"])  # the same infinity alone and in a batch is no dependence




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
    with pytest.raises(ValueError, match=r"do not get into the domain of this Beyond, .*: pass points x, unless"):
        check_bijection(Beyond(), shape=(30,))
    with pytest.raises(TypeError, match=r"got the class itself \(make one: Sinh\(…\)\)"):
        check_bijection(Sinh)
    with pytest.raises(ValueError, match="expected") as caught:
        check_bijection(LU(3))
    assert "that was forward for points (8,); of events of another shape pass shape=(D, …), or x" in caught.value.__notes__[0]


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
