"""TransformedDistribution: what becomes of a density when its draws are sent through an invertible map. Every flow is one of these."""

import numpy as np

from minigen.autograd import no_grad
from minigen.device import create, get_default_dtype
from minigen.distributions.distribution import Distribution
from minigen.distributions.independent import Independent
from minigen.distributions.normal import Normal
from minigen.nn.module import Buffer
from minigen.ops import reshape, where


class TransformedDistribution(Distribution):
    """x = g(z), z ~ ``base``, for an invertible map g = ``bijection``; trained by ascending ``log_prob``.

        log p(x) = log p_z(z) + log|det ∂z/∂x|,   z = g⁻¹(x)          (change of variables; mass is conserved)

    ``base``: a distribution without batch_shape, of numbers or of events such as (D,). ``bijection``: ``forward(z)`` gives (x, log-det),
    ``inverse(x)`` gives (z, log-det), as those in ``minigen.bijections`` do; a network whose forward leads from the data to z is
    given as its ``.inv``. Densities are in nats; −∞ where g cannot arrive, as at ±∞. ``context`` (N, …) goes to a conditional map.
    [torch.distributions.TransformedDistribution; Rezende, Mohamed 2015, eq. 5]
    """

    def __init__(self, base, bijection):
        if base.batch_shape:
            raise ValueError(
                f"TransformedDistribution: the base must be one distribution, but it is a batch of {base.batch_shape}; "
                f"Independent(base, {len(base.batch_shape)}) makes one event of it"
            )
        self.base, self.bijection = base, bijection
        self.event_shape = tuple(bijection.forward_shape(base.event_shape))

    @property
    def has_rsample(self):
        """That of the base."""
        return self.base.has_rsample

    @property
    def dtype(self):
        """That of the base."""
        return self.base.dtype

    @property
    def device(self):
        """That of the base."""
        return self.base.device

    def log_prob(self, x, context=None):
        """log p(x) = log p_z(g⁻¹(x)) + log|det ∂g⁻¹/∂x| in nats: (N, *event_shape) -> (N,); other leading axes are kept."""
        x = self.value(x)
        shape, x = self._flat(x)
        endless = np.isinf(x.data)  # ±∞ is no place that z can be sent to
        if endless.any():
            nowhere = endless.reshape(len(endless), -1).any(axis=1)
            log_p = where(nowhere, -np.inf, self.change_of_variables(where(endless, 0.0, x), context))
        else:
            log_p = self.change_of_variables(x, context)
        return log_p if len(shape) == 1 else reshape(log_p, shape)

    def change_of_variables(self, x, context=None):
        """log p(x) where x has one leading axis, the batch: (N, *event_shape) -> (N,), in nats.

        The mass that x has is the mass that z = g⁻¹(x) had; log|det ∂z/∂x| says how much room it takes up in x.
        """
        z, log_det = self.bijection.inverse(x, context)
        return self.base.log_prob(z) + log_det

    def sample(self, sample_shape=(), temperature=1.0, context=None):
        """Draws x = g(z), without gradient: (*sample_shape, *event_shape). A whole number n stands for (n,).

        ``temperature`` scales the *standard deviation* of z about its mean, not the variance: z = E z + T · (z' − E z), z' ~ base. With T
        < 1 samples are more typical and less various; T = 0 gives g(E z). [Glow, sec. 6]
        """
        with no_grad():
            return self.rsample(sample_shape, temperature, context)

    def rsample(self, sample_shape=(), temperature=1.0, context=None):
        """Draws that are differentiable functions of the parameters of g, and of the base if it ``has_rsample``."""
        if not temperature >= 0:
            raise ValueError(f"{type(self).__name__}: a temperature scales a standard deviation and is at least 0, got {temperature!r}")
        z = self.latents(sample_shape, temperature)
        shape = z.shape[: z.ndim - len(self.base.event_shape)]
        return reshape(self.decode(reshape(z, (-1, *self.base.event_shape)), context), (*shape, *self.event_shape))

    def latents(self, sample_shape=(), temperature=1.0):
        """Draws of z, whose standard deviation ``temperature`` scales about its mean: (*sample_shape, *base.event_shape)"""
        z = self.base.rsample(sample_shape) if self.has_rsample else self.base.sample(sample_shape)
        if temperature == 1:
            return z
        mean = self.base.mean
        return mean + temperature * (z - mean)

    def encode(self, x, context=None):
        """z = g⁻¹(x): (N, *event_shape) -> (N, *base.event_shape)"""
        return self.bijection.inverse(self.value(x), context)[0]

    def decode(self, z, context=None):
        """x = g(z): (N, *base.event_shape) -> (N, *event_shape). ValueError if g is not defined at some z."""
        x, log_det = self.bijection.forward(self.base.value(z), context)
        nowhere = np.isneginf(log_det.data)
        if nowhere.any():
            raise ValueError(
                f"TransformedDistribution: {int(nowhere.sum())} of {len(nowhere)} values z lie outside of what the "
                f"{type(self.bijection).__name__} is defined on; give it a base whose support it maps, or another map"
            )
        return x

    def _flat(self, x):
        """(the shape of the leading axes, x with one leading axis)"""
        n = x.ndim - len(self.event_shape)
        return x.shape[:n], x if n == 1 else reshape(x, (-1, *self.event_shape))

    def extra_repr(self):
        return f"event_shape={self.event_shape}"


def standard_normal(*shape):
    """N(0, I) as one event of this ``shape``: what most flows start from."""
    zeros, ones = (Buffer(create(name, shape, dtype=get_default_dtype())) for name in ("zeros", "ones"))
    return Independent(Normal(zeros, ones), len(shape))
