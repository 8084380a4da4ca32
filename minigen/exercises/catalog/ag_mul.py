"""ag-mul: the rule of a product."""

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Exact, Gradient, Second, Shape, Values
from minigen.exercises.draws import draws, real
from minigen.ops.arithmetic import mul, mul_vjp_a


def rule(g, a, b):
    """The rule itself, for g of the shape of a · b."""
    return mul_vjp_a(g, None, a, b)


def product(a, b):
    """What the engine makes of it."""
    return mul(a, b)


PAIRS = draws(g=real("N D"), a=real("N D"), b=real("N D", away=0.1))
FACTORS = draws(a=real("N D", away=0.1), b=real("N D", away=0.1))

EXERCISE = Exercise(
    id="ag-mul",
    lecture="02",
    section="Local derivatives",
    title="The rule of a product",
    difficulty=1,
    points=2,
    target="minigen.ops.arithmetic:mul_vjp_a",
    teaches="the chain rule: the local derivative times what comes from above",
    stub_docstring="∂L/∂a of y = a · b, with g = ∂L/∂y",
    task=r"""
The engine has computed $y = a \cdot b$, element by element, and later received $g = \partial L/\partial y$ from the operations that
used $y$. Return $\partial L/\partial a$. The array $g$ has the shape of $y$; whether $a$ was broadcast is the engine's concern.
""",
    checks=(
        Shape(probe=rule, cases=PAIRS, says="g (N, D), a (N, D), b (N, D) -> (N, D)"),
        Values(probe=rule, cases=PAIRS, points=0.5),
        Gradient(probe=product, cases=FACTORS, points=0.5),
        Exact(probe=product, cases=FACTORS, points=0.5),
        Second(probe=product, cases=FACTORS, points=0.5),
    ),
    mutants=(
        Mutant("local-only", "that is ∂y/∂a alone: the chain rule multiplies it by g, which arrives from above", body="return b + 0 * g"),
        Mutant("upstream-only", "g alone would be the rule of a sum: the local derivative of a · b by a is b", body="return g + 0 * b"),
        Mutant("own-factor", "you multiplied by a: the derivative of a · b by a is the other factor, b", body="return g * a"),
        Mutant("sign", "the sign is flipped", body="return -g * b"),
        Mutant("both", "that is g · a · b: y itself is not its derivative", body="return g * a * b"),
    ),
    variants=(
        Variant("turned", body="return b * g"),
        Variant(
            "named",
            body="""
                local = b
                return g * local
            """,
        ),
    ),
    hints=(
        "If a grows by a little δ and b stays, by how much does a · b grow? And if y grows by that, by how much does L grow?",
        'Lecture 02, "Local derivatives": ∂L/∂a = ∂L/∂y · ∂y/∂a. The first factor is called g here.',
        "g: (N, D), b: (N, D). One line; the result is (N, D). Neither a nor y is needed.",
        "return g * …, with one of the two inputs in the place of the dots",
    ),
)
