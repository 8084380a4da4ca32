"""Linear, the fully connected layer, and Identity."""

import math

import numpy as np

from minigen.device import create, get_default_dtype
from minigen.nn import functional as F
from minigen.nn import init
from minigen.nn.module import Module, Parameter


class Linear(Module):
    """y = x Wᵀ + b: (…, in_features) -> (…, out_features)

    W (out, in) and b (out,) start uniform on ±1/√in, as in PyTorch.
    """

    def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
        self.in_features, self.out_features = in_features, out_features
        for name, n in (("in_features", in_features), ("out_features", out_features)):
            if not isinstance(n, (int, np.integer)) or n < 1:
                raise ValueError(f"Linear: {name} must be a positive whole number, got {n!r}")
        dtype = dtype or get_default_dtype()
        self.weight = Parameter(create("empty", (out_features, in_features), dtype=dtype, device=device))
        self.bias = Parameter(create("empty", (out_features,), dtype=dtype, device=device)) if bias else None
        self.reset_parameters()

    def reset_parameters(self):
        """Draw the weights anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features)
            init.uniform_(self.bias, -bound, bound)

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)

    def extra_repr(self):
        return f"{self.in_features} → {self.out_features}"


class Identity(Module):
    """y = x. It takes and ignores any settings, so that it can stand where another layer stood."""

    def __init__(self, *settings, **more_settings):
        pass

    def forward(self, x):
        return x
