"""Exercises: functions of the library to be written again, checked by another process, and put to work in the library itself.

    minigen exercise start --next          # the first one, as a file to work in
    minigen exercise check                 # right? if not: the smallest input that shows it, and the likely mistake

In a notebook ``attempt("vae-kl", my_function)`` puts a function into the library, and ``check("vae-kl", path)`` gives the report.
How an exercise is written: README.md in this folder.
"""

from minigen.exercises.exercise import Budget, Exercise, Mutant, Variant
from minigen.exercises.swap import attempt


def check(id, path):
    """The Report for a student's file; a notebook shows it in colours."""
    from minigen.exercises import catalog
    from minigen.exercises.examine import check_file

    return check_file(catalog.get(id), path)
