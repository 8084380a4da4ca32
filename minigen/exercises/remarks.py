"""Remarks on a solution's text, without points: what a reader would say who looks over a shoulder."""

import ast
import re

LOOPS = (ast.For, ast.While, ast.comprehension)


def remarks(mine, library, optional=()):
    """Sentences about the student's function ``mine`` beside the ``library``'s, both as syntax trees.

    ``optional``: arguments that a right solution need not use.
    """
    said = []
    if gives_back(library) and not gives_back(mine):
        said.append("it has no `return` with a value, so that it gives back None")
    loops = [n for n in ast.walk(mine) if isinstance(n, LOOPS) and not over_axes(n)]
    if loops and not any(isinstance(n, LOOPS) for n in ast.walk(library)):
        where = getattr(loops[0], "lineno", None) or loops[0].iter.lineno
        said.append(f"line {where}: a loop; the library needs none, NumPy works on whole arrays")
    names = [a.arg for a in ast.walk(library.args) if isinstance(a, ast.arg) and a.arg not in optional]
    ignored = [name for name in names if name in read(library) and name not in read(mine)]
    if ignored:
        said.append(f"not used, other than in the library: {', '.join(ignored)}")
    for n in ast.walk(mine):
        if isinstance(n, ast.Attribute) and n.attr == "random" and isinstance(n.value, ast.Name) and n.value.id in ("np", "numpy"):
            said.append(f"line {n.lineno}: NumPy's global generator; minigen.random is the one that a seed controls")
            break
    return said


def gives_back(function):
    """Whether there is a value to return, or to yield, or nothing but an exception."""
    return any(isinstance(n, (ast.Return, ast.Yield, ast.YieldFrom)) and n.value is not None for n in ast.walk(function))


def over_axes(loop):
    """Whether a loop runs over the few axes of an array."""
    return hasattr(loop, "iter") and re.search(r"\.ndim\b|\.shape\b(?!\[)", ast.unparse(loop.iter)) is not None


def read(function):
    """The names that the body of a function reads."""
    return {n.id for statement in function.body for n in ast.walk(statement) if isinstance(n, ast.Name)}
