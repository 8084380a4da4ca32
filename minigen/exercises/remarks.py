"""Remarks on a solution's text, without points: what a reader would say who looks over a shoulder."""

import ast


def remarks(mine, library):
    """Sentences about the student's function ``mine`` beside the ``library``'s, both as syntax trees."""
    said = []
    loops = [n for n in ast.walk(mine) if isinstance(n, (ast.For, ast.While, ast.comprehension))]
    if loops and not any(isinstance(n, (ast.For, ast.While, ast.comprehension)) for n in ast.walk(library)):
        where = getattr(loops[0], "lineno", None) or loops[0].iter.lineno
        said.append(f"line {where}: a loop; the library needs none, NumPy works on whole arrays")
    names = [a.arg for a in ast.walk(library.args) if isinstance(a, ast.arg)]
    ignored = [name for name in names if name in _read(library) and name not in _read(mine)]
    if ignored:
        said.append(f"not used, other than in the library: {', '.join(ignored)}")
    for n in ast.walk(mine):
        if isinstance(n, ast.Attribute) and n.attr == "random" and isinstance(n.value, ast.Name) and n.value.id in ("np", "numpy"):
            said.append(f"line {n.lineno}: NumPy's global generator; minigen.random is the one that a seed controls")
            break
    return said


def _read(function):
    return {n.id for statement in function.body for n in ast.walk(statement) if isinstance(n, ast.Name)}
