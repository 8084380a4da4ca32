"""The student's function in the library's place: an import hook that compiles a module with another body in one of its functions.

A plain assignment would not reach ``from .ops import f`` elsewhere, nor the rule that ``@mul.vjp`` has put into a list. So the module
is compiled from its syntax tree, with the student's statements as the body of the library's own function: decorators, defaults,
``super()`` and everybody who imports the name get the student's version. The code keeps the student's file name and line numbers, so
that a traceback points there. What else the function needs from the file (helpers, imports, constants) moves into the body with it.

This file imports nothing of minigen: it must be at work before minigen is imported.
"""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types


class Unfit(Exception):
    """A student's file that cannot take the function's place. ``outcome`` names the reason, ``line`` is where, if anywhere."""

    def __init__(self, outcome, message, line=None):
        super().__init__(message)
        self.outcome, self.line = outcome, line


FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def find(tree, qualname):
    """The node of the function or class ``qualname``, such as "VAE.elbo", in a module's ``tree``. LookupError if there is none."""
    node = tree
    for name in qualname.split("."):
        found = [n for n in node.body if isinstance(n, (*FUNCTION, ast.ClassDef)) and n.name == name]
        if not found:
            raise LookupError(qualname)
        node = found[-1]
    return node


def parse(text, path):
    """The syntax tree of a student's file. Unfit for one that cannot be read."""
    try:
        return ast.parse(text, path)
    except SyntaxError as error:
        raise Unfit("syntax", f"line {error.lineno}: {error.msg}" if error.lineno else error.msg, error.lineno) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unfit("syntax", f"the file cannot be parsed: {error or type(error).__name__}") from None


# --- what the student wrote ---------------------------------------------------------------------------------------------------


def students(text, path, qualname):
    """(the node of the student's function, the statements of the file that it needs) for the exercise on ``qualname``.

    Unfit if the file does not define the function.
    """
    tree, name = parse(text, path), qualname.rpartition(".")[2]
    try:
        node = find(tree, qualname)
    except LookupError:
        try:
            node = find(tree, name)
        except LookupError:
            there = [n.name for n in tree.body if isinstance(n, FUNCTION)]
            known = f"; it defines {', '.join(there)}" if there else ""
            raise Unfit("missing", f"the file defines no function {name}{known}. Keep the name: the library calls it") from None
    if not isinstance(node, ast.FunctionDef):
        what = "a class" if isinstance(node, ast.ClassDef) else "an async function"
        raise Unfit("missing", f"{name} must be a function, not {what}", node.lineno)
    return node, needed(tree, node)


def needed(tree, function):
    """The imports, helpers and constants of the file that ``function`` uses, directly or through one another, in their order."""
    defined = {}
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            raise Unfit("syntax", "write the names that you import instead of *", statement.lineno)
        if statement is not function and not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            for name in names_of(statement):
                defined.setdefault(name, []).append(statement)
    chosen, waiting = [], [function]
    while waiting:
        for name in used(waiting.pop()):
            for statement in defined.pop(name, ()):
                if statement not in chosen:
                    chosen.append(statement)
                    waiting.append(statement)
    return sorted(chosen, key=lambda s: s.lineno)


def names_of(statement):
    """The names that a statement at the top of a file gives a meaning to."""
    if isinstance(statement, (*FUNCTION, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [(a.asname or a.name).partition(".")[0] for a in statement.names]
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        return [n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return []


def used(node):
    """All names that a statement reads."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def without_docstring(body):
    """The statements of a body after its docstring."""
    first = body[0]
    return (
        body[1:] if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str) else body
    )


# --- the library's module with it ---------------------------------------------------------------------------------------------


def fill(tree, qualname, text, path, module=""):
    """Put the body that the student's ``text`` gives the function ``qualname`` into the library's ``tree``. Unfit if it does not fit."""
    target = find(tree, qualname)
    mine, helpers = students(text, path, qualname)
    if ast.dump(mine.args) != ast.dump(target.args):
        raise Unfit("signature", f"the arguments are ({ast.unparse(mine.args)}), expected ({ast.unparse(target.args)})", mine.lineno)
    known = {name for statement in tree.body for name in names_of(statement)}
    helpers = [h for h in helpers if not (isinstance(h, ast.ImportFrom) and h.module == module and {a.name for a in h.names} <= known)]
    arguments = {a.arg for a in ast.walk(target.args) if isinstance(a, ast.arg)}
    for helper in helpers:
        clash = arguments & set(names_of(helper))
        if clash:
            raise Unfit("signature", f"{min(clash)} is an argument of {mine.name}; call the helper otherwise", helper.lineno)
    docstring = target.body[: len(target.body) - len(without_docstring(target.body))]
    body = without_docstring(mine.body) or [ast.copy_location(ast.Pass(), mine)]
    target.body = docstring + helpers + body
    if not target.decorator_list:
        ast.copy_location(target, mine)


def compiled(source, origin, fills, module=""):
    """The code of a module with some bodies replaced. ``fills``: {qualname: (path, text)} of the students' files."""
    tree = ast.parse(source, origin)
    for qualname, (path, text) in fills.items():
        fill(tree, qualname, text, path, module)
    try:
        code = compile(tree, origin, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:  # such as "return" where none may be
        raise Unfit(
            "syntax", f"line {getattr(error, 'lineno', '?')}: {getattr(error, 'msg', error)}", getattr(error, "lineno", None)
        ) from None
    return retargeted(code, {qualname: path for qualname, (path, _) in fills.items()})


def retargeted(code, paths, prefix="", path=None):
    """``code`` whose functions named in ``paths`` claim to come from those files."""
    constants = []
    for c in code.co_consts:
        if isinstance(c, types.CodeType):
            name = f"{prefix}.{c.co_name}" if prefix else c.co_name
            c = retargeted(c, paths, name, path or paths.get(name))
        constants.append(c)
    return code.replace(co_consts=tuple(constants), co_filename=path or code.co_filename)


def inner_code(code, qualname):
    """The code object of the function ``qualname`` within the ``code`` of its module."""
    for name in qualname.split("."):
        code = [c for c in code.co_consts if isinstance(c, types.CodeType) and c.co_name == name][-1]
    return code


class Overlay(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The import hook. ``fills``: {"module:qualname": (path, text)}; put it in front of ``sys.meta_path`` before minigen is imported."""

    def __init__(self, fills):
        self.modules, self.unfit = {}, {}
        for target, file in fills.items():
            module, _, qualname = target.partition(":")
            self.modules.setdefault(module, {})[qualname] = file

    def install(self):
        """Put it to work. RuntimeError if one of its modules has been imported already."""
        late = [name for name in self.modules if name in sys.modules]
        if late:
            raise RuntimeError(f"{', '.join(late)}: imported before the overlay was installed")
        sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        """The spec of one of its modules, None for all others."""
        if name not in self.modules:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        return importlib.util.spec_from_file_location(
            name, spec.origin, loader=self, submodule_search_locations=spec.submodule_search_locations
        )

    def create_module(self, spec):
        """An ordinary module."""
        return None

    def exec_module(self, module):
        """Run the module's code, with the students' bodies in it."""
        origin = module.__spec__.origin
        with open(origin, encoding="utf-8") as file:
            source = file.read()
        exec(compiled(source, origin, self.modules[module.__name__], module.__name__), module.__dict__)
