"""The student's body in the library's place: by import hook and by code swap, in every kind of function, with tracebacks in their file."""

import json
import subprocess
import sys
import textwrap
from types import ModuleType

import numpy as np
import pytest

import minigen as mg
from minigen import ops
from minigen.autograd import primitives
from minigen.distributions import kl
from minigen.exercises import attempt, catalog, running, targets
from minigen.exercises.overlay import Overlay, Unfit, compiled, inner_code
from minigen.exercises.stub import stub
from minigen.exercises.swap import replaced

LIBRARY = '''
import functools
import math

FACTOR = 2


def loud(function):
    @functools.wraps(function)
    def inner(*args, **keywords):
        return "loud", function(*args, **keywords)
    return inner


def plain(x, *, scale=3):
    """Doc."""
    return x * scale


def one_line(x): return x


@loud
def decorated(x):
    # (N, D)
    return x


class Base:
    def name(self):
        return "base"


class Thing(Base):
    __secret = 5

    def name(self):
        """Doc."""
        return super().name() + str(self.__secret)

    @property
    def size(self):
        return 1

    @staticmethod
    def apart(x):
        return x

    @classmethod
    def made(cls, x):
        return cls, x

    class Inner:
        def deep(self):
            return 0


TABLE = {"plain": plain}
'''

FILLS = [  # what is filled in, the student's file, an expression in the library's module, its value
    ("plain", "def plain(x, *, scale=3):\n    return -x * scale\n", "(plain(2), TABLE['plain'](2), plain.__doc__)", (-6, -6, "Doc.")),
    ("plain", "def plain(x, *, scale=3):\n    '''Other.'''\n    return FACTOR\n", "(plain(2), plain.__doc__)", (2, "Doc.")),
    ("plain", "FACTOR = 9\ndef plain(x, *, scale=3):\n    return FACTOR\n", "(plain(2), FACTOR)", (9, 2)),
    ("plain", "import math as m\ndef a(x):\n    return b(x) + 1\ndef b(x):\n    return m.floor(x)\n"
              "def plain(x, *, scale=3):\n    return a(x)\n", "plain(2.5)", 3),
    ("plain", "def even(n):\n    return n == 0 or odd(n - 1)\ndef odd(n):\n    return n > 0 and even(n - 1)\n"
              "def plain(x, *, scale=3):\n    return even(x)\n", "plain(10)", True),
    ("plain", "def plain(x, *, scale=3):\n    return [x * i for i in range(scale)]\n", "plain(2)", [0, 2, 4]),
    ("plain", "def plain(x, *, scale=3):\n    def inner():\n        nonlocal x\n        x += 1\n    inner()\n    return x\n",
     "plain(2)", 3),
    ("plain", "print('side effect')\n1 / 0\ndef plain(x, *, scale=3):\n    return 0\n", "plain(2)", 0),
    ("plain", "from __future__ import annotations\ndef plain(x, *, scale=3):\n    return 7\n", "plain(2)", 7),
    ("plain", "class Help:\n    value = 4\ndef plain(x, *, scale=3):\n    return Help.value\n", "plain(2)", 4),
    ("one_line", "def one_line(x):\n    return x + 1\n", "one_line(2)", 3),
    ("decorated", "def decorated(x):\n    return x + 1\n", "decorated(2)", ("loud", 3)),
    ("decorated", "@loud\ndef decorated(x):\n    return x + 1\n", "decorated(2)", ("loud", 3)),
    ("Thing.name", "def name(self):\n    return super().name() + 'mine' + str(self.__secret)\n", "Thing().name()", "basemine5"),
    ("Thing.name", "class Thing:\n    def name(self):\n        return 'in a class'\n", "Thing().name()", "in a class"),
    ("Thing.size", "@property\ndef size(self):\n    return 8\n", "Thing().size", 8),
    ("Thing.apart", "def apart(x):\n    return x, x\n", "Thing.apart(1)", (1, 1)),
    ("Thing.made", "def made(cls, x):\n    return cls.__name__\n", "Thing.made(1)", "Thing"),
    ("Thing.Inner.deep", "def deep(self):\n    return 6\n", "Thing.Inner().deep()", 6),
]  # fmt: skip


@pytest.mark.parametrize(("qualname", "text", "expression", "value"), FILLS)
def test_a_body_takes_its_place(qualname, text, expression, value):
    module = ModuleType("demo")
    exec(compiled(LIBRARY, "demo.py", {qualname: ("mine.py", text)}), module.__dict__)
    assert eval(expression, module.__dict__) == value


@pytest.mark.parametrize(
    ("text", "outcome", "words"),
    [
        ("def other(x):\n    return 1\n", "missing", "no function plain; it defines other"),
        ("plain = 3\n", "missing", "no function plain"),
        ("class plain:\n    pass\n", "missing", "must be a function, not a class"),
        ("async def plain(x, *, scale=3):\n    return 1\n", "missing", "not an async"),
        ("def plain(x, scale=3):\n    return 1\n", "signature", r"\(x, scale=3\), expected \(x, \*, scale=3\)"),
        ("def plain(x, *, scale=4):\n    return 1\n", "signature", "expected"),
        ("x = 1\ndef plain(x, *, scale=3):\n    return x\n", "signature", "x is an argument of plain"),
        ("def plain(x, *, scale=3:\n    return 1\n", "syntax", "line 1"),
        ("def plain(x, *, scale=3):\n    continue\n", "syntax", "line 2"),
        ("from math import *\ndef plain(x, *, scale=3):\n    return 1\n", "syntax", r"instead of \*"),
        ("\0", "syntax", "null"),
    ],
)
def test_what_does_not_fit_is_refused(text, outcome, words):
    with pytest.raises(Unfit, match=words) as caught:
        compiled(LIBRARY, "demo.py", {"plain": ("mine.py", text)})
    assert caught.value.outcome == outcome


def test_the_traceback_names_the_students_file_and_line():
    text = "\n\n\ndef helper(x):\n    return x / 0\n\n\ndef plain(x, *, scale=3):\n    return helper(x)\n"
    module = ModuleType("demo")
    exec(compiled(LIBRARY, "demo.py", {"plain": ("/home/me/mine.py", text)}), module.__dict__)
    assert module.plain.__code__.co_firstlineno == 8, "inspect.getsource looks there"
    with pytest.raises(ZeroDivisionError) as caught:
        module.TABLE["plain"](1)
    frames = [(str(f.path), f.lineno + 1) for f in caught.traceback[1:]]
    assert frames == [("/home/me/mine.py", 9), ("/home/me/mine.py", 5)]


@pytest.mark.parametrize("id", catalog.ids())
def test_the_file_that_start_writes_can_be_filled_in(id):
    """The stub with the library's body where a student writes it, below the task and the imports."""
    e = catalog.get(id)
    found = targets.source(e.target)
    empty, body = stub(e, bare=True), textwrap.indent(found.body, "    ")
    head, _, last = empty.rstrip("\n").rpartition("\n")
    head = head if not e.planted else empty.partition('"""\n')[0] + '"""'
    text = stub(e).replace(empty, f"{head}\n{body}\n")
    assert last.strip().startswith("raise NotImplementedError") or e.planted
    assert text.count(body) == 1
    code = inner_code(compiled(found.text, "lib.py", {e.qualname: ("mine.py", text)}, e.target.partition(":")[0]), e.qualname)
    assert code.co_filename == "mine.py"
    notebook, library = {"__name__": "notebook"}, targets.function(e.target)
    exec(compile(text, "mine.py", "exec"), notebook)  # its cells, with the decorators of the stub
    with attempt(id, notebook[e.function_name]):
        assert any(getattr(c, "__code__", None) and c.__code__.co_filename == "mine.py" for c in library.__code__.co_consts)
    assert library.__code__.co_filename != "mine.py"
    held = [*(rule for op in primitives if op.rules for rule in op.rules if rule), *kl._registry.values(), *kl._found.values()]
    assert not [f for f in held if f.__code__.co_filename == "mine.py"], "nothing of the notebook stays in the library"


def test_the_hook_must_come_first():
    with pytest.raises(RuntimeError, match=r"minigen.ops.reduce: imported before"):
        Overlay({"minigen.ops.reduce:logsumexp": ("a.py", "")}).install()


def test_all_targets_at_once_in_a_process_of_their_own(tmp_path):
    """The library on its own bodies, each in a file of its own, gives the numbers that it gives without."""
    by_target = {e.target: e for e in catalog.exercises()}
    fills = {t: (f"/students/{e.file_name}", e.text_with(targets.source(t).body)) for t, e in by_target.items()}
    code = textwrap.dedent("""
        import json, sys
        from minigen import random
        from minigen.data import mnist
        from minigen.exercises import targets
        from minigen.experiments import vae_mnist
        random.manual_seed(0)
        parts = vae_mnist.build()
        loss = parts.loss(parts.x[:64])
        loss.backward()
        files = {t: targets.function(t).__code__.co_filename for t in json.loads(sys.argv[1])}
        print(json.dumps([loss.item(), [float(abs(p.grad.data).sum()) for p in parts.model.parameters()], files]))
    """)
    ran = {}
    for name, found in (("theirs", {}), ("mine", fills)):
        done = running.run([sys.executable, "-c", code, json.dumps(list(fills))], found, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        ran[name] = json.loads(done.stdout.splitlines()[-1])
    assert ran["mine"][:2] == ran["theirs"][:2]
    assert ran["mine"][2] == {t: f"/students/{e.file_name}" for t, e in by_target.items()}
    assert all("minigen" in path for path in ran["theirs"][2].values())


def test_a_plain_assignment_would_not_have_reached_the_rule():
    """What the hook is for: ``mul`` keeps its rules in a list."""
    code = "import minigen as mg; x = mg.tensor([2.0], requires_grad=True); (x * 5.0).sum().backward(); print(x.grad.item())"
    fills = {"minigen.ops.arithmetic:mul_vjp_a": ("mine.py", "def mul_vjp_a(g, y, a, b):\n    return 100 * g * b\n")}
    for found, grad in (({}, "5.0"), (fills, "500.0")):
        done = running.run(["python", "-c", code], found, capture_output=True, text=True)
        assert done.stdout.strip() == grad, done.stderr


def test_an_unfit_file_ends_the_command(tmp_path):
    fills = {"minigen.ops.reduce:sum": ("mine.py", "x = 1")}
    done = running.run(["python", "-c", "import minigen; print('ran')"], fills, capture_output=True, text=True)
    assert done.returncode != 0
    assert "no function sum" in done.stderr
    assert "ran" not in done.stdout


# --- in this process ----------------------------------------------------------------------------------------------------------


def gradient():
    """d(2 · 5)/d2, by the library as it is at the moment."""
    x = mg.tensor([2.0], requires_grad=True)
    (x * 5.0).sum().backward()
    return x.grad.item()


def test_replaced_and_restored():
    assert gradient() == 5
    with replaced("minigen.ops.arithmetic:mul_vjp_a", "def mul_vjp_a(g, y, a, b):\n    return 7 * g * b\n"):
        assert gradient() == 35
    assert gradient() == 5
    x = np.array([1.0, 4.0])
    with replaced("minigen.ops.reduce:logsumexp", catalog.get("ag-logsumexp").text_with("return x.max()")):
        assert ops.logsumexp(x) == 4  # through @primitive
    assert ops.logsumexp(x) > 4
    with pytest.raises(TypeError), replaced("minigen.ops.arithmetic:mul_vjp_a", "def mul_vjp_a(g, y, a, b):\n    return {}[g]\n"):
        gradient()
    assert gradient() == 5


def test_attempt_as_context_and_as_decorator():
    factor = 3.0  # a closure, which code alone could not carry

    def mine(g, y, a, b):
        return factor * g * b

    with attempt("ag-mul", mine):
        assert gradient() == 15
    assert gradient() == 5

    @attempt("ag-mul")
    def mul_vjp_a(g, y, a, b):
        return 4 * g * b

    @attempt("ag-mul")
    def mul_vjp_a_again(g, y, a, b):
        return 6 * g * b

    assert gradient() == 30
    attempt.undo("ag-mul")
    assert gradient() == 5
    attempt.undo("ag-mul")


def test_attempt_with_settings_by_keyword():
    seen = []

    def logsumexp(x, *, axis=None, keepdims=False):
        seen.append((axis, keepdims))
        return x.sum(axis=axis, keepdims=keepdims)

    with attempt("ag-logsumexp", logsumexp):
        assert ops.logsumexp(np.ones((2, 3)), axis=1).tolist() == [3, 3]
        assert mg.logsumexp(mg.ones(2, 3), 0, True).shape == (1, 3)
    assert seen == [(1, False), (0, True)]


@pytest.mark.parametrize(
    ("id", "function", "error", "words"),
    [
        ("ag-mul", lambda g, a, b: g, TypeError, r"\(g, a, b\), expected \(g, y, a, b\)"),
        ("ag-logsumexp", lambda x, axis=None, keepdims=False: x, TypeError, "expected"),
        ("ag-nothing", len, LookupError, "no exercise"),
    ],
)
def test_attempt_refuses(id, function, error, words):
    with pytest.raises(error, match=words), attempt(id, function):
        pass


def test_targets_that_are_not_there():
    for target, words in (("minigen.nothing:f", "no module"), ("minigen.ops.reduce:nothing", "defines no nothing")):
        with pytest.raises(LookupError, match=words):
            targets.source(target)
    assert targets.place("minigen.ops.arithmetic:mul_vjp_a").startswith("minigen/ops/arithmetic.py:")


def test_a_process_without_the_package_on_its_path_finds_it(tmp_path):
    done = subprocess.run([sys.executable, "-c", "import minigen.exercises"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
