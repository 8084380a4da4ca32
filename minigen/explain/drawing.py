"""Drawing a graph without help: with characters, and as SVG in layers."""

import html
from itertools import pairwise


def draw_text(nodes):
    """One line per node, the last node first. Its latest input that is no leaf goes on straight below it, the others branch off:

    #3 mul (3,)
    ├─ #0 x (3,)
    #2 exp (3,)
    #1 y (3,)
    """
    lines, shown, stack = [], set(), [(nodes[-1].number, "", "")]
    while stack:
        k, first, rest = stack.pop()  # prefix of this node's line, prefix of all lines below it
        n = nodes[k]
        if k in shown and n.sources:
            lines.append(f"{first}↑ #{k} {n.title}")
            continue
        shown.add(k)
        lines.append(f"{first}#{k} {n.title} {n.shape}")
        sources = sorted(n.sources, key=lambda i: (not nodes[i].leaf, i))
        if sources:
            stack.append((sources[-1], rest, rest))
            stack.extend((i, rest + "├─ ", rest + "│  ") for i in sources[:-1])
    return "\n".join(lines)


# --- SVG ----------------------------------------------------------------------------------------------------------------------

WIDTH, HEIGHT, GAP_X, GAP_Y = 132, 38, 16, 30  # of a box, and between boxes
GREEN, GRAY = "#bbf7d0", "#e5e7eb"
COLORS = {"op": "#eef2ff", "loss": "#fde68a", "parameter": GREEN, "leaf": GREEN, "buffer": GRAY, "constant": GRAY}


def draw_svg(nodes):
    """Boxes in layers, every node below its inputs; an edge that skips layers is led through them. Hovering shows the formula."""
    layers, edges = _layers(nodes)
    columns = max(len(layer) for layer in layers)
    width, height = columns * (WIDTH + GAP_X) + GAP_X, len(layers) * (HEIGHT + GAP_Y) + GAP_Y
    place = {}
    for row, layer in enumerate(layers):
        left = (width - len(layer) * (WIDTH + GAP_X) + GAP_X) / 2
        for column, key in enumerate(layer):
            place[key] = left + column * (WIDTH + GAP_X) + WIDTH / 2, GAP_Y / 2 + row * (HEIGHT + GAP_Y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11">'
    ]
    for a, b in edges:  # from the bottom of a to the top of b; a point of passage has no height
        (x0, y0), (x1, y1) = place[a], place[b]
        y0 += HEIGHT
        middle = (y0 + y1) / 2
        through = f" L {x1:.0f} {y1 + HEIGHT:.0f}" if isinstance(b, tuple) else ""
        curve = f"M {x0:.0f} {y0:.0f} C {x0:.0f} {middle:.0f} {x1:.0f} {middle:.0f} {x1:.0f} {y1:.0f}{through}"
        parts.append(f'<path d="{curve}" fill="none" stroke="#64748b"/>')
    for n in nodes:
        x, y = place[n.number]
        color = COLORS["loss" if n is nodes[-1] else n.op if n.leaf else "op"]
        norm = "" if n.gradient is None else f", ‖gradient‖ = {n.gradient:.4g}"
        told = f"#{n.number} {n.op} {n.shape} {n.dtype}{norm}"
        parts.append(
            f"<g><title>{html.escape(told)}\n{html.escape(n.formula)}</title>"
            f'<rect x="{x - WIDTH / 2:.0f}" y="{y:.0f}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{color}" stroke="gray"/>'
            f'<text x="{x:.0f}" y="{y + 15:.0f}" text-anchor="middle" font-weight="bold">{html.escape(_fit(n.title))}</text>'
            f'<text x="{x:.0f}" y="{y + 30:.0f}" text-anchor="middle">{html.escape(_fit(str(n.shape)))}</text></g>'
        )
    return "\n".join([*parts, "</svg>"])


def _fit(text, size=20):
    return text if len(text) <= size else text[: size - 1] + "…"


def _layers(nodes):
    """(layers, edges): a layer is a list of node numbers and of points of passage (a, b, layer) for the edge a -> b."""
    depth = [0] * len(nodes)
    for n in nodes:
        depth[n.number] = 1 + max((depth[i] for i in n.sources), default=-1)
    for n in reversed(nodes):  # a leaf moves down to right above its first user
        users = [depth[m.number] for m in nodes if n.number in m.sources] if n.leaf else []
        depth[n.number] = min(users) - 1 if users else depth[n.number]
    layers, edges = [[] for _ in range(max(depth) + 1)], []
    for n in nodes:
        layers[depth[n.number]].append(n.number)
        for i in n.sources:
            chain = [i, *((i, n.number, d) for d in range(depth[i] + 1, depth[n.number])), n.number]
            for key in chain[1:-1]:
                layers[key[2]].append(key)
            edges.extend(pairwise(chain))
    above, below = {}, {}
    for a, b in edges:
        above.setdefault(b, []).append(a)
        below.setdefault(a, []).append(b)
    for sweep in range(4):  # put each box under the mean of its inputs, then over the mean of its users: fewer crossings
        neighbours = below if sweep % 2 else above
        for row in range(len(layers) - 2, -1, -1) if sweep % 2 else range(1, len(layers)):
            other = layers[row + 1 if sweep % 2 else row - 1]
            where = {key: (i + 0.5) / len(other) for i, key in enumerate(other)}
            own = {key: (i + 0.5) / len(layers[row]) for i, key in enumerate(layers[row])}

            def mean(key, where=where, own=own, neighbours=neighbours):
                places = [where[k] for k in neighbours.get(key, ()) if k in where]
                return sum(places) / len(places) if places else own[key]

            layers[row].sort(key=mean)
    return layers, edges
