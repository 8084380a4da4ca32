"""A tensor in a notebook: what it is in one line, and its numbers as a table of colours."""

import html

import numpy as np

from minigen.device import to_numpy

ROWS, COLUMNS, DIGITS = 16, 32, 10  # the largest table; up to DIGITS columns the numbers are written into it


def tensor_html(t):
    """HTML for a tensor: shape, dtype, device, range, and its last two axes as a heat map, blue below and red above zero."""
    x = to_numpy(t.data)
    facts = [f"shape {t.shape}", str(t.dtype), t.device]
    numbers = x.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    if finite.size:
        facts.append(f"from {finite.min():.4g} to {finite.max():.4g}")
    for test, word in ((np.isnan, "NaN"), (np.isinf, "infinite")):
        if n := int(test(numbers).sum()):
            facts.append(f"<b>{n} {word}</b>")
    if t.requires_grad:
        facts.append(f"made by {html.escape(t.op.__name__)}" if t.op else "requires_grad")
    head = f"<div style='font-family:monospace'>tensor: {', '.join(facts)}</div>"
    if not x.size:
        return head
    matrix = np.atleast_2d(numbers)
    while matrix.ndim > 2:
        matrix = matrix[0]
    shown = matrix[:ROWS, :COLUMNS]
    notes = [f"[{', '.join(['0'] * (x.ndim - 2))}]"] if x.ndim > 2 else []
    if shown.size < matrix.size:
        notes.append(f"the first {shown.shape[0]} × {shown.shape[1]} of {matrix.shape[0]} × {matrix.shape[1]}")
    note = f"<div style='font-family:monospace'>{', '.join(notes)}</div>" if notes else ""
    scale = float(np.abs(finite).max()) if finite.size else 1.0
    written = shown.shape[1] <= DIGITS
    rows = "".join("<tr>" + "".join(_cell(v, scale or 1.0, written) for v in row) + "</tr>" for row in shown)
    return f"{head}{note}<table style='border-collapse:collapse'>{rows}</table>"


def _cell(value, scale, written):
    """One coloured cell: white at 0, red at ``scale``, blue at −``scale``, violet where it is not finite."""
    if np.isfinite(value):
        fade = round(255 * (1 - min(abs(value) / scale, 1.0)))
        color = f"rgb(255,{fade},{fade})" if value > 0 else f"rgb({fade},{fade},255)"
    else:
        color = "#c026d3"
    inside = f"{value:.3g}" if written else ""
    return f"<td title='{value:.6g}' style='background:{color};padding:2px 6px;font-size:11px;color:black'>{inside}</td>"
