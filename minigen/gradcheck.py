"""Gradients checked against numbers: every element, central differences in float64, a random cotangent, kinks recognised."""

from dataclasses import dataclass, field

import numpy as np

from minigen import random
from minigen.autograd import enable_grad, grad, no_grad
from minigen.device import as_array, to_numpy
from minigen.tensor import Tensor


class GradientError(AssertionError):
    """A gradient that differs from its finite difference; the message names the worst element."""


@dataclass
class Report:
    """What a check found. ``wrong`` holds (input, index, analytic, numeric), the worst first."""

    name: str
    checked: int = 0
    kinks: int = 0
    wrong: list = field(default_factory=list)
    forward: str = ""  # how the forward differs from the reference, if one was given
    recorded: str = ""  # how the gradient with create_graph=True differs from the one without

    def __bool__(self):
        return not (self.wrong or self.forward or self.recorded)

    def __str__(self):
        lines = [f"{self.name}: {self.checked} elements checked, {self.kinks} kinks skipped, {len(self.wrong)} wrong"]
        if self.wrong:
            i, index, analytic, numeric = self.wrong[0]
            lines.append(f"  worst: input {i}, element {index}: analytic {analytic:.6g}, numeric {numeric:.6g}")
            lines.append(f"  the backward disagrees with its own forward{self._likely()}")
        if self.forward:
            lines.append("  " + self.forward)
            if not self.wrong:
                lines.append("  the backward agrees with its own forward: the formula is off, not the derivative")
        if self.recorded:
            lines.append("  " + self.recorded)
            lines.append("  a rule computes one thing on bare arrays, as backward() calls it, and another on tensors")
        return "\n".join(lines)

    def _likely(self):
        """A constant ratio between analytic and numeric values tells the mistake."""
        ratios = [a / n for _, _, a, n in self.wrong if n]
        if ratios and np.ptp(ratios) < 1e-4 * abs(ratios[0]) and len(self.wrong) == self.checked:
            return ": the sign is flipped" if abs(ratios[0] + 1) < 1e-4 else f": every element is {ratios[0]:.4g} times the right value"
        if self.wrong and all(a == 0 for _, _, a, _ in self.wrong):
            return ": these elements receive no gradient"
        return ""


def gradcheck(function, inputs, *, reference=None, rtol=1e-5, atol=1e-7, seed=0, raise_exception=True):
    """Compare the gradients of ``function`` with central differences, element by element, and return the ``Report``.

        ∂L/∂xᵢ ≈ (L(x + h eᵢ) − L(x − h eᵢ)) / 2h      L = Σ v · function(x), v random, h = 6·10⁻⁶ max(1, |xᵢ|)

    ``inputs``: tensors or arrays, checked in float64; integer ones are passed on as they are. ``function`` returns a tensor or a
    sequence of them. Where the one-sided differences disagree, the function has a kink, and the element is counted and skipped.
    ``reference``: a function on arrays that the values are compared with as well. GradientError if something is wrong, unless
    ``raise_exception=False``.
    """
    name = getattr(function, "__name__", type(function).__name__)
    tensors = [_as_input(x) for x in inputs]
    report = Report(name)
    with enable_grad():
        outputs = _outputs(function(*tensors))
    if not outputs:
        raise ValueError(f"gradcheck: {name} returned no floating-point tensor")
    rng = random.new_generator(seed)
    v = [as_array(rng.standard_normal(y.shape), device=y.device) for y in outputs]
    live = [(y, Tensor(w)) for y, w in zip(outputs, v) if y.requires_grad]
    wanted = [x for x in tensors if x.requires_grad]
    if not wanted:
        raise ValueError(f"gradcheck: {name} has no floating-point input to check")
    analytic = grad([y for y, _ in live], wanted, [w for _, w in live], allow_unused=True) if live else [None] * len(wanted)
    if reference is not None:
        report.forward = _compare_forward(outputs, reference(*[x.data for x in tensors]))

    def loss():
        with no_grad():
            return sum(float((y.data * w).sum()) for y, w in zip(_outputs(function(*tensors)), v))

    middle = loss()
    for x, g in zip(wanted, analytic):
        i = next(k for k, t in enumerate(tensors) if t is x)
        for index in np.ndindex(x.shape):
            numeric, kink = _difference(loss, x, index, middle)
            if kink:
                report.kinks += 1
                continue
            report.checked += 1
            a = 0.0 if g is None else float(g.data[index])
            if not abs(a - numeric) <= atol + rtol * max(abs(numeric), abs(middle) * 1e-3):
                report.wrong.append((i, index, a, numeric))
    report.wrong.sort(key=lambda w: -abs(w[2] - w[3]) if w[2] == w[2] else -np.inf)
    if not report and raise_exception:
        raise GradientError(str(report))
    return report


def gradgradcheck(function, inputs, *, rtol=1e-4, atol=1e-6, seed=0, raise_exception=True):
    """``gradcheck`` of the gradient itself: the rules of ``function`` recorded and differentiated once more.

    The recorded gradient must also be the one that ``backward()`` computes. For that a rule is called on bare arrays, to be recorded
    it is called on tensors; one that is wrong on tensors alone agrees with its own derivative, and ``gradcheck`` never sees it.
    """
    tensors = [_as_input(x) for x in inputs]
    wanted = [i for i, x in enumerate(tensors) if x.requires_grad]
    with no_grad():
        outputs = _outputs(function(*tensors))
    rng = random.new_generator(seed + 1)
    cotangents = [Tensor(rng.standard_normal(y.shape), device=y.device) for y in outputs]

    def gradient(*arguments, create_graph=True):
        xs, vs = arguments[: len(tensors)], arguments[len(tensors) :]
        with enable_grad():
            xs = [x if x.requires_grad or i not in wanted else x.requires_grad_() for i, x in enumerate(xs)]
            live = [(y, w) for y, w in zip(_outputs(function(*xs)), vs) if y.requires_grad]
            ys, ws = [y for y, _ in live], [w for _, w in live]
            return grad(ys, [xs[i] for i in wanted], ws, create_graph=create_graph, allow_unused=True)

    gradient.__name__ = f"gradient of {getattr(function, '__name__', type(function).__name__)}"
    arguments = [*tensors, *cotangents]
    report = gradcheck(gradient, arguments, rtol=rtol, atol=atol, seed=seed, raise_exception=False)
    report.recorded = _compare_recorded(wanted, gradient(*arguments, create_graph=False), gradient(*arguments))
    if not report and raise_exception:
        raise GradientError(str(report))
    return report


def _as_input(x):
    """A float64 leaf with its own memory; an integer input stays as it is."""
    data = (x.data if isinstance(x, Tensor) else np.asarray(x)).copy()
    return Tensor(data.astype(np.float64), requires_grad=True) if data.dtype.kind == "f" else Tensor(data)


def _outputs(result):
    """The floating-point tensors among what a function returned."""
    return [y for y in (result if isinstance(result, (tuple, list)) else (result,)) if isinstance(y, Tensor) and y.is_floating_point()]


def _difference(loss, x, index, middle):
    """(central difference of ``loss`` in ``x[index]``, whether there is a kink)"""
    value = float(x.data[index])  # a number: CuPy's x[index] would change with x
    h = 6e-6 * max(1.0, abs(value))
    x.data[index] = value + h
    right = loss()
    x.data[index] = value - h
    left = loss()
    x.data[index] = value
    forward, backward = (right - middle) / h, (middle - left) / h
    kink = not abs(forward - backward) <= 1e-2 * max(1.0, abs(forward), abs(backward))
    return (right - left) / (2 * h), kink


def _compare_forward(outputs, expected):
    expected = expected if isinstance(expected, (tuple, list)) else (expected,)
    for k, (y, e) in enumerate(zip(outputs, expected)):
        y, e = to_numpy(y.data), to_numpy(e)
        if y.shape != e.shape:
            return f"forward: output {k} has shape {y.shape}, expected {e.shape}"
        bad = ~np.isclose(y, e, rtol=1e-9, atol=1e-12, equal_nan=True)
        if bad.any():
            index = tuple(int(j) for j in np.argwhere(bad)[0])
            return f"forward: output {k}, element {index}: yours {y[index]:.6g}, expected {e[index]:.6g}"
    return ""


def _compare_recorded(wanted, plain, recorded):
    """How the gradients of the inputs ``wanted`` differ between ``backward()`` and ``create_graph=True``, beyond rounding."""
    for i, p, r in zip(wanted, plain, recorded):
        p, r = (0.0 if g is None else to_numpy(g.data) for g in (p, r))
        bad = ~np.isclose(p, r, rtol=1e-9, atol=1e-11 * np.abs(p).max(initial=1), equal_nan=True)
        if bad.any():
            index = tuple(int(j) for j in np.argwhere(bad)[0])
            return f"gradient of input {i}, element {index}: {p[index]:.9g} by backward(), {r[index]:.9g} with create_graph=True"
    return ""
