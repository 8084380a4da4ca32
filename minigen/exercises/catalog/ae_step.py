"""ae-step: what an autoencoder descends."""

import numpy as np

from minigen import nn, optim, random
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Train, Values
from minigen.exercises.draws import draws, real
from minigen.models.autoencoder import Autoencoder
from minigen.models.pca import PCA
from minigen.ops import tanh
from minigen.tensor import Tensor

t = np.linspace(-1, 1, 100)
CURVE = np.stack([t, 1.5 * t**2], axis=1).astype(np.float32)  # a curved line in the plane: one number says where


def loss(x, a, b):
    """The loss with encoder tanh(x A) and decoder z B."""
    return Autoencoder(lambda v: tanh(v @ a), lambda z: z @ b).loss(x)


def perfect(x):
    """The loss of an autoencoder that loses nothing."""
    return Autoencoder(lambda v: 2 * v, lambda z: z / 2).loss(x)


def small():
    """A network 2 → 8 → 1 → 8 → 2, always the same at first."""
    with random.fork(3):
        return Autoencoder.fully_connected(2, (8,), 1, activation=nn.Tanh)


def trained():
    """Its weights after 300 steps of Adam on the curve."""
    model = small()
    optimizer = optim.Adam(model, lr=0.03)
    for _ in range(300):
        value = model.loss(Tensor(CURVE)).mean()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return tuple(p.data for p in model.parameters())


def part_of_pca(*weights):
    """Σ |x − x̂|² / N of these weights, as a part of what PCA with one direction leaves."""
    model = small()
    for p, w in zip(model.parameters(), weights):
        p.data = w
    lost = np.square(CURVE - model.reconstruct(Tensor(CURVE)).data).sum(axis=1).mean()
    return lost / np.square(CURVE - PCA(1).fit(CURVE).reconstruct(Tensor(CURVE)).data).sum(axis=1).mean()


CASES = draws(12, x=real("N D"), a=real("D K"), b=real("K D"))

EXERCISE = Exercise(
    id="ae-step",
    lecture="04",
    section="Autoencoder",
    title="What an autoencoder descends",
    difficulty=2,
    points=3,
    target="minigen.models.autoencoder:Autoencoder.loss",
    names="square",
    needs=("ae-pca",),
    teaches="restore the input from a code that is too small for it; a bent line needs a bent map",
    stub_docstring="|x − x̂|² for each example: (N, D) -> (N,)",
    task=r"""
An autoencoder makes a short code $z$ of $x$ and restores $\hat x$ from it: `self.encode(x)`, `self.decode(z)`, or both at once,
`self.reconstruct(x)`. It learns by descending the squared distance of each example to what was restored of it,

$$|x - \hat x|^2 = \sum_j (x_j - \hat x_j)^2,$$

the **sum** over the elements, one number for each example. (The mean over the mini-batch is taken by the training loop.) With your loss
a small network then has to learn a bent line in the plane with a single number as code, and lose less than a tenth of what PCA, a
straight line,
must lose.
""",
    checks=(
        Shape(probe=loss, cases=CASES, points=0.25, says="(N, D) -> (N,)"),
        Values(probe=loss, cases=CASES, points=0.75),
        Gradient(probe=loss, cases=CASES, wrt=("x", "a", "b"), points=0.5, title="gradient, through encoder and decoder"),
        Property(
            probe=perfect, cases=draws(4, x=real("N D")), points=0.5, title="0 where nothing is lost", holds=lambda y, x: np.abs(y) < 1e-12
        ),
        Train(probe=trained, loss=part_of_pca, points=1, margin=0.05, title="300 steps on a bent line lose far less than PCA"),
    ),
    mutants=(
        Mutant("mean", "the sum over the elements of an example, not their mean", replace=(".sum(axis=1)", ".mean(axis=1)")),
        Mutant(
            "batch-summed", "one number for each example: the sum over the batch hides which is bad", replace=(".sum(axis=1)", ".sum()")
        ),
        Mutant(
            "absolute",
            "the squared distance, not the absolute one",
            replace=("square(x - self.reconstruct(x))", "abs(x - self.reconstruct(x))"),
        ),
        Mutant("length", "the squared length, not the length", replace=(".sum(axis=1)", ".sum(axis=1) ** 0.5")),
        Mutant(
            "code",
            "that is the size of the code: what was restored is to be compared with x",
            body="return square(self.encode(x)).sum(axis=1)",
        ),
        Mutant(
            "no-encoder-gradient",
            "the encoder learns nothing: its code was cut off the graph",
            body="return square(x - self.decode(self.encode(x).detach())).sum(axis=1)",
        ),
    ),
    variants=(
        Variant(
            "apart",
            body="""
            error = self.decode(self.encode(x)) - x
            return (error * error).sum(axis=-1)
        """,
        ),
    ),
    hints=(
        "What is compared with what, and how many numbers should come out for a mini-batch of N examples?",
        'Lecture 04, "Autoencoder": min Σ |x − x̂|².',
        "x̂: (N, D). Difference: (N, D). Squares summed over axis 1: (N,).",
        "return square(…).sum(axis=1)",
    ),
)
