"""Bugs to be found with gradcheck: the bug shows, the element that gradcheck names is accepted, answers are read and never run."""

from pathlib import Path

import pytest

from minigen.exercises import catalog
from minigen.exercises.assignments import members
from minigen.exercises.examine import check_text
from minigen.exercises.stub import stub
from minigen.exercises.swap import replaced
from minigen.exercises.targets import source
from minigen.gradcheck import gradcheck


@pytest.mark.parametrize("id", members("gc"))
def test_gradcheck_finds_the_bug_and_its_word_is_accepted(id):
    e = catalog.get(id)
    module = __import__(e.module, fromlist=["layer"])
    planted = next(m for m in e.mutants if m.name == e.planted)
    assert gradcheck(module.layer, module.INPUTS)
    with replaced(e.target, e.text_of(planted)):
        report = gradcheck(module.layer, module.INPUTS, raise_exception=False)
    assert report.wrong
    i, index, *_ = report.wrong[0]
    located = e.questions[0]
    text = e.text_with(source(e.target).body)
    given = text.replace(f"{located.name} = {located.answer!r}", f"{located.name} = ({i}, {index})")
    assert f"({i}, {index})" in given
    assert check_text(e, given).passed


def test_the_stub_holds_the_bug_and_the_questions():
    e = catalog.get("gc-find-4")
    text = stub(e)
    assert "    return g * y * (1 - y)\n" in text
    assert "WRONG = None  #" in text
    assert "'b': only the diagonal" in text
    assert 'attempt("gc-find-4", softmax_vjp)' in text
    compile(text, "stub", "exec")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CAUSE", "'a'", "CAUSE = 'a' is not it"), ("CAUSE", "None", "not answered yet"), ("CAUSE", "b", "must be a plain value"),
        ("CAUSE", "'b' + ''", "plain value"), ("CAUSE", "open('ran', 'w')", "plain value"), ("CAUSE", "(" * 90, "plain value"),
        ("CAUSE", "-" * 150 + "1", "plain value"), ("WRONG", "(1, (0, 0))", "is not it"), ("WRONG", "(0, (9, 9))", "is not it"),
        ("WRONG", "(0, (0,))", "is not it"), ("WRONG", "(0, ())", "is not it"), ("WRONG", "3", "is not it"),
        ("WRONG", "(-1, (0, 0))", "is not it"),
        ("WRONG", "'x'", "is not it"), ("WRONG", "(0, (0, 1), 2)", "is not it"),
    ],
)  # fmt: skip
def test_wrong_answers(name, value, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    e = catalog.get("gc-find-4")
    text = e.text_with(source(e.target).body)
    question = next(q for q in e.questions if q.name == name)
    given = text.replace(f"{name} = {question.answer!r}", f"{name} = {value}")
    report = check_text(e, given)
    if report.failure is None:
        assert words in str(report)
        assert report.points == e.points - 0.5
    else:
        assert report.outcome == "syntax"
    assert not report.passed
    assert not Path("ran").exists()


def test_an_answer_may_have_a_comment():
    e = catalog.get("gc-find-4")
    text = e.text_with(source(e.target).body).replace("CAUSE = 'b'", "CAUSE  =  'b'   # I am sure")
    assert check_text(e, text).passed
