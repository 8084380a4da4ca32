"""nf-made-masks: a network whose Jacobian is triangular by construction."""

import numpy as np

from minigen import nn, random
from minigen.derivatives import jacobian
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Shape
from minigen.exercises.draws import choice, draws, real
from minigen.nn.masked import MADE, made_masks


def masks(n, hidden, order, context):
    """The function itself."""
    return [np.asarray(mask) * 1 for mask in made_masks(n, hidden, order, context)]


def paths(n, hidden, order, context):
    """1 where a path leads to an output from an input: (D, D + K)"""
    found = np.eye(n + context)
    for mask in made_masks(n, hidden, order, context):
        found = mask @ found
    return (found > 0) * 1


def network(x, hidden, order):
    """∂out/∂in of a MADE with tanh and two outputs for each feature: (2, D, D)"""
    with random.fork(3):
        made = MADE(len(x), hidden, outputs=2, order=order, activation=nn.Tanh)
    return jacobian(lambda v: made(v[None])[0], x).reshape(2, len(x), len(x))


def places(n, order):
    """The position of each feature."""
    return np.argsort(np.arange(n) if order is None else order)


def may_know(n, order, context):
    """A bool (D, D + K): which inputs each output may depend on."""
    place = places(n, order)
    return np.concatenate([place[:, None] > place, np.ones((n, context), bool)], axis=1)


def nothing_forbidden(path, n, hidden, order, context):
    """No path from an input that an output may not know."""
    return (path == 0) | may_know(n, order, context)


def nothing_lost(path, n, hidden, order, context):
    """A path from every input that an output may know."""
    return (path > 0) | ~may_know(n, order, context)


def only_zeros_and_ones(*found, **case):
    """What a mask is."""
    return np.asarray(all(np.isin(mask, (0, 1)).all() for mask in found))


def triangular(J, x, hidden, order):
    """∂outᵢ/∂inⱼ is 0 exactly where j does not come before i."""
    return (np.abs(J) > 1e-9) == may_know(len(x), order, 0)


def wide(pick):
    """Features, layers that are just wide enough or wider, and perhaps an order."""
    n = pick.choice(2, 3, 5)
    order = pick.choice(None, *{2: ((1, 0),), 3: ((2, 0, 1), (1, 2, 0)), 5: ((4, 3, 2, 1, 0), (2, 0, 4, 1, 3))}[n])
    context = pick.choice(0, 2)
    least = n if context else n - 1
    hidden = pick.choice((least,), least + 1, (least, least + 1), (least + 3, least, 2 * least))
    return {"n": n, "hidden": hidden, "order": order, "context": context}


def plain(pick):
    """The same without order and context."""
    return {**wide(pick), "order": None, "context": 0}


CASES = draws(12, build=wide)

EXERCISE = Exercise(
    id="nf-made-masks",
    lecture="11",
    section="Autoregressive",
    title="The masks of MADE",
    difficulty=3,
    points=4,
    target="minigen.nn.masked:made_masks",
    names="np, positions",
    needs=("nf-permute",),
    teaches="all conditionals in one pass: take away the connections that would look ahead",
    stub_docstring="The masks (out, in) of the layers D (+ K) → hidden → D: in ``order`` the Jacobian ∂out/∂in is strictly triangular.",
    task=r"""
$p(x) = \prod_i p(x_i \,|\, x_1 \dots x_{i-1})$ holds for every density. One network can compute all factors at once if its output $i$
depends only on the inputs *before* the $i$-th. MADE reaches that with masks of zeros and ones on the weights: every unit gets a
number $m$, the last position that it may know of, and connections that would tell it more are cut.

* An input at position $1 \dots D$ of the order has this position as its $m$; `positions(n, order)` gives it for every feature, $(D,)$.
* Hidden units get numbers $1 \dots D-1$, shared out such that each number occurs in every layer that is wide enough.
* A hidden unit may listen to an input or hidden unit with $m' \le m$.
* The output at position $i$ may listen to a hidden unit with $m' < i$, *strictly*: no output knows its own input.

Return the list of masks, one for each layer from the inputs to the outputs, of shape (out, in), 1 or True where a connection may be.
`hidden` holds the widths of the hidden layers, or is one number for a single one.

`context_features` $K$: that many numbers stand behind the $D$ features in the input, and all outputs may depend on them. Their $m$ is 0,
and hidden units get $0 \dots D-1$, so that even the first output, which knows no feature, hears of the context.
""",
    checks=(
        Shape(probe=masks, cases=CASES, points=0.5, says="of the masks: (hidden, D), …, (D, hidden)"),
        Property(
            probe=paths,
            cases=draws(6, build=plain),
            points=1,
            title="no output hears of its own input or a later one",
            holds=nothing_forbidden,
        ),
        Property(
            probe=paths, cases=draws(6, build=plain), points=1, title="every output hears of all inputs before it", holds=nothing_lost
        ),
        Property(probe=paths, cases=CASES, points=0.25, title="neither with any order and a context", holds=nothing_forbidden),
        Property(probe=paths, cases=CASES, points=0.5, title="nor is anything lost there", holds=nothing_lost),
        Property(probe=masks, cases=CASES, points=0.25, title="a mask holds 0 and 1", holds=only_zeros_and_ones),
        Property(
            probe=network,
            cases=draws(2, x=real("4", -1, 1), hidden=choice((12, 12), (20,)), order=choice(None, (2, 0, 3, 1))),
            points=0.5,
            title="the Jacobian of a network with these masks is strictly triangular",
            holds=triangular,
        ),
    ),
    mutants=(
        Mutant(
            "knows-itself",
            "the outputs: i ≥ m′ lets output i see its own input x_i, so that it need only copy it; it must be i > m′",
            replace=("position[:, None] > units[-1]", "position[:, None] >= units[-1]"),
        ),
        Mutant(
            "strict-everywhere",
            "the hidden layers: m > m′ there loses one position in every layer; only the outputs are strict",
            replace=("after[:, None] >= before for", "after[:, None] > before for"),
        ),
        Mutant(
            "order-ignored",
            "the order is ignored: positions(n, order) says who comes when",
            replace=("position = positions(n, order)", "position = positions(n)"),
        ),
        Mutant(
            "order-for-position",
            "order[k] is the feature at place k; positions(n, order) is the place of every feature, the inverse of that",
            replace=("position = positions(n, order)", "position = positions(n) if order is None else np.asarray(order) + 1"),
        ),
        Mutant(
            "too-high",
            "a hidden unit with m = D is of no use, no output may listen to it: share out 1 … D − 1",
            replace=("low + np.arange(width) * (high - low + 1) // width", "np.linspace(low, n, width).astype(int)"),
        ),
        Mutant(
            "all-ones",
            "all hidden units have m = 1: they know the first feature only",
            replace=("low + np.arange(width) * (high - low + 1) // width", "low + 0 * np.arange(width) + (not context_features)"),
        ),
        Mutant(
            "backwards",
            "the wrong way round: you let units listen to those that know more",
            replace=("after[:, None] >= before for", "after[:, None] <= before for"),
        ),
        Mutant(
            "transposed",
            "the masks are (in, out): weights of a linear layer are (out, in), and so are their masks",
            replace=("return [*masks, position[:, None] > units[-1]]", "return [m.T for m in [*masks, position[:, None] > units[-1]]]"),
        ),
        Mutant(
            "context-unheard",
            "the first output hears nothing of the context: with one, hidden units get numbers from 0 on",
            replace=("(0 if context_features else 1)", "1"),
        ),
    ),
    variants=(
        Variant(
            "loops",
            body="""
                widths = [hidden] if isinstance(hidden, int) else list(hidden)
                place = list(positions(n, order))
                before, masks = place + [0] * context_features, []
                first = 0 if context_features else 1
                for width in widths:
                    now = [first + k % max(1, n - first) for k in range(width)]
                    masks.append(np.array([[float(m >= p) for p in before] for m in now]))
                    before = now
                masks.append(np.array([[float(i > m) for m in before] for i in place]))
                return masks
            """,
        ),
    ),
    hints=(
        "Draw three inputs, one layer of four units, three outputs, and cross out what may not be. Output 1: what is left for it?",
        'Lecture 11, "Autoregressive", and eq. 12 and 13 of Germain et al. 2015: m ≥ m′ inside, i > m′ at the end.',
        "m of the inputs: (D + K,), the positions and K zeros. m of a hidden layer: (width,), evenly from low to D − 1, where low is 1, or "
        "0 with a context. A mask: m of the layer as a column, compared with m of the layer before: (out, in).",
        """
            hidden = (hidden,) if isinstance(hidden, int) else tuple(hidden)
            position, low = positions(n, order), 0 if context_features else 1
            m = np.concatenate([position, np.zeros(context_features, int)])
            masks = []
            for width in hidden:
                now = low + np.arange(width) * (max(1, n - 1) - low + 1) // width
                masks.append(now[:, None] >= m)
                m = now
            return [*masks, …]
        """,
    ),
)
