"""The command line, ``minigen`` and ``python -m minigen``: it reads the arguments; minigen/commands does the work."""

import argparse
import os
import re
import sys
import traceback

from minigen.commands import ENVIRONMENT, FAILED, INTERRUPTED, OK, USAGE, Complaint, command, paint, put_json, suggestion
from minigen.commands.exercise import arguments as exercise_arguments

GROUPS = {
    "train and look": {
        "list": "the experiments, and the published numbers they are held to",
        "train": "train an experiment, or go on with a run",
        "sample": "draw images from a trained run",
    },
    "learn": {
        "lecture": "list, run or open the lectures",
        "exercise": "write the library's functions yourself, and train its models on them",
    },
    "measure": {"bench": "time the lecture's training steps, beside PyTorch where it is installed"},
    "set up": {"completion": "print the script that teaches bash, zsh or fish the commands"},
}
EXAMPLES = (
    "minigen train vae-mnist --budget 1m",
    "minigen train --resume",
    "minigen sample runs/vae-mnist-0 -n 100 --out digits.png",
)


class Parser(argparse.ArgumentParser):
    """Complains in one line, with a suggestion, instead of printing the usage."""

    def error(self, message):
        where = self.prog.partition(" ")[2] or "minigen"
        raise Complaint(f"{where}: {message.removeprefix('argument ')}", f"{self.prog} --help shows what it takes", USAGE)

    def _check_value(self, action, value):
        if action.choices is not None and value not in action.choices:
            what = "command" if isinstance(action, argparse._SubParsersAction) else action.dest
            raise Complaint(
                f"there is no {what} {value!r}{suggestion(str(value), action.choices)}",
                f"there are {', '.join(action.choices)}; {self.prog} --help explains them",
                USAGE,
            )


def main(arguments=None):
    """Run one command; returns the exit code: 0 ok, 1 failure, 2 usage, 3 no such thing, 4 environment, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that has no σ prints ? instead of failing
    debug = "--debug" in arguments
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except SystemExit as end:  # --help, --version
        return end.code or OK
    except BrokenPipeError:  # minigen list | head -1
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        print("minigen: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if debug:
            traceback.print_exc()
        return _complain(error if isinstance(error, Complaint) else _explained(error), arguments)


def _run(arguments):
    parser, parsers = make_parser()
    rest = []
    if "--" in arguments and "exercise" in arguments[: arguments.index("--")]:  # exercise run vae-kl -- COMMAND
        k = arguments.index("--")
        arguments, rest = arguments[:k], arguments[k + 1 :]
    options, unknown = parser.parse_known_args(arguments, argparse.Namespace(json=False, quiet=False))
    if options.command == "exercise" and not any(word.startswith("-") for word in unknown):
        unknown = _take_words(options, unknown, parsers["exercise"])
    if unknown:
        name, what = options.command, "option" if unknown[0].startswith("-") else "argument"
        known = [option for action in parsers.get(name, parser)._actions for option in action.option_strings]
        guess = suggestion(unknown[0].partition("=")[0], known)
        hint = f"{command(*[name] * bool(name), '--help')} shows what it takes"
        raise Complaint(f"{name or 'minigen'}: unknown {what} {unknown[0]!r}{guess}", hint, USAGE)
    if options.command is None:
        parser.print_help()
        return OK
    from minigen.commands import exercise, looking, training

    if options.command == "completion":
        from minigen.commands.completion import completion

        return completion(options, parsers)
    if options.command == "exercise":
        options.rest = rest
        return exercise.exercise(options)
    if options.command == "train":
        return training.train(options)
    run = {"list": looking.list_, "sample": looking.sample, "bench": looking.bench, "lecture": looking.lecture}
    return run[options.command](options)


def _take_words(options, words, parser):
    """Give an exercise's options the words that argparse has left over: it looks for none after the first option, check --fast vae-kl."""
    if words and options.action is None:
        options.action, *words = words
        parser._check_value(next(a for a in parser._actions if a.dest == "action"), options.action)
    options.ids += words
    return []


def _complain(complaint, arguments):
    if "--json" in arguments:
        put_json({"error": str(complaint), "hint": complaint.hint, "exit": complaint.code})
    wish = re.search(r"--color[ =](always|never)\b", " ".join(arguments))
    error = paint("error:", 31, sys.stderr, wish[1] if wish else "auto")
    print(f"minigen: {error} {_one_line(complaint)}\n  {_one_line(complaint.hint)}", file=sys.stderr)
    return complaint.code


def _one_line(text):
    return " ".join(str(text).split())


def _explained(error):
    """An exception of the library as a Complaint."""
    from minigen.checkpoint import CheckpointError

    if isinstance(error, CheckpointError):
        return Complaint(error, "train again, or name another run", FAILED)
    if isinstance(error, ModuleNotFoundError):
        package = (error.name or "").partition(".")[0]
        return Complaint(error, f"pip install {package}", ENVIRONMENT)
    if isinstance(error, OSError):
        return Complaint(error, "check the path, the permissions, the free space; --debug shows where it happened", ENVIRONMENT)
    if isinstance(error, FloatingPointError):
        return Complaint(error, "--debug shows where it happened; the last checkpoint is kept", FAILED)
    return Complaint(f"{type(error).__name__}: {error}", "--debug shows where it happened", FAILED)


# --- arguments ----------------------------------------------------------------------------------------------------------------


def make_parser():
    """(the parser, {command: its parser})"""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    common.add_argument("--color", choices=("auto", "always", "never"), help="colours: auto (default; off if NO_COLOR is set)")
    common.add_argument("--json", action="store_true", help="print one JSON object on standard output and nothing else there")
    common.add_argument("-q", "--quiet", action="store_true", help="no progress, only the result")
    width = max(len(name) for group in GROUPS.values() for name in group)
    lines = ["Deep generative models from scratch, on NumPy."]
    for group, members in GROUPS.items():
        lines += ["", group] + [f"  {name:{width}}  {what}" for name, what in members.items()]
    lines += ["", "examples"] + [f"  {example}" for example in EXAMPLES]
    parser = Parser(
        "minigen", usage="minigen COMMAND [options]", description="\n".join(lines), parents=[common], allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter, epilog="minigen COMMAND --help explains a command.",
    )  # fmt: skip
    parser.add_argument("--version", action=_Version, nargs=0, help="print the versions and stop")
    subparsers = parser.add_subparsers(
        dest="command", metavar="COMMAND", prog="minigen", parser_class=Parser, help=argparse.SUPPRESS
    )  # fmt: skip
    parsers = {}
    for group in GROUPS.values():
        for name, what in group.items():
            said = f"{what[0].upper()}{what[1:]}."
            parsers[name] = subparsers.add_parser(name, description=said, parents=[common], allow_abbrev=False)
    _train_arguments(parsers["train"])
    _sample_arguments(parsers["sample"])
    _bench_arguments(parsers["bench"])
    _lecture_arguments(parsers["lecture"])
    exercise_arguments(parsers["exercise"])
    parsers["completion"].add_argument("shell", choices=("bash", "zsh", "fish"), help='as in: eval "$(minigen completion bash)"')
    return parser, parsers


def _train_arguments(p):
    p.add_argument("name", nargs="?", metavar="NAME", help="an experiment of minigen list")
    limit = p.add_mutually_exclusive_group()
    limit.add_argument("--steps", type=_count, metavar="N", help="stop after N training steps (default: the experiment's own)")
    limit.add_argument("--budget", type=_budget, metavar="TIME", help='stop after this training time: "90s", "1m", "2h"')
    p.add_argument("--seed", type=_seed, metavar="S", help="start of all random numbers (default 0)")
    p.add_argument("--data", metavar="PATH", help='where the data are, or "auto" (default): what this machine has')
    p.add_argument("--out", default="runs", metavar="DIR", help="the folder in which the run gets its own (default runs)")
    p.add_argument("--resume", nargs="?", const="", metavar="DIR", help="go on with the run in DIR, or with the newest one")
    p.add_argument("--device", metavar="cpu|cuda", help="where to compute (default cpu)")
    p.add_argument("--dry-run", action="store_true", help="say what would be done and write nothing")


def _sample_arguments(p):
    p.add_argument("run", metavar="RUN", help="the folder of a run, such as runs/vae-mnist-0")
    p.add_argument("-n", type=_count, default=16, metavar="N", help="how many images (default 16)")
    p.add_argument("--seed", type=_seed, default=0, metavar="S", help="start of the random numbers (default 0)")
    p.add_argument("--out", metavar="FILE.png", help="the picture (default RUN/figures/samples-S.png)")
    p.add_argument("--dry-run", action="store_true", help="say what would be done and write nothing")


def _bench_arguments(p):
    p.add_argument("workloads", nargs="*", metavar="WORKLOAD", help='such as W1 (default: all training steps), or "layers"')
    p.add_argument("--rounds", type=_count, default=7, metavar="N", help="turns that each library takes (default 7)")
    p.add_argument("--threads", type=_count, default=2, metavar="N", help="threads for each library (default 2)")


def _lecture_arguments(p):
    p.add_argument("action", choices=("list", "run", "open"), help="list them, run one as a script, or open one as a notebook")
    p.add_argument("number", nargs="?", type=_lecture, metavar="NUMBER", help='which lecture, such as 5; "all" for run')
    p.add_argument("--fast", action="store_true", help="run with small numbers, in under a minute")
    p.add_argument("--to", default=".", metavar="DIR", help="open: the folder for the notebook (default here)")


class _Version(argparse.Action):
    def __call__(self, parser, *ignored):
        from minigen.run import versions

        print("  ".join(f"{name} {version}" for name, version in versions().items()))
        parser.exit()


def _count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a positive whole number, got {text!r}")
    return int(text)


def _seed(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number, 0 or more, got {text!r}")
    return int(text)


def _lecture(text):
    return text if text == "all" else _seed(text)


def _budget(text):
    from minigen.progress import in_seconds

    try:
        return in_seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).partition(": ")[2]) from None
