"""Invertible maps whose log|det Jacobian| is known: what a flow is made of. One protocol for all of them, from z² to Glow."""

# isort: off
# --- the protocol, and whether it is kept
from minigen.bijections.actnorm import ActNorm
from minigen.bijections.autoregressive import GatedAutoregressive, MaskedAutoregressive
from minigen.bijections.batch_norm import BatchNorm
from minigen.bijections.bijection import Bijection, Chain, Inverse, sum_except_batch
from minigen.bijections.checking import BijectionError, check_bijection
from minigen.bijections.context_prior import ContextPrior
from minigen.bijections.coupling import AdditiveCoupling, AffineCoupling, Coupling
from minigen.bijections.elementwise import Affine, Exp, LeakyReLU, Log, Power, Square
from minigen.bijections.health import Health, health, watched
from minigen.bijections.invertible_conv import InvertibleConv1x1, LUConv1x1
from minigen.bijections.linear import LU, Householder, Triangular
from minigen.bijections.masks import alternating_mask, checkerboard_mask, half_mask
from minigen.bijections.multiscale import Multiscale, Split, Squeeze
from minigen.bijections.permutation import Permute
from minigen.bijections.pixels import LogitPixels, UniformDequantization, VariationalDequantization
from minigen.bijections.planar import Planar, Radial
from minigen.bijections.sinh_arcsinh import SinhArcsinh
from minigen.bijections.sos import SumOfSquares
from minigen.bijections.spline import RationalQuadraticSpline, rational_quadratic_spline
from minigen.bijections.squashing import CDF, Logit, Quantile, Sigmoid, Softplus, Tanh
from minigen.bijections.spline_coupling import SplineCoupling

__all__ = [
    "CDF", "LU", "ActNorm", "AdditiveCoupling", "Affine", "AffineCoupling", "BatchNorm", "Bijection", "BijectionError", "Chain",
    "ContextPrior", "Coupling", "Exp", "GatedAutoregressive", "Health", "Householder", "Inverse", "InvertibleConv1x1", "LUConv1x1",
    "LeakyReLU", "Log", "Logit", "LogitPixels", "MaskedAutoregressive", "Multiscale", "Permute", "Planar", "Power", "Quantile", "Radial",
    "RationalQuadraticSpline", "Sigmoid", "SinhArcsinh", "Softplus", "SplineCoupling", "Split", "Square", "Squeeze", "SumOfSquares",
    "Tanh", "Triangular", "UniformDequantization", "VariationalDequantization", "alternating_mask", "check_bijection",
    "checkerboard_mask", "half_mask", "health", "rational_quadratic_spline", "sum_except_batch", "watched",
]  # fmt: skip
