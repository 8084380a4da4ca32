"""explain(loss): the graph that made a tensor, node by node, with the gradient that passes through each."""

import html
from dataclasses import dataclass

import numpy as np

from minigen.autograd import FREED, grad
from minigen.explain.drawing import draw_svg, draw_text
from minigen.tensor import Tensor


@dataclass
class Node:
    """One tensor of the graph; ``inputs`` holds the numbers of nodes, and what was no tensor as text."""

    number: int
    name: str  # the name that the caller gave it, or ""
    op: str  # the op that made it; for leaves "parameter", "buffer", "leaf" (wants a gradient) or "constant"
    formula: str  # the first sentence of the op's docstring
    inputs: tuple
    shape: tuple
    dtype: str
    gradient: float | None  # ‖∂loss/∂node‖, None where no gradient flows
    leaf: bool

    @property
    def title(self):
        """What to call it in a drawing."""
        return self.name or self.op

    @property
    def sources(self):
        """The numbers of its inputs that are nodes, each once."""
        return list(dict.fromkeys(i for i in self.inputs if isinstance(i, int)))


class Explanation:
    """What ``explain`` returns: ``print`` shows the table, a notebook the table and the drawing; ``nodes`` lists the nodes."""

    HEAD = ("", "op", "inputs", "shapes", "dtype", "‖gradient‖", "formula")

    def __init__(self, nodes):
        self.nodes = nodes

    def rows(self):
        """The table, a tuple of strings per node."""
        for n in self.nodes:
            inputs = ", ".join(f"#{i}" if isinstance(i, int) else i for i in n.inputs)
            shapes = ", ".join(str(self.nodes[i].shape) if isinstance(i, int) else "·" for i in n.inputs)
            shapes = f"{shapes} → {n.shape}" if n.inputs else str(n.shape)
            norm = "–" if n.gradient is None else f"{n.gradient:.4g}"
            op = f"{n.name}: {n.op}" if n.name else n.op
            yield f"#{n.number}", op, inputs, shapes, n.dtype, norm, n.formula

    def __str__(self):
        rows = [self.HEAD, *self.rows()]
        widths = [max(len(row[k]) for row in rows) for k in range(len(self.HEAD))]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows)

    __repr__ = __str__

    def text(self):
        """The graph drawn with characters: the loss on top, inputs below; a branch that was drawn already is only named."""
        return draw_text(self.nodes)

    def svg(self):
        """The graph drawn as an SVG picture, a string: inputs on top, the loss at the bottom."""
        return draw_svg(self.nodes)

    def _repr_html_(self):
        def line(tag, cells):
            return "<tr>" + "".join(f"<{tag} style='text-align:left'>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

        table = line("th", self.HEAD) + "".join(line("td", row) for row in self.rows())
        return f"<table>{table}</table><div style='max-height:700px;overflow:auto'>{self.svg()}</div>"


def explain(loss, names=None):
    """The graph that made ``loss``: op, inputs, shapes, dtype, ‖∂loss/∂node‖ and formula of every node, inputs before users.

    ``names``: a Module, or a dictionary name -> tensor or Module, gives tensors their names. A tensor that is used many times is
    one node. If ``loss`` is no scalar, the gradient is that of its sum. The graph stays as it is, and no ``.grad`` is touched.
    TypeError if ``loss`` is no tensor; RuntimeError if its graph was freed by an earlier ``backward``.
    """
    if not isinstance(loss, Tensor):
        raise TypeError(f"explain: expected a tensor, got {type(loss).__name__}")
    tensors, called = _ordered(loss), _names(names)
    wanted = [t for t in tensors if t.requires_grad]
    seed = Tensor(np.ones_like(loss.data))
    gradients = grad(loss, wanted, seed, allow_unused=True, retain_graph=True) if loss.requires_grad else []
    norms = {id(t): float(np.linalg.norm(g.data.reshape(-1))) for t, g in zip(wanted, gradients) if g is not None}
    number = {id(t): k for k, t in enumerate(tensors)}
    nodes = []
    for k, t in enumerate(tensors):
        made = t.op is not None
        inputs = tuple(number[id(a)] if isinstance(a, Tensor) else _short(a) for a in t.inputs) if made else ()
        formula = (t.op.__doc__ or "").strip().split("\n")[0].split(". ")[0] if made else ""
        op = t.op.__name__ if made else _kind(t)
        nodes.append(Node(k, called.get(id(t), ""), op, formula, inputs, t.shape, str(t.dtype), norms.get(id(t)), not made))
    return Explanation(nodes)


def _ordered(loss):
    """All tensors of the graph, each once: in the order of computation, leaves right before their first user."""
    made, stack = {}, [loss]
    while stack:
        t = stack.pop()
        if t.op is not None and t.serial not in made:
            if t.inputs is FREED:
                raise RuntimeError(f"explain: the graph of {t.op.__name__} was freed by backward; explain the loss before that")
            made[t.serial] = t
            stack.extend(a for a in t.inputs if isinstance(a, Tensor))
    order, seen = [], set()
    for serial in sorted(made):
        for t in (*made[serial].inputs, made[serial]):
            if isinstance(t, Tensor) and id(t) not in seen:
                seen.add(id(t))
                order.append(t)
    return order or [loss]


def _names(names):
    """id of a tensor -> its name"""
    pairs = {"": names} if hasattr(names, "named_parameters") else names or {}
    found = {}
    for name, value in pairs.items():
        if isinstance(value, Tensor):
            found[id(value)] = name
        elif hasattr(value, "named_parameters"):
            buffers = value.named_buffers() if hasattr(value, "named_buffers") else ()
            found.update((id(t), f"{name}.{key}".lstrip(".")) for key, t in (*value.named_parameters(), *buffers))
        else:
            raise TypeError(f"explain: names maps names to tensors or modules, but {name!r} to a {type(value).__name__}")
    return found


def _kind(t):
    return {"Parameter": "parameter", "Buffer": "buffer"}.get(type(t).__name__, "leaf" if t.requires_grad else "constant")


def _short(a):
    """What stands for an input that is no tensor: a number, an array, None."""
    if getattr(a, "ndim", 0):
        return f"array {a.shape}"
    return f"{a:.4g}" if isinstance(a, float) else str(a)[:12]
