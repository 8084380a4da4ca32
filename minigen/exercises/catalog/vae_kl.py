"""vae-kl: the divergence of two normal distributions."""

import numpy as np

from minigen.distributions import Normal, kl_monte_carlo
from minigen.distributions.normal import normal_kl
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import MonteCarlo, Property, Shape, Stable, Values
from minigen.exercises.draws import draws, real


def divergence(loc_p, scale_p, loc_q, scale_q):
    """The function itself."""
    return normal_kl(loc_p, scale_p, loc_q, scale_q)


def to_itself(loc_p, scale_p):
    """KL(p ‖ p)"""
    return normal_kl(loc_p, scale_p, loc_p, scale_p)


def to_the_prior(mu, log_var):
    """KL(N(μ, exp(log σ²)) ‖ N(0, 1)), as the VAE calls it."""
    return normal_kl(mu, np.exp(0.5 * log_var.data), 0.0, 1.0)


def slide(mu, log_var):
    """−½ (1 + log σ² − μ² − σ²), the slide's formula, with more digits."""
    mu, log_var = mu.astype(np.longdouble), log_var.astype(np.longdouble)
    return (0.5 * (mu**2 + np.expm1(log_var) - log_var)).astype(float)


def average(loc_p, scale_p, loc_q, scale_q):
    """(1/n) Σ log p(x) − log q(x) over draws x ~ p, and its standard error."""
    return kl_monte_carlo(Normal(loc_p, scale_p), Normal(loc_q, scale_q), 20_000)


FOUR = draws(20, loc_p=real("N D"), scale_p=real("N D", 0.25, 3), loc_q=real("N D"), scale_q=real("N D", 0.25, 3))
FEW = draws(2, loc_p=real("2 2"), scale_p=real("2 2", 0.5, 2), loc_q=real("2 2"), scale_q=real("2 2", 0.5, 2))
EXTREME = [{"mu": np.array([m]), "log_var": np.array([v])} for m in (0.0, 40.0) for v in (-60.0, -5.0, 0.0, 5.0, 30.0)]

EXERCISE = Exercise(
    id="vae-kl",
    lecture="05",
    section="KL in closed form",
    title="KL of two normal distributions",
    difficulty=2,
    points=4,
    target="minigen.distributions.normal:normal_kl",
    names="np",
    needs=("vae-gauss-logprob",),
    teaches="why the regulariser of the VAE needs no sampling",
    task=r"""
The ELBO's second term is $\mathrm{KL}(q(z|x) \,\|\, p(z))$, the price in nats of describing $z$ with the prior's code when it comes from
$q$. For two normal distributions the integral $\int p \ln(p/q)$ can be done by hand. With $r = \sigma_p/\sigma_q$ and
$t = (\mu_p - \mu_q)/\sigma_q$,

$$\mathrm{KL}(p \,\|\, q) = \tfrac12\,(r^2 + t^2 - 1) - \ln r.$$

Against the prior $N(0, 1)$ this is the slide's $-\tfrac12 (1 + \ln\sigma^2 - \mu^2 - \sigma^2)$. `loc` is μ, `scale` is **σ**, not σ².
Work element by element; who needs the sum over the latent dimensions takes it later. The arguments are NumPy arrays.
""",
    checks=(
        Shape(probe=divergence, cases=FOUR, points=0.5, says="four of (N, D) -> (N, D)"),
        Values(probe=divergence, cases=FOUR, points=1.5),
        MonteCarlo(probe=divergence, cases=FEW, estimate=average, points=0.5, title="agrees with an average over 20,000 draws"),
        Property(probe=divergence, cases=FOUR, points=0.5, title="KL ≥ 0", holds=lambda y, **case: y >= -1e-12),
        Property(
            probe=to_itself,
            cases=draws(loc_p=real("N"), scale_p=real("N", 0.25, 3)),
            points=0.5,
            title="KL(p ‖ p) = 0",
            holds=lambda y, **case: np.abs(y) < 1e-12,
        ),
        Stable(probe=to_the_prior, cases=EXTREME, right=slide, points=0.5, title="right for log σ² from −60 to 30"),
    ),
    mutants=(
        Mutant("no-half", "the ½ is missing: it stands before (r² + t² − 1)", replace=("0.5 * (r * r", "(r * r")),
        Mutant(
            "half-everywhere", "the ½ belongs to (r² + t² − 1) only; ln r already is ½ ln r²", replace=("- np.log(r)", "- 0.5 * np.log(r)")
        ),
        Mutant(
            "variance-for-scale", "scale is σ: the formula needs r² = σ_p²/σ_q², and you used σ_p/σ_q in its place", replace=("r * r", "r")
        ),
        Mutant(
            "swapped",
            "that is KL(q ‖ p): a divergence is not symmetric, the first argument is what the average is taken over",
            replace=("r, t = scale_p / scale_q, (loc_p - loc_q) / scale_q", "r, t = scale_q / scale_p, (loc_p - loc_q) / scale_p"),
        ),
        Mutant(
            "sign-of-the-log", "the sign of ln r: a narrow p (r < 1) is dear, so it must be −ln r", replace=("- np.log(r)", "+ np.log(r)")
        ),
        Mutant(
            "negated",
            "that is −KL, as it stands in the ELBO: the function returns KL itself, which is never negative",
            replace=("0.5 * (r * r + t * t - 1) - np.log(r)", "-(0.5 * (r * r + t * t - 1) - np.log(r))"),
        ),
        Mutant("no-one", "the −1 is missing: KL(p ‖ p) must be 0", replace=(" - 1)", ")")),
        Mutant(
            "prior-only",
            "that is the divergence from N(0, 1): loc_q and scale_q are ignored",
            body="""
                r, t = scale_p + 0 * scale_q, loc_p + 0 * loc_q
                return 0.5 * (r * r + t * t - 1) - np.log(r)
            """,
        ),
        Mutant("log2", "nats, not bits: the logarithm is the natural one", replace=("np.log(r)", "np.log2(r)")),
        Mutant(
            "summed",
            "one number for each element is wanted: the sum over the latent dimensions is taken later",
            body="""
                r, t = scale_p / scale_q, (loc_p - loc_q) / scale_q
                return (0.5 * (r * r + t * t - 1) - np.log(r)).sum(axis=-1)
            """,
        ),
    ),
    variants=(
        Variant("slide", body="return 0.5 * ((scale_p / scale_q) ** 2 + ((loc_p - loc_q) / scale_q) ** 2 - 1) - np.log(scale_p / scale_q)"),
        Variant(
            "variances",
            body="""
                vp, vq = scale_p**2, scale_q**2
                return np.log(scale_q / scale_p) + (vp + (loc_p - loc_q) ** 2) / (2 * vq) - 0.5
            """,
        ),
    ),
    hints=(
        "KL(p ‖ q) is an average of ln p(x) − ln q(x) over x ~ p. Which averages of a normal x do you need, if "
        "both logarithms are quadratic in x?",
        'Lecture 05, "KL in closed form", and appendix B of Kingma and Welling: E[x] = μ_p and E[x²] = μ_p² + σ_p² are enough.',
        "r: (N, D), σ_p / σ_q. t: (N, D), (μ_p − μ_q) / σ_q. Result: (N, D), half of (r² + t² − 1), less the logarithm of r.",
        """
            r, t = scale_p / scale_q, (loc_p - loc_q) / scale_q
            return 0.5 * (…) - np.log(r)
        """,
    ),
)
