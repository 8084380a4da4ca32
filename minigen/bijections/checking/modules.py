"""The promises of a map that is trained, saved and sent through float32: one function each, as in ``maps``."""

import numpy as np

from minigen.autograd import enable_grad, grad, no_grad
from minigen.bijections.checking.case import Broken, at, largest, least
from minigen.device import to_numpy
from minigen.nn.module import Buffer, Parameter
from minigen.tensor import Tensor

ULPS = 300  # what float32 may lose, in units of its last place and of the map's condition


def gradients(case):
    """Every parameter receives the gradient of the images and log-determinants, in both directions."""
    error, reached = 0.0, {}
    named = list(case.b.named_parameters())
    for name, direction, x in (("forward", case.b.forward, case.x), ("inverse", case.b.inverse, case.y)):
        v, w = case.rng.standard_normal(case.apply(direction, x)[0].shape), case.rng.standard_normal(case.n)

        def loss(direction=direction, x=x, v=v, w=w):
            y, log_det = direction(Tensor(x), None if case.context is None else Tensor(case.context))
            return (y * Tensor(v)).sum() + (log_det * Tensor(w)).sum()

        with enable_grad():
            total = loss()
            found = grad(total, [p for _, p in named], allow_unused=True) if total.requires_grad and named else [None] * len(named)
        for (key, p), g in zip(named, found):
            g = np.zeros(p.shape) if g is None else to_numpy(g.data)
            reached[key] = reached.get(key, False) or bool(np.any(g))
            u = case.rng.standard_normal(p.shape)
            for h in (1e-6, 1e-7):  # a second try, for a kink between the two
                numeric = _moved(loss, p, u, h)
                gap = abs((g * u).sum() - numeric) / (1 + abs(numeric))
                if gap <= 1e-4:
                    break
            error = max(error, gap)
            if not gap <= 1e-4:
                raise Broken(f"{name}: moved along a direction, {key} changes images and log-determinants by {numeric:.6g}, "
                             f"its gradient says {(g * u).sum():.6g}: a step is detached, or an implicit derivative is wrong")  # fmt: skip
    silent = [key for key, yes in reached.items() if not yes]
    if silent:
        raise Broken(f"no gradient reaches {', '.join(silent)}: it has no influence, or a step to it is detached")
    return error


def _moved(loss, p, u, h):
    """The derivative of the loss when the parameter moves along ``u``."""
    kept, values = p.data, []
    with no_grad():
        for s in (1, -1):
            p.data = np.asarray(kept + s * h * u)
            values.append(loss().item())
    p.data = kept
    return (values[0] - values[1]) / (2 * h)


def context(case):
    """The context, if one is given, changes the map and receives a gradient, in both directions."""
    if case.context is None:
        return None
    deaf = []
    for name, direction, x in (("forward", case.b.forward, case.x), ("inverse", case.b.inverse, case.y)):
        with enable_grad():
            c = Tensor(case.context.copy(), requires_grad=True)
            y, log_det = direction(Tensor(x), c)
            total = (y * Tensor(case.rng.standard_normal(y.shape))).sum() + log_det.sum()
            g = grad(total, [c], allow_unused=True)[0] if total.requires_grad else None
        if g is None or not np.any(g.data):
            deaf.append(name)
    if deaf:
        both = len(deaf) == 2
        raise Broken(f"the context was given but changes nothing{'' if both else f' in {deaf[0]}'}: is it passed on?")
    return 0.0


def domain(case):
    """Nowhere a NaN, nor in a gradient: outside of its domain a map returns the log-determinant −∞ and some number."""
    for name, direction, x in (("forward", case.b.forward, case.x), ("inverse", case.b.inverse, case.y)):
        probes = case.rng.choice([0.0, 1.0, -1.0, 0.5, -30.0, 30.0], x.shape)
        with enable_grad():
            leaf = Tensor(probes, requires_grad=True)
            y, log_det = direction(leaf, None if case.context is None else Tensor(case.context))
            possible = np.isfinite(log_det.data)
            g = grad(log_det[possible].sum(), [leaf], allow_unused=True)[0] if log_det.requires_grad and possible.any() else None
        y, log_det = to_numpy(y.data), to_numpy(log_det.data)
        bad = np.isnan(y).reshape(case.n, -1).any(axis=1) | np.isnan(log_det)
        if bad.any():
            i = int(bad.argmax())
            raise Broken(f"{name} of {at(i, probes)} is NaN; outside of the domain it is a number, its log-determinant −∞: see inside()")
        if g is not None and np.isnan(g.data).any():
            i = int(np.isnan(to_numpy(g.data)).reshape(case.n, -1).any(axis=1).argmax())
            raise Broken(f"{name}: the gradient of its log-determinant is NaN in {at(i, probes)}, perhaps from 0 · ∞; see inside()")
    return 0.0


def float32(case):
    """In float32 everything stays float32, and close to float64: within ULPS units of the last place times the map's condition."""
    error, eps = 0.0, float(np.finfo(np.float32).eps)
    x = case.x.astype(np.float32)
    y, up = case.apply(case.narrow.forward, x)
    back, down = case.apply(case.narrow.inverse, y)
    for name, value in (("forward", y), ("inverse", back), ("log-determinant of forward", up), ("log-determinant of inverse", down)):
        if value.dtype != np.float32:
            raise Broken(f"float32 becomes {value.dtype} in {name}: is a constant a NumPy number or a float64 array?")
    size = 1 + np.abs(case.y).reshape(case.n, -1).max(axis=1) + np.abs(case.x).reshape(case.n, -1).max(axis=1)
    jacobians = case.jacobian(case.b.forward, case.x)
    there = size * (1 + largest(jacobians))
    back_again = there + size / least(jacobians)  # rounding y alone moves x by so much
    for name, got, right, slack in (
        ("forward", y, case.y, there),
        ("inverse(forward(x))", back, case.back, back_again),
        ("log-determinant of forward", up, case.up, there),
        ("log-determinant of inverse", down, case.down, back_again),
    ):
        gap = np.abs(got - right).reshape(case.n, -1).max(axis=1) / (1 + np.abs(right).reshape(case.n, -1).max(axis=1))
        gap = np.where(np.isfinite(gap), gap, np.inf) / slack
        i = int(gap.argmax())
        error = max(error, float(gap[i]) / eps)
        if not gap[i] <= ULPS * eps:
            raise Broken(f"{name} in {at(i, case.x)} is off by {gap[i] / eps:.0f} units of the last place, times its condition: "
                         "is there a difference of nearly equal numbers?")  # fmt: skip
    return error


def saving(case):
    """A copy that loads the state_dict does the same, bit for bit; nothing that matters is held outside of it."""
    for where, m in case.b.named_modules():
        for key, value in vars(m).items():
            bare = isinstance(value, Tensor) and not isinstance(value, (Parameter, Buffer))
            bare = bare or (isinstance(value, np.ndarray) and value.dtype.kind == "f")  # whole numbers may be indices, which stay
            if bare:
                name = f"{where}.{key}" if where else key
                raise Broken(f"{name} is an array that is neither saved nor moved by .to(): make it a Buffer, or a Parameter")
    other = case.again().to("cpu", "float64")
    for p in other.parameters():
        p.data = np.asarray(p.data + 0.1)
    other.load_state_dict(case.b.state_dict())
    other.eval()
    for name, theirs, ours, x in (("forward", other.forward, case.b.forward, case.x), ("inverse", other.inverse, case.b.inverse, case.y)):
        if not all(np.array_equal(a, b) for a, b in zip(case.apply(theirs, x), case.apply(ours, x))):
            raise Broken(f"{name} of one that loaded the state_dict differs: something that matters is not saved")
    return 0.0
