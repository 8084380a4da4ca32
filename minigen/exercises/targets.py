"""From the name of a target, "minigen.models.vae:VAE.elbo", to the library's own function: the object, its source, its place."""

import ast
import functools
import importlib
import importlib.util
import inspect
import textwrap
from pathlib import Path
from typing import NamedTuple

from minigen.exercises.overlay import find, without_docstring


class Source(NamedTuple):
    """Where a function is written: ``path`` of the file, its ``text``, the function's ``node`` in the syntax tree."""

    path: Path
    text: str
    node: ast.FunctionDef

    @property
    def lines(self):
        """The lines of the file, with their ends."""
        return self.text.splitlines(keepends=True)

    @property
    def body(self):
        """The statements of the function as text without indentation, docstring and all comments before them left out."""
        first = without_docstring(self.node.body)[0]
        lines = self.lines[first.lineno - 1 : self.node.end_lineno]
        if first.lineno == self.node.lineno:  # def f(x): return x
            return lines[0][first.col_offset :]
        return textwrap.dedent("".join(lines))


@functools.cache
def source(target):
    """The Source of a target. LookupError if the module or the function does not exist."""
    module, _, qualname = target.partition(":")
    try:
        path = Path(importlib.util.find_spec(module).origin)
    except (AttributeError, ModuleNotFoundError):
        raise LookupError(f"{target}: there is no module {module}") from None
    text = path.read_text("utf-8")
    try:
        return Source(path, text, find(ast.parse(text), qualname))
    except LookupError:
        raise LookupError(f"{target}: {path.name} defines no {qualname}") from None


def function(target):
    """The plain Python function behind a target."""
    module, _, qualname = target.partition(":")
    found = importlib.import_module(module)
    for name in qualname.split("."):
        found = inspect.getattr_static(found, name) if inspect.isclass(found) else getattr(found, name)
    return plain(found)


def plain(found):
    """The Python function that ``@primitive``, ``@property`` and the like have wrapped. LookupError if there is none."""
    while not inspect.isfunction(found) or hasattr(found, "__wrapped__"):
        for inner in ("__wrapped__", "__func__", "fget", "func", "compute"):
            if hasattr(found, inner):
                found = getattr(found, inner)
                break
        else:
            raise LookupError(f"{found!r} is no function that could be replaced")
    return found


def place(target):
    """ "minigen/models/vae.py:97": where the function is written."""
    found = source(target)
    return f"minigen/{found.path.relative_to(Path(importlib.import_module('minigen').__file__).parent).as_posix()}:{found.node.lineno}"
