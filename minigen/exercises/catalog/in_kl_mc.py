"""in-kl-mc: a divergence by drawing."""

import numpy as np

from minigen.distributions import Gamma, Normal, kl_divergence
from minigen.distributions.kl import kl_monte_carlo
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Noise, Property, Refused, Shape, Values
from minigen.exercises.draws import draws, real


def normals(loc_p, scale_p, loc_q, scale_q, n):
    """(estimate, standard error) for two normal distributions."""
    return kl_monte_carlo(Normal(loc_p, scale_p), Normal(loc_q, scale_q), n)


def large(loc_p, scale_p, loc_q, scale_q):
    """With 4,000 draws."""
    return kl_monte_carlo(Normal(loc_p, scale_p), Normal(loc_q, scale_q), 4000)


def gammas(a, b):
    """For two distributions that live on x > 0."""
    return kl_monte_carlo(Gamma(a, 1.0), Gamma(b, 1.0), 200)


def truly(estimate, error, loc_p, scale_p, loc_q, scale_q):
    """The closed form lies within six standard errors, which are as large as they should be."""
    exact = kl_divergence(Normal(loc_p, scale_p), Normal(loc_q, scale_q)).data
    return np.abs(estimate - exact) <= 6 * error + 1e-9


def one_draw(loc):
    """Of which there is no standard deviation."""
    return kl_monte_carlo(Normal(loc, 1.0), Normal(loc, 2.0), 1)


RANGES = {"loc_p": (-2, 2), "scale_p": (0.5, 2), "loc_q": (-2, 2), "scale_q": (0.5, 2)}
FOUR = {name: real("D", *low_high) for name, low_high in RANGES.items()}
CASES = draws(8, build=lambda pick: {**{name: pick.real("D", *low_high) for name, low_high in RANGES.items()}, "n": pick.choice(2, 7, 40)})

EXERCISE = Exercise(
    id="in-kl-mc",
    lecture="01",
    section="KL divergence",
    title="A divergence by drawing",
    difficulty=2,
    points=2,
    target="minigen.distributions.kl:kl_monte_carlo",
    names="math, no_grad",
    teaches="an expectation is an average over draws, and its error shrinks with √n",
    task=r"""
The divergence $\mathrm{KL}(p \,\|\, q) = \mathrm{E}_{x \sim p}[\ln p(x) - \ln q(x)]$ is an expectation. An average over draws estimates
it:

$$\frac1n \sum_i d_i,\qquad d_i = \ln p(x_i) - \ln q(x_i),\quad x_i \sim p.$$

Return the pair (estimate, standard error); the standard error is the standard deviation of the $d_i$ divided by $\sqrt n$, and says
how far
off the estimate typically is. `p.sample((n,))` draws with n as the first axis, `p.log_prob(x)` is ln p(x); `d.std(axis=0)` has the
divisor
n − 1. No gradient is wanted: `with no_grad():`. Less than two draws have no standard deviation: raise a ValueError.
""",
    free=("shape", "dtype"),
    checks=(
        Shape(probe=normals, cases=CASES, points=0.25, says="(D,), (D,)"),
        Noise(probe=normals, cases=CASES, points=0.75, title="with the checker's draws: estimate and standard error"),
        Values(probe=gammas, cases=draws(3, a=real("D", 0.7, 3), b=real("D", 0.7, 3)), points=0.25, title="for other distributions"),
        Property(probe=large, cases=draws(4, **FOUR), points=0.75, title="the exact value lies within six standard errors", holds=truly),
        Refused(probe=one_draw, cases=[{"loc": np.array([0.0])}], title="a single draw is refused with a ValueError"),
    ),
    mutants=(
        Mutant(
            "one-draw",
            "one draw has no standard deviation: raise a ValueError, before NaN gets about",
            body="""
                with no_grad():
                    x = p.sample((n,))
                    d = p.log_prob(x) - q.log_prob(x)
                    return d.mean(axis=0), d.std(axis=0) / math.sqrt(n)
            """,
        ),
        Mutant("from-q", "the draws come from p, over which the expectation is taken", replace=("p.sample((n,))", "q.sample((n,))")),
        Mutant(
            "turned",
            "that is −KL(p ‖ q): ln p − ln q, in this order",
            replace=("p.log_prob(x) - q.log_prob(x)", "q.log_prob(x) - p.log_prob(x)"),
        ),
        Mutant("entropy", "ln q(x) is missing: that is minus the entropy of p", replace=("p.log_prob(x) - q.log_prob(x)", "p.log_prob(x)")),
        Mutant(
            "no-root",
            "the error of a mean is std / √n: it shrinks with more draws",
            replace=("d.std(axis=0) / math.sqrt(n)", "d.std(axis=0)"),
        ),
        Mutant("by-n", "std / √n, not std / n", replace=("math.sqrt(n)", "n")),
        Mutant("variance", "the standard deviation, not the variance", replace=("d.std(axis=0)", "d.var(axis=0)")),
        Mutant("divisor", "the deviation of a sample has the divisor n − 1", replace=("d.std(axis=0)", "d.std(axis=0, correction=0)")),
    ),
    variants=(
        Variant(
            "by-hand",
            body="""
                if n < 2:
                    raise ValueError("n must be at least 2")
                with no_grad():
                    x = p.sample((n,))
                    d = p.log_prob(x) - q.log_prob(x)
                    mean = d.sum(axis=0) / n
                    return mean, (((d - mean) ** 2).sum(axis=0) / (n - 1) / n) ** 0.5
            """,
        ),
    ),
    hints=(
        "How would you estimate the mean height of all people, and how would you say how sure you are?",
        'Lecture 05, "The integral that nobody can compute": E_p[f(x)] ≈ (1/n) Σ f(xᵢ), standard error std(f)/√n.',
        "x: (n, D). d: (n, D). Mean and standard deviation over axis 0: (D,).",
        """
            if n < 2:
                raise ValueError(…)
            with no_grad():
                x = p.sample((n,))
                d = …
                return d.mean(axis=0), d.std(axis=0) / math.sqrt(n)
        """,
    ),
)
