"""A function of one's own in the library's place for a while, in this process: for a notebook, and for trying known mistakes.

The library's function object stays where it is and gets other code, so that everybody who took hold of it earlier, a list of rules or
a ``from … import``, uses the new code as well.
"""

import functools
import inspect
from contextlib import contextmanager

from minigen.autograd import primitives
from minigen.distributions import kl
from minigen.exercises import targets
from minigen.exercises.overlay import Unfit, compiled, inner_code

_decorated = {}  # id -> the attempt that a decorator has begun


class attempt:
    """Let ``function`` be the library's while a ``with`` block runs, or from its decoration on:

        with attempt("vae-kl", my_normal_kl):
            trainer()                              # trains on it

        @attempt("vae-kl")
        def normal_kl(loc_p, scale_p, loc_q, scale_q):
            …

    After the decorator, ``attempt.undo("vae-kl")`` puts the library's own function back. TypeError for another signature.
    """

    def __init__(self, id, function=None):
        from minigen.exercises import catalog

        self.target, self.id, self.function, self.old = catalog.get(id).target, id, function, None

    def __call__(self, function):
        attempt.undo(self.id)
        self.function = function
        self.__enter__()
        _decorated[self.id] = self
        return function

    def __enter__(self):
        library = targets.function(self.target)
        theirs = parameters(library)
        if not callable(self.function) or parameters(self.function) != theirs:  # decorated as in the stub, with @primitive, say
            self.function = targets.plain(self.function)
        if parameters(self.function) != theirs:
            raise TypeError(f"{self.id}: the arguments are {parameters(self.function)}, expected {theirs}")
        released(self.function, library)
        self.library, self.old = library, library.__code__
        library.__code__ = calling(self.function, library)
        return self

    def __exit__(self, *ignored):
        self.library.__code__ = self.old

    @classmethod
    def undo(cls, id):
        """Put the library's own function back, if a decorator has replaced it."""
        earlier = _decorated.pop(id, None)
        if earlier is not None:
            earlier.__exit__()


def released(mine, library):
    """Put the library's function again where the decorators of a notebook's cell, @mul.vjp or @register_kl, have put ``mine``.

    From there it would not go when the attempt ends.
    """
    for table in [*(op.rules for op in primitives if op.rules), kl._registry, kl._found]:
        for place, function in list(table.items() if isinstance(table, dict) else enumerate(table)):
            if function is mine:
                table[place] = library


def parameters(function):
    """The parameters of a function as text, with their defaults and without annotations: "(x, *, axis=None)"."""
    signature = inspect.signature(function, follow_wrapped=False)
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


def calling(function, library):
    """Code with the signature of ``library`` that calls ``function``, which keeps its own globals and closure."""
    taken, passed, star = [], [], False
    for p in inspect.signature(library, follow_wrapped=False).parameters.values():
        if p.kind is p.KEYWORD_ONLY:
            taken += ["*"] * (not star) + [p.name]
            passed.append(f"{p.name}={p.name}")
            star = True
        else:
            mark = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
            taken.append(mark + p.name)
            passed.append(mark + p.name)
            star = star or p.kind is p.VAR_POSITIONAL
    scope = {}
    exec(f"def {library.__name__}({', '.join(taken)}):\n    return 'the function'.__call__({', '.join(passed)})\n", scope)
    code = scope[library.__name__].__code__
    constants = tuple(function if c == "the function" else c for c in code.co_consts)
    return code.replace(co_consts=constants, co_freevars=library.__code__.co_freevars)


# --- from text ----------------------------------------------------------------------------------------------------------------


@contextmanager
def replaced(target, text, path="<solution>"):
    """Inside the ``with`` block the function of ``target`` has the body that ``text`` gives it. Unfit if it does not fit."""
    function = targets.function(target)
    code = _code(target, text, str(path))
    old = function.__code__
    if code.co_freevars != old.co_freevars:
        raise Unfit(
            "signature", f"it uses {', '.join(code.co_freevars) or 'no'} outer names, the library's {', '.join(old.co_freevars) or 'none'}"
        )
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = old


@functools.lru_cache(maxsize=256)
def _code(target, text, path):
    module, _, qualname = target.partition(":")
    found = targets.source(target)
    return inner_code(compiled(found.text, str(found.path), {qualname: (path, text)}, module), qualname)
