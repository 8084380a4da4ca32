"""The stub is the library's own text with the body cut out, whatever the function looks like."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from minigen.exercises import catalog, targets
from minigen.exercises.overlay import find
from minigen.exercises.stub import cut, flowing, stub
from minigen.lectures import notebook

RAISE = 'raise NotImplementedError("ag-mul: write the body")'
ROWS = {  # the library's text, the name of the function: what the stub shows
    "a signature over lines, with comments": (
        "f", "def f(\n    x,  # (N, D)\n    *,\n    axis=-1,\n):\n    '''Doc.'''\n    return x\n",
        f"def f(\n    x,  # (N, D)\n    *,\n    axis=-1,\n):\n    '''Doc.'''\n    {RAISE}\n",
    ),
    "one line": ("f", "def f(x): return x\n", f"def f(x):\n    {RAISE}\n"),
    "no docstring": ("f", "def f(x):\n    y = 2 * x\n    return y\n", f"def f(x):\n    {RAISE}\n"),
    "a docstring of several lines": (
        "f", 'def f(x):\n    """One.\n\n    Two.\n    """\n    return x\n', f'def f(x):\n    """One.\n\n    Two.\n    """\n    {RAISE}\n',
    ),
    "a docstring on the line of the def": ("f", 'def f(x): "Doc."; return x\n', f'def f(x):\n    "Doc."\n    {RAISE}\n'),
    "decorators": ("f", "@a\n@b(1)\ndef f(x):\n    return x\n", f"@a\n@b(1)\ndef f(x):\n    {RAISE}\n"),
    "a method": (
        "A.f", "class A:\n    @property\n    def f(self):\n        '''Doc.'''\n        return 1\n",
        f"@property\ndef f(self):\n    '''Doc.'''\n    {RAISE}\n",
    ),
    "comments with shapes stay": (
        "f", "def f(x):\n    # the trick\n    y = x.T  # (D, N)\n    z = y + 1  # one more\n    return z  # (L, N, K): draws\n",
        f"def f(x):\n    # (D, N)\n    # (L, N, K): draws\n    {RAISE}\n",
    ),
    "an overload": ("f", "def f(x):\n    return 1\n\n\ndef f(x, y):\n    return 2\n", f"def f(x, y):\n    {RAISE}\n"),
    "a nested function": (
        "f", "def f(x):\n    def g():\n        return 1  # (N,)\n    return g()\n", f"def f(x):\n    # (N,)\n    {RAISE}\n",
    ),
    "a shape of numbers is a measurement": (
        "f", "def f(x):\n    # (64, 128): 2 ms\n    return x  # (N, 4)\n", f"def f(x):\n    # (N, 4)\n    {RAISE}\n",
    ),
    "tabs": ("f", "def f(x):\n\t'''Doc.'''\n\treturn x\n", f"def f(x):\n\t'''Doc.'''\n\t{RAISE}\n"),
    "annotations": ("f", "def f(x: int = 3, *args, y=None, **more) -> int:\n    return x\n",
                    f"def f(x: int = 3, *args, y=None, **more) -> int:\n    {RAISE}\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_what_is_cut(name, monkeypatch):
    qualname, text, expected = ROWS[name]
    monkeypatch.setattr(targets, "source", lambda target: targets.Source(Path("lib.py"), text, find(ast.parse(text), qualname)))
    e = replace(catalog.get("ag-mul"), target=f"lib:{qualname}", stub_docstring="")
    shown = cut(e)
    assert shown == expected
    compile(shown, "stub", "exec")
    other = cut(replace(e, stub_docstring="Another."))
    assert "Doc." not in other
    assert '"""Another."""' in other
    compile(other, "stub", "exec")


def test_a_text_flows():
    text = """one two three
four

$$a
b
b
c$$
five $x$
six
* seven eight nine
  ten
2. eleven twelve"""
    assert flowing(text, 13).splitlines() == [
        "one two three", "four", "", "$$a", "b", "b", "c$$", "five $x$ six", "* seven eight", "  nine ten", "2. eleven", "   twelve",
    ]  # fmt: skip


@pytest.mark.parametrize("id", catalog.ids())
def test_flowing_loses_no_word_and_no_formula(id):
    task = catalog.get(id).task.strip()
    assert flowing(task, 60).split() == task.split()
    assert re.findall(r"\$\$.*?\$\$", flowing(task, 60), re.DOTALL) == re.findall(r"\$\$.*?\$\$", task, re.DOTALL)


@pytest.mark.parametrize(
    ("id", "words"), [("gan-optimal-d", "p(x) + q(x)"), ("gc-find-2", "ḡ"), ("gc-find-4", "δ"), ("gc-find-5", "= −z"), ("ag-mul", "= b")]
)
def test_a_docstring_does_not_give_the_answer_away(id, words):
    e = catalog.get(id)
    assert words in targets.function(e.target).__doc__
    assert words not in stub(e, bare=True)


@pytest.mark.parametrize(("id", "words"), [("vae-elbo", "`self` is an object of the class `VAE`"), ("in-mle", "`cls` is the class")])
def test_a_method_says_whose_it_is(id, words):
    assert words in stub(catalog.get(id))


@pytest.mark.parametrize("id", catalog.ids())
def test_a_stub_becomes_a_notebook(id):
    e = catalog.get(id)
    cells = notebook(stub(e))["cells"]
    assert cells[0]["cell_type"] == "markdown"
    assert "".join(cells[0]["source"]).startswith(f"# {id}: {e.title}")
    assert any(f"def {e.function_name}(" in "".join(c["source"]) for c in cells if c["cell_type"] == "code")


@pytest.mark.parametrize("id", catalog.ids())
def test_a_file_runs_by_itself(id):
    """With the library's body in it: the imports at its top are enough for the decorators, and for the names that the stub offers."""
    e = catalog.get(id)
    for name in filter(None, (n.strip() for n in e.names.split(","))):
        module = __import__(e.target.partition(":")[0], fromlist=[name])
        assert hasattr(module, name), f"{id}: names offers {name}, which {module.__name__} does not have"
    text = stub(e)
    tree = ast.parse(text)
    imported = {a.asname or a.name for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}
    function = find(tree, e.function_name)
    outside = [*function.decorator_list, *function.args.defaults, *filter(None, function.args.kw_defaults)]
    needed = {n.id for part in outside for n in ast.walk(part) if isinstance(n, ast.Name)}
    assert needed <= imported | {"property", "classmethod", "staticmethod"}, f"{id}: the file does not import {needed - imported}"
