"""gan-gp: a gradient in the loss, and so a gradient of a gradient."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Noise, Property, Refused, Shape, Values
from minigen.exercises.draws import draws, real
from minigen.models.wgan_gp import gradient_penalty
from minigen.ops import tanh


def penalty(real, fake, epsilon, w, v):
    """The penalty on a critic with one hidden layer, f(x) = v · tanh(W x), for given ε."""
    return gradient_penalty(lambda x: tanh(x @ w) @ v, real, fake, epsilon.data)


def drawn(real, fake, w, v):
    """The same, where the function draws its own ε."""
    return gradient_penalty(lambda x: tanh(x @ w) @ v, real, fake)


def images(real, fake, epsilon, v):
    """The penalty on a critic of images (N, C, H, W)."""
    return gradient_penalty(lambda x: tanh(x.reshape((len(x), -1)) @ v), real, fake, epsilon.data)


def linear(real, fake, epsilon, a):
    """The penalty on f(x) = a · x, whose gradient is a everywhere."""
    return gradient_penalty(lambda x: x @ a, real, fake, epsilon.data)


def unequal(real, fake, v):
    """More real images than generated ones."""
    return gradient_penalty(lambda x: tanh(x @ v), real, fake)


PAIRS = draws(8, real=real("N D"), fake=real("N D"), epsilon=real("N", 0, 1), w=real("D H"), v=real("H"))
OPEN = draws(4, real=real("N D"), fake=real("N D"), w=real("D H"), v=real("H"))
PICTURES = draws(4, real=real("N 1 2 3"), fake=real("N 1 2 3"), epsilon=real("N", 0, 1), v=real("6"))
LINES = draws(6, real=real("N D"), fake=real("N D"), epsilon=real("N", 0, 1), a=real("D"))

EXERCISE = Exercise(
    id="gan-gp",
    lecture="08",
    section="WGAN-GP",
    title="The gradient penalty",
    difficulty=4,
    points=5,
    target="minigen.models.wgan_gp:gradient_penalty",
    names="random, enable_grad, grad, norm, square, Tensor",
    needs=("gan-wgan-critic",),
    teaches="the derivative of a derivative, and that each image has a slope of its own",
    task=r"""
A Wasserstein critic $f$ must not be steeper than 1. WGAN-GP asks for it in the loss: between each real image $x$ and a generated one
$\tilde x$ take a point, and punish the critic if its slope there is not 1:

$$\mathrm{E}\,(\|\nabla f(\hat x)\| - 1)^2,\qquad \hat x = \varepsilon\, x + (1 - \varepsilon)\, \tilde x,\quad \varepsilon \sim U(0, 1).$$

* Each pair has an ε of its own. Draw N of them with `random.rand(shape, dtype, device)`, in a shape that broadcasts against the images,
  unless the caller gives N numbers as `epsilon`.
* $\hat x$ is a new leaf: `Tensor(array, requires_grad=True)`, made from `real.data` and `fake.data`.
* `grad(outputs, inputs, create_graph=True)` returns a tuple of gradients that can be differentiated again. The critic's scores are
  independent of each other, so the gradient of their sum holds each image's own gradient. Do it inside `enable_grad()`.
* The length is that of one image's whole gradient: over all axes but the first, `norm(x, axis=…)`.

Two batches of different shape are a ValueError, which your function has to raise.
""",
    checks=(
        Shape(probe=penalty, cases=PAIRS, points=0.5, says="a number"),
        Values(probe=penalty, cases=PAIRS, points=1),
        Values(probe=images, cases=PICTURES, points=0.5, title="values, for images with channels"),
        Gradient(probe=penalty, cases=PAIRS, wrt=("w", "v"), points=1.5, title="gradient by the critic's weights"),
        Property(
            probe=linear,
            cases=LINES,
            points=0.5,
            title="(‖a‖ − 1)² for the critic a · x, wherever it is looked at",
            holds=lambda y, real, fake, epsilon, a: np.isclose(y, (np.linalg.norm(a) - 1) ** 2, rtol=1e-9, atol=1e-12),
        ),
        Noise(probe=drawn, cases=OPEN, points=1, title="its own ε: one for each pair"),
        Refused(
            probe=unequal,
            cases=[{"real": np.ones((3, 2)), "fake": np.zeros((1, 2)), "v": np.ones(2)}],
            title="batches of different shape are refused with a ValueError",
        ),
    ),
    mutants=(
        Mutant(
            "broadcast",
            "two batches of different shape must be refused: NumPy would pair every real image with the same generated one",
            replace=("real.shape != fake.shape", "False"),
        ),
        Mutant(
            "whole-batch",
            "that is the length of the gradients of the whole batch together: each image has a slope of its own",
            body="""
                epsilon = random.rand((len(real),) + (1,) * (real.ndim - 1), real.dtype, real.device) if epsilon is None else epsilon
                epsilon = epsilon.reshape((len(real),) + (1,) * (real.ndim - 1))
                x = Tensor(epsilon * real.data + (1 - epsilon) * fake.data, requires_grad=True)
                with enable_grad():
                    (gradient,) = grad(critic(x).sum(), x, create_graph=True)
                return square(norm(gradient) - 1)
            """,
        ),
        Mutant(
            "no-graph",
            "create_graph=True is missing: without it the gradient is a constant, and the penalty teaches the critic nothing",
            replace=(", create_graph=True", ""),
        ),
        Mutant(
            "one-epsilon",
            "one ε for the whole batch: each pair needs its own, N numbers in the shape (N, 1, …)",
            replace=("random.rand(each, ", "random.rand((1,) * real.ndim, "),
        ),
        Mutant(
            "every-pixel",
            "an ε for every pixel leaves the straight line between the two images: one for each pair",
            replace=("random.rand(each, ", "random.rand(real.shape, "),
        ),
        Mutant(
            "swapped",
            "ε belongs to the real image, 1 − ε to the generated one",
            replace=("epsilon * real.data + (1 - epsilon) * fake.data", "epsilon * fake.data + (1 - epsilon) * real.data"),
        ),
        Mutant("not-minus-one", "the slope is to be 1, not 0: (‖∇f‖ − 1)²", replace=("square(length - 1)", "square(length)")),
        Mutant(
            "squared-length",
            "that is (‖∇f‖² − 1)²: the length itself, with its square root, is compared with 1",
            replace=("square(length - 1)", "square(length * length - 1)"),
        ),
        Mutant(
            "one-sided",
            "that punishes only slopes above 1; here they are to be 1 from both sides",
            replace=("square(length - 1)", "square((length - 1) * (length.data > 1))"),
        ),
        Mutant(
            "summed",
            "the expectation is the mean over the pairs, not the sum",
            replace=("square(length - 1).mean()", "square(length - 1).sum()"),
        ),
        Mutant(
            "at-the-data",
            "that is the slope at the real images: the penalty is taken between real and generated ones",
            replace=("epsilon * real.data + (1 - epsilon) * fake.data", "real.data + 0 * (epsilon + fake.data)"),
        ),
    ),
    variants=(
        Variant(
            "rows",
            body="""
                if real.shape != fake.shape:
                    raise ValueError("real and fake must have the same shape")
                e = random.rand((len(real),), real.dtype, real.device) if epsilon is None else epsilon
                e = e.reshape((-1,) + (1,) * (real.ndim - 1))
                x = Tensor(fake.data + e * (real.data - fake.data), requires_grad=True)
                with enable_grad():
                    g = grad(critic(x).sum(), x, create_graph=True)[0].reshape((len(real), -1))
                return ((norm(g, axis=1) - 1) ** 2).sum() / len(real)
            """,
        ),
    ),
    hints=(
        "The critic gives N scores. What is the derivative of their sum by the third image, if no score depends on another image?",
        'Lecture 08, "WGAN-GP", and equation 3 of Gulrajani et al. The penalty is part of a loss: what must be kept while the first '
        "derivative is computed, so that it can be differentiated by the weights?",
        "ε: (N, 1, …). x̂: (N, …), a leaf that requires a gradient. gradient: (N, …). length: (N,), over the axes 1, 2, …. Then the mean of "
        "(length − 1)².",
        """
            each = (len(real),) + (1,) * (real.ndim - 1)
            epsilon = random.rand(each, real.dtype, real.device) if epsilon is None else epsilon.reshape(each)
            x = Tensor(epsilon * real.data + (1 - epsilon) * fake.data, requires_grad=True)
            with enable_grad():
                (gradient,) = grad(critic(x).sum(), x, create_graph=True)
            length = …
            return square(length - 1).mean()
        """,
    ),
)
