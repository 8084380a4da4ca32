"""What went wrong: the mistake that explains why a bijection returns these numbers in place of those."""

import math

import numpy as np

CONSTANTS = {
    math.log(2): "log 2",
    math.log(10): "log 10",
    math.log(255): "log 255",
    math.log(256): "log 256",
    math.log(math.pi): "log π",
    0.5 * math.log(2 * math.pi): "½ log 2π",
    1.0: "1",
}


def same(a, b, scale=1.0):
    """Whether two arrays of numbers agree in six digits of the larger ones."""
    return bool(np.all(np.abs(a - b) <= 1e-6 * (scale + np.abs(b).max(initial=0.0))))


def of_log_det(got, right, jacobians, shape, elsewhere, parameters):
    """The likely mistake in log-determinants ``got`` (N,), where ``right`` (N,) is log|det| of ``jacobians`` (N, D, D).

    ``shape``: of one event. ``elsewhere``: some (N,), log|det| at places where it does not belong. ``parameters``: {name: tensor}.
    """
    if np.isnan(got).any():
        return "NaN: the logarithm of a negative number? It is log|det|, with the absolute value"
    if np.isnan(right).any():
        return "the derivative that autograd finds is no number: a formula overflows there, or 0 · ∞ comes up"
    if np.isinf(right).any():
        return "the Jacobian is singular: the map is not invertible there, or so flat that rounding hides it"
    if np.isinf(got).any():
        return "infinite: does the map take these points for outside of its domain, or is a determinant 0?"
    if same(got, -right):
        return "the sign is flipped: this is the log-determinant of the opposite direction"
    if same(got, 0 * right):
        return "the log-determinant is missing: 0 is returned"
    if same(got, np.exp(right)):
        return "this is the determinant itself: its logarithm is wanted"
    for name, value in (("summed", right.sum()), ("averaged", right.mean())):
        if len(right) > 1 and same(got, value) and not same(right, value):
            return f"it is {name} over the batch: every row must have its own, sum_except_batch(…)"
    for value in elsewhere:
        if np.isfinite(value).all() and (same(got, value) or same(got, -value)):
            return "it is taken at the wrong place: the derivative of g belongs to g's argument, not to its image"
    found = _elements(got, right, jacobians, shape) or _factor(got, right, shape) or _of_parameter(got - right, shape, parameters)
    return found or _constant(got, right, shape) or _rows(got, right, jacobians)


def _elements(got, right, jacobians, shape):
    """Terms of a sum over elements, log|∂yⱼ/∂xⱼ|, that are missing or weighted wrongly."""
    d = jacobians.shape[1]
    if d < 2 or len(got) < 2:
        return ""
    terms = np.log(np.abs(np.diagonal(jacobians, axis1=1, axis2=2)) + 1e-300)  # (N, D)
    if not same(terms.sum(axis=1), right):
        return ""
    names = [_name(j, shape) for j in range(d)]
    for count, words in ((-1, "is missing"), (1, "counts twice"), (-2, "has the wrong sign")):
        for j in range(d):
            if same(got - right, count * terms[:, j]) and not same(terms[:, j], 0):
                return f"the term of element {names[j]}, log|∂y/∂x| there, {words}"
    weights, _, rank, _ = np.linalg.lstsq(terms, got, rcond=1e-8)
    if rank < d or not same(terms @ weights, got) or np.ptp(weights) < 1e-4:
        return ""
    odd = [j for j in range(d) if abs(weights[j] - 1) > 1e-4]
    told = ", ".join(f"{names[j]} counts {_tidy(weights[j])} times" for j in odd[:3])
    return f"the terms of {len(odd)} of {d} elements are weighted wrongly: {told}{', …' if len(odd) > 3 else ''}"


def _factor(got, right, shape):
    """A constant ratio."""
    big = np.abs(right) > 1e-9
    if not big.any() or not same(got[~big], 0):
        return ""
    k = float(np.median(got[big] / right[big]))
    if not same(got, k * right) or abs(k - 1) < 1e-5:
        return ""
    sign = " and the sign is flipped" if k < 0 else ""
    for base in (2, 10):
        if math.isclose(abs(k) * math.log(base), 1, rel_tol=1e-5):
            return f"it is the logarithm to the base {base}, not the natural one{sign}"
    sizes = _sizes(shape)
    for size, name in sizes.items():
        if math.isclose(abs(k) * size, 1, rel_tol=1e-5):
            return f"the factor {name} = {size} is missing{sign}"
        if math.isclose(abs(k), size, rel_tol=1e-5):
            return f"there is a factor {name} = {size} too much{sign}"
    if np.ptp(right) > 1e-6 * np.abs(right).max() or any(math.isclose(k * m, n, rel_tol=1e-5) for n in (-2, -1, 1, 2) for m in (1, 2, 4)):
        return f"every row is {_tidy(k)} times the right value: a constant factor"
    return ""


def _of_parameter(gap, shape, parameters):
    """A constant difference that is the sum of a parameter or of its logarithms, once or for each element that it belongs to."""
    d = max(1, math.prod(shape))
    for name, p in parameters.items():
        p = p.data
        for value, words in ((np.log(np.abs(p)).sum(), f"log|{name}|"), (p.sum(), name)):
            for n in sorted({1, d // max(p.size, 1)} - {0}):
                if abs(value) > 1e-3 and (same(gap, n * value) or same(gap, -n * value)):
                    side, sigma = "too much" if gap[0] * value > 0 else "missing", "Σ " if p.size > 1 else ""
                    return f"a term is {side}: {f'{n} · ' if n > 1 else ''}{sigma}{words}"
    return ""


def _constant(got, right, shape):
    """A constant difference."""
    gap = got - right
    c, d = float(gap.mean()), max(1, math.prod(shape))
    if not same(gap, c, 1.0 + np.abs(right).max()):
        return ""
    side = "too much" if c > 0 else "missing"
    for n in dict.fromkeys((d, 1)):
        for value, name in CONSTANTS.items():
            if math.isclose(abs(c), n * value, rel_tol=1e-5):
                return f"a constant is {side}: {f'{n} · ' if n > 1 else ''}{name}"
    return f"a constant term is {side}: every row is off by {c:.6g}{f' = {d} · {c / d:.6g}' if d > 1 else ''}"


def _rows(got, right, jacobians):
    """What is left to say: of the rows, and of a coupling, some of whose elements do not move."""
    wrong = np.abs(got - right) > 1e-6 * (1 + np.abs(right))
    if not wrong.all():
        return f"only {wrong.sum()} of {len(got)} rows are wrong: a case that the formula leaves out?"
    still = (jacobians == np.eye(len(jacobians[0]))).all(axis=(0, 2))
    if still.any():
        return "no simple pattern: are log-scales of elements that do not move counted as well, or some of those that move left out?"
    return "no simple pattern: a term of the formula is missing, is taken at another point, or belongs to another map"


def of_image(got, right, twice=None):
    """The likely mistake where a round trip ends at ``got`` (N, …) in place of ``right``. ``twice``: the first map applied again."""
    if np.isnan(got).any():
        return "NaN"
    if np.isinf(got).any():
        return "infinite: a formula overflows there, or takes the logarithm of a difference that rounding makes 0"
    flat, expected = got.reshape(len(got), -1), right.reshape(len(right), -1)
    wrong = np.abs(flat - expected) > 1e-6 * (1 + np.abs(expected))  # (N, D)
    if twice is not None and twice.shape == got.shape and same(got, twice):
        return "the way back is the way there once more"
    if same(got, -right):
        return "the sign is flipped"
    if same(np.sort(flat, axis=1), np.sort(expected, axis=1)):
        return "the elements come back in another order: is the permutation inverted, and are chains run backwards?"
    columns = np.flatnonzero(wrong.any(axis=0))
    if 0 < len(columns) < flat.shape[1]:
        named = ", ".join(_name(j, right.shape[1:]) for j in columns[:5])
        many = len(columns) > 1
        return (
            f"only element{'s' * many} {named}{', …' if len(columns) > 5 else ''} of {flat.shape[1]} {'are' if many else 'is'} wrong: does "
            "the inverse compute the same numbers from what passed, and undo the last step first?"
        )
    if same(got - right, (flat - expected).mean()):
        return f"every element is off by {(flat - expected).mean():.6g}: a shift is not undone, or undone twice"
    k = float(np.median(flat / expected))
    if math.isfinite(k) and same(flat, k * expected):
        return f"every element is {_tidy(k)} times the right value: a scale is not undone, or undone twice"
    if not wrong.all() and flat.shape[1] == 1:
        return f"only {wrong.sum()} of {len(flat)} rows: has the map two branches, of which the inverse knows one?"
    return ""


def of_shape(log_det, n, event):
    """The likely mistake where the log-determinant of ``n`` rows does not have shape (n,)."""
    if log_det.shape in ((), (1,)):
        return "one number for the whole batch: add it to zeros (N,) if it is the same for all rows, and never sum over the batch"
    if log_det.shape == (n, *event):
        return "it is not summed over the elements of an event: sum_except_batch(…)"
    return "one number for each row of the batch is needed"


def _sizes(shape):
    """Factors that one forgets, and their names."""
    sizes = {}
    if len(shape) == 3:
        sizes = {shape[1] * shape[2]: "h·w", shape[0]: "channels"}
    if shape:
        sizes.setdefault(math.prod(shape), "number of elements")
    return {size: name for size, name in sizes.items() if size > 2}


def _name(j, shape):
    """The place of the j-th number of an event."""
    return f"[{', '.join(str(int(i)) for i in np.unravel_index(j, shape))}]" if shape else "[]"


def _tidy(k):
    """A factor without the last digits that rounding left."""
    return f"{round(k, 4) + 0.0:g}"
