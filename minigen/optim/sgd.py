"""Stochastic gradient descent with momentum. I. Sutskever et al., 2013. https://proceedings.mlr.press/v28/sutskever13.html"""

import numpy as np

from minigen.optim.optimizer import Optimizer


class SGD(Optimizer):
    """Gradient descent, with momentum if wanted.

        b ← μ b + (1 − τ) g          b = g in the first step
        p ← p − lr b                 with ``nesterov``: p ← p − lr (g + μ b)

    μ is ``momentum``, τ is ``dampening``; g includes weight_decay · p. Without momentum: p ← p − lr g. [torch.optim.SGD]
    """

    STATE = ("momentum_buffer",)

    def __init__(self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, *, maximize=False):
        super().__init__(
            params, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov, maximize=maximize
        )

    def check(self, *, momentum, dampening, nesterov, **_):
        if nesterov and (momentum == 0 or dampening != 0):
            return f"nesterov needs a momentum above 0 and dampening = 0, got momentum={momentum}, dampening={dampening}"
        return None

    def buffers(self, *, momentum, **_):
        return {"momentum_buffer": 0.0} if momentum else {}

    def update(self, p, g, state, work, t, *, lr, momentum, dampening, nesterov, **_):
        if momentum:
            b = state["momentum_buffer"]
            b *= momentum
            if t > 1 and dampening:
                np.multiply(g, 1 - dampening, out=work)
                b += work
            else:
                b += g
            if nesterov:
                np.multiply(b, momentum, out=work)
                work += g
                g = work
            else:
                g = b
        np.multiply(g, lr, out=work)
        p -= work
