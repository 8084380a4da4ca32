"""Distribution: what all distributions share: parameters and their shapes, checks, drawing by the quantile function."""

import numpy as np

from minigen import random
from minigen.autograd import no_grad
from minigen.device import as_array, device_of, get_default_dtype, on_gpu
from minigen.nn.module import Buffer, Module
from minigen.ops import broadcast_to, sqrt, sum, where
from minigen.tensor import Tensor, raw

SMALL = 1024  # values of parameters with at most this many elements are checked by default: that takes a few µs


class Distribution(Module):
    """A probability distribution; many of one family at once, one for each element of ``batch_shape``. [torch.distributions]

    ``event_shape``: the shape of one draw: () for a number, (D,) for a vector. ``sample((S,))`` has shape (S, *batch_shape,
    *event_shape), and ``log_prob`` of it (S, *batch_shape). Log-densities, entropies and divergences are in nats.

    Parameters may be Tensors, Parameters or Buffers, which are kept as they are, or numbers and arrays, which become Buffers.
    Shapes are always checked. ``validate_args``: None checks the values of small parameters (up to 1024 elements), False none, True
    all, and ``log_prob`` then refuses a value outside the ``support``. Otherwise such a value has log_prob −∞; NaN has NaN.

    A family calls ``self.hold(...)`` on its parameters in ``__init__``.
    """

    support = None  # Constraint
    has_rsample = False
    batch_shape = event_shape = ()

    def hold(self, validate_args, **parameters):
        """Assign the parameters, pairs (value, Constraint), as attributes; their broadcast shape is the ``batch_shape``."""
        like = next((p for p, _ in parameters.values() if isinstance(p, Tensor) and p.is_floating_point()), None)
        self.held, shapes = {}, []  # held: the name of each parameter -> its constraint
        for name, (p, constraint) in parameters.items():
            p = as_parameter(p, like)
            setattr(self, name, p)
            self.held[name], n = constraint, constraint.event_dim
            if p.ndim < n:
                raise ValueError(f"{type(self).__name__}: {name} needs at least {n} axes for one event, got shape {p.shape}")
            shapes.append(p.shape[: p.ndim - n])
        try:
            self.batch_shape = shapes[0] if all(s == shapes[0] for s in shapes) else np.broadcast_shapes(*shapes)
        except ValueError:
            told = " and ".join(f"{name} {getattr(self, name).shape}" for name in parameters)
            raise ValueError(f"{type(self).__name__}: the parameters do not broadcast: {told}") from None
        self.validate_args = validate_args
        for name, constraint in self.held.items():
            if self.checks(getattr(self, name).data):
                self.check_parameter(name, constraint)

    def check_parameter(self, name, allowed):
        """ValueError that names the first bad element if the values of a parameter are not ``allowed``."""
        p = getattr(self, name).data
        bad = ~allowed.check(p)
        if bad.any():
            at = tuple(int(i) for i in np.argwhere(bad)[0])
            value = f"is {p[at]}" if not allowed.event_dim else "is not"
            where_ = f"{name}[{', '.join(map(str, at))}]" if at else name
            hint = f"; {allowed.hint}" if allowed.hint else ""
            raise ValueError(f"{type(self).__name__}: {name} must be {allowed.words}, but {where_} {value}{hint}")

    def checks(self, array):
        """Whether the values of a parameter are to be looked at."""
        return self.validate_args or (self.validate_args is None and array.size <= SMALL and not on_gpu(array))

    # --- shapes and values ----------------------------------------------------------------------------------------------------

    @property
    def dtype(self):
        """The dtype of what is drawn."""
        return np.result_type(*(getattr(self, name).dtype for name in self.held))

    @property
    def device(self):
        """Where the parameters live, and the draws with them."""
        return device_of(getattr(self, next(iter(self.held))).data)

    def extended_shape(self, sample_shape=()):
        """The shape of ``sample(sample_shape)``; a whole number n stands for (n,)."""
        sample_shape = (sample_shape,) if isinstance(sample_shape, (int, np.integer)) else tuple(sample_shape)
        return sample_shape + self.batch_shape + self.event_shape

    def full(self, x):
        """``x``, computed from some of the parameters, in the shape of the whole batch."""
        shape = self.batch_shape + self.event_shape
        return x if x.shape == shape else broadcast_to(x, shape)

    def value(self, value):
        """``value`` as a tensor whose last axes are an event and whose other axes fit the batch. ValueError if they do not."""
        if not isinstance(value, Tensor):
            plain = isinstance(value, (int, float, list, tuple))
            value = raw(as_array(value, self.dtype if plain else None, self.device))
        batch, event = self.batch_shape, self.event_shape
        n = value.ndim - len(event)
        if value.shape[max(0, n - len(batch)) :] == batch + event:
            return value
        fits = n >= 0 and value.shape[n:] == event
        try:
            np.broadcast_shapes(value.shape[: max(n, 0)], batch)
        except ValueError:
            fits = False
        if not fits:
            expected = ", ".join(["…", *map(str, batch + event)])
            raise ValueError(
                f"{type(self).__name__}: a value of shape {value.shape} does not fit batch_shape {batch} and event_shape {event}; "
                f"expected ({expected})"
            )
        return value

    def inside(self, value, safe, support=None):
        """(x, outside): ``value`` with the number ``safe`` for all that is outside the support, and where that was (None: nowhere).

        A formula of x then has neither NaN nor a NaN gradient, and ``impossible`` writes −∞ into its result.
        """
        value, support = self.value(value), support or self.support
        outside = support.outside(value.data)
        if not outside.any():
            return value, None
        if self.validate_args:
            at = tuple(int(i) for i in np.argwhere(np.broadcast_to(outside, value.shape))[0])
            raise ValueError(f"{type(self).__name__}: the value must be {support.words}, but value{list(at)} is {value.data[at]}")
        return where(outside, safe, value), outside

    def impossible(self, log_p, outside, instead=-np.inf):
        """``log_p`` with −∞ where ``outside``."""
        return log_p if outside is None else where(outside, instead, log_p)

    def wrap(self, array):
        """What was drawn or counted as a constant tensor of the distribution's dtype."""
        return raw(array.astype(self.dtype, copy=False))

    def count(self, array):
        """Whole numbers as a constant int64 tensor."""
        return raw(array.astype(np.int64, copy=False))

    def level(self, u):
        """A probability u as a tensor that fits the batch, with NaN where it is none."""
        u = self.value(u)
        bad = (u.data < 0) | (u.data > 1)
        return where(bad, np.nan, u) if bad.any() else u

    def uniform(self, sample_shape):
        """Noise u ~ U(0, 1) without its ends, as an array: 0 becomes half the spacing of the generator's numbers."""
        u = random.rand(self.extended_shape(sample_shape), self.dtype, self.device)
        return np.maximum(u, np.finfo(u.dtype).eps / 4)

    # --- what a family answers ------------------------------------------------------------------------------------------------

    def sample(self, sample_shape=()):
        """Independent draws, without gradient. Shape (*sample_shape, *batch_shape, *event_shape)."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape=()):
        """Draws that are differentiable functions of the parameters: x = F⁻¹(u), u ~ U(0, 1). [Kingma, Welling 2014, sec. 2.4]"""
        if not self.has_rsample:
            raise NotImplementedError(
                f"{type(self).__name__}.rsample: its draws are whole numbers, which no small change of a parameter moves; use sample(), "
                "and its log_prob for a score-function gradient"
            )
        return self.icdf(self.uniform(sample_shape))

    def log_prob(self, value):
        """log p(value) in nats; −∞ outside the support."""
        raise self.lacks("log_prob")

    def log_prob_sum(self, value, axis):
        """Σ log p(value) over ``axis``, for ``Independent``; a family overrides it if it knows a shorter way."""
        return sum(self.log_prob(value), axis=axis)

    def cdf(self, value):
        """P(X ≤ value)"""
        raise self.lacks("cdf")

    def icdf(self, value):
        """The quantile: x with P(X ≤ x) = ``value``; NaN for a value outside [0, 1]."""
        raise self.lacks("icdf")

    def entropy(self):
        """H = −E[log p(X)] in nats. Shape: ``batch_shape``."""
        raise self.lacks("entropy")

    @property
    def mean(self):
        """E[X]. Shape: (*batch_shape, *event_shape), as of ``variance``, ``stddev`` and ``mode``."""
        raise self.lacks("mean")

    @property
    def variance(self):
        """E[(X − E[X])²], element by element"""
        raise self.lacks("variance")

    @property
    def stddev(self):
        """√variance"""
        return sqrt(self.variance)

    @property
    def mode(self):
        """The most probable value."""
        raise self.lacks("mode")

    def lacks(self, what):
        """The exception for a quantity that the family does not have."""
        return NotImplementedError(f"{type(self).__name__} has no {what} in closed form")

    def expand(self, batch_shape):
        """The same distribution with its parameters repeated to a larger ``batch_shape``, without copying."""
        parameters = {}
        for name, constraint in self.held.items():
            p, n = getattr(self, name), constraint.event_dim
            parameters[name] = broadcast_to(p, tuple(batch_shape) + p.shape[p.ndim - n :])
        return type(self)(**parameters, validate_args=self.validate_args)

    def extra_repr(self):
        return f"batch_shape={self.batch_shape}, event_shape={self.event_shape}"


def as_parameter(p, like=None):
    """A number or array as a Buffer with the dtype and device of the tensor ``like``; a tensor stays, with floats for whole numbers."""
    if isinstance(p, Tensor):
        return p if p.is_floating_point() else p.astype(get_default_dtype() if like is None else like.dtype)
    array = as_array(p, None if like is None else like.dtype, None if like is None else like.device)
    return Buffer(array if array.dtype.kind == "f" else array.astype(get_default_dtype()))
