"""The house keeps its shape: floors, file lengths, docstrings, who imports what, and how fast it opens its door."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

import minigen
from minigen import autograd
from tests.checking import Row

ROOT = Path(minigen.__file__).parent
FILES = sorted(p for p in ROOT.rglob("*.py"))
TESTS = ROOT.parent / "tests"

FLOORS = [  # from the ground up; a file imports only from floors below it, or from its own
    ["device", "random", "recording", "guard", "progress"],
    ["signature", "tensor", "autograd", "ops", "linalg", "special", "derivatives"],
    ["nn"],
    ["optim", "gradcheck", "train", "run", "checkpoint", "explain", "anomaly"],
    ["distributions", "bijections"],
    ["models", "evaluate"],
    ["experiments", "bench", "lectures", "exercises", "commands", "cli", "__main__"],
]
STRANGERS = [("distributions", "bijections")]  # neither imports the other: a TransformedDistribution asks only for forward and inverse
BESIDE = {"data": 1, "viz": 1}  # beside the house: they may import up to this floor; everything above floor 3 may import them
UPWARD = {("tensor", "explain")}  # Tensor._repr_html_, when a notebook asks for it
LONGER = {}  # file -> reason, for files that need more than 300 lines


def part(path):
    """The floor's name for a file: minigen/ops/shape.py -> ops"""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def floor(name):
    return next(i for i, names in enumerate(FLOORS) if name in names)


def imports(path):
    """(module, names, lineno, inside a function) of every import in a file."""
    tree = ast.parse(path.read_text("utf-8"))
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.Lambda)) for n in ast.walk(f)}
    for n in ast.walk(tree):
        if isinstance(n, ast.Import):
            for a in n.names:
                yield a.name, [], n.lineno, id(n) in inside
        elif isinstance(n, ast.ImportFrom):
            yield n.module or "", [a.name for a in n.names], n.lineno, id(n) in inside


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_keeps_the_rules_of_the_house(path):
    source, here = path.read_text("utf-8"), part(path)
    lines = source.splitlines()
    name = str(path.relative_to(ROOT))
    assert ast.get_docstring(ast.parse(source)), f"{name}: the first line says what the file is for"
    assert len(lines) <= 300 or name in LONGER, f"{name} has {len(lines)} lines"
    for module, names, line, _ in imports(path):
        top = module.split(".")[0]
        where = f"{name}:{line}"
        assert "*" not in names, f"{where}: a star import hides where names come from"
        assert here == "device" or top not in ("cupy", "cupyx"), f"{where}: only device.py imports CuPy"
        assert here == "viz" or top != "matplotlib", f"{where}: only viz/ imports matplotlib"
        assert here == "bench" or top not in ("torch", "jax", "autograd", "tensorflow"), f"{where}: no other autograd in the library"
    if here != "random":
        assert "np.random" not in source.replace("``np.random``", ""), f"{name}: random numbers come from minigen.random"


@pytest.mark.parametrize("path", [p for p in FILES if part(p) != "__init__"], ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down_the_floors(path):
    here = part(path)
    for module, names, line, _ in imports(path):
        if module.split(".")[0] != "minigen":
            continue
        targets = [module.split(".")[1]] if "." in module else names
        for target in targets:
            if not ((ROOT / target).exists() or (ROOT / f"{target}.py").exists()) or (here, target) in UPWARD:
                continue  # a public name of minigen itself
            where = f"{path.relative_to(ROOT)}:{line} imports {target}"
            assert not any({here, target} == set(pair) for pair in STRANGERS), where
            if here in BESIDE:
                assert target in BESIDE or floor(target) <= BESIDE[here], where
            elif target in BESIDE:
                assert floor(here) >= 3, where
            else:
                assert floor(target) <= floor(here), where


def rows():
    """All rows of all tables in the tests."""
    for path in sorted(TESTS.rglob("test_*.py")):
        if "ROWS" in path.read_text("utf-8"):
            module = importlib.import_module(".".join(path.relative_to(TESTS.parent).with_suffix("").parts))
            yield from (row for row in getattr(module, "ROWS", ()) if isinstance(row, Row))


def all_primitives():
    for module in pkgutil.walk_packages([str(ROOT)], "minigen."):
        if "__main__" not in module.name and "bench" not in module.name:
            importlib.import_module(module.name)
    return [p for p in autograd.primitives if p.__module__.startswith("minigen.")]


def test_every_primitive_has_rules_and_a_row_of_numbers():
    tested = {}
    for row in rows():
        for function in (row.function, *row.covers):
            tested[function] = max(tested.get(function, 0), row.order)
    for op in all_primitives():
        name = f"{op.__module__}.{op.__name__}"
        if op.rules is None:
            assert op in tested, f"{name} has no row in a table of tests"
            continue
        assert len(op.rules) == len(op.names), f"{name}: inputs ({', '.join(op.names)}) but {len(op.rules)} rules"
        if any(op.rules):
            assert tested.get(op) == 2, f"{name} is not checked to second order by a row of a table"


def public_functions():
    for module_name in ["minigen", "minigen.linalg", "minigen.special", "minigen.nn.functional", "minigen.derivatives"]:
        module = importlib.import_module(module_name)
        for name, value in vars(module).items():
            if not name.startswith("_") and (inspect.isfunction(value) or inspect.isclass(value)):
                yield f"{module_name}.{name}", value


def test_public_names_are_documented():
    undocumented = [name for name, value in public_functions() if not (value.__doc__ or "").strip()]
    assert not undocumented


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_import_is_light():
    heavy = "matplotlib cupy scipy pandas torch tqdm IPython importlib.metadata http.client".split()
    loaded = run(f"import minigen, sys; print([m for m in {heavy!r} if m in sys.modules])")
    assert loaded == "[]"


def test_models_are_light():
    assert run("import minigen.models, sys; print([m for m in ('matplotlib', 'scipy') if m in sys.modules])") == "[]"


def test_help_is_light():
    heavy = "matplotlib cupy scipy numpy".split()
    code = f"""
import sys
from minigen.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
print([m for m in {heavy!r} if m in sys.modules and m != "numpy"])
"""
    assert run(code).endswith("[]")


def test_drawn_cases_are_the_same_on_every_day_and_no_clock_judges_them():
    found = settings()  # what a @given without settings has
    assert (found.derandomize, found.deadline, found.database) == (True, None, None)


def test_ci_runs_the_command_that_the_readme_gives():
    commands = [line for line in (TESTS.parent / "README.md").read_text("utf-8").splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert commands[1] in (TESTS.parent / ".ci" / "run").read_text("utf-8")
