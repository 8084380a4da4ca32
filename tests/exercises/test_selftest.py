"""Every exercise keeps its promises: the library scores full, the stub nothing, each mistake is found and named. So does the README's."""

import re
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest

import minigen.exercises
from minigen.exercises import Mutant, Variant, catalog
from minigen.exercises.selftest import selftest

README = Path(minigen.exercises.__file__).with_name("README.md")


@pytest.mark.parametrize("id", catalog.ids())
def test_an_exercise_is_as_it_should_be(id):
    verdict = selftest(catalog.get(id))
    assert not verdict.complaints, "\n\n".join(verdict.complaints)
    assert verdict.slowest < 5


@pytest.fixture
def example():
    """The exercise that the README writes out in full."""
    code = re.search(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[1]
    module = types.ModuleType("readme_example")
    sys.modules[module.__name__] = module
    exec(compile(code, str(README), "exec"), module.__dict__)
    yield replace(module.EXERCISE, module=module.__name__)
    del sys.modules[module.__name__]


def test_the_readmes_exercise_is_complete(example):
    verdict = selftest(example)
    assert not verdict.complaints, "\n\n".join(verdict.complaints)
    assert verdict.solutions == 2 + len(example.mutants) + len(example.variants)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda e: {"points": 5}, "add up to 2, not 5"),
        (lambda e: {"hints": e.hints[:3]}, "four hints"),
        (lambda e: {"mutants": e.mutants[:2]}, "four mutants"),
        (lambda e: {"variants": ()}, "one correct variant"),
        (lambda e: {"mutants": (*e.mutants, Mutant("right", "it is right", body="return np.logaddexp(0, x)"))}, "right: loses no points"),
        (lambda e: {"mutants": (*e.mutants, Mutant("relu-2", "other words", body="return x * (x > 0)"))}, "relu-2: the report does not"),
        (lambda e: {"variants": (Variant("wrong", body="return np.maximum(x, 0)"),)}, "variant wrong: does not pass"),
        (lambda e: {"mutants": (*e.mutants, Mutant("gone", "gone", replace=("nowhere", "here")))}, "'nowhere' is 0 times"),
        (lambda e: {"variants": (Variant("broken", body="return ("),)}, "never closed"),
        (lambda e: {"checks": e.checks[:1], "points": 0.5}, "loses no points"),
        (lambda e: {"task": "  "}, "say something"),
        (lambda e: {"difficulty": 5}, "difficulty is 1, 2, 3 or 4"),
        (lambda e: {"module": "elsewhere"}, "must be a function of elsewhere"),
        (lambda e: {"mutants": (*e.mutants, replace(e.mutants[0], name="again", body="return x"))}, "in other words"),
    ],
)
def test_the_selftest_complains(example, change, complaint):
    verdict = selftest(replace(example, **change(example)))
    assert any(complaint in c for c in verdict.complaints), verdict.complaints


def test_an_unknown_exercise_has_a_suggestion():
    with pytest.raises(LookupError, match=r'did you mean "vae-kl"'):
        catalog.get("vae-kll")
