"""Layers that normalize each example on its own: LayerNorm, GroupNorm, RMSNorm."""

from minigen.device import create, get_default_dtype
from minigen.nn import functional as F
from minigen.nn.module import Module, Parameter


def _affine(shape, weight, bias, device, dtype):
    """(weight of ones or None, bias of zeros or None)"""
    dtype = dtype or get_default_dtype()
    return (
        Parameter(create("ones", shape, dtype=dtype, device=device)) if weight else None,
        Parameter(create("zeros", shape, dtype=dtype, device=device)) if bias else None,
    )


class LayerNorm(Module):
    """y = (x − x̄) / √(v + eps) ⊙ w + b, mean and variance over the last axes, of ``normalized_shape``: (…, D) -> (…, D)"""

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, device=None, dtype=None):
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.weight, self.bias = _affine(self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype)

    def forward(self, x):
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class GroupNorm(Module):
    """``num_groups`` groups of channels, each standardized over channels and positions, then ⊙ w + b: (N, C, …) -> (N, C, …)"""

    def __init__(self, num_groups, num_channels, eps=1e-5, affine=True, device=None, dtype=None):
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: {num_channels} channels cannot be split into {num_groups} equal groups")
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.weight, self.bias = _affine((num_channels,), affine, affine, device, dtype)

    def forward(self, x):
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ValueError(f"GroupNorm: expected (N, {self.num_channels}, …), got {tuple(x.shape)}")
        return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


class RMSNorm(Module):
    """y = x / √(mean(x²) + eps) ⊙ w over the last axes, of ``normalized_shape``: (…, D) -> (…, D)"""

    def __init__(self, normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None):
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.weight, _ = _affine(self.normalized_shape, elementwise_affine, False, device, dtype)

    def forward(self, x):
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)
