"""gan-sgan: a loss that knows only some of the labels."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Stable, Values
from minigen.exercises.draws import draws
from minigen.models.sgan import sgan_loss, supervised_loss
from minigen.tensor import Tensor


def loss(a, y, known):
    """The function itself."""
    return supervised_loss(a, Tensor(y), Tensor(known.astype(bool)))


def whole_task(a, y, known, fake):
    """All that the discriminator pays."""
    return sgan_loss(a, Tensor(y), Tensor(known.astype(bool)), fake)


def pull(a, y, known):
    """The gradient by the logits, row by row."""
    a = a.detach().requires_grad_()
    supervised_loss(a, Tensor(y), Tensor(known.astype(bool))).backward()
    return np.zeros(a.shape) if a.grad is None else a.grad


def some_known(pick):
    """Logits (N, K), labels, −1 where there is none, and which rows have one; the first row always has."""
    k = pick.size("K")
    known = pick.whole("N", 0, 1)
    known[0] = 1
    y = np.where(known == 1, pick.whole("N", 0, k - 1), -1)
    return {"a": pick.real("N K", -3, 3), "y": y, "known": known}


def with_fakes(pick):
    """The same, and the logits of generated images."""
    return {**some_known(pick), "fake": pick.real("M K", -3, 3)}


CASES = draws(12, build=some_known, sizes={"N": (2, 5), "K": (2, 4)})
NONE = [{"a": np.array([[1.0, 2.0], [0.0, -1.0]]), "y": np.array([-1, -1]), "known": np.array([0, 0])}]

EXERCISE = Exercise(
    id="gan-sgan",
    lecture="09",
    section="SGAN",
    title="Few labels",
    difficulty=3,
    points=3,
    target="minigen.models.sgan:supervised_loss",
    names="cross_entropy, where",
    needs=("gan-step",),
    teaches="two tasks for one network: rows without a label teach it what is real, but no class",
    task=r"""
In a semi-supervised GAN the discriminator is a classifier with $K$ logits. It has two tasks: say whether an image is real, for all images,
and which class it is, for the few whose label is known. This is the loss of the second task:

$$-\frac{1}{\#\text{labelled}} \sum_{n\ \text{labelled}} \log \mathrm{softmax}(a_n)[y_n].$$

`a` are logits (N, K), `y` labels (N,), `is_labelled` bools (N,), all tensors. What stands in `y` where there is no label is anything, such
as −1, and must count nowhere, not even in the gradient. If no row has a label the loss is 0, not NaN.
`cross_entropy(a, y, reduction="none")` gives −log softmax(a)[y] row by row, for labels that exist; `where(condition, a, b)` chooses.
""",
    checks=(
        Shape(probe=loss, cases=CASES, points=0.25, says="(N, K), (N,), (N,) -> a number"),
        Values(probe=loss, cases=CASES, points=1),
        Gradient(probe=loss, cases=CASES, wrt=("a",), points=0.5),
        Property(
            probe=pull,
            cases=CASES,
            points=0.5,
            title="rows without a label feel nothing",
            holds=lambda g, a, y, known: (np.abs(g[known == 0]) < 1e-12).all() and np.abs(g[0]).max() > 0,
        ),
        Values(
            probe=whole_task, cases=draws(6, build=with_fakes, sizes={"N": (2, 5), "K": (2, 4)}), points=0.5, title="inside the whole loss"
        ),
        Stable(probe=loss, cases=NONE, points=0.25, title="0 where nothing is labelled"),
    ),
    mutants=(
        Mutant(
            "all-rows",
            "the mean is over the labelled rows: you divided by all of them",
            replace=("max(1, int(is_labelled.sum().item()))", "len(a)"),
        ),
        Mutant(
            "as-class-0",
            "rows without a label count as class 0 here: they must count nowhere",
            replace=("where(is_labelled, each, 0.0).sum() / max(1, int(is_labelled.sum().item()))", "each.mean()"),
        ),
        Mutant(
            "zero-over-zero",
            "0/0 where nothing is labelled: the loss is 0 then",
            replace=("max(1, int(is_labelled.sum().item()))", "is_labelled.sum()"),
        ),
        Mutant("summed", "the mean over the labelled rows, not the sum", replace=(" / max(1, int(is_labelled.sum().item()))", "")),
        Mutant(
            "sign",
            "the sign: a log-probability is negative, the loss is minus it",
            replace=("return where(is_labelled, each, 0.0)", "return -where(is_labelled, each, 0.0)"),
        ),
        Mutant(
            "unlabelled",
            "that is the loss of the rows without a label",
            replace=("where(is_labelled, each, 0.0)", "where(is_labelled, 0.0, each)"),
        ),
    ),
    variants=(
        Variant(
            "weights",
            body="""
            weight = is_labelled.astype(a.dtype)
            each = cross_entropy(a, where(is_labelled, y, 0), reduction="none")
            n = float(weight.sum().item())
            return (each * weight).sum() / (n if n else 1.0)
        """,
        ),
        Variant(
            "rows",
            body="""
            rows = is_labelled.data.nonzero()[0]
            if not len(rows):
                return (0 * a).sum()
            return cross_entropy(a[rows], y[rows])
        """,
        ),
    ),
    hints=(
        "An image whose class nobody knows: which class should its row of logits be pulled towards? And how large is such a pull?",
        'Lecture 09, "SGAN": the supervised term is an ordinary cross-entropy, over those rows that have a label.',
        "Labels that exist: where(is_labelled, y, 0), (N,). each: (N,). Chosen: (N,), 0 for the others. Sum, divided by how many have one, "
        "but at least by 1.",
        """
            each = cross_entropy(a, where(is_labelled, y, 0), reduction="none")
            return where(…).sum() / max(1, int(is_labelled.sum().item()))
        """,
    ),
)
