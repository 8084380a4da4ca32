"""Any command with students' functions inside the library: the import hook is put into every Python process it starts."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from minigen.exercises.examine import read
from minigen.exercises.session import Failure

# Python imports sitecustomize at its start, before any other module of a program.
CUSTOMIZE = """
import importlib.util, json, os, sys

try:
    spec = importlib.util.spec_from_file_location("minigen_overlay", {overlay!r})
    overlay = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(overlay)
    with open({fills!r}, encoding="utf-8") as file:
        overlay.Overlay(json.load(file)).install()
except Exception as error:
    print(f"minigen exercise: {{error}}", file=sys.stderr)
    os._exit(1)
"""


def fills(folder, exercises):
    """{target: (path, text)} of the students' files of these exercises. ValueError for one that cannot be read."""
    found = {}
    for exercise in exercises:
        path = folder.file(exercise)
        text = read(path)
        if isinstance(text, Failure):
            raise ValueError(f"{exercise.id}: {text.message}")
        found[exercise.target] = (str(path), text)
    return found


def run(command, found, **options):
    """Run a command, a list of words, with these ``fills``; returns subprocess.CompletedProcess. "minigen" is this minigen."""
    root = str(Path(__file__).parents[2])
    words = [sys.executable, "-m", "minigen", *command[1:]] if command[0] == "minigen" else list(command)
    if words[0] in ("python", "python3"):
        words[0] = sys.executable
    with tempfile.TemporaryDirectory(prefix="minigen-") as folder:
        data = Path(folder) / "fills.json"
        data.write_text(json.dumps(found), "utf-8")
        overlay = str(Path(__file__).with_name("overlay.py"))
        (Path(folder) / "sitecustomize.py").write_text(CUSTOMIZE.format(overlay=overlay, fills=str(data)), "utf-8")
        path = os.pathsep.join(filter(None, [folder, root, os.environ.get("PYTHONPATH")]))
        return subprocess.run(words, env={**os.environ, "PYTHONPATH": path, **options.pop("env", {})}, check=False, **options)
