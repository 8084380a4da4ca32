"""Dropout: noise that keeps units from relying on each other."""

from minigen.nn import functional as F
from minigen.nn.module import Module


class Dropout(Module):
    """In training mode each element becomes 0 with probability p and is divided by 1 − p otherwise; after ``eval()``, y = x.

    Shape: any. [Srivastava et al. 2014]
    """

    def __init__(self, p=0.5):
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p is the probability of a zero and lies in [0, 1], got {p}")
        self.p = p

    def forward(self, x):
        return F.dropout(x, self.p, self.training)
