"""The exercises, one file each, found by their files: vae_kl.py defines EXERCISE with the id "vae-kl"."""

import difflib
import functools
import importlib
import pkgutil
from dataclasses import replace


@functools.cache
def ids():
    """All ids, in the order of the lecture: those of the assignments first, then the others by name."""
    from minigen.exercises.assignments import ORDER

    there = [m.name.replace("_", "-") for m in pkgutil.iter_modules(__path__)]
    order = {id: i for i, id in enumerate(ORDER)}
    return tuple(sorted(there, key=lambda id: (order.get(id, len(order)), id)))


@functools.cache
def get(id):
    """The Exercise. LookupError with a suggestion if there is none."""
    if id not in ids():
        close = difflib.get_close_matches(id, ids(), 1, 0.5)
        raise LookupError(f"there is no exercise {id!r}" + (f' (did you mean "{close[0]}"?)' if close else ""))
    module = f"{__name__}.{id.replace('-', '_')}"
    return replace(importlib.import_module(module).EXERCISE, module=module)


def exercises():
    """All of them."""
    return [get(id) for id in ids()]
