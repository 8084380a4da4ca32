"""Adaptive Subgradient Methods. J. Duchi, E. Hazan, Y. Singer, 2011. https://jmlr.org/papers/v12/duchi11a.html"""

import numpy as np

from minigen.optim.optimizer import Optimizer


class Adagrad(Optimizer):
    """Divides the gradient by the root of the sum of all its squares so far.

        s ← s + g²                   s = ``initial_accumulator_value`` at first
        p ← p − η g / (√s + ε)       η = lr / (1 + (t − 1) lr_decay)

    g includes weight_decay · p. [torch.optim.Adagrad]
    """

    STATE = ("sum",)

    def __init__(
        self, params, lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10, *, maximize=False
    ):
        super().__init__(
            params, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, initial_accumulator_value=initial_accumulator_value,
            eps=eps, maximize=maximize,
        )  # fmt: skip

    def buffers(self, *, initial_accumulator_value, **_):
        return {"sum": initial_accumulator_value}

    def update(self, p, g, state, work, t, *, lr, lr_decay, eps, **_):
        s = state["sum"]
        np.multiply(g, g, out=work)
        s += work
        np.sqrt(s, out=work)
        work += eps
        np.divide(g, work, out=work)
        work *= lr / (1 + (t - 1) * lr_decay)
        p -= work
