"""How good a model is: each file one way to judge it, with the warning that belongs to it."""

from minigen.evaluate.bits_per_dim import Bits, NotComparable, bits_per_dim, from_nats

__all__ = ["Bits", "NotComparable", "bits_per_dim", "from_nats"]
