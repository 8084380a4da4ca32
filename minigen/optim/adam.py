"""Adam: A Method for Stochastic Optimization. D. P. Kingma, J. Ba, 2015. https://arxiv.org/abs/1412.6980 and two relatives."""

import math

import numpy as np

from minigen.optim.optimizer import Optimizer


def betas_complaint(betas):
    """What is wrong with ``betas``, or None."""
    good = isinstance(betas, tuple) and len(betas) == 2 and all(b < 1 for b in betas)
    return None if good else f"expected two betas in [0, 1), got {betas!r}"


class Adam(Optimizer):
    """Divides a running mean of the gradient by a running root mean square of it.

        m ← β₁ m + (1 − β₁) g                    m̂ = m / (1 − β₁ᵗ)
        v ← β₂ v + (1 − β₂) g²                   v̂ = v / (1 − β₂ᵗ)
        p ← p − lr m̂ / (√v̂ + ε)                  [algorithm 1]

    g includes weight_decay · p. With ``amsgrad`` the largest v so far takes the place of v (Reddi et al., 2018).
    [torch.optim.Adam]
    """

    STATE = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False, *, maximize=False):
        super().__init__(
            params, lr=lr, betas=tuple(betas), eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize
        )  # fmt: skip

    def check(self, *, betas, **_):
        return betas_complaint(betas)

    def buffers(self, *, amsgrad, **_):
        return {name: 0.0 for name in self.STATE if amsgrad or name != "max_exp_avg_sq"}

    def update(self, p, g, state, work, t, *, lr, betas, eps, amsgrad, **_):
        """The same with fewer operations [section 2]: p ← p − α m / (√v + ε √(1 − β₂ᵗ)), α = lr √(1 − β₂ᵗ) / (1 − β₁ᵗ)."""
        beta1, beta2 = betas
        m, v = state["exp_avg"], state["exp_avg_sq"]
        root = math.sqrt(1 - beta2**t)
        np.subtract(g, m, out=work)
        work *= 1 - beta1
        m += work
        v *= beta2
        np.multiply(g, g, out=work)
        work *= 1 - beta2
        v += work
        if amsgrad:
            v = np.maximum(state["max_exp_avg_sq"], v, out=state["max_exp_avg_sq"])
        np.sqrt(v, out=work)
        work += eps * root
        np.divide(m, work, out=work)
        work *= lr * root / (1 - beta1**t)
        p -= work


class AdamW(Adam):
    """Adam whose weight decay does not pass through the moments: p ← (1 − lr · weight_decay) p before each step.

    I. Loshchilov, F. Hutter, 2019. https://arxiv.org/abs/1711.05101 [torch.optim.AdamW]
    """

    DECOUPLED = True

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, amsgrad=False, *, maximize=False):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def update(self, p, g, state, work, t, *, lr, weight_decay, **settings):
        p *= 1 - lr * weight_decay
        super().update(p, g, state, work, t, lr=lr, **settings)


class Adamax(Optimizer):
    """Adam with the largest recent gradient in place of the root mean square.

        m ← β₁ m + (1 − β₁) g
        u ← max(β₂ u, |g| + ε)
        p ← p − lr / (1 − β₁ᵗ) · m / u           [algorithm 2]

    g includes weight_decay · p. [torch.optim.Adamax]
    """

    STATE = ("exp_avg", "exp_inf")

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, *, maximize=False):
        super().__init__(params, lr=lr, betas=tuple(betas), eps=eps, weight_decay=weight_decay, maximize=maximize)

    def check(self, *, betas, **_):
        return betas_complaint(betas)

    def buffers(self, **_):
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    def update(self, p, g, state, work, t, *, lr, betas, eps, **_):
        beta1, beta2 = betas
        m, u = state["exp_avg"], state["exp_inf"]
        np.subtract(g, m, out=work)
        work *= 1 - beta1
        m += work
        u *= beta2
        np.abs(g, out=work)
        work += eps
        np.maximum(u, work, out=u)
        np.divide(m, u, out=work)
        work *= lr / (1 - beta1**t)
        p -= work
