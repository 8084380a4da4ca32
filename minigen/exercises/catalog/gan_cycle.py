"""gan-cycle: there and back."""

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Values
from minigen.exercises.draws import draws, real
from minigen.models.cyclegan import cycle_loss
from minigen.ops import tanh


def loss(x, y, a, b):
    """The loss for G(x) = tanh(x A) and F(y) = y B."""
    return cycle_loss(x, y, lambda v: v @ b, lambda v: tanh(v @ a))


def given(x, y, a, b):
    """The same, where F(y) and G(x) are known already."""
    F, G = (lambda v: v @ b), (lambda v: tanh(v @ a))
    return cycle_loss(x, y, F, G, there=(F(y), G(x)))


def asked(x, y, a, b):
    """How often F and G are asked where F(y) and G(x) are given."""
    calls = []
    G, F = (lambda t: calls.append("G") or t @ a), (lambda t: calls.append("F") or t @ b)
    cycle_loss(x, y, F, G, (y @ b, x @ a))
    return calls.count("F"), calls.count("G")


def inverse(x, y, c):
    """The loss for G(x) = c x + 1 and F(y) = (y − 1) / c."""
    return cycle_loss(x, y, lambda v: (v - 1) / c, lambda v: c * v + 1)


CASES = draws(10, x=real("N D"), y=real("N E"), a=real("D E"), b=real("E D"))

EXERCISE = Exercise(
    id="gan-cycle",
    lecture="09",
    section="CycleGAN",
    title="There and back",
    difficulty=2,
    points=2,
    target="minigen.models.cyclegan:cycle_loss",
    names="l1_loss",
    needs=("gan-g-nonsat",),
    teaches="without pairs, what keeps a translation faithful is that it can be undone",
    task=r"""
$G$ turns horses $x$ into zebras, $F$ turns zebras $y$ into horses. There are no pairs: nobody knows which zebra belongs to which horse. But
if a horse is turned into a zebra and back, it should be the same horse. Return

$$\mathrm{E}\,|F(G(x)) - x| + \mathrm{E}\,|G(F(y)) - y|,$$

each term the mean over all pixels of all images, `l1_loss(a, b)`. `F` and `G` are functions of a batch. If the caller knows F(y) and G(x)
already, they come as the pair `there`, in this order: do not compute them again. Else `there` is None.
""",
    checks=(
        Shape(probe=loss, cases=CASES, points=0.25, says="a number"),
        Values(probe=loss, cases=CASES, points=0.5),
        Values(probe=given, cases=CASES, points=0.25, title="values, with F(y) and G(x) given"),
        Values(probe=asked, cases=CASES, title="what is given is not computed again"),
        Gradient(probe=loss, cases=CASES, wrt=("a", "b"), points=0.5, title="a gradient reaches both networks"),
        Property(
            probe=inverse,
            cases=draws(8, x=real("N D"), y=real("N D"), c=real("", 0.5, 2)),
            points=0.5,
            title="0 for two maps that undo each other",
            holds=lambda v, x, y, c: abs(float(v)) < 1e-9,
        ),
    ),
    mutants=(
        Mutant(
            "computed-again",
            "there holds F(y) and G(x) already: a network should not be asked twice for the same",
            replace=("(F(y), G(x)) if there is None else there", "(F(y), G(x))"),
        ),
        Mutant(
            "squared",
            "the paper takes |·|, not the square, which blurs",
            body="""
            from minigen.nn.functional import mse_loss
            fake_x, fake_y = (F(y), G(x)) if there is None else there
            return mse_loss(F(fake_y), x) + mse_loss(G(fake_x), y)
        """,
        ),
        Mutant("one-way", "only one of the two cycles: zebras have to come back, too", replace=(" + l1_loss(G(fake_x), y)", "")),
        Mutant(
            "halved",
            "the sum of the two terms, not their mean",
            body="""
            fake_x, fake_y = (F(y), G(x)) if there is None else there
            return 0.5 * (l1_loss(F(fake_y), x) + l1_loss(G(fake_x), y))
        """,
        ),
        Mutant(
            "summed",
            "the mean over the pixels, not the sum",
            body="""
            fake_x, fake_y = (F(y), G(x)) if there is None else there
            return abs(F(fake_y) - x).sum() + abs(G(fake_x) - y).sum()
        """,
        ),
        Mutant(
            "constant-there",
            "the first of the two maps is treated as a constant: the gradient must reach both",
            body="""
            fake_x, fake_y = (F(y), G(x)) if there is None else there
            return l1_loss(F(fake_y.detach()), x) + l1_loss(G(fake_x.detach()), y)
        """,
        ),
    ),
    variants=(
        Variant(
            "apart",
            body="""
            if there is None:
                there = F(y), G(x)
            horse, zebra = F(there[1]), G(there[0])
            return abs(horse - x).mean() + abs(zebra - y).mean()
        """,
        ),
    ),
    hints=(
        "If G turned every horse into the same beautiful zebra, would a discriminator notice? Would F be able to undo it?",
        'Lecture 09, "CycleGAN", and equation 2 of Zhu et al.: L_cyc(G, F).',
        "F(y): like x. G(x): like y. F(G(x)): like x; G(F(y)): like y. Two numbers, added.",
        """
            fake_x, fake_y = (F(y), G(x)) if there is None else there
            return l1_loss(F(fake_y), x) + …
        """,
    ),
)
