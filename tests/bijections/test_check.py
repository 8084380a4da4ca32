"""check_bijection is checked: wrong log-determinants and wrong ways back, and the mistake that the report must name."""

import math

import numpy as np
import pytest

from minigen.bijections import AffineCoupling, Bijection, BijectionError, Tanh, check_bijection, checkerboard_mask, sum_except_batch
from minigen.nn import Conv2d, Parameter
from minigen.ops import asinh, atanh, cosh, exp, log, log1p, sinh, tanh, where


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
    ((), both(lambda t: -t), "the sign is flipped.*; the inverse makes the same mistake"),
    ((3,), both(lambda t: -sum_except_batch(t)), "the sign is flipped.*; the inverse makes the same mistake"),
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
    ((), both(lambda t: t / math.log(2)), "it is the logarithm to the base 2, not the natural one"),
    ((3,), both(lambda t: -sum_except_batch(t) / math.log(10)), "logarithm to the base 10, not the natural one and the sign is flipped"),
    ((3,), both(lambda t: exp(sum_except_batch(t))), "this is the determinant itself: its logarithm is wanted"),
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
    ((), both(lambda t: t * t), "no simple pattern: a term of the formula is missing, is taken at another point, or belongs to another"),
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
    (lambda self, y: asinh(y - self.b * np.array([1, 0, 1])) / self.a, r"only element \[1\] of 3 is wrong: does the inverse compute"),
    (lambda self, y: (asinh(y - self.b) / self.a) / (y < 0.3), "infinite: a formula overflows there"),
    (lambda self, y: asinh(y - self.b) / self.a * np.nan, "comes back as nan: NaN"),
]  # fmt: skip


@pytest.mark.parametrize(("back", "words"), BACK, ids=[w for _, w in BACK])
def test_a_wrong_way_back_is_named(back, words):
    with pytest.raises(BijectionError, match=words):
        check_bijection(Sinh(back=back), shape=(3,))


def test_a_forgotten_parameter_is_named():
    class Forgets(Sinh):
        def terms(self, x):
            return log(cosh(self.a * x))

    words = r"a term is missing: 3 · log\|a\|; the inverse makes the same mistake"
    with pytest.raises(BijectionError, match=words):
        check_bijection(Forgets(), shape=(3,))

    class Adds(Sinh):
        def terms(self, x):
            return super().terms(x) + self.b

    with pytest.raises(BijectionError, match="a term is too much: b; the inverse"):
        check_bijection(Adds())


def test_what_follows_from_a_mistake_is_not_reported_as_another_one():
    back = check_bijection(Sinh(back=lambda self, y: asinh(y - self.b) / self.a + 1.5), shape=(3,), raise_exception=False)
    assert [check for check, _ in back.wrong] == ["round trip"]
    log_det = check_bijection(Sinh(up=lambda t: 2 * sum_except_batch(t)), shape=(3,), raise_exception=False)
    assert [check for check, _ in log_det.wrong] == ["log-determinant"]


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


def test_a_coupling_that_counts_what_does_not_move():
    class Careless(AffineCoupling):
        def forward(self, x, context=None):
            s = tanh(self.net(self.mask * x)[:, :1])
            return super().forward(x)[0], sum_except_batch(2 * s)  # not (1 − b) ⊙ s

    with pytest.raises(BijectionError, match="are log-scales of elements that do not move counted as well"):
        check_bijection(Careless(checkerboard_mask(2, 2), Conv2d(1, 2, 3, padding=1)), shape=(1, 2, 2), only=["log-determinant"])


class Cancelling(Bijection):
    """y = tanh x, whose slope 1 − tanh² x loses all its digits where x is large. The inverse is ill-conditioned there; the slope is not."""

    def forward(self, x, context=None):
        return tanh(x), sum_except_batch(log(1 - tanh(x) ** 2))

    def inverse(self, y, context=None):
        return atanh(y), -sum_except_batch(log1p(-y) + log1p(y))


def test_an_ill_conditioned_inverse_is_no_excuse_for_the_forward_log_determinant():
    x = np.array([-8.0, -3.0, 0.5, 7.0])
    words = r"float32: log-determinant of forward in row 0 \(at -8\) is off by .* difference of nearly equal numbers"
    with pytest.raises(BijectionError, match=words):
        check_bijection(Cancelling(), x, only=["float32"])
    assert check_bijection(Tanh(), x, only=["float32"])
