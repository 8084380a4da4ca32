"""The process that runs a student's code. It gets arrays and gives arrays back; what they mean is decided elsewhere.

It is started as a plain script: it reads the student's file and the limits from its standard input, puts the student's function into
the library while that is being imported, and then carries out one mode on one probe and one case after another.
"""

import importlib.util
import math
import os
import sys
import traceback
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None

IMPORTS = 20.0  # seconds of computing time for importing the library


def main():
    """Serve until the other side closes the pipe."""
    end_with_parent()
    leave = os._exit
    source, sink = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the student's code prints goes the way of error messages
    here = Path(__file__).parent
    wire = by_path("wire", here / "wire.py")
    overlay = by_path("overlay", here / "overlay.py")
    start = wire.unpack(wire.read(source))
    sys.path[:] = start["sys_path"]
    limit(start["memory_mb"])
    limit_time(IMPORTS)

    def answer(value):
        sink.write(wire.pack(value))

    paths = [path for path, _ in start["fills"].values()]
    try:
        check_source(overlay, start)
        overlay.Overlay(start["fills"]).install()
        probes = importlib.import_module(start["module"])
        evaluate = importlib.import_module("minigen.exercises.evaluate")
    except overlay.Unfit as error:
        answer({"outcome": error.outcome, "message": str(error), "line": error.line})
        return
    except BaseException as error:
        answer({**described(error, paths), "outcome": "load"})
        return
    said = look_over(overlay, start)
    del probes.EXERCISE  # with its right solutions and its hints
    importlib.import_module("minigen.exercises.targets").source.cache_clear()
    limit_time(start["seconds"])
    sys.addaudithook(guard([importlib.util.find_spec(target.partition(":")[0]).origin for target in start["fills"]], probes.__file__))
    answer({"outcome": "ready", "remarks": said})
    while (content := wire.read(source)) is not None:
        job = wire.unpack(content)
        try:
            probe = getattr(probes, job["probe"])
            answer({"arrays": evaluate.perform(job["mode"], probe, job["case"], job["options"])})
        except BaseException as error:
            answer(described(error, paths))
    leave(0)  # whatever the student's code has left for the end


def end_with_parent():
    """On Linux: a killed checker leaves no process that waits for ever."""
    if sys.platform == "linux":
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def by_path(name, path):
    """A module from its file, without the package around it."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def guard(library, catalogue):
    """An audit hook for the student's code, at work from now on. It starts no process: two at one pipe would take each other's messages.
    It ends none, and keeps its limits. It does not read the solution: in the ``library``'s files, or in the ``catalogue``.
    """
    resolved, text = os.path.realpath, os.fsdecode  # as they are now
    hidden = [os.path.dirname(resolved(catalogue))]
    for path in map(resolved, library):
        folder, name = os.path.split(path.removesuffix("py"))
        hidden += [os.path.join(folder, name), os.path.join(folder, "__pycache__", name)]
    hidden = tuple(hidden)

    def watching(event, arguments):
        if event in ("os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.exec", "os.system", "subprocess.Popen"):
            raise PermissionError(f"{event}: a solution starts no other process")
        if event in ("os.kill", "os.killpg", "resource.setrlimit", "resource.prlimit"):
            raise PermissionError(f"{event}: a solution leaves processes and limits alone")
        if event == "open" and isinstance(arguments[0], (str, bytes)) and resolved(text(arguments[0])).startswith(hidden):
            raise PermissionError("a solution does not read the library's")

    return watching


def limit(memory_mb):
    """Limits of the system, where it has them: memory beyond what is in use, the size of files, core dumps."""
    if resource is None:
        return
    statm = Path("/proc/self/statm")
    used = int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 2 << 30
    for name, value in {"RLIMIT_AS": used + (memory_mb << 20), "RLIMIT_FSIZE": 8 << 20, "RLIMIT_CORE": 0}.items():
        lower(name, value, final=True)


def limit_time(seconds):
    """So many more seconds of computing time: unlike those on the wall, they do not pass while others use the machine."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        lower("RLIMIT_CPU", math.ceil(used.ru_utime + used.ru_stime + seconds))


def lower(name, value, final=False):
    """Set one limit, if this system knows it; a ``final`` one cannot be raised again."""
    try:
        hard = resource.getrlimit(getattr(resource, name))[1]
        value = value if hard < 0 else min(value, hard)
        resource.setrlimit(getattr(resource, name), (value, value if final else hard))
    except (ValueError, OSError, AttributeError):
        pass


def check_source(overlay, start):
    """Unfit for a file whose function is still the stub, or uses a name that would be the solution."""
    for target, (path, text) in start["fills"].items():
        node, helpers = overlay.students(text, path, target.partition(":")[2])
        body = overlay.without_docstring(node.body)
        stub = overlay.without_docstring(overlay.students(start["stub"], "stub", target.partition(":")[2])[0].body)
        if [overlay.ast.dump(s) for s in body] == [overlay.ast.dump(s) for s in stub]:
            raise overlay.Unfit("unchanged", "the body is still the stub's", body and body[0].lineno)
        for statement in [*helpers, node]:
            for n in overlay.ast.walk(statement):
                name = getattr(n, "id", None) or getattr(n, "attr", None) or getattr(n, "module", None) or getattr(n, "name", None)
                if name in start["forbid"]:
                    raise overlay.Unfit("forbidden", f"{name} would be the solution: write it with simpler functions", n.lineno)


def look_over(overlay, start):
    """Remarks on what was written, without points."""
    targets = importlib.import_module("minigen.exercises.targets")
    remarks = importlib.import_module("minigen.exercises.remarks")
    said = []
    for target, (path, text) in start["fills"].items():
        mine = overlay.students(text, path, target.partition(":")[2])[0]
        said += remarks.remarks(mine, targets.source(target).node, start["optional"])
    return said


def described(error, paths):
    """An exception as text: what happened, where in the student's file, which line."""
    if isinstance(error, MemoryError):
        outcome = "memory"
    elif isinstance(error, SystemExit):
        outcome = "exited"
    else:
        outcome = "error"
    try:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in paths]
        cause = error
        while not frames and cause.__cause__ is not None:  # the engine says it again in its own words
            cause = cause.__cause__
            frames = [f for f in traceback.extract_tb(cause.__traceback__) if f.filename in paths]
        told = cause if frames else error
        message = f"{type(told).__name__}: {told}"[:2000]
    except BaseException:
        frames, message = [], type(error).__name__
    last = frames[-1] if frames else None
    return {"outcome": outcome, "message": message, "line": last and last.lineno, "code": (last and last.line) or ""}


if __name__ == "__main__":
    main()
