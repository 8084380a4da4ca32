"""Weights that are computed from others before a layer uses them: spectral norm, weight norm.

``spectral_norm(layer)`` and ``weight_norm(layer)`` return a module that calls ``layer`` with the computed weight in place of its own, which
stays the parameter that is trained: ``wrapped.layer.weight``.
"""

import math

from minigen import ops, random
from minigen.autograd import no_grad
from minigen.nn.conv import _ConvTranspose
from minigen.nn.module import Buffer, Module, Parameter
from minigen.nn.spelling import accepts_dim


class _Reparametrized(Module):
    """Calls ``layer`` with ``self.compute(w)`` in place of its parameter w = layer.<name>."""

    def _wrap(self, layer, name):
        if not isinstance(getattr(layer, name, None), Parameter):
            raise ValueError(f"{type(self).__name__}: {type(layer).__name__} has no parameter {name!r}")
        self.layer, self.name = layer, name
        return getattr(layer, name)

    def forward(self, *inputs, **keywords):
        w = getattr(self.layer, self.name)
        setattr(self.layer, self.name, self.compute(w))
        try:
            return self.layer(*inputs, **keywords)
        finally:
            setattr(self.layer, self.name, w)

    def effective(self):
        """The weight that the layer is called with."""
        return self.compute(getattr(self.layer, self.name))


class SpectralNorm(_Reparametrized):
    """W / σ(W), σ the largest singular value: the layer can stretch no vector. [Miyato et al. 2018, https://arxiv.org/abs/1802.05957]

    W is read as a matrix (rows, everything else). Its first singular vectors are followed by the power iteration (algorithm 1),
    ``n_power_iterations`` steps at each call in training mode, none after ``eval()``:

        v ← Wᵀu / ‖Wᵀu‖        u ← W v / ‖W v‖        σ = uᵀ W v

    The gradient takes u and v as constants, which is the gradient of σ(W) once they have converged.
    """

    def __init__(self, layer, name="weight", n_power_iterations=1, eps=1e-12, axis=None):
        if n_power_iterations < 1:
            raise ValueError(f"SpectralNorm: expected at least one power iteration, got {n_power_iterations}")
        w = self._wrap(layer, name)
        if w.ndim < 2:
            raise ValueError(f"SpectralNorm: {name!r} must be a matrix or a kernel, got shape {tuple(w.shape)}")
        self.axis = (1 if isinstance(layer, _ConvTranspose) else 0) if axis is None else axis  # where the outputs are
        self.n_power_iterations, self.eps = n_power_iterations, eps
        rows, columns = self._matrix(w).shape
        self.u, self.v = (Buffer(self._unit(random.randn((n,), w.dtype, w.device))) for n in (rows, columns))
        self._iterate(self._matrix(w.data), 15)  # as PyTorch does, so that σ is right from the first step

    def _matrix(self, w):
        axes = (self.axis, *(k for k in range(w.ndim) if k != self.axis))
        return ops.permute(w, axis=axes).reshape((w.shape[self.axis], -1))

    def _unit(self, x):
        return x / max(math.sqrt(float(x @ x)), self.eps)

    def _iterate(self, matrix, steps):
        u, v = self.u.data, self.v.data
        for _ in range(steps):
            v = self._unit(matrix.T @ u)
            u = self._unit(matrix @ v)
        with no_grad():
            self.u.copy_(u)
            self.v.copy_(v)

    def compute(self, w):
        """W / σ(W)"""
        matrix = self._matrix(w)
        if self.training:
            self._iterate(matrix.data, self.n_power_iterations)
        u, v = self.u.data.copy(), self.v.data.copy()  # the next call will move them; this graph keeps its own
        return w / ((matrix @ v) * u).sum()

    def extra_repr(self):
        return f"{self.name}, n_power_iterations={self.n_power_iterations}"


class WeightNorm(_Reparametrized):
    """w = g v / ‖v‖, the length g and the direction v trained apart. [Salimans, Kingma 2016, https://arxiv.org/abs/1602.07868]

    v is the layer's own parameter; ``g`` has one length for each slice along ``axis``, or a single one for ``axis=None``, and starts as
    ‖v‖, so that the layer computes what it did before.
    """

    def __init__(self, layer, name="weight", axis=0):
        w = self._wrap(layer, name)
        self.axis = axis
        self.g = Parameter(self._length(w.data))

    def _length(self, v):
        axes = None if self.axis is None else tuple(k for k in range(v.ndim) if k != self.axis % v.ndim)
        return ops.sqrt((v * v).sum(axis=axes, keepdims=axes is not None))

    def compute(self, w):
        """g v / ‖v‖"""
        return w * (self.g / self._length(w))

    def extra_repr(self):
        return f"{self.name}, axis={self.axis}"


@accepts_dim
def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, axis=None):
    """``module`` with its weight divided by the weight's largest singular value: ``SpectralNorm``. [torch.nn.utils.spectral_norm]"""
    return SpectralNorm(module, name, n_power_iterations, eps, axis)


@accepts_dim
def weight_norm(module, name="weight", axis=0):
    """``module`` with its weight as length times direction: ``WeightNorm``. [torch.nn.utils.weight_norm]"""
    return WeightNorm(module, name, axis)
