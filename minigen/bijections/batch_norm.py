"""BatchNorm as a bijection: each feature or channel to mean 0 and variance 1, between the layers of a deep flow."""

import math

from minigen.autograd import no_grad
from minigen.bijections.bijection import Bijection, no_change
from minigen.device import create, get_default_dtype
from minigen.nn.module import Buffer, Parameter
from minigen.ops import exp, log, reshape, sqrt


class BatchNorm(Bijection):
    """y = (x − m) / √(v + eps) ⊙ exp(log_gamma) + beta for each feature or channel: (N, C, …) -> (N, C, …)

        log|det ∂y/∂x| = (pixels a channel) · Σ_c (log_gamma_c − ½ log(v_c + eps))                 [RealNVP, sec. 3.7; MAF, sec. 3.4]

    In training, ``forward`` takes mean m and variance v from the batch, gradients flow through both, and the running ones follow:
    running ← (1 − momentum) running + momentum · that of the batch. The log-determinant is that of the rescaling with m and v held
    fixed, an approximation, because each row moves m and v a little. After ``eval()`` the running ones are used in both directions: then
    it is a bijection of every row by itself, exactly. ``inverse`` in training is a RuntimeError: the batch that it would undo is gone.
    """

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        new = lambda name: create(name, (num_features,), dtype=get_default_dtype())  # noqa: E731
        self.eps, self.momentum = eps, momentum
        self.log_gamma, self.beta = Parameter(new("zeros")), Parameter(new("zeros"))
        self.running_mean, self.running_var = Buffer(new("zeros")), Buffer(new("ones"))

    def forward(self, x, context=None):
        mean, var = self._statistics(x)
        scale = exp(self.log_gamma) / sqrt(var + self.eps)
        y = (x - column(mean, x)) * column(scale, x) + column(self.beta, x)
        return y, self._log_det(var, x)

    def inverse(self, y, context=None):
        if self.training:
            raise RuntimeError("BatchNorm: inverse needs the running statistics; call eval() before sampling")
        mean, var = self._statistics(y)
        scale = sqrt(var + self.eps) * exp(-self.log_gamma)
        return (y - column(self.beta, y)) * column(scale, y) + column(mean, y), -self._log_det(var, y)

    def _statistics(self, x):
        """(m, v), both (C,)"""
        if x.ndim < 2 or x.shape[1:2] != self.beta.shape:
            raise ValueError(f"BatchNorm({len(self.beta)}): expected (N, {len(self.beta)}, …), got {tuple(x.shape)}")
        if not self.training:
            return self.running_mean, self.running_var
        axes = (0, *range(2, x.ndim))
        if math.prod(x.shape) // x.shape[1] < 2:
            raise ValueError(f"BatchNorm: a variance needs more than one value per channel in training, got shape {tuple(x.shape)}")
        mean = x.mean(axis=axes)
        d = x - column(mean, x)
        var = (d * d).mean(axis=axes)
        with no_grad():
            for running, statistic in ((self.running_mean, mean), (self.running_var, var)):
                running.copy_((1 - self.momentum) * running.data + self.momentum * statistic.data)
        return mean, var

    def _log_det(self, var, x):
        pixels = math.prod(x.shape[2:])
        return pixels * (self.log_gamma - 0.5 * log(var + self.eps)).sum() + no_change(x)


def column(v, x):
    """One number a channel, to be combined with x (N, C, …): (C,) -> (C, 1, …)"""
    return v if x.ndim == 2 else reshape(v, (-1, *(1,) * (x.ndim - 2)))
