"""nn-batchnorm: every channel with mean 0 and variance 1, over the batch."""

import textwrap

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Values
from minigen.exercises.draws import choice, draws, real
from minigen.nn.batch_norm import batch_norm
from minigen.tensor import Tensor


def trained(x, w, b):
    """In training, without running statistics."""
    return batch_norm(x, None, None, w, b, training=True)


def plain(x, eps):
    """In training, without w, b and running statistics."""
    return batch_norm(x, None, None, training=True, eps=eps)


def followed(x1, x2, mean, var, momentum):
    """The running statistics after two batches, and the second batch normalized."""
    mean, var = Tensor(mean.data.copy()), Tensor(var.data.copy())
    batch_norm(x1, mean, var, training=True, momentum=momentum)
    y = batch_norm(x2, mean, var, training=True, momentum=momentum)
    return mean, var, y


def evaluated(x, mean, var, w, b):
    """In evaluation: y, and the running statistics afterwards."""
    mean, var = Tensor(mean.data.copy()), Tensor(var.data.copy())
    return batch_norm(x, mean, var, w, b, training=False), mean, var


def alone(x, mean, var):
    """In evaluation: the first example of a batch, and the same example as a batch of its own."""
    return batch_norm(x, mean, var)[:1], batch_norm(x[:1], mean, var)


def images(pick):
    """x (N, C) or (N, C, H, W), w and b."""
    x = pick.real(pick.choice("N C H W", "N C"), -2, 2)
    return {"x": x, "w": pick.real((x.shape[1],), 0.5, 2), "b": pick.real((x.shape[1],))}


def batches(pick):
    """Two batches and the statistics before."""
    n, c = pick.choice(3, 4), pick.choice(2, 3)
    return {
        "x1": pick.real((n, c, 2), -2, 2),
        "x2": pick.real((n, c, 2), -2, 2),
        "mean": pick.real((c,)),
        "var": pick.real((c,), 0.25, 3),
        "momentum": pick.choice(0.1, 0.25),
    }


def settled(pick):
    """x, running statistics, w and b."""
    found = images(pick)
    c = found["w"].shape
    return {"x": found["x"], "mean": pick.real(c), "var": pick.real(c, 0.25, 3), "w": found["w"], "b": found["b"]}


SIZES = {"N": (3, 5), "C": (2, 3), "H": (2, 1), "W": (2,)}
IMAGES = draws(10, build=images, sizes=SIZES)

BODY = """
    axes = (0, *range(2, input.ndim))
    mean, var = running_mean, running_var
    if training:
        mean, var = input.mean(axis=axes), input.var(axis=axes, correction=0)
        n = math.prod(input.shape) // input.shape[1]
        if running_mean is not None:
            with no_grad():
                running_mean.copy_((1 - momentum) * running_mean + momentum * mean)
                running_var.copy_((1 - momentum) * running_var + momentum * (var * (n / (n - 1))))
    y = (input - _column(mean, input)) / ops.sqrt(_column(var, input) + eps)
    y = y if weight is None else y * _column(weight, input)
    return y if bias is None else y + _column(bias, input)
"""


def instead(*changes):
    """BODY with pairs (old, new) exchanged."""
    body = textwrap.dedent(BODY)
    for old, new in changes:
        assert body.count(old) == 1, old
        body = body.replace(old, new)
    return body


EXERCISE = Exercise(
    id="nn-batchnorm",
    lecture="03",
    section="Batch norm",
    title="Batch normalization",
    difficulty=3,
    points=3,
    target="minigen.nn.batch_norm:batch_norm",
    names="math, ops, no_grad, _column",
    needs=("ag-sum-mean",),
    teaches="training and evaluation are two functions; two variances, ÷ n and ÷ (n − 1)",
    task=r"""
For each channel of $x$, (N, C) or (N, C, H, W), with $n$ the number of values of a channel in the batch (N, or N · H · W),

$$y = \frac{x - \bar x}{\sqrt{v + \varepsilon}} \cdot w + b, \qquad \bar x = \frac1n \sum x, \quad v = \frac1n \sum (x - \bar x)^2
\qquad\text{in training,}$$

and in evaluation the same with `running_mean` and `running_var` in the place of $\bar x$ and $v$. In training, these follow the batches,

$$\text{running} \leftarrow (1 - m)\,\text{running} + m \cdot \text{statistic},$$

with $m$ = `momentum`, and with the **unbiased** variance, $v \cdot n/(n-1)$. They change in place, inside `with no_grad():`, by
`running_mean.copy_(…)`; in training both may be None. `weight` and `bias`, (C,), may be None, too.

`input` is a tensor: `input.mean(axis=…)` and `input.var(axis=…, correction=0)` take a tuple of axes, `ops.sqrt` takes roots, and
`_column(v, input)` brings (C,) into the shape (C, 1, 1) that broadcasts against images. You compose it of operations that have
derivatives, so the gradient follows by itself, if you let it flow through $\bar x$ and $v$. Complaints about bad arguments are not needed.
""",
    checks=(
        Shape(probe=trained, cases=IMAGES, points=0.25, says="(N, C, …) -> (N, C, …)"),
        Values(probe=trained, cases=IMAGES, points=0.5, title="training: values"),
        Values(
            probe=plain,
            cases=draws(4, x=real("5 2", -1, 1), eps=choice(1e-5, 0.5)),
            points=0.25,
            title="training: without w and b, and with another ε",
        ),
        Gradient(probe=trained, cases=draws(3, build=images, sizes=SIZES), points=0.5, title="training: gradient by x, w, b"),
        Values(probe=followed, cases=draws(6, build=batches), points=0.75, title="training twice: running_mean, running_var, y"),
        Values(probe=evaluated, cases=draws(6, build=settled, sizes=SIZES), points=0.5, title="evaluation: values, nothing is changed"),
        Property(
            probe=alone,
            cases=draws(3, x=real("3 2"), mean=real("2"), var=real("2", 0.25, 3)),
            points=0.25,
            title="evaluation: an example does not depend on the others of its batch",
            holds=lambda y, z, **case: np.isclose(y, z),
        ),
    ),
    mutants=(
        Mutant(
            "unbiased-everywhere",
            "the batch is divided by the root of the biased variance, ÷ n; only running_var gets the unbiased one",
            body=instead(("correction=0", "correction=1"), ("(var * (n / (n - 1)))", "var")),
        ),
        Mutant(
            "biased-everywhere",
            "running_var follows the unbiased variance, v · n/(n − 1): a small batch underestimates the variance of all images",
            body=instead(("(var * (n / (n - 1)))", "var")),
        ),
        Mutant(
            "momentum-turned",
            "momentum is the share of the new batch, 0.1, not that of the old value",
            body=instead(
                ("(1 - momentum) * running_mean + momentum * mean", "momentum * running_mean + (1 - momentum) * mean"),
                ("(1 - momentum) * running_var + momentum *", "momentum * running_var + (1 - momentum) *"),
            ),
        ),
        Mutant(
            "statistics-as-constants",
            "mean and variance depend on x as well: without detach the gradient flows through them",
            body=instead(
                ("    n = math", "    mean, var = mean.detach(), var.detach()\n    n = math"),
            ),
        ),
        Mutant("eps-outside", "ε belongs under the root: √(v + ε), not √v + ε", body=instead((", input) + eps)", ", input)) + eps"))),
        Mutant(
            "no-root",
            "divided by the variance instead of its root",
            body=instead(("ops.sqrt(_column(var, input) + eps)", "(_column(var, input) + eps)")),
        ),
        Mutant(
            "always-training",
            "in evaluation the running statistics are used, not those of the batch: a result must not depend on the other examples",
            body=instead(("if training:", "if True:")),
        ),
        Mutant(
            "running-in-training",
            "in training the batch itself gives mean and variance; the running statistics only follow",
            body=instead(
                ("y = (input", "if training and running_mean is not None:\n    mean, var = running_mean, running_var\ny = (input")
            ),
        ),
        Mutant(
            "one-channel",
            "mean and variance are taken over the channels as well: every channel has its own",
            body=instead(
                (
                    "input.mean(axis=axes), input.var(axis=axes, correction=0)",
                    "input.mean(axis=axes), input.var(axis=axes, correction=0)\n"
                    "    mean, var = input.mean() + 0 * mean, input.var(correction=0) + 0 * var",
                ),
            ),
        ),
        Mutant(
            "each-example",
            "that is mean and variance of each example over its channels, a layer norm: the axes are (0, 2, 3), all but the channels'",
            body=instead(("axes = (0, *range(2, input.ndim))", "axes = tuple(range(1, input.ndim))")),
        ),
    ),
    variants=(
        Variant("composed", body=BODY),
        Variant(
            "one-factor",
            body="""
                axes = (0, *range(2, input.ndim))
                if training:
                    n = math.prod(input.shape) / input.shape[1]
                    mean = input.mean(axis=axes, keepdims=True)
                    var = ((input - mean) * (input - mean)).mean(axis=axes, keepdims=True)
                    if running_mean is not None:
                        running_mean.data[...] += momentum * (mean.data.ravel() - running_mean.data)
                        running_var.data[...] += momentum * (var.data.ravel() * n / (n - 1) - running_var.data)
                else:
                    mean, var = _column(running_mean, input), _column(running_var, input)
                scale = (var + eps) ** -0.5 * (1.0 if weight is None else _column(weight, input))
                return (input - mean) * scale + (0.0 if bias is None else _column(bias, input))
            """,
        ),
    ),
    hints=(
        "Over which axes must you average, so that one number is left for each channel? And if you evaluate one single image?",
        'Lecture 03, "Batch norm", algorithm 1 of Ioffe and Szegedy for training, algorithm 2 for evaluation; there, too, '
        "the unbiased variance m/(m − 1) goes into the running one.",
        "axes = (0, 2, 3), or (0,) for (N, C). mean, var: (C,). In training: running ← (1 − m) running + m (mean, var · n/(n − 1)). "
        "y: (x − _column(mean)) / √(_column(var) + ε), then times _column(weight), plus _column(bias).",
        """
            axes = (0, *range(2, input.ndim))
            mean, var = running_mean, running_var
            if training:
                mean, var = input.mean(axis=axes), input.var(axis=axes, correction=0)
                n = math.prod(input.shape) // input.shape[1]
                if running_mean is not None:
                    with no_grad():
                        running_mean.copy_((1 - momentum) * running_mean + momentum * mean)
                        running_var.copy_(…)
            y = (input - _column(mean, input)) / ops.sqrt(_column(var, input) + eps)
            y = y if weight is None else y * _column(weight, input)
            return y if bias is None else y + _column(bias, input)
        """,
    ),
)
