"""Invertible maps whose log|det Jacobian| is known: what a flow is made of. One protocol for all of them, from z² to Glow."""

from minigen.bijections.bijection import Bijection, Chain, Inverse, sum_except_batch

__all__ = ["Bijection", "Chain", "Inverse", "sum_except_batch"]
