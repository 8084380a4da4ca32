"""The lectures: their form, the names in their text, the notebooks made of them, and that a false claim is told."""

import ast
import importlib
import json
import re
import sys
import types
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

import minigen as mg
from minigen import lectures, viz
from minigen.lectures import ClaimError, claim, figure, notebook, open_notebook, read_cells, run

PATHS = [lectures.lecture_path(number) for number, _ in lectures.list_lectures()]
TEXTS = {path.stem: path.read_text("utf-8") for path in PATHS}
SMALL = "# %% [markdown]\n# # 77 Small\n# Text.\n\n# %%\na = 1\n\n\nb = 2\n\n# %%\na = 1\n\n\nb = 2\n"


def markdown(text):
    return "\n".join(cell.source for cell in read_cells(text) if cell.kind == "markdown")


# --- the files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEXTS)
def test_a_lecture_keeps_the_form(name):
    text, words = TEXTS[name], markdown(TEXTS[name])
    headings = re.findall(r"^##? .+$", words, re.MULTILINE)
    template = [f"# {name[:2]} ", "## Goals", "## You need", "## 1 ", "## What goes wrong", "## Summary", "## Exercises"]
    template += ["## Check yourself", "## Further"]
    places = [next(i for i, heading in enumerate(headings) if heading.startswith(start)) for start in template]
    assert places == sorted(places)
    assert len(text.splitlines()) <= 450
    assert max(len(line) for line in text.splitlines()) <= 130
    assert words.count("**Predict first**") == words.count("<details><summary>Answer<") >= 2
    assert words.count("<details>") == words.count("</details>")
    assert words.count("$") % 2 == 0
    fences = re.findall(r"^```(.*)$", words, re.MULTILINE)
    assert set(fences[::2]) <= {"text"}, "code in the text is not run: make it a cell, or mark it ```text"
    assert "matplotlib" not in text
    for cell in read_cells(text):
        if cell.kind == "code":
            ast.parse(cell.source)


@pytest.mark.parametrize("name", TEXTS)
def test_names_in_the_text_exist(name):
    found = set(re.findall(r"minigen(?:\.\w+)+", markdown(TEXTS[name])))
    assert found
    for dotted in found:
        assert resolve(dotted) is not None


def resolve(dotted):
    value = importlib.import_module("minigen")
    for part in dotted.split(".")[1:]:
        if isinstance(value, types.ModuleType) and not hasattr(value, part):
            importlib.import_module(f"{value.__name__}.{part}")
        value = getattr(value, part)
    return value


def test_a_name_that_does_not_exist_is_noticed():
    assert resolve("minigen.models.VAE.elbo") is mg.models.VAE.elbo
    for wrong in ("minigen.vea", "minigen.models.VAE.elbow"):
        with pytest.raises((AttributeError, ImportError)):
            resolve(wrong)


@pytest.mark.parametrize("name", TEXTS)
def test_figures_are_named_and_described(name):
    calls = [n for n in ast.walk(ast.parse(TEXTS[name])) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "figure"]
    names = [call.args[0].value for call in calls]
    assert len(names) == len(set(names)) >= 3
    assert all(n.startswith(name[:2] + "-") for n in names)
    assert all(isinstance(call.args[2].value, str) for call in calls)


def test_the_readme_lists_what_there_is():
    words = (lectures.lectures_folder() / "README.md").read_text("utf-8")
    here = {line.split("|")[1].strip()[1:3] for line in words.splitlines() if line.endswith("| here |")}
    assert here == {name[:2] for name in TEXTS}
    assert len(re.findall(r"\| planned \|$", words, re.MULTILINE)) + len(here) == 15


# --- claims and figures -------------------------------------------------------------------------------------------------------


def test_a_claim_is_printed_or_raised(capsys):
    for true in (True, np.bool_(True), mg.tensor([1.0, 2.0]) > 0, [True, True]):
        claim("one is one", true)
    assert capsys.readouterr().out == "✓ one is one\n" * 4
    for false in (False, np.float64("nan") > 0, mg.tensor([1.0, -2.0]) > 0):
        with pytest.raises(ClaimError, match="one is two"):
            claim("one is two", false)
    with pytest.raises(ClaimError, match="false for 1 of 3"):
        claim("all", [True, False, True])
    assert issubclass(ClaimError, AssertionError)


NO_COMPARISONS = [(np.nan, TypeError), (1.0, TypeError), ("yes", TypeError), (None, TypeError), (np.zeros(0, bool), ValueError)]


@pytest.mark.parametrize(("condition", "error"), NO_COMPARISONS)
def test_a_claim_wants_a_comparison(condition, error):
    with pytest.raises(error, match="claim: 'words'"):
        claim("words", condition)


def test_a_figure_has_the_same_bytes_each_time(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    draw = lambda: viz.curves({"a": ([0, 1], [1, 2])})  # noqa: E731
    path = figure("77-line", draw(), "A line that rises from one to two.")
    first = path.read_bytes()
    assert figure("77-line", draw(), "A line that rises from one to two.").read_bytes() == first
    assert path.as_posix() == "_build/figures/77-line.svg"
    assert b"A line that rises" in first
    assert capsys.readouterr().out.startswith("figure _build/figures/77-line.svg: A line that rises from one to two.\n")
    for name, words in [("line", "A line that rises from one to two."), ("77-line", "short"), ("77-../x", "A line that rises from one.")]:
        with pytest.raises(ValueError, match="figure: "):
            figure(name, draw(), words)


# --- running ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A folder with one lecture whose text a test may change; the working directory is another one."""
    folder, work = tmp_path / "lectures", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    monkeypatch.setattr(lectures, "lectures_folder", lambda: folder)
    monkeypatch.chdir(work)
    monkeypatch.setenv("PYTHONPATH", str(Path(lectures.__file__).parent.parent))
    (folder / "77_small.py").write_text(SMALL, "utf-8")
    return folder / "77_small.py"


BODY = """# %% [markdown]
# # 77 Small
# %%
import warnings
from minigen.lectures import begin, claim
FAST = begin("77", seed=3)
"""


def test_run_counts_claims_and_tells_the_mode(small, capsys):
    small.write_text(BODY + 'claim("σ is fast", FAST)\nclaim("two", True)\nprint("figure _build/figures/77-a.svg: text")\n', "utf-8")
    (result,) = run("all", fast=True)
    assert (result["lecture"], result["claims"], result["figures"]) == (77, 2, ["_build/figures/77-a.svg"])
    assert "✓ σ is fast" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match=r"77_small.py ended with code 1: .*σ is fast"):
        run(77)


def test_a_warning_of_the_lecture_is_an_error(small):
    small.write_text(BODY + 'warnings.warn("a bad sign")\n', "utf-8")
    with pytest.raises(RuntimeError, match="a bad sign"):
        run(77, fast=True)


def test_unknown_lectures_are_named(small):
    assert lectures.list_lectures() == [(77, "Small")]
    with pytest.raises(LookupError, match="there is no lecture 6; there are 77"):
        run(6)


def test_lectures_of_an_installed_wheel_are_found(tmp_path, monkeypatch):
    place = tmp_path / "share" / "minigen" / "lectures"
    place.mkdir(parents=True)
    (place / "77_small.py").write_text(SMALL, "utf-8")
    monkeypatch.setattr(lectures, "__file__", str(tmp_path / "site-packages" / "minigen" / "lectures.py"))

    (tmp_path / "site-packages" / "lectures").mkdir(parents=True)  # another package's: without pyproject.toml it is no checkout

    class Entry(PurePosixPath):
        def locate(self):
            return tmp_path / "share" / "minigen" / "lectures" / self.name

    monkeypatch.setattr(lectures.metadata, "files", lambda name: [Entry("../../share/minigen/lectures/77_small.py")])
    assert lectures.lectures_folder() == place.resolve()
    monkeypatch.setattr(lectures.metadata, "files", lambda name: None)
    with pytest.raises(FileNotFoundError, match="clone the repository"):
        lectures.lectures_folder()
    monkeypatch.setattr(lectures, "__file__", str(tmp_path / "minigen" / "lectures.py"))  # pip install --target puts share/ beside minigen/
    assert lectures.lectures_folder() == place.resolve()


# --- notebooks ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*TEXTS.values(), SMALL], ids=[*TEXTS, "small"])
def test_the_notebook_keeps_the_rules_of_its_format(text):
    """The rules of nbformat 4.5 for the keys that are used, by hand: https://nbformat.readthedocs.io/en/latest/format_description.html"""
    made = notebook(text)
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert set(made) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert {"name", "display_name"} <= set(made["metadata"]["kernelspec"])
    ids = [cell["id"] for cell in made["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in made["cells"]:
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        only_code = {"outputs", "execution_count"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | only_code
        assert cell["cell_type"] in ("code", "markdown")
        assert isinstance(cell["metadata"], dict)
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        assert not cell["source"][-1].endswith("\n")
        if only_code:
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert json.loads(json.dumps(made)) == made


@pytest.mark.parametrize("text", [*TEXTS.values(), SMALL], ids=[*TEXTS, "small"])
def test_no_line_is_lost_on_the_way_to_the_notebook(text):
    back = []
    for cell in notebook(text)["cells"]:
        lines = "".join(cell["source"]).split("\n")
        words = cell["cell_type"] == "markdown"
        back += ["# %% [markdown]" if words else "# %%", *[f"# {line}".rstrip() if words else line for line in lines], ""]
    assert [line for line in back if line] == [line for line in text.split("\n") if line]


def test_ids_stay_when_cells_come_and_go():
    before = {"".join(cell["source"]): cell["id"] for cell in notebook(SMALL)["cells"]}
    after = {"".join(cell["source"]): cell["id"] for cell in notebook("# %%\nnew = 0\n\n" + SMALL)["cells"]}
    assert len(after) == len(before) + 1
    assert before.items() <= after.items()


def test_tags_of_a_cell():
    assert notebook('# %% tags=["full"]\na = 1\n')["cells"][0]["metadata"] == {"tags": ["full"]}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a = 1\n", "line 1: the first line of a lecture"),
        ("# %% [markdown]\ntext\n", "line 2: in a markdown cell every line begins with '# ', got 'text'"),
        ("# %% A title\na = 1\n", "line 1: a cell begins with"),
        ("# %% [raw]\na = 1\n", "line 1: a cell begins with"),
    ],
)
def test_a_text_of_another_form_is_refused(text, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        read_cells(text)


def test_a_notebook_somebody_worked_in_is_never_overwritten(small, capsys):
    path = Path(open_notebook(77))
    assert capsys.readouterr().out == f"{path}\n"
    fresh = path.read_bytes()
    assert open_notebook(77) == str(path) == "77_small.ipynb"
    assert path.read_bytes() == fresh

    small.write_text(SMALL + "# %%\nc = 3\n", "utf-8")  # a newer version of the lecture replaces a notebook that nobody touched
    open_notebook(77)
    assert len(json.loads(path.read_text("utf-8"))["cells"]) == 4
    for change in (worked_in_a_cell, run_a_cell, "not a notebook", "[]", '{"cells": []}'):
        text = change(path) if callable(change) else change
        path.write_text(text, "utf-8")
        with pytest.raises(FileExistsError, match=r"77_small.ipynb is there and was changed; move it away"):
            open_notebook(77)
        assert path.read_text("utf-8") == text
        path.unlink()
        open_notebook(77)
    assert sorted(p.name for p in path.parent.iterdir() if "ipynb" in p.name) == ["77_small.ipynb"]


def worked_in_a_cell(path):
    found = json.loads(path.read_text("utf-8"))
    found["cells"][1]["source"].append("\n# my own words")
    return json.dumps(found)


def run_a_cell(path):
    return path.read_text("utf-8").replace('"execution_count": null', '"execution_count": 1', 1)


def test_a_missing_folder_is_named(small):
    with pytest.raises(FileNotFoundError, match="there is no folder nowhere"):
        open_notebook(77, "nowhere")


def test_a_figure_shows_itself_in_a_notebook(tmp_path, monkeypatch):
    shown = []
    display = types.SimpleNamespace(display=lambda picture: shown.append(len(picture.axes)))
    fake = types.SimpleNamespace(get_ipython=lambda: 1, display=display)
    monkeypatch.setitem(sys.modules, "IPython", fake)
    monkeypatch.chdir(tmp_path)
    figure("77-line", viz.curves({"a": ([0, 1], [1, 2])}), "A line that rises from one to two.")
    assert shown == [1]
