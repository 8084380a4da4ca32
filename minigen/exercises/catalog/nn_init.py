"""nn-init: weights that neither drown a signal nor blow it up."""

import math

import numpy as np

from minigen import random
from minigen.device import get_default_dtype
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Moments, Noise, Property, Shape
from minigen.exercises.draws import choice, draws
from minigen.nn.init import kaiming_normal_
from minigen.tensor import Tensor


def filled(shape, a, mode, nonlinearity):
    """A weight of this shape, which was full of ones before."""
    weight = Tensor(np.ones(shape, get_default_dtype()))
    kaiming_normal_(weight, a, mode, nonlinearity)
    return weight


def elements(shape, nonlinearity):
    """The elements of a large weight, (n,)."""
    return filled(shape, 0, "fan_in", nonlinearity).reshape(-1)


def deep(layers, width):
    """The root mean square of a signal, before the first and after each of the layers of ReLU, each with a weight of its own."""
    h = random.randn((64, width))
    sizes = [math.sqrt((h * h).mean())]
    for _ in range(layers):
        h = np.maximum(h @ filled((width, width), 0, "fan_in", "relu").data.T, 0)
        sizes.append(math.sqrt((h * h).mean()))
    return np.array(sizes)


SHAPES = choice((3, 5), (4, 2), (2, 3, 3, 3), (5, 2, 2, 1), (3, 4, 5))
KINDS = choice("leaky_relu", "relu", "linear", "tanh")
CASES = draws(15, shape=SHAPES, a=choice(0, 0.2, 1.0), mode=choice("fan_in", "fan_out"), nonlinearity=KINDS)

EXERCISE = Exercise(
    id="nn-init",
    lecture="03",
    section="Initialisation",
    title="How weights begin",
    difficulty=2,
    points=2,
    target="minigen.nn.init:kaiming_normal_",
    names="math, fans, calculate_gain, normal_",
    needs=("nn-leaky-relu",),
    teaches="a sum of n terms has n times the variance: weights must be smaller by √n",
    stub_docstring="Fill ``tensor``, a weight (out, in, *kernel), with normal numbers by the rule of He et al. 2015, and return it.",
    task=r"""
An output of a layer is a sum of `fan_in` products. If inputs and weights are independent with mean 0, its variance is
$\text{fan}_{in} \cdot \operatorname{Var} w \cdot \mathrm{E}\,x^2$. To let the size of a signal neither shrink nor grow from layer to
layer, twenty layers deep, draw

$$w \sim N\!\left(0, \frac{\text{gain}^2}{\text{fan}}\right),$$

where the gain makes up for what the nonlinearity takes away: a ReLU throws half of $\mathrm{E}\,x^2$ away, so its gain is $\sqrt2$.

`fans(tensor)` is (fan_in, fan_out), kernels included; `mode` says which one counts, "fan_in" for signals or "fan_out" for gradients.
`calculate_gain(nonlinearity, a)` knows the gains; $a$ is the slope of a leaky ReLU. `normal_(tensor, mean, std)` fills a tensor in place
and returns it; mind what it takes, and what stands in the formula.
""",
    checks=(
        Shape(probe=filled, cases=CASES, points=0.25, says="a weight (out, in, …) -> the same, filled"),
        Noise(probe=filled, cases=CASES, points=1, title="values: std times the checker's normal numbers"),
        Moments(
            probe=elements,
            cases=draws(2, shape=choice((50, 40), (20, 10, 3, 3)), nonlinearity=choice("relu", "tanh")),
            points=0.25,
            title="mean 0, variance gain²/fan_in",
            expected_moments=lambda shape, nonlinearity: (
                0.0,
                {"relu": math.sqrt(2), "tanh": 5 / 3}[nonlinearity] / math.sqrt(math.prod(shape[1:])),
            ),
        ),
        Property(
            probe=deep,
            cases=[{"layers": 20, "width": 400}],
            points=0.5,
            title="a signal keeps its size through 20 layers of ReLU, to a factor of 2",
            holds=lambda sizes, **case: (sizes > 0.5) & (sizes < 2),
        ),
    ),
    mutants=(
        Mutant(
            "variance-for-std",
            "normal_ takes the standard deviation, the root of the variance gain²/fan",
            body="""
                fan = fans(tensor)[mode == "fan_out"]
                return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) ** 2 / fan)
            """,
        ),
        Mutant(
            "no-root",
            "divided by fan instead of √fan: the variance must be gain²/fan",
            body="""
                fan = fans(tensor)[mode == "fan_out"]
                return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / fan)
            """,
        ),
        Mutant(
            "no-gain",
            "the gain is missing: with a ReLU the signal shrinks by √2 in each layer, by 1000 in twenty",
            body="""
                fan = fans(tensor)[mode == "fan_out"]
                return normal_(tensor, 0.0, 1 / math.sqrt(fan))
            """,
        ),
        Mutant(
            "always-relu",
            "√2 is the gain of a ReLU; others have their own: calculate_gain(nonlinearity, a)",
            body="""
                fan = fans(tensor)[mode == "fan_out"]
                return normal_(tensor, 0.0, math.sqrt(2 / fan))
            """,
        ),
        Mutant(
            "slope-forgotten",
            "the gain of a leaky ReLU depends on its slope a: hand it to calculate_gain",
            body="""
                fan = fans(tensor)[mode == "fan_out"]
                return normal_(tensor, 0.0, calculate_gain(nonlinearity) / math.sqrt(fan))
            """,
        ),
        Mutant(
            "modes-exchanged",
            "fan_in and fan_out are exchanged: fans returns (fan_in, fan_out)",
            body="""
                fan = fans(tensor)[mode == "fan_in"]
                return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(fan))
            """,
        ),
        Mutant(
            "kernel-forgotten",
            "in a convolution each output is a sum over channels and the kernel: fan_in is in · k_h · k_w, see fans",
            body="""
                fan = tensor.shape[1] if mode == "fan_in" else tensor.shape[0]
                return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(fan))
            """,
        ),
        Mutant(
            "xavier",
            "that is the rule of Glorot and Bengio, 2/(fan_in + fan_out): here one of the two counts, as mode says",
            body="return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) * math.sqrt(2 / sum(fans(tensor))))",
        ),
        Mutant(
            "uniform",
            "normal numbers are wanted: kaiming_uniform_ is another function",
            body="""
                bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / fans(tensor)[mode == "fan_out"])
                return uniform_(tensor, -bound, bound)
            """,
        ),
    ),
    variants=(
        Variant(
            "in-steps",
            body="""
                fan_in, fan_out = fans(tensor)
                fan = fan_in if mode == "fan_in" else fan_out
                variance = calculate_gain(nonlinearity, a) ** 2 / fan
                return normal_(tensor, 0.0, math.sqrt(variance))
            """,
        ),
    ),
    hints=(
        "If 100 inputs of size 1 are multiplied by weights of size 1 and added up, how large is the sum? And after twenty such layers?",
        'Lecture 03, "Initialisation", and He et al. 2015, equation 10: ½ n Var w = 1 for a ReLU, hence Var w = 2/n.',
        "fan: one of the two numbers of fans(tensor), by mode. gain: calculate_gain(nonlinearity, a). "
        "std: gain / √fan, a plain number. normal_(tensor, 0, std) fills it and returns it.",
        """
            fan_in, fan_out = fans(tensor)
            fan = fan_in if mode == "fan_in" else fan_out
            return normal_(tensor, 0.0, …)
        """,
    ),
)
