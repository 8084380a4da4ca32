"""Invertible maps whose log|det Jacobian| is known: what a flow is made of. One protocol for all of them, from z² to Glow."""

from minigen.bijections.autoregressive import MaskedAutoregressive
from minigen.bijections.batch_norm import BatchNorm
from minigen.bijections.bijection import Bijection, Chain, Inverse, sum_except_batch
from minigen.bijections.coupling import AdditiveCoupling, AffineCoupling, Coupling
from minigen.bijections.linear import LU, Householder, Triangular
from minigen.bijections.masks import alternating_mask, checkerboard_mask, half_mask
from minigen.bijections.permutation import Permute
from minigen.bijections.planar import Planar, Radial

__all__ = [
    "LU", "AdditiveCoupling", "AffineCoupling", "BatchNorm", "Bijection", "Chain", "Coupling", "Householder", "Inverse",
    "MaskedAutoregressive", "Permute", "Planar", "Radial", "Triangular", "alternating_mask", "checkerboard_mask", "half_mask",
    "sum_except_batch",
]  # fmt: skip
