"""A student's file as a notebook, and back: the code of its cells, without outputs and magics."""

import json


def code_of(text):
    """The code cells of a notebook, one after the other. ValueError if it is none."""
    try:
        cells = json.loads(text)["cells"]
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("it is no notebook") from None
    lines = "\n\n".join(sources).splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines) + "\n"


def from_percent(text):
    """The JSON text of the notebook for a py:percent text."""
    from minigen.lectures import notebook

    return json.dumps(notebook(text), indent=1, ensure_ascii=False) + "\n"
