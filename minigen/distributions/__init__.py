"""Probability distributions under PyTorch's names: densities, draws that carry gradients, entropies and divergences, in nats."""

from minigen.distributions import constraints, kl_pairs
from minigen.distributions.bernoulli import Bernoulli
from minigen.distributions.beta import Beta
from minigen.distributions.binomial import Binomial
from minigen.distributions.categorical import Categorical
from minigen.distributions.distribution import Distribution
from minigen.distributions.gamma import Gamma
from minigen.distributions.independent import Independent
from minigen.distributions.kl import kl_divergence, kl_monte_carlo, register_kl
from minigen.distributions.laplace import Laplace
from minigen.distributions.logistic import Logistic
from minigen.distributions.lognormal import LogNormal
from minigen.distributions.mixture import MixtureSameFamily
from minigen.distributions.multivariate_normal import MultivariateNormal
from minigen.distributions.normal import Normal
from minigen.distributions.transformed import TransformedDistribution
from minigen.distributions.uniform import Uniform
from minigen.distributions.weibull import Weibull

__all__ = [
    "Bernoulli", "Beta", "Binomial", "Categorical", "Distribution", "Gamma", "Independent", "Laplace", "LogNormal", "Logistic",
    "MixtureSameFamily", "MultivariateNormal", "Normal", "TransformedDistribution", "Uniform", "Weibull", "constraints",
    "kl_divergence", "kl_monte_carlo", "kl_pairs", "register_kl",
]  # fmt: skip
