"""How a module is printed: a tree with shapes and parameter counts, in a terminal or as a table in a notebook."""

from html import escape

from minigen.nn.module import Buffer


def rows(module):
    """One tuple (depth, name, layer, tensors, count) for the module and each below it.

    ``name`` is the path from the module above. ``tensors``: its own, as "weight (500, 784), bias (500,)".
    ``count``: the parameters in it and below.
    """
    found, path = [], []  # path: the full names of the modules above
    for name, m in module.named_modules():
        while path and path[-1] and not name.startswith(path[-1] + "."):
            path.pop()
        depth, above = len(path), path[-1] if path else ""
        path.append(name)
        label = type(m).__name__ + (f"({m.extra_repr()})" if m.extra_repr() else "")
        tensors = ", ".join(f"{key} {tuple(t.shape)}{_note(t)}" for key, t in m.own_tensors())
        found.append((depth, name.removeprefix(above + "."), label, tensors, m.num_parameters()))
    return found


def _note(t):
    """What is unusual about a tensor of a module."""
    if isinstance(t, Buffer):
        return " buffer"
    return "" if t.requires_grad else " frozen"


def tree(module):
    """The lines that ``print(module)`` shows."""
    lines = []
    for depth, name, label, tensors, count in rows(module):
        line = "  " * depth + (f"{name}: " if depth else "") + label
        notes = ([tensors] if tensors else []) + ([f"{count:,} parameter{'s' * (count != 1)}"] if count else [])
        lines.append(line + ("  —  " + "; ".join(notes) if notes else ""))
    return "\n".join(lines)


def table_html(module):
    """The table that a notebook shows: one row a layer."""
    head = "".join(f"<th>{h}</th>" for h in ("name", "layer", "tensors", "parameters"))
    body = "".join(
        f"<tr><td style='padding-left:{depth}em'>{escape(name or '·')}</td><td>{escape(label)}</td>"
        f"<td>{escape(tensors)}</td><td style='text-align:right'>{count:,}</td></tr>"
        for depth, name, label, tensors, count in rows(module)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
