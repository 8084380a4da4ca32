"""glow-dequant: a density of whole numbers."""

import numpy as np

from minigen import random
from minigen.bijections.pixels import UniformDequantization
from minigen.evaluate.bits_per_dim import bits
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Moments, Noise, Property, Shape, Values
from minigen.exercises.draws import draws


def dequantized(k, levels):
    """(v, log q(v|k))"""
    return UniformDequantization(levels)(k)


def price(k, levels):
    """log q(v|k)"""
    return UniformDequantization(levels)(k)[1]


def bits_of_nothing(k, levels):
    """Bits/dim of a model that knows nothing: p(v) = 1 on [0, 1]ᴰ, log p(v) = 0."""
    log_q = UniformDequantization(levels)(k)[1]
    return bits(0 * log_q, log_q, k[0].size)


def noise_of(k, levels):
    """(u, k) with u = v · levels − k, for many copies of k: the images (8192, …) and what was added to them."""
    many = np.repeat(k[:1], 8192, axis=0)
    with random.fork(11):
        v = UniformDequantization(levels)(many)[0]
    return v * levels - many


def same_within_an_image(k, levels):
    """How many different numbers the noise of one image of equal pixels has, and that of two images."""
    v = UniformDequantization(levels)(np.zeros((2, 4, 5), np.int64))[0].data
    return len(np.unique(v[0])), len(np.unique(v))


def images(pick):
    """Whole grey values, both ends among them."""
    levels = pick.choice(256, 32, 2)
    k = pick.whole("N C H W", 0, levels - 1)
    k.flat[0], k.flat[-1] = levels - 1, 0
    return {"k": k, "levels": levels}


CASES = draws(8, build=images, sizes={"N": (1, 2), "C": (1, 3), "H": (1, 2, 5), "W": (1, 4)})

EXERCISE = Exercise(
    id="glow-dequant",
    lecture="12",
    section="From grey values to densities",
    title="A density of whole numbers",
    difficulty=2,
    points=2,
    target="minigen.bijections.pixels:UniformDequantization.forward",
    names="math, grey_values, noise, no_change",
    needs=("glow-split",),
    teaches="why bits per dimension need noise, and what the noise costs",
    stub_docstring="(v, log q(v|k)) of whole grey values k: (N, …) -> (N, …), (N,)",
    task=r"""
Grey values are whole numbers $k \in \{0, \dots, 255\}$. A density that may put an ever narrower peak on each of them grows without limit
and has learned nothing. So every pixel gets noise that fills the gap to the next grey value, and is brought to $[0, 1)$,

$$v = \frac{k + u}{256}, \qquad u \sim U[0, 1)^D.$$

The noise has a price. For a given $k$ the vector $v$ is uniform in a small cube: how large is its volume, and so what is its density
$q(v|k)$? With it $\log P(k) \ge E_q[\log p(v) - \log q(v|k)]$, from which bits/dim are counted.

Return `(v, log_q)` with `log_q` = $\log q(v|k)$ in nats, one number for each image, $(N,)$; $D$ is the number of pixels times channels of
one image, and 256 is `self.levels` here. `k = grey_values(k, self.levels)` makes a tensor of `k` and complains if it holds anything but
whole numbers in the range; `noise(k)` is $u$ for every element; `no_change(v)` is zeros of shape $(N,)$.
""",
    checks=(
        Shape(probe=dequantized, cases=CASES, points=0.25, says="(N, C, H, W) -> (N, C, H, W), (N,)"),
        Values(probe=price, cases=CASES, points=0.5, title="log q(v|k)"),
        Noise(probe=dequantized, cases=CASES, points=0.25, atol=1e-4, title="with the checker's noise: (k + u) / levels"),
        Moments(
            probe=noise_of,
            cases=[{"k": np.array([[0, 100, 255]]), "levels": 256}],
            expected_moments=lambda k, levels: (0.5, 12**-0.5),
            cdf=lambda u, **case: np.clip(u, 0, 1),
            points=0.25,
            title="u is uniform on [0, 1), and the grey value can be read off v",
        ),
        Property(
            probe=same_within_an_image,
            cases=[{"k": np.zeros(1), "levels": 256}],
            points=0.25,
            title="every pixel of every image has noise of its own",
            holds=lambda one, both, **case: np.asarray(one == 20 and both == 40),
        ),
        Property(
            probe=bits_of_nothing,
            cases=CASES,
            points=0.5,
            title="whoever knows nothing needs log₂ levels bits for a grey value: 8 for 256",
            holds=lambda y, k, levels: np.isclose(y, np.log2(levels), rtol=1e-9),
        ),
    ),
    mutants=(
        Mutant(
            "no-noise",
            "no noise was added: on whole numbers a density can be as large as one likes",
            replace=("(k + noise(k)) / self.levels", "k / self.levels"),
        ),
        Mutant(
            "to-the-largest",
            "divided by the largest grey value: there are `levels` bins of the width 1/levels, 256 and not 255",
            replace=("(k + noise(k)) / self.levels", "(k + noise(k)) / (self.levels - 1)"),
        ),
        Mutant(
            "centred",
            "noise on both sides of k: half of it falls into the bin below, and black goes below 0; u must lie in [0, 1)",
            replace=("k + noise(k)", "k + noise(k) - 0.5"),
        ),
        Mutant(
            "sign",
            "the sign of log q: a cube of the volume 256⁻ᴰ has the density 256ᴰ, so log q = +D log 256",
            replace=("no_change(v) + math.prod", "no_change(v) - math.prod"),
        ),
        Mutant(
            "one-pixel",
            "D is missing: all D pixels of an image have noise",
            replace=("math.prod(v.shape[1:]) * math.log(self.levels)", "math.log(self.levels)"),
        ),
        Mutant(
            "free",
            "the noise is not free: log q(v|k) = 0 would be a cube of the volume 1",
            replace=("no_change(v) + math.prod(v.shape[1:]) * math.log(self.levels)", "no_change(v)"),
        ),
        Mutant("in-bits", "nats, not bits: the logarithm is the natural one", replace=("math.log(self.levels)", "math.log2(self.levels)")),
        Mutant(
            "the-batch-too",
            "the batch is counted among the dimensions: D is the number of pixels of one image",
            replace=("math.prod(v.shape[1:])", "math.prod(v.shape)"),
        ),
        Mutant(
            "fixed-levels",
            "256 stands there as a number: images may have fewer grey values, self.levels says how many",
            body="""
                k = grey_values(k, self.levels)
                v = (k + noise(k)) / 256
                return v, no_change(v) + math.prod(v.shape[1:]) * math.log(256)
            """,
        ),
        Mutant(
            "one-noise",
            "all images of the batch have the same noise: each needs its own",
            replace=("noise(k)", "noise(k[:1])"),
        ),
    ),
    variants=(
        Variant(
            "generator",
            body="""
                k = grey_values(k, self.levels)
                u = rand(k.shape, k.dtype, k.device)
                log_q = no_change(k) + k[0].numel() * math.log(self.levels)
                return k / self.levels + u / self.levels, log_q
            """,
        ),
    ),
    hints=(
        "One pixel: v is uniform on an interval of the length 1/256. What is its density there? And of 784 pixels together?",
        'Lecture 12, "From grey values to densities": q(v|k) = 256ᴰ inside the cube, so log q = D log 256.',
        "k, u, v: (N, C, H, W). D = C · H · W, the product of v.shape[1:]. log q: (N,), D log 256 in each.",
        """
            k = grey_values(k, self.levels)
            v = …
            return v, no_change(v) + math.prod(v.shape[1:]) * math.log(self.levels)
        """,
    ),
)
