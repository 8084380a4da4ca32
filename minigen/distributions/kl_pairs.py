"""The closed forms of KL(p ‖ q). All in nats; each formula is E_p[log p(x) − log q(x)] worked out."""

import math

import numpy as np

from minigen.distributions.bernoulli import Bernoulli
from minigen.distributions.beta import Beta, log_beta
from minigen.distributions.binomial import Binomial
from minigen.distributions.categorical import Categorical
from minigen.distributions.gamma import Gamma
from minigen.distributions.independent import Independent
from minigen.distributions.kl import kl_divergence, register_kl
from minigen.distributions.laplace import Laplace
from minigen.distributions.logistic import Logistic
from minigen.distributions.lognormal import LogNormal
from minigen.distributions.multivariate_normal import MultivariateNormal, whiten
from minigen.distributions.normal import HALF_LOG_2PI, Normal, normal_kl
from minigen.distributions.uniform import Uniform
from minigen.distributions.weibull import EULER, Weibull
from minigen.linalg import log_abs_det_triangular, solve_triangular
from minigen.ops import abs, diag_embed, exp, full, log, square, sum, where
from minigen.special import digamma, erf, lgamma, polygamma, xlogy

# --- the same family ----------------------------------------------------------------------------------------------------------


@register_kl(Normal, Normal)
def kl_normal_normal(p, q):
    """½ (r² + t² − 1) − log r   with r = σ_p/σ_q and t = (μ_p − μ_q)/σ_q                    [Kingma, Welling 2014, appendix B]"""
    return normal_kl(p.loc, p.scale, q.loc, q.scale)


@register_kl(LogNormal, LogNormal)
def kl_lognormal_lognormal(p, q):
    """That of the normal distributions of the logarithms: an invertible map of x changes no divergence."""
    return kl_normal_normal(p, q)


@register_kl(Bernoulli, Bernoulli)
def kl_bernoulli_bernoulli(p, q):
    """P log(P/Q) + (1 − P) log((1 − P)/(1 − Q))"""
    (p1, p0), (q1, q0) = p.log_both, q.log_both
    return weighted(p.probs, p1, q1) + weighted(p.failure, p0, q0)


@register_kl(Binomial, Binomial)
def kl_binomial_binomial(p, q):
    """n times that of one coin; ∞ where p throws more coins than q. NotImplementedError where q throws more: no closed form."""
    if (p.total_count.data < q.total_count.data).any():
        raise NotImplementedError("KL(Binomial ‖ Binomial) needs equal total_count for a closed form; use kl_monte_carlo(p, q, n)")
    return where(p.total_count.data > q.total_count.data, math.inf, p.total_count * kl_bernoulli_bernoulli(p, q))


@register_kl(Categorical, Categorical)
def kl_categorical_categorical(p, q):
    """Σₖ Pₖ log(Pₖ/Qₖ)"""
    if p.num_categories != q.num_categories:
        raise ValueError(f"KL: distributions over {p.num_categories} and {q.num_categories} categories cannot be compared")
    return sum(weighted(p.probs, p.log_probs, q.log_probs), axis=-1)


def weighted(p, log_p, log_q):
    """p (log p − log q): 0 where p = 0, ∞ where only q = 0, and no NaN among the gradients there."""
    never, infinite = (log_p.data == -math.inf), (log_q.data == -math.inf) & (log_p.data > -math.inf)
    if not (never.any() or infinite.any()):
        return p * (log_p - log_q)
    out = never | infinite
    return where(infinite, math.inf, p * (where(out, 0.0, log_p) - where(out, 0.0, log_q)))


@register_kl(Uniform, Uniform)
def kl_uniform_uniform(p, q):
    """log((high_q − low_q) / (high_p − low_p)), and ∞ unless q covers p"""
    return where(uncovered(p, q), math.inf, log(q.high - q.low) - log(p.high - p.low))


def uncovered(p, q):
    """True where the uniform distribution q leaves out a part of p, another uniform one."""
    return (p.low.data < q.low.data) | (p.high.data > q.high.data)


@register_kl(Laplace, Laplace)
def kl_laplace_laplace(p, q):
    """(b_p exp(−d/b_p) + d)/b_q − log(b_p/b_q) − 1   with d = |μ_p − μ_q|                                    [Meyer 2021]"""
    d, r = abs(p.loc - q.loc), p.scale / q.scale
    return r * exp(-d / p.scale) + d / q.scale - log(r) - 1


@register_kl(Gamma, Gamma)
def kl_gamma_gamma(p, q):
    """(α_p − α_q) ψ(α_p) − log Γ(α_p) + log Γ(α_q) + α_q log(β_p/β_q) + α_p (β_q/β_p − 1)                     [Penny 2001]"""
    a, b, r = p.concentration, q.concentration, q.rate / p.rate
    return (a - b) * digamma(a) - lgamma(a) + lgamma(b) - b * log(r) + a * (r - 1)


@register_kl(Beta, Beta)
def kl_beta_beta(p, q):
    """log B_q − log B_p + (a_p − a_q) ψ(a_p) + (b_p − b_q) ψ(b_p) − (a_p − a_q + b_p − b_q) ψ(a_p + b_p)          [Penny 2001]"""
    a, b = p.concentration1, p.concentration0
    da, db = a - q.concentration1, b - q.concentration0
    log_ratio = log_beta(q.concentration1, q.concentration0) - log_beta(a, b)
    return log_ratio + da * digamma(a) + db * digamma(b) - (da + db) * digamma(a + b)


@register_kl(Weibull, Weibull)
def kl_weibull_weibull(p, q):
    """log(k/m) − m log(λ_p/λ_q) − (k − m) γ/k + (λ_p/λ_q)ᵐ Γ(1 + m/k) − 1   with k = k_p, m = k_q            [Bauckhage 2013]"""
    k, m = p.concentration, q.concentration
    log_r = log(p.scale) - log(q.scale)
    return log(k) - log(m) - m * log_r - (k - m) * (EULER / k) + exp(m * log_r + lgamma(1 + m / k)) - 1


@register_kl(MultivariateNormal, MultivariateNormal)
def kl_multivariate_multivariate(p, q):
    """½ (|L_q⁻¹ L_p|² + |L_q⁻¹ (μ_p − μ_q)|² − D) + Σ log diag L_q − Σ log diag L_p, |·|² a sum of squares    [Duchi 2007]"""
    if p.event_shape != q.event_shape:
        raise ValueError(f"KL: events of shape {p.event_shape} and {q.event_shape} cannot be compared")
    lp, lq = p.scale_tril, q.scale_tril
    m = sum(square(solve_triangular(lq, lp, upper=False)), axis=(-2, -1))
    t = sum(square(whiten(lq, p.loc - q.loc)), axis=-1)
    return 0.5 * (m + t - p.event_shape[0]) + log_abs_det_triangular(lq) - log_abs_det_triangular(lp)


# --- events -------------------------------------------------------------------------------------------------------------------


@register_kl(Independent, Independent)
def kl_independent_independent(p, q):
    """Σᵢ KL(pᵢ ‖ qᵢ) over the elements of the event"""
    if p.event_shape != q.event_shape:
        raise ValueError(f"KL: events of shape {p.event_shape} and {q.event_shape} cannot be compared")
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("KL(Independent ‖ Independent): the same number of axes must be reinterpreted in both")
    return p.sum(kl_divergence(p.base_dist, q.base_dist))


@register_kl(Independent, MultivariateNormal)
def kl_independent_multivariate(p, q):
    """For independent normal elements: with L_p = diag(σ)"""
    return kl_multivariate_multivariate(diagonal_normal(p), q)


@register_kl(MultivariateNormal, Independent)
def kl_multivariate_independent(p, q):
    """For independent normal elements: with L_q = diag(σ)"""
    return kl_multivariate_multivariate(p, diagonal_normal(q))


def diagonal_normal(d):
    """Independent normal elements as a MultivariateNormal. NotImplementedError for other elements."""
    if not isinstance(d.base_dist, Normal) or d.reinterpreted_batch_ndims != 1:
        raise NotImplementedError("KL with a MultivariateNormal needs another one, or Independent(Normal(…), 1); use kl_monte_carlo")
    return MultivariateNormal(d.mean, scale_tril=diag_embed(d.stddev), validate_args=False)


# --- different families: −H(p) − E_p[log q(x)] ---------------------------------------------------------------------------------


@register_kl(Uniform, Normal)
@register_kl(Laplace, Normal)
@register_kl(Logistic, Normal)
@register_kl(LogNormal, Normal)
@register_kl(Gamma, Normal)
@register_kl(Beta, Normal)
@register_kl(Weibull, Normal)
def kl_any_normal(p, q):
    """−H(p) + log σ + ½ log 2π + (Var_p + (E_p − μ)²) / 2σ²: log q is quadratic, so two moments of p are enough."""
    return 0.5 * (p.variance + square(p.mean - q.loc)) / square(q.scale) + (log(q.scale) + HALF_LOG_2PI) - p.entropy()


@register_kl(Normal, Laplace)
def kl_normal_laplace(p, q):
    """−H(p) + log 2b + E_p|x − m| / b   with E_p|x − m| = σ √(2/π) exp(−t²/2) + σ t erf(t/√2), t = (μ − m)/σ"""
    t = (p.loc - q.loc) / p.scale
    distance = p.scale * (math.sqrt(2 / math.pi) * exp(-0.5 * square(t)) + t * erf(t * math.sqrt(0.5)))
    return distance / q.scale + log(2 * q.scale) - p.entropy()


@register_kl(Uniform, Beta)
def kl_uniform_beta(p, q):
    """−H(p) + log B − (a − 1) E_p[log x] − (b − 1) E_p[log(1 − x)], and ∞ unless p lies in [0, 1]"""
    outside = (p.low.data < 0) | (p.high.data > 1)
    low, high = where(outside, 0.25, p.low), where(outside, 0.75, p.high)
    log_x, log_1_x = mean_log(low, high), mean_log(1 - high, 1 - low)
    a, b = q.concentration1, q.concentration0
    return where(outside, math.inf, log_beta(a, b) - (a - 1) * log_x - (b - 1) * log_1_x - log(high - low))


@register_kl(Uniform, Gamma)
def kl_uniform_gamma(p, q):
    """−H(p) + log Γ(α) − α log β − (α − 1) E_p[log x] + β E_p[x], and ∞ unless p lies in [0, ∞)"""
    outside = p.low.data < 0
    low, high = where(outside, 1.0, p.low), where(outside, 2.0, p.high)
    a, b = q.concentration, q.rate
    cross = lgamma(a) - a * log(b) - (a - 1) * mean_log(low, high) + 0.5 * b * (low + high)
    return where(outside, math.inf, cross - log(high - low))


def mean_log(low, high):
    """E[log x] for x ~ U(low, high), 0 ≤ low: (high log high − low log low) / (high − low) − 1"""
    return (xlogy(high, high) - xlogy(low, low)) / (high - low) - 1


@register_kl(Beta, Uniform)
def kl_beta_uniform(p, q):
    """−H(p) + log(high − low), and ∞ unless q covers [0, 1]"""
    return where((q.low.data > 0) | (q.high.data < 1), math.inf, log(q.high - q.low) - p.entropy())


@register_kl(Beta, Gamma)
def kl_beta_gamma(p, q):
    """−H(p) + log Γ(α) − α log β − (α − 1) E_p[log x] + β E_p[x]   with E_p[log x] = ψ(a) − ψ(a + b)"""
    mean_log_x = digamma(p.concentration1) - digamma(p.concentration1 + p.concentration0)
    return against_gamma(p, q, mean_log_x)


@register_kl(LogNormal, Gamma)
def kl_lognormal_gamma(p, q):
    """−H(p) + log Γ(α) − α log β − (α − 1) E_p[log x] + β E_p[x]   with E_p[log x] = μ"""
    return against_gamma(p, q, p.loc)


@register_kl(Weibull, Gamma)
def kl_weibull_gamma(p, q):
    """−H(p) + log Γ(α) − α log β − (α − 1) E_p[log x] + β E_p[x]   with E_p[log x] = log λ − γ/k"""
    return against_gamma(p, q, log(p.scale) - EULER / p.concentration)


def against_gamma(p, q, mean_log_x):
    """−H(p) − E_p[log q(x)] for q = Γ(α, β)"""
    a, b = q.concentration, q.rate
    return lgamma(a) - a * log(b) - (a - 1) * mean_log_x + b * p.mean - p.entropy()


@register_kl(Gamma, Weibull)
def kl_gamma_weibull(p, q):
    """−H(p) − log k + k log λ − (k − 1) E_p[log x] + E_p[xᵏ] / λᵏ   with E_p[xᵏ] = Γ(α + k) / (Γ(α) βᵏ)"""
    a, k, log_scale = p.concentration, q.concentration, log(p.rate) + log(q.scale)
    power = exp(lgamma(a + k) - lgamma(a) - k * log_scale)
    return k * log(q.scale) - log(k) - (k - 1) * (digamma(a) - log(p.rate)) + power - p.entropy()


@register_kl(Gamma, LogNormal)
def kl_gamma_lognormal(p, q):
    """−H(p) + m + log σ + ½ log 2π + (ψ₁(α) + (m − μ)²) / 2σ²   with m = E_p[log x] = ψ(α) − log β and ψ₁(α) = Var_p[log x]"""
    mean_log_x = digamma(p.concentration) - log(p.rate)
    spread = polygamma(1, p.concentration) + square(mean_log_x - q.loc)
    return 0.5 * spread / square(q.scale) + log(q.scale) + HALF_LOG_2PI + mean_log_x - p.entropy()


@register_kl(Normal, Uniform)
@register_kl(Laplace, Uniform)
@register_kl(Logistic, Uniform)
@register_kl(LogNormal, Uniform)
@register_kl(Gamma, Uniform)
@register_kl(Weibull, Uniform)
@register_kl(Normal, LogNormal)
@register_kl(Laplace, LogNormal)
@register_kl(Logistic, LogNormal)
@register_kl(Normal, Gamma)
@register_kl(Laplace, Gamma)
@register_kl(Logistic, Gamma)
@register_kl(Normal, Weibull)
@register_kl(Laplace, Weibull)
@register_kl(Logistic, Weibull)
@register_kl(Normal, Beta)
@register_kl(Laplace, Beta)
@register_kl(Logistic, Beta)
@register_kl(LogNormal, Beta)
@register_kl(Gamma, Beta)
@register_kl(Weibull, Beta)
def kl_infinite(p, q):
    """∞: the support of q leaves out a part of that of p."""
    shape = np.broadcast_shapes(p.batch_shape, q.batch_shape)
    return full(shape, math.inf, dtype=p.dtype, device=p.device)
