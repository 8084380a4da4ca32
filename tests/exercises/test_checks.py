"""Every kind of check: passes what is right, and says of something wrong what is wrong about it."""

import math
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import minigen as mg
from minigen import random
from minigen.bijections import Affine, Permute
from minigen.distributions import Normal, kl_monte_carlo
from minigen.exercises import Exercise, Mutant, Variant, catalog
from minigen.exercises import checks as kinds
from minigen.exercises.checks.base import differing, told_apart
from minigen.exercises.checks.gradient import ratio
from minigen.exercises.draws import choice, draws, number, real, whole
from minigen.exercises.examine import check_text
from minigen.exercises.targets import source
from minigen.nn.cross_entropy import bce_with_logits
from minigen.ops.arithmetic import mul, mul_vjp_a

MUL, BCE = "minigen.ops.arithmetic:mul_vjp_a", "minigen.nn.cross_entropy:bce_with_logits"
AFFINE, NORMAL = "minigen.bijections.elementwise:Affine.{}", "minigen.distributions.normal:Normal.{}"
KL = "minigen.distributions.kl:kl_monte_carlo"
NOISE = "eps = random.randn(self.extended_shape(sample_shape), self.dtype, self.device)\n"
TWO = draws(6, a=real("N D", away=0.25), b=real("N D", away=0.25))


def exercise(check, target, mutants=()):
    """An exercise of one check."""
    about = dict.fromkeys(("lecture", "section", "title", "task", "teaches"), "02")
    return Exercise(id="test", target=target, difficulty=1, points=check.points, checks=(check,), hints=(), mutants=mutants,
                    variants=(Variant("x", body=""),), free=(), **about)  # fmt: skip


def rule(a, b):
    return mul_vjp_a(a * 0 + 1, None, a, b)


def product(a, b):
    return mul(a, b)


def moved(x):
    return Affine(2.0, 1.0).forward(x)


def round_trip(x):
    y, there = Affine(2.0, 1.0).forward(x)
    back, again = Affine(2.0, 1.0).inverse(y)
    return back, there, again


def permuted(x):
    return Permute([1, 2, 0]).forward(x)


def draw(mu):
    return Normal(mu, 2.0).rsample()


def many(mu):
    return Normal(mu, 2.0).rsample((4000,))


def lonely(mu):
    return kl_monte_carlo(Normal(mu, 2.0), Normal(mu, 1.0), 1)


def entropy(sigma):
    return Normal(0.0, sigma).entropy()


def estimate(sigma):
    x = random.randn((4000,)) * sigma
    minus_log = 0.5 * (x / sigma) ** 2 + np.log(sigma) + 0.5 * math.log(2 * math.pi)
    return minus_log.mean(), minus_log.std() / math.sqrt(len(x))


def scaled(x, y):
    """A: times 3, by the rule; Aᵀ: times 3."""
    return x * 3.0, mul_vjp_a(y, None, x, 3.0)


def loss(z, t):
    return bce_with_logits(z, t, reduction="none")


def trained(seed):
    w = mg.tensor(np.zeros(2), requires_grad=True)
    for _ in range(20):
        (g,) = mg.grad(((w * 1.0 - mg.tensor([1.0, 2.0])) ** 2).sum(), [w])
        w = mg.tensor(w.data - 0.1 * g.data, requires_grad=True)
    return w


SIGMA = [{"sigma": 0.5}, {"sigma": 3.0}]
X = draws(5, x=real("1 3"))
MU = draws(3, mu=real("D"))

ROWS = [  # a check, its target, a wrong body, what the report says
    (kinds.Values(probe=rule, cases=TWO, points=1), MUL, "return g * a", r"element \(.*\): yours .*, expected"),
    (kinds.Values(probe=rule, cases=TWO, points=1), MUL, "return g * b * (1 + 1e-7)", "yours"),
    (kinds.Values(probe=rule, cases=TWO, points=1), MUL, "return (g * b).sum()", r"shape \(\), expected"),
    (kinds.Values(probe=rule, cases=TWO, points=1), MUL, "return g * b, g", "2 results, expected 1"),
    (kinds.Values(probe=rule, cases=TWO, points=1), MUL, "return g.nothing", "AttributeError: .*nothing"),
    (kinds.Values(probe=rule, cases=TWO, points=1), MUL, "return None", "TypeError: expected a tensor"),
    (kinds.Shape(probe=rule, cases=TWO, points=1, says="(N, D)"), MUL, "return (g * b).mT", "shape .* expected"),
    (kinds.Dtype(probe=rule, cases=TWO, points=1), MUL, "return (g * b).astype('float64')", "float64, expected float32"),
    (kinds.Pure(probe=rule, cases=TWO, points=1, options={"tensors": False}), MUL, "a *= 2\nreturn g * b", "the input a was changed"),
    (kinds.Pure(probe=rule, cases=TWO, points=1), MUL,
     "mul.calls = getattr(mul, 'calls', 0) + 1\nreturn g * b * mul.calls", "other numbers the second time"),
    (kinds.Pure(probe=rule, cases=TWO, points=1), MUL, "import numpy\nnumpy.random.rand()\nreturn g * b", "NumPy's global generator"),
    (kinds.Gradient(probe=product, cases=TWO, points=1), MUL, "return -g * b", "the sign is flipped"),
    (kinds.Gradient(probe=product, cases=TWO, points=1), MUL, "return 3 * g * b", "every element is 3 times the right one"),
    (kinds.Gradient(probe=product, cases=TWO, points=1), MUL, "return 0 * g", "no gradient"),
    (kinds.Gradient(probe=product, cases=TWO, points=1, wrt=("a",)), MUL, "return g * a", "d/da, element .*analytic .* right value"),
    (kinds.Gradient(probe=draw, cases=MU, points=1),
     NORMAL.format("rsample"), "return self.loc.detach() + random.randn(self.extended_shape(sample_shape), self.dtype)",
     "no gradient flows from the result to mu"),
    (kinds.Exact(probe=product, cases=TWO, points=1), MUL, "h = 1e-6\nreturn g * (((a + h) * b - (a - h) * b) / (2 * h))", "analytic"),
    (kinds.Second(probe=product, cases=TWO, points=1), MUL, "return g * (b if isinstance(b, np.ndarray) else b.detach())", "d/d[ab]"),
    (kinds.Adjoint(probe=scaled, cases=draws(5, x=real("N"), y=real("N", away=1)), points=1), MUL, "return g * b * 1.01", "⟨A x, y⟩ ="),
    (kinds.Jacobian(probe=moved, cases=X, points=1), AFFINE.format("forward"),
     "return self.a * x + self.b, -sum_except_batch(broadcast_to(log(abs(self.a)), x.shape))", "the sign is flipped"),
    (kinds.Jacobian(probe=moved, cases=X, points=1), AFFINE.format("forward"), "return self.a * x + self.b, 0 * x.sum(axis=1)",
     r"log\|det\|: yours 0, from finite differences of your own map 2.07944"),
    (kinds.Jacobian(probe=moved, cases=X, points=1), AFFINE.format("forward"), "return x * float('nan'), 0 * x.sum(axis=1)",
     "from finite differences of your own map nan"),
    (kinds.Jacobian(probe=permuted, cases=X, points=1, pattern=lambda x: np.eye(3)[[1, 2, 0]]),
     "minigen.bijections.permutation:Permute._picked",
     "return x[:, order[::-1].copy()]", r"y\[0\] depends on x\[0\]"),
    (kinds.Inverse(probe=round_trip, cases=X, points=1), AFFINE.format("inverse"),
     "return y / self.a - self.b, -sum_except_batch(broadcast_to(log(abs(self.a)), y.shape))", "is not x"),
    (kinds.Inverse(probe=round_trip, cases=X, points=1), AFFINE.format("inverse"),
     "return (y - self.b) / self.a, sum_except_batch(broadcast_to(log(abs(self.a)), y.shape))", "do not cancel"),
    (kinds.MonteCarlo(probe=entropy, cases=SIGMA, points=1, estimate=estimate), NORMAL.format("entropy"),
     "return self.full(log(self.scale) + HALF_LOG_2PI)", "the average of many draws .* ±"),
    (kinds.Moments(probe=many, cases=MU, points=1, expected_moments=lambda mu: (mu, 2.0)), NORMAL.format("rsample"),
     NOISE + "return self.loc + 0.9 * self.scale * eps", "variance of"),
    (kinds.Moments(probe=many, cases=MU, points=1, expected_moments=lambda mu: (mu, 2.0)), NORMAL.format("rsample"),
     NOISE + "return 0.5 + self.loc + self.scale * eps", "mean of"),
    (kinds.Moments(probe=many, cases=MU, points=1, expected_moments=lambda mu: (mu, 2.0),
                   cdf=lambda x, mu: Normal(mu, 2.0).cdf(mg.tensor(x)).data), NORMAL.format("rsample"),
     "u = random.rand(self.extended_shape(sample_shape), self.dtype, self.device)\nreturn self.loc + self.scale * (u - 0.5) * 12**0.5",
     "another distribution"),
    (kinds.Bound(probe=entropy, cases=SIGMA, points=1, exact=lambda sigma: np.log(sigma) + 1.4189385332046727), NORMAL.format("entropy"),
     "return self.full(log(self.scale) + 1.5)", "exceeds the exact value"),
       (kinds.Bound(probe=entropy, cases=SIGMA,
     points=1, exact=lambda sigma: np.log(sigma) + 1.4189385332046727, tight=lambda sigma: sigma > 1),
     NORMAL.format("entropy"), "return self.full(log(self.scale) + 1.3)", "must reach the exact value"),
    (kinds.Property(probe=rule, cases=TWO, points=1, title="it is b", holds=lambda y, a, b: y == b),
     MUL, "return g * a", "violated at element"),
    (kinds.Stable(probe=loss, cases=[{"z": np.array([-800.0]), "t": np.array([1.0])}], points=1), BCE,
     "p = 1 / (1 + np.exp(-z))\nreturn -t * np.log(p) - (1 - t) * np.log(1 - p)", "yours inf, expected 800"),
    (kinds.Stable(probe=loss, cases=[{"z": np.array([2.0]), "t": np.array([1.0])}], points=1,
                  right=lambda z, t: np.log1p(np.exp(-z))), BCE, "return z * t", "expected 0.126928"),
    (kinds.Refused(probe=lonely, cases=MU, points=1), KL, "return p.mean, p.mean", "no ValueError was raised"),
    (kinds.Refused(probe=lonely, cases=MU, points=1), KL, "return {}[0]", "KeyError: 0"),
    (kinds.Noise(probe=draw, cases=MU, points=1),
     NORMAL.format("rsample"), "return self.loc + self.scale * 0.1", "no random number was drawn"),
    (kinds.Noise(probe=draw, cases=MU, points=1), NORMAL.format("rsample"),
     "return self.loc + self.scale * random.rand(self.extended_shape(sample_shape), self.dtype)", "uniform noise where normal"),
    (kinds.Noise(probe=draw, cases=MU, points=1), NORMAL.format("rsample"),
     "return self.loc - self.scale * random.randn(self.extended_shape(sample_shape), self.dtype)", "yours"),
    (kinds.Train(probe=trained, cases=[{"seed": 0}], points=1, loss=lambda w: ((w - [1, 2]) ** 2).sum()), MUL, "return 0.1 * g * b",
     "after training the loss is .* with the library's function"),
    (kinds.Train(probe=trained, cases=[{"seed": 0}], points=1, loss=lambda w: ((w - [1, 2]) ** 2).sum()), MUL, "return -1e200 * g * b",
     "after training the loss is inf"),
    (kinds.Train(probe=trained, cases=[{"seed": 0}], points=1, loss=lambda w: ((w - [1, 2]) ** 2).sum()), MUL, "return g * float('nan')",
     "after training the loss is nan"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "target", "wrong", "words"), ROWS, ids=[f"{type(r[0]).__name__}-{i}" for i, r in enumerate(ROWS)])
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_a_check(check, target, wrong, words):
    one = exercise(check, target)
    right = check_text(one, one.text_with(source(target).body))
    assert right.passed, right
    assert right.points == 1
    report = check_text(one, one.text_with(wrong))
    assert report.points < 1
    assert not report.passed
    assert any(re.search(words, line) for line in report.results[0].lines), report


def test_a_mistake_is_recognised_by_its_numbers():
    mutants = (Mutant("a", "you took a", body="return g * a"), Mutant("sum", "you added", body="return g + b"))
    one = exercise(kinds.Values(probe=rule, cases=TWO, points=1), MUL, mutants)
    for body, name in (("return a * g", "a"), ("return b + g", "sum"), ("return g * b * 2", "")):
        report = check_text(one, one.text_with(body))
        assert report.mistake == name
        assert ("likely mistake" in str(report)) == bool(name)


def test_a_mistake_that_does_not_matter_to_a_check_explains_nothing_there():
    """What is off by less than two answers may differ is still another answer than a right one."""
    harmless = Mutant("added", "you added g", body="return g * b + 0 * g")
    harmful = Mutant("off", "you rounded", body="return g * b * 1.0000001")
    one = exercise(kinds.Values(probe=rule, cases=TWO, points=1), MUL, (harmless, harmful))
    assert check_text(one, one.text_of(harmful)).mistake == "off"


def test_what_is_the_same_in_one_check_by_chance_is_no_mistake_that_was_made():
    """The second derivative of g + b is that of b alone, but nobody forgot the g."""
    e = catalog.get("ag-mul")
    report = check_text(e, e.text_with("return g + b"))
    alone = next(m for m in e.mutants if m.name == "local-only")
    second = next(c for c in e.checks if isinstance(c, kinds.Second))
    found = replace(e, checks=(second,), points=second.points, free=())
    assert check_text(found, found.text_with("return g + b")).mistake == alone.name, "it is the same there"
    assert report.mistake == ""
    assert check_text(e, e.text_of(alone)).mistake == alone.name


def test_a_gradient_of_another_shape_does_not_agree():
    e = catalog.get("ag-unbroadcast")
    text = str(check_text(e, e.text_with("return g.sum(axis=0) if g.shape == (2, 1) else g.reshape(shape)"), shrinks=True))
    text += str(check_text(e, e.text_with("return g.reshape(-1)"), shrinks=True))
    assert "returns the gradient of another shape than" in text
    assert "agrees with your own forward" not in text


@pytest.mark.parametrize(
    ("a", "b", "shown"),
    [(0.5, 0.25, ("0.5", "0.25")), (0.49999998, 0.5, ("0.49999998", "0.5")), (1e-9 + 1, 1.0, ("1.000000001", "1")),
     (math.nan, 1.0, ("nan", "1")), (2.0, 2.0, ("2", "2"))],
)  # fmt: skip
def test_two_numbers_are_told_apart(a, b, shown):
    assert told_apart(a, b) == shown


@pytest.mark.parametrize(
    ("analytic", "numeric", "words"),
    [([2.0], [1.0], ""), ([2.0, 4.0], [1.0, 2.0], "; every element is 2 times the right one"), ([2.0, 3.0], [1.0, 2.0], ""),
     ([-1.0, 4.0], [1.0, -4.0], "; the sign is flipped"), ([0.0, 0.0], [1.0, 2.0], "; these elements receive no gradient")],
)  # fmt: skip
def test_a_factor_needs_two_witnesses(analytic, numeric, words):
    assert ratio(np.array(analytic), np.array(numeric)) == words


def test_the_smallest_case_is_shown():
    """A backward that forgets axes of size 1 fails first for a small shape."""
    e = catalog.get("ag-unbroadcast")
    wrong = next(m for m in e.mutants if m.name == "size-1-forgotten")
    report = check_text(e, e.text_of(wrong), shrinks=True)
    case = next(r for r in report.results if r.title == "values").details["case"]
    assert case["g"].size <= 4
    assert len(case["shape"]) <= 2


# --- draws --------------------------------------------------------------------------------------------------------------------


def test_draws_are_the_same_for_the_same_seed_and_others_for_another():
    fields = {"x": real("N D"), "n_": whole("", 1, 4), "axis": choice(0, 1), "p": number(0, 1), "k": whole("N", 0, 3)}
    spec = draws(12, **fields, where=lambda x, **_: x.size < 30)
    one, again, other = spec.cases(0), spec.cases(0), spec.cases(1)
    assert repr(one) == repr(again)
    assert repr(one) != repr(other)
    assert len(one) >= 8
    for case in one:
        n, d = case["x"].shape
        assert n != d, "distinct sizes, so that no axis is taken for another"
        assert case["x"].dtype == np.float64
        assert np.abs(case["x"]).max() <= 3
        assert case["k"].shape == (n,)
        assert case["k"].dtype == np.int64
        assert type(case["n_"]) is int
        assert type(case["p"]) is float
        assert case["x"].size < 30


def test_draws_keep_away_from_zero_and_within_narrow_bounds():
    for case in draws(10, x=real("N D", -1, 1, away=0.5), y=real("3", 0.25, 0.26)).cases(0):
        assert np.abs(case["x"]).min() >= 0.5
        assert ((case["y"] >= 0.25) & (case["y"] <= 0.26)).all()


def test_draws_find_the_smallest_case():
    spec = draws(5, x=real("N"))
    assert spec.smallest(lambda case: case["x"].sum() > 1, 0)["x"].tolist() == [1.125]
    assert spec.smallest(lambda case: False, 0) is None


def test_draws_leave_no_folder_behind(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(  # Hypothesis takes note of numbers in files such as this one
        "from minigen.exercises.draws import draws, real\nLIMIT = 12345.678\n"
        "draws(50, x=real('N D')).smallest(lambda case: case['x'].sum() > 7, 0)\n"
    )
    subprocess.run([sys.executable, script.name], cwd=tmp_path, check=True)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.py"]


def test_a_condition_that_lets_nothing_through():
    with pytest.raises(ValueError, match="no case"):
        draws(x=real("N"), where=lambda x: False).cases(0)


def test_the_worst_element_is_found_beside_infinities_that_are_right():
    found = differing([np.array([-math.inf, 1.0, 5.0])], [np.array([-math.inf, 1.5, 2.0])], 1e-9, 1e-9)
    assert found.lines == ["element (2,): yours 5, expected 2"]
