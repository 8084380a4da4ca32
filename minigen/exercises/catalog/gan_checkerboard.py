"""gan-checkerboard: where the stamps of a transposed convolution overlap."""

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Shape, Values
from minigen.exercises.draws import draws, whole
from minigen.ops.windows import overlap_counts


def counts(m, k, s):
    """The function itself."""
    return overlap_counts(m, k, s)


CASES = draws(20, m=whole("", 1, 7), k=whole("", 1, 6), s=whole("", 1, 4))
LONG = draws(12, m=whole("", 12, 16), k=whole("", 1, 6), s=whole("", 1, 4), where=lambda m, k, s: k >= s)

EXERCISE = Exercise(
    id="gan-checkerboard",
    lecture="08",
    section="DCGAN",
    title="Chequered images",
    difficulty=2,
    points=2,
    target="minigen.ops.windows:overlap_counts",
    names="np",
    needs=("nn-conv-transpose",),
    teaches="why the kernel size of a transposed convolution should be a multiple of its stride",
    task=r"""
A transposed convolution stamps its kernel of width $k$ onto the output, once for each of $n$ inputs, each time $s$ further on. Where
stamps overlap, they add up. Return how many stamps lie on each output element: an array of $s(n-1)+k$ whole numbers.

Then look at it for $k = 3$, $s = 2$, and for $k = 4$, $s = 2$: with the first, a generator draws every second pixel twice, and in the plane
one gets the chequered pattern that many GANs show.
""",
    checks=(
        Shape(probe=counts, cases=CASES, points=0.5, says="(s (n − 1) + k,)"),
        Values(probe=counts, cases=CASES, points=1),
        Property(
            probe=counts,
            cases=LONG,
            points=0.5,
            title="all equal inside exactly if s divides k",
            holds=lambda y, m, k, s: (len(set(y[k:-k].tolist())) == 1) == (k % s == 0),
        ),
    ),
    mutants=(
        Mutant("ones", "that is where any stamp lies, not how many", body="return np.ones(stride * (n - 1) + kernel_size, np.int64)"),
        Mutant(
            "overwritten",
            "stamps that overlap add up: += and not =",
            replace=("+= 1", "= 1 + counts[stride * i]"),
        ),
        Mutant(
            "no-stride",
            "each stamp lies s further on, not 1",
            body="""
                counts = np.zeros(stride * (n - 1) + kernel_size, np.int64)
                for i in range(n):
                    counts[i : i + kernel_size] += 1
                return counts
            """,
        ),
        Mutant(
            "too-short",
            "the last stamp begins at s (n − 1) and is k wide: that many elements are reached",
            body="""
                counts = np.zeros(stride * n, np.int64)
                for i in range(n):
                    counts[stride * i : stride * i + kernel_size] += 1
                return counts
            """,
        ),
        Mutant(
            "stride-wide",
            "the stamps are k wide; s is how far they are apart",
            body="""
                counts = np.zeros(stride * (n - 1) + kernel_size, np.int64)
                for i in range(n):
                    counts[stride * i : stride * i + stride] += 1
                return counts
            """,
        ),
    ),
    variants=(
        Variant(
            "convolution",
            body="""
                ones = np.zeros(stride * (n - 1) + 1, np.int64)
                ones[::stride] = 1
                return np.convolve(ones, np.ones(kernel_size, np.int64))
            """,
        ),
        Variant(
            "by-element",
            body="""
                t = np.arange(stride * (n - 1) + kernel_size)[:, None] - stride * np.arange(n)
                return ((t >= 0) & (t < kernel_size)).sum(axis=1)
            """,
        ),
    ),
    hints=(
        "Take a strip of paper and three stamps of width 3. Where do the second and the third begin for s = 2, where do two lie?",
        'Lecture 03, "Chequered images": the pattern is the transposed convolution of ones with a kernel of ones.',
        "counts: (s (n − 1) + k,), zeros at first. Stamp i covers the elements s·i … s·i + k − 1.",
        """
            counts = np.zeros(stride * (n - 1) + kernel_size, np.int64)
            for i in range(n):
                counts[…] += 1
            return counts
        """,
    ),
)
