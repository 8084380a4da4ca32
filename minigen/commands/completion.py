"""minigen completion: a script that teaches the shell the commands, options and names."""

from minigen.commands import OK

BASH = """_minigen() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" command="${{COMP_WORDS[1]}}"
    if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "{commands}" -- "$word")); return; fi
    case "$command" in
{cases}
    esac
    COMPREPLY+=($(compgen -f -- "$word"))
}}
complete -o filenames -F _minigen minigen
"""
ZSH = "autoload -U +X bashcompinit && bashcompinit\n"


def completion(options, parsers):
    """Print the script for ``options.shell``; ``parsers``: command -> its parser."""
    from minigen import experiments

    if options.shell == "fish":
        first = "complete -c minigen -n __fish_use_subcommand -f -a"
        lines = [f'{first} {name} -d "{parser.description}"' for name, parser in parsers.items()]
        for name, parser in parsers.items():
            here = f'complete -c minigen -n "__fish_seen_subcommand_from {name}"'
            lines += [f"{here} -l {option[2:]}" for option in _long(parser)]
            lines += [f'{here} -a "{" ".join(_words(name, experiments.MODULES))}"'] * bool(_words(name, experiments.MODULES))
        print("\n".join(lines))
        return OK
    cases = [
        f'        {name}) COMPREPLY=($(compgen -W "{" ".join(_long(parser) + _words(name, experiments.MODULES))}" -- "$word"));;'
        for name, parser in parsers.items()
    ]
    print((ZSH if options.shell == "zsh" else "") + BASH.format(commands=" ".join(parsers), cases="\n".join(cases)), end="")
    return OK


def _long(parser):
    return [option for action in parser._actions for option in action.option_strings if option.startswith("--")]


def _words(name, experiments):
    return {"train": list(experiments), "lecture": ["list", "run", "open"], "completion": ["bash", "zsh", "fish"]}.get(name, [])
