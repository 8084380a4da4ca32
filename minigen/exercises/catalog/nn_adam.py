"""nn-adam: a step that does not depend on how large the gradients are."""

import textwrap

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Shape, Values
from minigen.exercises.draws import choice, draws, real
from minigen.optim import Adam
from minigen.tensor import Tensor


def path(x, target, h, betas, eps):
    """Where five steps lead on the loss Σ h (x − target)², (5, D)."""
    p, places = Tensor(x.data.copy(), requires_grad=True), []
    optimizer = Adam([p], lr=0.1, betas=betas, eps=eps)
    for _ in range(5):
        optimizer.zero_grad()
        (h * (p - target) * (p - target)).sum().backward()
        optimizer.step()
        places.append(p.data.copy())
    return np.stack(places)


def moments(x, g, m, v, t, betas):
    """p, m and v after the t-th step, and g, which must be what it was."""
    p, g, m, v = (a.data.copy() for a in (x, g, m, v))
    optimizer = Adam([Tensor(p.copy(), requires_grad=True)])
    state = {"exp_avg": m, "exp_avg_sq": v}
    optimizer.update(p, g, state, np.full_like(p, np.nan), t, lr=0.1, betas=betas, eps=1e-3, weight_decay=0.0, amsgrad=False)
    return p, m, v, g


def first(x, g):
    """How far the first step goes, with lr = 0.1."""
    p = Tensor(x.data.copy(), requires_grad=True)
    optimizer = Adam([p], lr=0.1, eps=1e-12)
    p.grad = Tensor(g.data)
    optimizer.step()
    return p.data - x.data


def valley(steps):
    """The loss after some steps in a valley that is 1000 times as steep across as along."""
    p = Tensor(np.array([2.0, 2.0]), requires_grad=True)
    optimizer, h = Adam([p], lr=0.1), np.array([1000.0, 1.0])
    for _ in range(steps):
        optimizer.zero_grad()
        (p * p * h).sum().backward()
        optimizer.step()
    return np.array(float((p.data**2 * h).sum()))


BETAS = choice((0.9, 0.999), (0.5, 0.75))
PATHS = draws(8, x=real("D"), target=real("D"), h=real("D", 0.25, 3), betas=BETAS, eps=choice(1e-8, 0.1))
STATES = draws(8, x=real("D"), g=real("D", away=0.1), m=real("D"), v=real("D", 0.25, 3), t=choice(1, 2, 10), betas=BETAS)

BODY = """
    beta1, beta2 = betas
    m, v = state["exp_avg"], state["exp_avg_sq"]
    m[...] = beta1 * m + (1 - beta1) * g
    v[...] = beta2 * v + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    p -= lr * m_hat / (np.sqrt(v_hat) + eps)
"""


def instead(old, new):
    """BODY with one thing exchanged."""
    assert BODY.count(old) == 1, old
    return textwrap.dedent(BODY.replace(old, new))


EXERCISE = Exercise(
    id="nn-adam",
    lecture="03",
    section="Optimisers",
    title="Adam",
    difficulty=2,
    points=3,
    target="minigen.optim.adam:Adam.update",
    names="np, math",
    needs=("ag-mul",),
    teaches="running means that start at 0 are too small at first, and by how much is known",
    stub_docstring="Change ``p`` and the running means in place, for the t-th step, t = 1, 2, …",
    task=r"""
Adam keeps two running means of each parameter's gradient $g$, of itself and of its square, and steps by their ratio:

$$m \leftarrow \beta_1 m + (1 - \beta_1)\,g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\,g^2,$$
$$\hat m = \frac{m}{1 - \beta_1^t}, \qquad \hat v = \frac{v}{1 - \beta_2^t}, \qquad
p \leftarrow p - \text{lr}\,\frac{\hat m}{\sqrt{\hat v} + \varepsilon}.$$

Both start at 0, so after $t$ steps they hold only the share $1 - \beta^t$ of what they will hold later; dividing by that mends it.

`p`, `g`, `m = state["exp_avg"]`, `v = state["exp_avg_sq"]` are NumPy arrays of one length. Change `p`, `m`, `v` **in place** (`p -= …`,
`m[...] = …`): a new array of the same name would be forgotten at the end of the function. `g` must stay as it is. `work` is an array of the
same length for intermediate results, which you do not need; `amsgrad` is not asked for. Return nothing.
""",
    checks=(
        Shape(probe=path, cases=PATHS, points=0.25, says="p stays (D,)"),
        Values(probe=moments, cases=STATES, points=1, title="one step: p, m, v, and g as it was"),
        Values(probe=path, cases=PATHS, points=1, title="five steps"),
        Property(
            probe=first,
            cases=draws(6, x=real("D"), g=real("D", away=0.1)),
            points=0.5,
            title="the first step is lr · sign(g), however large g is",
            holds=lambda moved, x, g: np.isclose(moved, -0.1 * np.sign(g)),
        ),
        Property(
            probe=valley,
            cases=[{"steps": 150}],
            points=0.25,
            title="finds the bottom of a steep valley",
            holds=lambda loss, steps: loss < 0.1,
        ),
    ),
    mutants=(
        Mutant(
            "no-correction",
            "the bias correction is missing: m and v start at 0 and are too small at first; divide by 1 − βᵗ",
            body=instead("m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)", "m_hat, v_hat = m, v"),
        ),
        Mutant(
            "half-a-correction",
            "only m is corrected: v starts at 0 as well",
            body=instead("v / (1 - beta2**t)", "v"),
        ),
        Mutant(
            "one-step-late",
            "t counts from 1: the first step has t = 1, so the power is t, not t + 1",
            body=textwrap.dedent(BODY.replace("**t", "**(t + 1)")),
        ),
        Mutant("eps-inside", "ε stands beside the root, not in it: √v̂ + ε", body=instead("(np.sqrt(v_hat) + eps)", "np.sqrt(v_hat + eps)")),
        Mutant(
            "no-root", "divided by v̂ itself: its root has the unit of a gradient", body=instead("(np.sqrt(v_hat) + eps)", "(v_hat + eps)")
        ),
        Mutant("no-square", "v is the running mean of g², not of g", body=instead("(1 - beta2) * g * g", "(1 - beta2) * g")),
        Mutant(
            "betas-exchanged", "β₁ belongs to m, β₂ to v: they are exchanged", body=instead("beta1, beta2 = betas", "beta2, beta1 = betas")
        ),
        Mutant(
            "shares-exchanged",
            "β is the share of the old mean and 1 − β that of the new gradient: they are exchanged",
            body=textwrap.dedent(
                BODY.replace("beta1 * m + (1 - beta1) * g", "(1 - beta1) * m + beta1 * g").replace(
                    "beta2 * v + (1 - beta2) * g * g", "(1 - beta2) * v + beta2 * g * g"
                )
            ),
        ),
        Mutant(
            "forgotten-moments",
            "m and v are new arrays, forgotten at the end of the function: write m[...] = …, into the old ones",
            body=textwrap.dedent(BODY.replace("m[...] =", "m =").replace("v[...] =", "v =")),
        ),
        Mutant(
            "p-not-changed",
            "p = p − … makes a new array; p itself is not changed: p -= …",
            body=instead("p -= lr * m_hat / (np.sqrt(v_hat) + eps)", "p = p - lr * m_hat / (np.sqrt(v_hat) + eps)"),
        ),
        Mutant("uphill", "the sign: against the gradient, p − …", body=instead("p -=", "p +=")),
        Mutant("gradient-for-mean", "the step goes along m̂, the running mean, not along g", body=instead("lr * m_hat", "lr * g")),
    ),
    variants=(
        Variant("as-it-stands", body=BODY),
        Variant(
            "in-place",
            body="""
                m, v = state["exp_avg"], state["exp_avg_sq"]
                m += (1 - betas[0]) * (g - m)
                v += (1 - betas[1]) * (g**2 - v)
                step = lr * math.sqrt(1 - betas[1] ** t) / (1 - betas[0] ** t)
                p -= step * m / (np.sqrt(v) + eps * math.sqrt(1 - betas[1] ** t))
            """,
        ),
    ),
    hints=(
        "After the first step m is (1 − β₁) g. What must it be divided by to be g? And after the second, if g stays the same?",
        'Lecture 03, "Optimisers", and Kingma and Ba, algorithm 1: the five assignments above, one line of code each.',
        "m, v, g, p: (D,). m[...] and v[...] get the new means; m_hat and v_hat are new arrays, divided by 1 − beta1**t and 1 − beta2**t; "
        "p -= lr · m_hat / (√v_hat + eps).",
        """
            beta1, beta2 = betas
            m, v = state["exp_avg"], state["exp_avg_sq"]
            m[...] = beta1 * m + (1 - beta1) * g
            v[...] = beta2 * v + (1 - beta2) * g * g
            m_hat, v_hat = …
            p -= lr * m_hat / (np.sqrt(v_hat) + eps)
        """,
    ),
)
