"""Exact resume: whatever stops a run, wherever, when it has been resumed nobody can tell."""

import os
import random as chance
import signal
import subprocess
import threading

import pytest

from minigen import checkpoint, random
from minigen.nn import Linear
from minigen.optim import Adam
from minigen.run import Run
from minigen.train import fit
from tests import tiny_experiment as tiny
from tests.running import ending, spawn, start


class Killed(BaseException):
    """The process is gone: nothing that follows may run."""


def test_death_at_every_system_call_is_made_good_by_resume(tmp_path, monkeypatch):
    """Die before the k-th write, fsync, rename or truncation, for every k; resume; compare with a run that was left alone."""
    monkeypatch.setattr(tiny, "SAVE_EVERY", 0)  # after every step
    calls, real, deadly = [0], {name: getattr(os, name) for name in ("write", "fsync", "replace", "ftruncate")}, [None]

    def fatal(name):
        def call(*arguments):
            calls[0] += 1
            if deadly[0] is not None and calls[0] >= deadly[0]:
                raise Killed
            return real[name](*arguments)

        return call

    whole = start(tmp_path)
    for name in real:
        monkeypatch.setattr(os, name, fatal(name))
    calls[0] = 0
    tiny.train(whole, steps=5, progress=False)
    total, expected = calls[0], ending(whole)
    assert total > 25
    for k in range(1, total + 1):
        deadly[0] = None
        run = start(tmp_path, seed=0)
        calls[0], deadly[0] = 0, k
        with pytest.raises(Killed):
            tiny.train(run, steps=5, progress=False)
        deadly[0] = None
        run = Run.open(run.folder)
        random.manual_seed(run.seed)
        tiny.train(run, steps=5, progress=False)
        assert ending(run) == expected, f"killed at system call {k} of {total}"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer of a process's computing time")
def test_a_run_killed_again_and_again_ends_bit_for_bit_like_one_that_was_not(tmp_path):
    steps, quiet = ["--steps", 3000, "--quiet"], {"stdout": subprocess.DEVNULL}
    folder, moments, deaths = tmp_path / "killed" / "tiny-0", chance.Random(0), 0
    whole = spawn("train", "tiny", *steps, "--out", tmp_path / "whole", **quiet)
    while True:
        begun = (folder / "config.json").exists()
        arguments = ["train", "--resume", folder, "--quiet"] if begun else ["train", "tiny", *steps, "--out", folder.parent]
        mortal = {"DIES_AFTER": str(moments.uniform(0.01, 0.11))} if deaths < 5 else {}
        ended = spawn(*arguments, variables=mortal, **quiet).wait()
        if ended == 0:
            break
        assert ended == -signal.SIGPROF
        deaths += 1
    assert deaths >= 3, "the machine is too fast for this test: more steps"
    assert whole.wait() == 0
    assert ending(Run.open(folder)) == ending(Run.open(tmp_path / "whole" / "tiny-0"))


def test_a_finished_run_goes_on_as_if_it_had_been_planned_longer(tmp_path):
    short, long = start(tmp_path), start(tmp_path)
    tiny.train(long, steps=30, progress=False)
    random.manual_seed(0)
    tiny.train(short, steps=13, progress=False)
    random.manual_seed(99)  # another process has another random state
    again = Run.open(short.folder)
    again.log(13, test=1.0)  # an evaluation after the end, which the resumed run will make anew
    tiny.train(again, steps=30, progress=False)
    assert ending(again) == ending(long)
    tiny.train(Run.open(short.folder), steps=30, progress=False)
    assert ending(again) == ending(long), "nothing left to do"


def test_a_loop_written_by_hand_resumes_too(tmp_path):
    def two_players(run, steps):
        random.manual_seed(0)
        g, d = Linear(2, 3), Linear(3, 1)
        g_step, d_step = Adam(g.parameters(), lr=0.01), Adam(d.parameters(), lr=0.01)
        run.keep(g=g, d=d, g_step=g_step, d_step=d_step)
        for step in run.steps(steps, progress=False):
            z = random.randn((4, 2))
            for optimizer, sign in ((d_step, 1), (g_step, -1)):
                optimizer.zero_grad()
                loss = sign * d(g(z)).square().mean()
                loss.backward()
                optimizer.step()
            run.log(step, loss=loss)

    whole, parts = start(tmp_path), start(tmp_path)
    two_players(whole, 9)
    two_players(parts, 4)
    two_players(Run.open(parts.folder), 9)
    assert ending(whole) == ending(parts)


def test_breaking_off_keeps_the_last_checkpoint(tmp_path):
    run = start(tmp_path)
    parts = tiny.build()
    for step, _ in fit(parts.loss, parts.data, parts.optimizer, steps=9, run=run, model=parts.model, progress=False):
        if step == 4:
            run.save()
        if step == 6:
            break
    assert checkpoint.load(run.checkpoint)["about"]["step"] == run.saved == 4
    assert list(run.steps(8, progress=False)) == [7, 8], "a second loop goes on from where the object stands, not from the file"
    assert run.saved == 8


@pytest.fixture
def usual_ctrl_c():
    """Python's own handler: a test suite in the background inherits a SIGINT that is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("usual_ctrl_c")
@pytest.mark.parametrize("folder", [True, False])
def test_ctrl_c_lets_the_step_end_then_saves_and_raises(tmp_path, folder):
    run, ended = start(tmp_path) if folder else Run(), []
    with pytest.raises(KeyboardInterrupt, match="after step 3"):  # noqa: PT012
        for step in run.steps(9, progress=False):
            if step == 3:
                signal.raise_signal(signal.SIGINT)
            ended.append(step)
    assert ended == [1, 2, 3]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if folder:
        assert checkpoint.load(run.checkpoint)["about"]["step"] == 3


@pytest.mark.usefixtures("usual_ctrl_c")
def test_a_second_ctrl_c_stops_at_once():
    ended = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        for step in Run().steps(9, progress=False):
            signal.raise_signal(signal.SIGINT)
            ended.append(step)
            signal.raise_signal(signal.SIGINT)
            ended.append("not reached")
    assert ended == [1]


@pytest.mark.usefixtures("usual_ctrl_c")
def test_the_loop_gives_ctrl_c_back_and_runs_in_a_thread_without_it():
    for _ in Run().steps(3, progress=False):
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ended = []
    thread = threading.Thread(target=lambda: ended.extend(Run().steps(3, progress=False)))
    thread.start()
    thread.join()
    assert ended == [1, 2, 3]
