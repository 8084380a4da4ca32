"""gan-cgan: telling the generator what to draw."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Values
from minigen.exercises.draws import draws
from minigen.models.cgan import condition


def conditioned(z, y, weight):
    """The function itself."""
    return condition(z, y, weight)


def labelled(pick):
    """Noise (N, K), a label for each, and a row of K factors for each class."""
    classes = 4
    return {"z": pick.real("N K"), "y": pick.whole("N", 0, classes - 1), "weight": pick.real(f"{classes} K")}


CASES = draws(12, build=labelled)

EXERCISE = Exercise(
    id="gan-cgan",
    lecture="09",
    section="Conditional GAN",
    title="Telling the generator what to draw",
    difficulty=2,
    points=2,
    target="minigen.models.cgan:condition",
    needs=("gan-step",),
    teaches="a table of vectors, one for each class, is a linear map of one-hot rows",
    stub_docstring="z ⊙ W[y]: (N, K), (N,) whole numbers, (classes, K) -> (N, K)",
    task=r"""
A conditional generator gets the noise $z$ and a label $y$, and must be told apart what it is to draw. Here each class has a vector of its
own, the row $W_y$ of a table $W$ (classes, K) that is learned, and the noise is multiplied by it element by element:

$$z \odot W_y.$$

`z` is a tensor (N, K), `y` an array or tensor of N whole numbers, `weight` the table. Taking rows is the same as multiplying one-hot rows
with $W$, only faster. No loop over the images: indexing with an array of labels takes all rows at once.
""",
    checks=(
        Shape(probe=conditioned, cases=CASES, points=0.25, says="(N, K), (N,), (classes, K) -> (N, K)"),
        Values(probe=conditioned, cases=CASES, points=0.75),
        Gradient(probe=conditioned, cases=CASES, wrt=("z", "weight"), points=0.5, title="gradient by z and by the table, rows used twice"),
        Property(
            probe=conditioned,
            cases=CASES,
            points=0.5,
            title="equal to the one-hot rows times the table",
            holds=lambda x, z, y, weight: np.isclose(x, z * (np.eye(len(weight))[y] @ weight), rtol=1e-9, atol=1e-12),
        ),
    ),
    mutants=(
        Mutant("added", "the noise is multiplied by the class's vector here, not added to it", body="return z + weight[y]"),
        Mutant("label-ignored", "the label is ignored: every image gets the vector of class 0", body="return z * weight[0]"),
        Mutant(
            "by-place",
            "row i belongs to class i, not to the i-th image: take the rows of the labels y",
            body="return z * weight[np.arange(len(z)) % len(weight)]",
        ),
        Mutant("numbers", "a class is a name, not a quantity: 8 is not four times 2", body="return z * y[:, None]"),
        Mutant("constant", "the table is treated as a constant: it has to learn, too", body="return z * weight.detach()[y]"),
    ),
    variants=(
        Variant(
            "one-hot",
            body="""
            from minigen.nn.functional import one_hot
            rows = one_hot(y, num_classes=len(weight)).astype(weight.dtype)
            return (rows @ weight) * z
        """,
        ),
    ),
    hints=(
        "How would you take the rows 3, 1 and 3 out of a table at once?",
        'Lecture 09, "Conditional GAN": the pair (z, y) becomes one vector, z ⊙ W_y.',
        "weight[y]: (N, K), one row for each label. z: (N, K). Their product: (N, K).",
        "return z * …",
    ),
)
