"""ag-getitem: what was picked goes back to where it lay."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Adjoint, Gradient, Property, Shape, Values
from minigen.exercises.draws import draws
from minigen.ops.indexing import getitem, put_at


def put(x, rows, n):
    """Rows of x put into a matrix of n rows, at the places ``rows``."""
    return put_at(x.data, index=rows, shape=(n, x.shape[1]))


def put_pairs(x, i, j, n, m):
    """Numbers put into a matrix (n, m), at the places (i, j)."""
    return put_at(x.data, index=(i, j), shape=(n, m))


def put_masked(x, mask):
    """Numbers put where the mask is True."""
    return put_at(x.data, index=mask != 0, shape=mask.shape)


def put_sliced(x, start, step, n):
    """Rows put into every ``step``-th row of a matrix of n rows."""
    return put_at(x.data, index=(slice(start, start + step * len(x), step), ...), shape=(n, x.shape[1]))


def looked_up(table, rows):
    """Rows of a table, as an embedding picks them."""
    return getitem(table, index=rows)


def there_and_back(x, y, rows):
    """(x[rows], y put back)"""
    return getitem(x, index=rows), put_at(y.data, index=rows, shape=x.shape)


def row_cases(pick):
    """x (M, D), and a place for each row; some places come twice, some are counted from the end."""
    n, m, d = pick.choice(3, 2), pick.choice(4, 3, 2), pick.choice(2, 1)
    return {"x": pick.real((m, d)), "rows": np.array([pick.choice(*range(n), -1) for _ in range(m)]), "n": n}


def pair_cases(pick):
    """x (M,), and a place (i, j) for each number."""
    n, m, k = pick.choice(2, 3), pick.choice(2, 3), pick.choice(3, 4)
    i, j = (np.array([pick.choice(*range(size)) for _ in range(k)]) for size in (n, m))
    return {"x": pick.real((k,)), "i": i, "j": j, "n": n, "m": m}


def mask_cases(pick):
    """A mask, and as many numbers as it is True."""
    mask = np.array([[pick.choice(1, 0) for _ in range(3)] for _ in range(2)])
    return {"x": pick.real((int(mask.sum()),)), "mask": mask}


def slice_cases(pick):
    """x (M, D), and a slice for M rows of n."""
    m, start, step = pick.choice(2, 3), pick.choice(0, 1), pick.choice(1, 2)
    return {"x": pick.real((m, 2)), "start": start, "step": step, "n": start + step * m}


def tables(pick):
    """A table and the rows that are looked up."""
    found = row_cases(pick)
    return {"table": pick.real((found["n"], 2)), "rows": found["rows"]}


def pairs(pick):
    """x, and y of the shape of x[rows]."""
    found = row_cases(pick)
    return {"x": pick.real((found["n"], found["x"].shape[1])), "y": found["x"], "rows": found["rows"]}


TWICE = {"x": np.array([[1.0, 2.0], [3.0, 5.0], [7.0, 11.0]]), "rows": np.array([0, 2, 0]), "n": 3}
ROWS = draws(12, build=row_cases, examples=(TWICE,))
SLICES = draws(5, build=slice_cases)

EXERCISE = Exercise(
    id="ag-getitem",
    lecture="02",
    section="Indexing",
    title="Back to where it lay",
    difficulty=3,
    points=3,
    target="minigen.ops.indexing:put_at",
    names="np",
    needs=("ag-reshape",),
    teaches="what was picked twice receives twice, and y[index] += x does not know it",
    stub_docstring="y = zeros(shape), with every element of x added at the place that ``index`` names: the adjoint of y[index].",
    task=r"""
`x[index]` picks elements: an embedding picks rows of a table, a loss picks the log-probability of the right class. Its rule needs the
opposite, which is this function: begin with zeros of `shape`, in the dtype of $x$, and **add** each element of $x$ at the place that it
came from,

$$y_k = \sum_{m \,:\, \text{index}_m = k} x_m.$$

`index` is anything that NumPy takes in brackets: slices, arrays of whole numbers, also negative ones, tuples of them, masks of bools. A
word that occurs three times in a sentence receives three gradients. `x` is a NumPy array of the shape that `y[index]` has.
""",
    checks=(
        Shape(probe=put, cases=ROWS, points=0.25, says="x (M, D), index (M,) -> shape"),
        Values(probe=put_sliced, cases=SLICES, points=0.25, title="slices: nothing is picked twice"),
        Values(probe=put, cases=ROWS, points=0.5, title="rows, some of them twice, some counted from the end"),
        Values(probe=put_pairs, cases=draws(8, build=pair_cases), points=0.5, title="places (i, j), some of them twice"),
        Values(probe=put_masked, cases=draws(6, build=mask_cases), points=0.25, title="masks"),
        Property(
            probe=put,
            cases=ROWS,
            points=0.25,
            title="nothing gets lost: Σ y = Σ x",
            holds=lambda y, x, **case: np.isclose(y.sum(), x.sum()),
        ),
        Gradient(probe=looked_up, cases=draws(5, build=tables), points=0.5, title="gradient of an embedding's table"),
        Adjoint(probe=there_and_back, cases=draws(8, build=pairs), points=0.5, title="the adjoint: ⟨x[index], y⟩ = ⟨x, put(y)⟩"),
    ),
    mutants=(
        Mutant(
            "last-one-wins",
            "where a place is named twice only the last element stays; y[index] += x does the same, because it adds to a copy first",
            body="""
                y = np.zeros(shape, x.dtype)
                y[index] += x
                return y
            """,
        ),
        Mutant(
            "counted",
            "that counts how often each place is named: the elements of x must be added",
            body="""
                y = np.zeros(shape, x.dtype)
                np.add.at(y, index, np.ones_like(x))
                return y
            """,
        ),
        Mutant(
            "mean",
            "divided by how often a place was named: gradients of several uses add up",
            body="""
                y, n = np.zeros(shape, x.dtype), np.zeros(shape, x.dtype)
                np.add.at(y, index, x)
                np.add.at(n, index, np.ones_like(x))
                return y / np.maximum(n, 1)
            """,
        ),
        Mutant(
            "mask-as-numbers",
            "a mask of bools is not an array of the numbers 0 and 1: leave it as it is",
            body="""
                y = np.zeros(shape, x.dtype)
                parts = index if isinstance(index, tuple) else (index,)
                np.add.at(y, tuple(p.astype(int) if hasattr(p, "dtype") else p for p in parts), x)
                return y
            """,
        ),
        Mutant(
            "negative-lost",
            "negative numbers count from the end: they must reach their places, too",
            body="""
                y = np.zeros(shape, x.dtype)
                if isinstance(index, np.ndarray) and index.dtype != bool:
                    for k in range(shape[0]):
                        y[k] = x[index == k].sum(axis=0)
                else:
                    np.add.at(y, index, x)
                return y
            """,
        ),
        Mutant(
            "first-rows-only",
            "the index is ignored: the elements of x lie at the beginning",
            body="""
                y = np.zeros(shape, x.dtype)
                y.reshape(-1)[: x.size] = x.reshape(-1)[: y.size]
                return y
            """,
        ),
    ),
    variants=(
        Variant(
            "add-at",
            body="""
                y = np.zeros(shape, x.dtype)
                np.add.at(y, index, x)
                return y
            """,
        ),
        Variant(
            "numbered",
            body="""
                numbers = np.arange(np.prod(shape, dtype=int)).reshape(shape)[index]
                return np.bincount(numbers.reshape(-1), x.reshape(-1), np.prod(shape, dtype=int)).reshape(shape).astype(x.dtype)
            """,
        ),
    ),
    hints=(
        "In y = x[[0, 2, 0]]: if x[0] grows by δ, which elements of y grow? And what does y[[0, 2, 0]] += 1 do to y[0]? Try it.",
        'Lecture 02, "Indexing": the adjoint of picking is adding. NumPy\'s y[index] += x picks, adds and assigns; what is assigned twice '
        "keeps the last value. Look up np.add.at.",
        "y: zeros of `shape`, dtype of x. np.add.at(y, index, x) adds element by element, as often as a place is named. Return y.",
        """
            y = np.zeros(shape, x.dtype)
            np.add.at(…)
            return y
        """,
    ),
)
