"""RMSprop. T. Tieleman, G. Hinton, 2012. Lecture 6.5 of https://www.cs.toronto.edu/~hinton/coursera/lecture6/lec6.pdf"""

import numpy as np

from minigen.optim.optimizer import Optimizer


class RMSprop(Optimizer):
    """Divides the gradient by a running root mean square of itself.

        v ← α v + (1 − α) g²
        d = g / (√v + ε)             with ``centered``: √(v − ḡ²), where ḡ ← α ḡ + (1 − α) g
        p ← p − lr d                 with ``momentum`` μ: b ← μ b + d, p ← p − lr b

    g includes weight_decay · p. v − ḡ² is a variance; where rounding makes it negative it counts as 0. [torch.optim.RMSprop]
    """

    STATE = ("square_avg", "grad_avg", "momentum_buffer")

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False, *, maximize=False):
        super().__init__(
            params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered,
            maximize=maximize,
        )  # fmt: skip

    def check(self, *, alpha, **_):
        return None if alpha <= 1 else f"alpha is the share of the old mean and at most 1, got {alpha}"

    def buffers(self, *, momentum, centered, **_):
        wanted = {"square_avg": True, "grad_avg": centered, "momentum_buffer": momentum}
        return {name: 0.0 for name in self.STATE if wanted[name]}

    def update(self, p, g, state, work, t, *, lr, alpha, eps, momentum, centered, **_):
        v = state["square_avg"]
        v *= alpha
        np.multiply(g, g, out=work)
        work *= 1 - alpha
        v += work
        if centered:
            mean = state["grad_avg"]
            np.subtract(g, mean, out=work)
            work *= 1 - alpha
            mean += work
            np.multiply(mean, mean, out=work)
            np.subtract(v, work, out=work)
            np.maximum(work, 0, out=work)
            np.sqrt(work, out=work)
        else:
            np.sqrt(v, out=work)
        work += eps
        np.divide(g, work, out=work)
        if momentum:
            b = state["momentum_buffer"]
            b *= momentum
            b += work
            np.multiply(b, lr, out=work)
        else:
            work *= lr
        p -= work
