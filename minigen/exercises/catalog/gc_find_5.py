"""gc-find-5: a bug in the cross-entropy, to be found."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Answer, Gradient, Located
from minigen.exercises.draws import draws, real
from minigen.nn.cross_entropy import bce_with_logits


def layer(z, t):
    """The cross-entropy of each element."""
    return bce_with_logits(z, t, reduction="none")


INPUTS = [np.array([[1.0, -2.0], [0.25, 3.0]]), np.array([[0.25, 1.0], [0.5, 0.75]])]
GIVEN = [dict(zip(("z", "t"), INPUTS))]
CASES = draws(10, z=real("N D", away=0.1), t=real("N D", 0, 1), examples=GIVEN)

EXERCISE = Exercise(
    id="gc-find-5",
    lecture="03",
    section="Losses",
    title="Find the bug: cross-entropy",
    difficulty=1,
    points=3,
    target="minigen.nn.cross_entropy:bce_with_logits_vjp_t",
    names="_each",
    needs=("nn-bce-logits",),
    teaches="a sign that no training of a classifier would ever notice",
    planted="sign",
    free=(),
    stub_docstring="∂L/∂t of y = bce_with_logits(z, t), with g = ∂L/∂y",
    task=r"""
$\ell = \max(z, 0) - z\,t + \ln(1 + e^{-|z|})$. A classifier needs $\partial\ell/\partial z$ only; where the target is itself the
output of a network, as a grey value of a decoder may be, $\partial\ell/\partial t$ counts too. `_each(g, z, reduction)` is what each
element of the loss receives.

The body below has a bug. Run the file: `gradcheck` compares the gradients of a layer that uses it with finite differences, element by
element. Answer in the lines `WRONG` and `CAUSE`, then mend the body.
""",
    checks=(
        Located(
            probe=layer,
            cases=GIVEN,
            points=0.5,
            answer=(1, (0, 0)),
            title="a wrong element, found",
            ask="input and element of a wrong gradient, as gradcheck prints them: (0, (0, 1))",
        ),
        Answer(
            points=0.5,
            answer="a",
            title="the cause, named",
            ask="why? one letter:",
            options=(
                ("a", "∂ℓ/∂t has the wrong sign"),
                ("b", "∂ℓ/∂z has the wrong sign"),
                ("c", "∂ℓ/∂t should be σ(z) − t"),
                ("d", "the mean is taken twice"),
            ),
        ),
        Gradient(probe=layer, cases=CASES, points=2, title="the gradient, mended"),
    ),
    mutants=(
        Mutant("sign", "ℓ holds −z t, so ∂ℓ/∂t is −z", replace=("return -z", "return z")),
        Mutant(
            "sigmoid",
            "that is ∂ℓ/∂z: t enters the loss linearly",
            body="return (1 / (1 + 2.718281828459045**-z) - t) * _each(g, z, reduction)",
        ),
        Mutant("twice", "t enters once", replace=("return -z", "return -2 * z")),
        Mutant("constant", "the target is not constant here: its derivative is −z", replace=("return -z", "return 0 * z")),
    ),
    variants=(Variant("turned", body="return _each(g, z, reduction) * -z"),),
    hints=(
        "Which input is wrong? Where does it stand in the formula?",
        'Lecture 03, "Losses": in max(z, 0) − z t + ln(1 + e^−|z|) the target t stands once.',
        "z, t, g: (N, D), and so is the result.",
        "return … * _each(g, z, reduction)",
    ),
)
