"""Activation functions as layers: each calls the function of its name, where the formula stands."""

from minigen.device import create, get_default_dtype
from minigen.nn import functional as F
from minigen.nn.module import Module, Parameter
from minigen.nn.spelling import accepts_dim


class ReLU(Module):
    """y = max(x, 0)"""

    def forward(self, x):
        return F.relu(x)


class LeakyReLU(Module):
    """y = x where x > 0, else ``negative_slope`` · x"""

    def __init__(self, negative_slope=0.01):
        self.negative_slope = negative_slope

    def forward(self, x):
        return F.leaky_relu(x, negative_slope=self.negative_slope)


class PReLU(Module):
    """y = x where x > 0, else w x with a learned w: one, or one per channel of x (N, C, …)."""

    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        self.weight = Parameter(create("full", (num_parameters,), init, dtype=dtype or get_default_dtype(), device=device))

    def forward(self, x):
        return F.prelu(x, self.weight)


class ELU(Module):
    """y = x where x > 0, else α (eˣ − 1)"""

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def forward(self, x):
        return F.elu(x, alpha=self.alpha)


class SELU(Module):
    """y = s · elu(x, α)"""

    def forward(self, x):
        return F.selu(x)


class GELU(Module):
    """y = x Φ(x); ``approximate="tanh"`` for the formula of the first paper"""

    def __init__(self, approximate="none"):
        self.approximate = approximate

    def forward(self, x):
        return F.gelu(x, self.approximate)


class SiLU(Module):
    """y = x σ(x)"""

    def forward(self, x):
        return F.silu(x)


class GLU(Module):
    """y = a σ(b), a and b the halves of x along ``axis``"""

    @accepts_dim
    def __init__(self, axis=-1):
        self.axis = axis

    def forward(self, x):
        return F.glu(x, self.axis)


class Softplus(Module):
    """y = ln(1 + exp(βx)) / β, and y = x where βx > ``threshold``"""

    def __init__(self, beta=1.0, threshold=20.0):
        self.beta, self.threshold = beta, threshold

    def forward(self, x):
        return F.softplus(x, beta=self.beta, threshold=self.threshold)


class Softsign(Module):
    """y = x / (1 + |x|)"""

    def forward(self, x):
        return F.softsign(x)


class Sigmoid(Module):
    """y = 1 / (1 + e⁻ˣ)"""

    def forward(self, x):
        return F.sigmoid(x)


class LogSigmoid(Module):
    """y = ln σ(x)"""

    def forward(self, x):
        return F.logsigmoid(x)


class Tanh(Module):
    """y = tanh x"""

    def forward(self, x):
        return F.tanh(x)


class Hardtanh(Module):
    """y = min(max(x, ``min_val``), ``max_val``)"""

    def __init__(self, min_val=-1.0, max_val=1.0):
        self.min_val, self.max_val = min_val, max_val

    def forward(self, x):
        return F.hardtanh(x, min_val=self.min_val, max_val=self.max_val)


class Softmax(Module):
    """y = exp(x) / Σ exp(x) along ``axis``"""

    @accepts_dim
    def __init__(self, axis=None):
        self.axis = axis
        if self.axis is None:
            name = type(self).__name__
            raise TypeError(f"{name}: the axis along which the probabilities sum to 1 must be given, {name}(axis=1)")

    def forward(self, x):
        return F.softmax(x, axis=self.axis)


class LogSoftmax(Softmax):
    """y = x − ln Σ exp(x) along ``axis``"""

    def forward(self, x):
        return F.log_softmax(x, axis=self.axis)
