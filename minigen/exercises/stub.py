"""The file a student starts from: the library's own text with its body cut out."""

import ast
import re
import textwrap

from minigen.exercises import targets

SHAPE = re.compile(r"#\s*\(\s*([A-Za-z]\w*|…)?\s*(,|\))")  # a comment that begins with a shape: "# (N, D)", "# (L, N, K): …"
WIDTH = 100  # of the task's lines


def stub(exercise, bare=False):
    """The student's file as py:percent text; ``bare``: the function alone."""
    function = cut(exercise)
    return function if bare else f"{header(exercise)}\n\n\n{function}\n\n{footer(exercise)}"


def cut(exercise):
    """The function with decorators, signature, defaults, comments and docstring as in the library, byte for byte, and no body."""
    found = targets.source(exercise.target)
    lines, f = found.lines, found.node
    first = min([f.lineno, *(d.lineno for d in f.decorator_list)]) - 1
    statements = f.body
    documented = ast.get_docstring(f, clean=False) is not None
    indent = " " * (f.col_offset + 4)
    if statements[0].lineno == f.lineno:  # def f(x): return x, or a docstring on the line of the def
        head = "".join(lines[first : f.lineno - 1]) + lines[f.lineno - 1][: statements[0].col_offset].rstrip() + "\n"
        if documented:
            head += f"{indent}{ast.get_source_segment(found.text, statements[0])}\n"
        rest = lines[f.lineno : f.end_lineno]
    else:
        indent = lines[statements[0].lineno - 1][: statements[0].col_offset]
        end = statements[0].end_lineno if documented else statements[0].lineno - 1
        while not documented and lines[end - 1].strip().partition("#")[0] == "":  # comments before the first statement
            end -= 1
        head, rest = "".join(lines[first:end]), lines[end : f.end_lineno]
    if exercise.stub_docstring:
        if documented:
            head = "".join(lines[first : statements[0].lineno - 1])
        head += f'{indent}"""{exercise.stub_docstring}"""\n'
    shapes = [f"{indent}{line[line.index('#') :].rstrip()}\n" for line in rest if "#" in line and SHAPE.match(line[line.index("#") :])]
    if exercise.planted:
        planted = next(m for m in exercise.mutants if m.name == exercise.planted)
        return textwrap.dedent(head + textwrap.indent(exercise.body_of(planted).strip("\n"), indent) + "\n")
    return textwrap.dedent(head + "".join(shapes) + f'{indent}raise NotImplementedError("{exercise.id}: write the body")\n')


def header(exercise):
    """The task, as a Markdown cell, and the names that the function sees in the library."""
    e, method = exercise, ""
    if "." in e.qualname:
        owner_, first = e.qualname.rpartition(".")[0], targets.source(e.target).node.args.args[0].arg
        what = f"`cls` is the class `{owner_}`" if first == "cls" else f"`self` is an object of the class `{owner_}`"
        method = f"\nThis is the method `{e.qualname}`; {what}."
    stars = "●" * e.difficulty
    todo = "Replace the line `raise NotImplementedError(…)` by your body and save. Then"
    if e.planted:
        todo = "Answer below, mend the body and save. Then"
    text = f"""# {e.id}: {e.title}
lecture {e.lecture}, "{e.section}" · {stars} · {e.points:g} points
`{e.target}` in `{targets.place(e.target)}`
{method}
{flowing(e.task.strip(), WIDTH)}

{flowing(todo, WIDTH)}
`minigen exercise check {e.id}` tells whether it is right, `minigen exercise hint {e.id}` gives one of four hints."""
    cell = "\n".join(f"# {line}".rstrip() for line in text.splitlines())
    names = f"from {e.target.partition(':')[0]} import {e.names}\n" if e.names else ""
    operation = owner(e)
    if operation:
        names = f"from {e.target.partition(':')[0]} import {', '.join(filter(None, [operation, e.names]))}\n"
    questions = "\n\n# %%\n" + "".join(q.line for q in e.questions) if e.questions else ""
    return f"# %% [markdown]\n{cell}{questions}\n\n# %%\n{names}".rstrip()


def flowing(text, width):
    """A text in Markdown with its paragraphs filled to ``width``. Formulas between $$ stay as they are, list items hang."""
    done, paragraph, formula = [], [], False

    def close():
        if paragraph:
            hanging = re.match(r"([-*]|\d+\.) +", paragraph[0])
            indent = " " * len(hanging[0]) if hanging else ""
            done.extend(textwrap.wrap(" ".join(paragraph), width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False))
            paragraph.clear()

    for line in text.splitlines():
        formula = formula != (line.count("$$") == 1)
        if formula or "$$" in line or not line.strip():
            close()
            done.append(line)
        else:
            if re.match(r"([-*]|\d+\.) ", line):
                close()
            paragraph.append(line.strip())
    close()
    return "\n".join(done)


def owner(exercise):
    """What the decorators of the function need from the module: "mul" of ``@mul.vjp``, "primitive" of ``@primitive``."""
    found = targets.source(exercise.target).node.decorator_list
    known = {n.id for d in found for n in ast.walk(d) if isinstance(n, ast.Name)} - {"property", "classmethod", "staticmethod"}
    return ", ".join(sorted(known - {name.strip() for name in exercise.names.split(",")}))


def footer(exercise):
    """A cell for experiments; where a bug is planted, with gradcheck at work."""
    if exercise.planted:
        return f"""# %%
if __name__ == "__main__":  # python {exercise.file_name}
    from minigen.exercises import attempt
    from minigen.exercises.catalog.{exercise.file_name.removesuffix(".py")} import INPUTS, layer
    from minigen.gradcheck import gradcheck

    with attempt("{exercise.id}", {exercise.function_name}):
        print(gradcheck(layer, INPUTS, raise_exception=False))
"""
    return f"""# %%
if __name__ == "__main__":  # your own experiments: python {exercise.file_name}; not part of the check
    print({exercise.function_name})
"""
