"""vae-kl-general: the divergence of two normal distributions whose elements depend on each other."""

import numpy as np

from minigen.distributions import MultivariateNormal, kl_divergence, kl_monte_carlo
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, MonteCarlo, Property, Shape, Values
from minigen.exercises.draws import draws


def divergence(m, a, n, b):
    """KL(N(m, A Aᵀ) ‖ N(n, B Bᵀ))"""
    return kl_divergence(MultivariateNormal(m, scale_tril=a), MultivariateNormal(n, scale_tril=b))


def to_itself(m, a, n, b):
    """KL(p ‖ p)"""
    return kl_divergence(MultivariateNormal(m, scale_tril=a), MultivariateNormal(m, scale_tril=a))


def diagonal(mu, sigma):
    """KL(N(μ, diag σ²) ‖ N(0, I)), as in a VAE."""
    d = mu.shape[-1]
    p = MultivariateNormal(mu, scale_tril=np.eye(d) * sigma.data[..., None])
    return kl_divergence(p, MultivariateNormal(np.zeros(d), scale_tril=np.eye(d)))


def average(m, a, n, b):
    """(1/n) Σ log p(x) − log q(x) over draws x ~ p, and its standard error."""
    return kl_monte_carlo(MultivariateNormal(m, scale_tril=a), MultivariateNormal(n, scale_tril=b), 20_000)


def slide(kl, mu, sigma):
    """−½ Σ (1 + log σ² − μ² − σ²)"""
    return np.isclose(kl, -0.5 * (1 + 2 * np.log(sigma) - mu**2 - sigma**2).sum(axis=-1), rtol=1e-9, atol=1e-12)


def two(pick):
    """Two normal distributions of vectors (D,), by their means and Cholesky factors."""
    d = pick.size("D")
    factor = lambda: np.round(np.tril(pick.real("D D"), -1) + np.diag(0.5 + np.abs(pick.real("D"))), 3).reshape(d, d)  # noqa: E731
    return {"m": pick.real("D"), "a": factor(), "n": pick.real("D"), "b": factor()}


def encoded(pick):
    """Means and standard deviations of N codes."""
    return {"mu": pick.real("N D"), "sigma": 0.25 + np.abs(pick.real("N D"))}


SIZES = {"D": (2, 3), "N": (2, 3)}
CASES = draws(8, build=two, sizes=SIZES)

EXERCISE = Exercise(
    id="vae-kl-general",
    lecture="05",
    section="KL in closed form",
    title="KL of two normal distributions of vectors",
    difficulty=3,
    points=3,
    target="minigen.distributions.kl_pairs:kl_multivariate_multivariate",
    names="sum, square, solve_triangular, whiten, log_abs_det_triangular",
    needs=("vae-kl",),
    teaches="the general formula, of which the VAE's is a corner: traces and determinants from Cholesky factors",
    stub_docstring="KL(N(μ_p, L_p L_pᵀ) ‖ N(μ_q, L_q L_qᵀ)) in nats",
    task=r"""
For two normal distributions of vectors with $D$ elements and covariances $\Sigma = L L^\top$, $L$ lower triangular,

$$\mathrm{KL}(p \,\|\, q) = \tfrac12\left(\operatorname{tr}(\Sigma_q^{-1} \Sigma_p) + (\mu_p - \mu_q)^\top \Sigma_q^{-1} (\mu_p -
\mu_q) - D\right)
+ \tfrac12 \ln\frac{\det \Sigma_q}{\det \Sigma_p}.$$

Never invert a covariance: with $M = L_q^{-1} L_p$ the trace is the sum of the squares of all elements of $M$, the second term is
$|L_q^{-1}(\mu_p - \mu_q)|^2$, and $\tfrac12 \ln \det \Sigma = \sum \ln \operatorname{diag} L$.

`p.loc`, `p.scale_tril` are μ and L; `solve_triangular(l, b, upper=False)` is $L^{-1} B$ for matrices; `whiten(l, d)` is $L^{-1} d$ for
vectors
(…, D); `log_abs_det_triangular(l)` is $\sum \ln|\operatorname{diag} L|$; `p.event_shape` is (D,). Distributions of vectors of
different length
are a ValueError.
""",
    free=("shape",),
    checks=(
        Shape(probe=divergence, cases=CASES, points=0.25, says="vectors (D,), factors (D, D) -> a number"),
        Values(probe=divergence, cases=CASES, points=0.75),
        Gradient(probe=divergence, cases=CASES, wrt=("m", "n"), points=0.5, title="gradient by both means"),
        MonteCarlo(
            probe=divergence, cases=draws(2, build=two, sizes=SIZES), estimate=average, points=0.5, title="agrees with 20,000 draws"
        ),
        Property(probe=to_itself, cases=CASES, points=0.5, title="KL(p ‖ p) = 0", holds=lambda y, **case: abs(float(y)) < 1e-10),
        Property(
            probe=diagonal,
            cases=draws(5, build=encoded, sizes=SIZES),
            points=0.5,
            title="the VAE's formula, for diagonal covariances",
            holds=slide,
        ),
    ),
    mutants=(
        Mutant(
            "swapped",
            "that is KL(q ‖ p): the average is over p",
            body="""
            lp, lq = q.scale_tril, p.scale_tril
            m = sum(square(solve_triangular(lq, lp, upper=False)), axis=(-2, -1))
            t = sum(square(whiten(lq, p.loc - q.loc)), axis=-1)
            return 0.5 * (m + t - p.event_shape[0]) + log_abs_det_triangular(lq) - log_abs_det_triangular(lp)
        """,
        ),
        Mutant("no-d", "D is missing: KL(p ‖ p) must be 0", replace=("(m + t - p.event_shape[0])", "(m + t)")),
        Mutant(
            "dets-turned",
            "ln det Σ_q − ln det Σ_p, in this order: a narrow p is dear",
            replace=(
                "+ log_abs_det_triangular(lq) - log_abs_det_triangular(lp)",
                "- log_abs_det_triangular(lq) + log_abs_det_triangular(lp)",
            ),
        ),
        Mutant(
            "dets-doubled",
            "½ ln det Σ is Σ ln diag L already: det Σ = (det L)²",
            replace=(
                "+ log_abs_det_triangular(lq) - log_abs_det_triangular(lp)",
                "+ 2 * log_abs_det_triangular(lq) - 2 * log_abs_det_triangular(lp)",
            ),
        ),
        Mutant("no-means", "the means may differ, too: |L_q⁻¹ (μ_p − μ_q)|² is missing", replace=("m + t - ", "m - ")),
        Mutant(
            "not-whitened",
            "the difference of the means is measured in units of q: L_q⁻¹ (μ_p − μ_q)",
            replace=("whiten(lq, p.loc - q.loc)", "p.loc - q.loc"),
        ),
        Mutant(
            "trace-of-m",
            "the trace of M Mᵀ is the sum of the squares of all its elements, not of those on the diagonal only",
            body="""
            from minigen.ops import diagonal
            lp, lq = p.scale_tril, q.scale_tril
            m = sum(square(diagonal(solve_triangular(lq, lp, upper=False), axis1=-2, axis2=-1)), axis=-1)
            t = sum(square(whiten(lq, p.loc - q.loc)), axis=-1)
            return 0.5 * (m + t - p.event_shape[0]) + log_abs_det_triangular(lq) - log_abs_det_triangular(lp)
        """,
        ),
        Mutant("no-half", "the ½ before trace and distance is missing", replace=("0.5 * (m + t", "(m + t")),
    ),
    variants=(
        Variant(
            "inverse",
            body="""
            from minigen.linalg import inv, logdet
            if p.event_shape != q.event_shape:
                raise ValueError("events of different shape cannot be compared")
            sp, sq = p.scale_tril @ p.scale_tril.mT, q.scale_tril @ q.scale_tril.mT
            inverse, d = inv(sq), (p.loc - q.loc)[..., None]
            trace = sum(inverse * sp.mT, axis=(-2, -1))
            distance = (d.mT @ inverse @ d)[..., 0, 0]
            return 0.5 * (trace + distance - p.event_shape[0] + logdet(sq) - logdet(sp))
        """,
        ),
    ),
    hints=(
        "In which coordinates would q be N(0, I)? What do p's mean and covariance become there?",
        'Lecture 05, "The regulariser has a closed form". With L_q⁻¹ everything is seen in units of q.',
        "M: (D, D), L_q⁻¹ L_p; squares summed over both axes. d: (D,), L_q⁻¹ (μ_p − μ_q); squares summed. Two times Σ ln diag L.",
        """
            lp, lq = p.scale_tril, q.scale_tril
            m = sum(square(solve_triangular(lq, lp, upper=False)), axis=(-2, -1))
            t = sum(square(whiten(lq, p.loc - q.loc)), axis=-1)
            return 0.5 * (…) + log_abs_det_triangular(lq) - log_abs_det_triangular(lp)
        """,
    ),
)
