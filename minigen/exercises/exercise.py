"""Exercise: a function of the library to be written again, and all that is known about it, as data."""

import ast
import textwrap
from dataclasses import dataclass, field

from minigen.exercises import remarks, targets


@dataclass(frozen=True)
class Mutant:
    """A mistake that students make: the library's body with ``replace`` = (old, new) carried out, or another ``body``.

    ``says`` explains it to whoever made it: the report prints it when a student's numbers are those of the mutant.
    """

    name: str
    says: str
    body: str = ""
    replace: tuple = ()


@dataclass(frozen=True)
class Variant:
    """Another correct solution, which must pass: ``body``, or the library's with ``replace`` = (old, new) carried out."""

    name: str
    body: str = ""
    replace: tuple = ()


@dataclass(frozen=True)
class Budget:
    """What a student's code may use during one check."""

    seconds: float = 10.0
    memory_mb: int = 1024


@dataclass(frozen=True)
class Exercise:
    """One function of the library to fill in.

    ``id``: as in "vae-kl", stable for ever; ``lecture``, ``section``: where it is taught; ``target``: "module:qualname" of the
    function; ``task``: what to do, Markdown with LaTeX; ``teaches``: one line; ``difficulty``: 1 … 4; ``points``: the sum of those
    of its ``checks``; ``names``: what the stub imports from the target's module, "np, exp"; ``needs``: ids to solve before;
    ``forbid``: names that the solution may not use, because they are the solution; ``hints``: four, from a question to all but one
    line; ``mutants`` and ``variants``: wrong and right solutions for ``selftest``, and for the diagnosis in the report.
    ``stub_docstring`` replaces the library's where that gives everything away. ``free``: checks without points that are added by
    themselves, unless left out here: "shape", "dtype", "pure".

    ``planted``: the name of a Mutant. The stub then holds its body instead of none: a bug to be found with gradcheck, named in answers
    to the questions of the ``Answer`` checks, and mended.
    """

    id: str
    lecture: str
    section: str
    title: str
    target: str
    task: str
    teaches: str
    difficulty: int
    points: float
    checks: tuple
    hints: tuple
    mutants: tuple
    variants: tuple
    names: str = ""
    needs: tuple = ()
    forbid: tuple = ()
    budget: Budget = field(default_factory=Budget)
    stub_docstring: str = ""
    free: tuple = ("shape", "dtype", "pure")
    planted: str = ""
    module: str = ""  # the catalogue's file, which knows the functions that the checks name; filled in when it is loaded

    @property
    def file_name(self):
        """The student's file, "vae_kl.py"."""
        return self.id.replace("-", "_") + ".py"

    @property
    def qualname(self):
        """The function within its module, such as "VAE.elbo"."""
        return self.target.partition(":")[2]

    @property
    def function_name(self):
        """The function's own name."""
        return self.qualname.rpartition(".")[2]

    @property
    def questions(self):
        """The checks that ask for an answer in the file."""
        return [c for c in self.checks if hasattr(c, "answer")]

    @property
    def optional(self):
        """The arguments that some right solution does without."""
        found = targets.source(self.target).node
        names = {a.arg for a in ast.walk(found.args) if isinstance(a, ast.arg)}
        return sorted(set().union(*(names - remarks.read(ast.parse(self.text_of(v)).body[-1]) for v in self.variants)))

    def text_of(self, solution):
        """A file that defines the function with the body of a Mutant or Variant. LookupError if its ``replace`` finds nothing."""
        return self.text_with(self.body_of(solution))

    def body_of(self, solution):
        """The body of a Mutant or Variant."""
        if not solution.replace:
            return textwrap.dedent(solution.body).strip("\n")
        body = targets.source(self.target).body
        old, new = solution.replace
        if body.count(old) != 1:
            raise LookupError(f"{self.id}, {solution.name}: {old!r} is {body.count(old)} times in the body of {self.qualname}")
        return body.replace(old, new)

    def text_with(self, body):
        """A file that defines the function with this ``body``, and answers all questions rightly."""
        answers = "".join(f"{q.name} = {q.answer!r}\n" for q in self.questions)
        body = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
        return f"{answers}def {self.function_name}({ast.unparse(targets.source(self.target).node.args)}):\n{body}\n"
