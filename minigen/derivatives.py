"""Derivatives of whole functions: vector-Jacobian and Jacobian-vector products, Jacobians, Hessians.

``func`` takes tensors and returns one tensor or a tuple of them. ``inputs`` is a tensor or a tuple of them; a tensor in gives a
tensor out, a tuple gives a tuple. The inputs are taken at their values: what they were computed from receives nothing, unless
``create_graph=True``, which records the derivative itself. [torch.autograd.functional]
"""

from minigen.autograd import enable_grad, grad
from minigen.ops.creation import zeros, zeros_like
from minigen.ops.joining import stack
from minigen.ops.shape import reshape
from minigen.tensor import Tensor


def vjp(func, inputs, v=None, create_graph=False):
    """(outputs, vᵀ J): the rows of the Jacobian J = ∂outputs/∂inputs, weighted by ``v``, in the shape of the inputs.

    One forward and one backward pass. ``v`` has the shape of the outputs; a scalar output needs none.
    """
    with enable_grad():
        xs, outputs = _run("vjp", func, inputs, create_graph)
        ys = _tuple(outputs)
        if v is None and (len(ys) > 1 or ys[0].numel() != 1):
            raise ValueError(f"vjp: v may be missing only for a single output with one element; these have shapes {_shapes(ys)}")
        vs = None if v is None else _like("vjp", "outputs", v, ys)
        return _out(outputs, create_graph), _same(inputs, _grad(ys, xs, vs, create_graph))


def jvp(func, inputs, v=None, create_graph=False):
    """(outputs, J v): the derivative of the outputs when the inputs move in the direction ``v``, in the shape of the outputs.

    Reverse mode computes uᵀ J, which is linear in u; its derivative in the direction v is J v. So two backward passes do it, and
    the value of u does not matter. A single input with one element needs no ``v``. [torch.autograd.functional.jvp]
    """
    with enable_grad():
        xs, outputs = _run("jvp", func, inputs, create_graph)
        if v is None and (len(xs) > 1 or xs[0].numel() != 1):
            raise ValueError(f"jvp: v may be missing only for a single input with one element; these have shapes {_shapes(xs)}")
        vs = _like("jvp", "inputs", v, xs) if v is not None else (zeros_like(xs[0]) + 1,)
        ys = _tuple(outputs)
        us = tuple(zeros_like(y, requires_grad=True) for y in ys)
        moved = _grad(_grad(ys, xs, us, True), us, vs, create_graph)
        return _out(outputs, create_graph), _same(outputs, moved)


def jacobian(func, inputs, create_graph=False):
    """J[i…, j…] = ∂outputᵢ/∂inputⱼ, of shape (shape of the output, shape of the input); one backward pass for each output number.

    Tuples of inputs or outputs give tuples: J[k][l] belongs to output k and input l, without the index where there is no tuple.
    """
    with enable_grad():
        xs, outputs = _run("jacobian", func, inputs, create_graph)
        rows = tuple(_same(inputs, _jacobian_of(y, xs, create_graph)) for y in _tuple(outputs))
        return _same(outputs, rows)


def _jacobian_of(y, xs, create_graph):
    """∂y/∂x for every x, (shape of y, shape of x)"""
    numbers = [_grad((yi,), xs, None, create_graph, retain_graph=True) for yi in reshape(y, (-1,))]
    if not numbers:
        return tuple(zeros(y.shape + x.shape, dtype=x.dtype, device=x.device) for x in xs)
    return tuple(reshape(stack([row[k] for row in numbers]), y.shape + x.shape) for k, x in enumerate(xs))


def hessian(func, inputs, create_graph=False):
    """H[i…, j…] = ∂²output/∂inputᵢ ∂inputⱼ of a scalar function, of shape (shape of the input, shape of the input).

    It is the Jacobian of the gradient. Tuples of inputs give H[k][l].
    """

    def gradient(*xs):
        with enable_grad():
            ys = _scalar("hessian", func(*xs))
            found = _grad(ys, xs, None, True)
        return _same(inputs, found)

    return jacobian(gradient, inputs, create_graph)


def hvp(func, inputs, v=None, create_graph=False):
    """(output, H v): the Hessian of a scalar function times ``v``, which has the shape of the inputs; H itself is never built.

    H v is the gradient of the number gᵀ v, with g the gradient. [torch.autograd.functional.hvp]
    """
    with enable_grad():
        xs, outputs = _run("hvp", func, inputs, create_graph)
        _scalar("hvp", outputs)
        if v is None and (len(xs) > 1 or xs[0].numel() != 1):
            raise ValueError(f"hvp: v may be missing only for a single input with one element; these have shapes {_shapes(xs)}")
        vs = _like("hvp", "inputs", v, xs) if v is not None else (zeros_like(xs[0]) + 1,)
        gs = _grad((outputs,), xs, None, True)
        return _out(outputs, create_graph), _same(inputs, _grad(gs, xs, vs, create_graph))


# --- tuples or not ------------------------------------------------------------------------------------------------------------


def _run(who, func, inputs, create_graph):
    """(the inputs as a tuple of tensors that require a gradient, what ``func`` returns for them)"""
    xs = _tuple(inputs)
    for x in xs:
        if not isinstance(x, Tensor) or not x.is_floating_point():
            what = f"dtype {x.dtype}" if isinstance(x, Tensor) else type(x).__name__
            raise TypeError(f"{who}: the inputs must be floating-point tensors, got {what}")
    xs = tuple(x * 1 if create_graph and x.requires_grad else x.detach().requires_grad_() for x in xs)
    outputs = func(*xs)
    for y in _tuple(outputs):
        if not isinstance(y, Tensor):
            raise TypeError(f"{who}: the function must return a tensor or a tuple of tensors, got {type(y).__name__}")
    return xs, outputs


def _grad(ys, xs, vs, create_graph, retain_graph=None):
    """``grad`` that takes a constant output, and an input that does not matter, as derivative 0."""
    vs = vs or (None,) * len(ys)
    live = [(y, v) for y, v in zip(ys, vs) if y.requires_grad]
    found = (None,) * len(xs)
    if live:
        ys, vs = zip(*live)
        found = grad(ys, xs, vs, create_graph=create_graph, allow_unused=True, retain_graph=retain_graph)
    return tuple(zeros_like(x) if g is None else g for x, g in zip(xs, found))


def _scalar(who, y):
    if not isinstance(y, Tensor) or y.numel() != 1:
        raise ValueError(f"{who}: the function must return one number, got {_shapes(_tuple(y))}")
    return (reshape(y, ()),)


def _like(who, what, vs, tensors):
    """``vs`` as a tuple, if its shapes are those of ``tensors``; ValueError if not."""
    vs = _tuple(vs)
    if [tuple(v.shape) for v in vs] != [x.shape for x in tensors]:
        raise ValueError(f"{who}: v must have the shapes of the {what}, {_shapes(tensors)}, got {_shapes(vs)}")
    return vs


def _tuple(x):
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def _same(pattern, found):
    """``found``, a tuple, as a tuple if ``pattern`` is one, else its only element."""
    return tuple(found) if isinstance(pattern, (tuple, list)) else found[0]


def _out(outputs, create_graph):
    return outputs if create_graph else _same(outputs, [y.detach() for y in _tuple(outputs)])


def _shapes(tensors):
    return ", ".join(str(tuple(t.shape)) if hasattr(t, "shape") else type(t).__name__ for t in tensors)
