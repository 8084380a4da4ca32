"""Reverse-mode differentiation: what a primitive is, how a computation is recorded, how gradients walk back through it.

A primitive is a few small functions that stand next to each other: the forward, from arrays to an array, and one rule per input:

    @primitive
    def mul(a, b):
        return a * b

    @mul.vjp
    def mul_vjp_a(g, y, a, b):         # g = ∂L/∂y  →  ∂L/∂a
        return g * b

    @mul.vjp
    def mul_vjp_b(g, y, a, b):
        return g * a

Calling ``mul`` on tensors records one node, the output itself: its op, its inputs, its serial number. ``backward`` visits the nodes
by falling serial number, so each is visited after all that used it, and calls only the rules that it needs: on bare arrays, or on
tensors with ``create_graph=True``, which records the rules themselves and so gives derivatives of derivatives.
"""

import functools
from heapq import heapify, heappop, heappush

import numpy as np

from minigen.device import as_array
from minigen.recording import enable_grad, is_grad_enabled, no_grad, recorded, recording  # noqa: F401
from minigen.signature import MISSING, add_rule, bind, complain, cotangent, no_rule, parameters, spoilt, stay_narrow
from minigen.tensor import FREED, Tensor, new, raw, tick

primitives = []  # every op in the order of definition; the tests hold each of them to its numbers
watchers = []  # functions (op, inputs, keywords, output) that see every op as it runs: anomaly
rule_watchers = []  # functions (node, i, g, gradient) that see what each rule returns for the i-th input: anomaly
FLOAT16, FLOAT64 = np.dtype(np.float16), np.dtype(np.float64)
ndarray = np.ndarray


# --- recording ----------------------------------------------------------------------------------------------------------------


def primitive(forward):
    """Make ``forward`` (arrays in, one array out) an op that tensors can be differentiated through.

    Positional parameters are the inputs, keyword-only ones are settings. ``forward`` may return ``(y, saved)`` to hand costly
    by-products to its rules, which then take ``saved``; it is None with ``create_graph=True``, where a rule must compute them from
    the inputs again, so that they are differentiated too. On bare arrays the op returns a bare array.
    """
    inputs, settings, arity = parameters(forward)
    defaults, known = {name: value for name, value in settings.items() if value is not MISSING}, settings.keys()

    @functools.wraps(forward)
    def op(*args, **keywords):
        if len(args) != arity or (keywords and not keywords.keys() <= known):
            args, keywords = bind(op, args, keywords)
        if defaults:
            keywords = {**defaults, **keywords} if keywords else defaults
        values, tensors, tracked = [], [], []
        for i, a in enumerate(args):
            if isinstance(a, Tensor):
                tensors.append(a)
                if a.requires_grad:
                    tracked.append((i, a))
                a = a.data
            values.append(a)
        try:
            y = forward(*values, **keywords)
        except Exception as error:
            raise complain(op, error, values, keywords) from error
        saved = None
        if type(y) is not ndarray:
            y, saved = y if type(y) is tuple else (y, None)
            if tensors and type(y) is not ndarray:
                y = as_array(y)
        if not tensors:
            return y
        dtype = y.dtype
        if (dtype is FLOAT64 or dtype is FLOAT16) and "dtype" not in keywords:
            y = stay_narrow(y, values, forward, keywords)
        out = new(Tensor)
        out.data, out.grad, out.op, out.requires_grad, out.written = y, None, None, False, 0
        if tracked and op.rules is not None and recording.enabled:
            out.requires_grad, out.op, out.serial = True, op, tick()
            out.inputs, out.values, out.tensors, out.tracked = args, values, tensors, tracked
            out.keywords, out.saved = keywords, saved
        if watchers:
            for watch in watchers:
                watch(op, args, keywords, out)
        return out

    op.inputs, op.settings, op.defaults, op.arity, op.names = inputs, settings, defaults, arity, list(inputs)
    op.rules, op.common, op.complaint = [], None, None
    op.vjp = functools.partial(add_rule, op)
    op.vjp_common = functools.partial(_set, op, "common")
    op.explain = functools.partial(_set, op, "complaint")
    primitives.append(op)
    return op


def without_gradient(forward):
    """An op that has no derivative (comparisons, arg max, indices): its output never requires a gradient."""
    op = primitive(forward)
    op.rules = None
    return op


def _set(op, name, function):
    setattr(op, name, function)
    return function


# --- walking back -------------------------------------------------------------------------------------------------------------


def walk(roots, cotangents, arrive, create_graph=False, retain_graph=None, only=None):
    """Carry the gradients of the ``roots`` back through the graph; call ``arrive(leaf, gradient, owned)`` at its leaves.

    Nodes are visited by falling serial number: by the time a node is visited, its gradient is complete. ``only``: ids of the
    tensors worth visiting, which arrive even if they are no leaves. ``owned``: nobody else holds the gradient's memory.
    """
    retain_graph = create_graph if retain_graph is None else retain_graph
    pending = {}  # serial -> [node, gradient so far]
    for root, g in zip(roots, [cotangent(y, g) for y, g in zip(roots, cotangents)]):
        g = g if create_graph else g.data
        if root.op is None:
            arrive(root, g, False)
        else:
            entry = pending.setdefault(root.serial, [root, 0])
            entry[1] = entry[1] + g
    with recorded(create_graph), np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        visit_all(pending, _visitor(arrive, create_graph, retain_graph, only))


def visit_all(pending, visit):
    """The order of visits: take the node with the largest serial number, visit it, hand its inputs their gradients, until none waits.

    ``pending``: {serial: [node, gradient so far]}, the roots at first. ``visit(node, g)`` is a list of (input, its gradient) for those
    inputs that are nodes as well. They wait, and what reaches one on several paths adds up; never in place, for a rule may hand the same
    array to two inputs.
    """
    queue = [-serial for serial in pending]  # a heap: the latest node comes first
    heapify(queue)
    while queue:
        node, g = pending.pop(-heappop(queue))
        for a, ga in visit(node, g):
            if a.serial in pending:
                entry = pending[a.serial]
                entry[1] = entry[1] + ga
            else:
                pending[a.serial] = [a, ga]
                heappush(queue, -a.serial)


def _visitor(arrive, create_graph, retain_graph, only):
    """The ``visit`` of ``walk``: turn a node's gradient into those of its inputs, let leaves have theirs, and free the node."""

    def visit(node, g):
        if only is not None:
            arrive(node, g, False)
            if not any(id(a) in only for _, a in node.tracked):
                return ()  # it was asked for, and nothing behind it was: its own graph, freed or not, stays as it is
        op, keywords, serial = node.op, node.keywords, node.serial
        if node.inputs is FREED or node.written:
            raise RuntimeError(spoilt(node, node))
        for a in node.tensors:
            if a.written > serial:
                raise RuntimeError(spoilt(node, a))
        y, values = (node, node.inputs) if create_graph else (node.data, node.values)
        if node.saved is not None:
            keywords = {**keywords, "saved": None if create_graph else node.saved}
        given = (g if op.common is None else op.common(g, y, *values, **keywords), y, *values)
        rules, variadic, gradients = op.rules, op.arity is None, []
        for i, a in node.tracked:
            if only is not None and id(a) not in only:
                continue
            if variadic:
                ga = rules[0](*given, **keywords, i=i)
            elif i < len(rules) and rules[i] is not None:
                ga = rules[i](*given, **keywords) if keywords else rules[i](*given)
            else:
                raise no_rule(op, i)
            if rule_watchers:
                for watch in rule_watchers:
                    watch(node, i, g, ga)
            data = a.data
            if ga.shape != data.shape:
                ga = unbroadcast(ga, data.shape, rules[0 if variadic else i])
            if ga.dtype is not data.dtype:
                ga = ga.astype(data.dtype)
            if a.op is None:
                arrive(a, ga, not create_graph and ga is not g and ga.base is None and id(ga) not in map(id, values))
            else:
                gradients.append((a, ga))
        if not retain_graph:
            node.inputs = node.values = node.tensors = node.tracked = FREED
            node.keywords = node.saved = None
        return gradients

    return visit


def unbroadcast(g, shape, rule):
    """Undo NumPy's broadcasting: the gradient of a copy is the sum over its copies. (…) -> ``shape``"""
    extra = len(g.shape) - len(shape)
    if extra < 0 or any(n not in (1, m) for n, m in zip(shape, g.shape[extra:])):
        raise ValueError(f"{rule.__name__} returned a gradient of shape {tuple(g.shape)} for an input of shape {tuple(shape)}")
    axes = tuple(range(extra)) + tuple(i + extra for i, n in enumerate(shape) if n == 1 and g.shape[i + extra] != 1)
    return g.sum(axis=axes, keepdims=True).reshape(shape)


def backward(tensor, gradient=None, *, create_graph=False, retain_graph=None):
    """Add ∂tensor/∂leaf to ``leaf.grad`` for every leaf that requires a gradient.

    ``gradient`` is the cotangent, of the tensor's shape; a scalar needs none. The graph is freed on the way unless
    ``retain_graph`` (default: as ``create_graph``).
    """

    def accumulate(leaf, g, owned):
        if create_graph:
            leaf.grad = g if leaf.grad is None else leaf.grad + g
        elif leaf.grad is None:
            leaf.grad = raw(g if owned else g.copy("K"))  # an owned array may be kept: nobody else will write into it
        elif leaf.grad.op is None:
            leaf.grad.data += g
        else:
            leaf.grad = leaf.grad + raw(g)

    walk([tensor], [gradient], accumulate, create_graph, retain_graph)


def grad(outputs, inputs, grad_outputs=None, create_graph=False, allow_unused=False, retain_graph=None):
    """∂outputs/∂inputs as a tuple of tensors, one per input; no ``.grad`` is touched.

    ``outputs``, ``inputs``: a tensor or a sequence of them. ``grad_outputs``: the cotangents, needed where an output is no scalar.
    An input that does not influence the outputs is an error, or None with ``allow_unused=True``. [torch.autograd.grad]
    """
    outputs, inputs = _sequence(outputs), _sequence(inputs)
    cotangents = [None] * len(outputs) if grad_outputs is None else _sequence(grad_outputs)
    if len(cotangents) != len(outputs):
        raise ValueError(f"grad: {len(outputs)} outputs need as many grad_outputs, got {len(cotangents)}")
    for i, x in enumerate(inputs):
        if not (isinstance(x, Tensor) and x.requires_grad):
            raise ValueError(f"grad: input {i} does not require a gradient; create it with requires_grad=True")
    found, wanted = {}, {id(x) for x in inputs}

    def collect(x, g, owned):
        if id(x) in wanted:
            found[id(x)] = found[id(x)] + g if id(x) in found else g

    only, freed = _leading_to(wanted, outputs)
    walk(outputs, cotangents, collect, create_graph, retain_graph, only)
    for i, x in enumerate(inputs):
        if id(x) not in found and not allow_unused:
            if freed is not None:
                raise RuntimeError(spoilt(freed, freed))
            raise ValueError(f"grad: input {i} does not influence the outputs; allow_unused=True returns None for it")
    found = {key: g if create_graph else raw(np.copy(g)) for key, g in found.items()}
    return tuple(found.get(id(x)) for x in inputs)


def _leading_to(wanted, roots):
    """(ids of all tensors on a path from a ``wanted`` one to a root, a node on the way whose graph was freed or None)"""
    nodes, stack, freed = {}, list(roots), None
    while stack:
        t = stack.pop()
        if t.op is not None and t.inputs is FREED:
            freed = t
        elif t.op is not None and t.serial not in nodes:
            nodes[t.serial] = t
            stack.extend(a for _, a in t.tracked)
    only = set(wanted)
    for serial in sorted(nodes):
        t = nodes[serial]
        if any(id(a) in only for _, a in t.tracked):
            only.add(id(t))
    return only, freed


def _sequence(x):
    return (x,) if isinstance(x, Tensor) else tuple(x)
