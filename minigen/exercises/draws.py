"""The cases on which a function is tried: described as data, drawn by Hypothesis, shrunk by it when one fails.

``draws(x=real("N D"), axis=choice(0, 1))`` is enough for most exercises. Letters stand for sizes, distinct primes, so that no axis
can be taken for another; a digit stands for itself. Where arguments depend on each other, ``draws(build=function)`` takes a function
of a ``pick``, with the same vocabulary: ``pick.real("N D")``, ``pick.choice(0, 1)``, ``pick.size("N")``, ``pick.generator()``.
"""

import math
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minigen.random import new_generator

SIZES = (2, 3, 5, 7)


class Field(NamedTuple):
    """One argument of a case: which method of ``pick`` makes it, and from what."""

    kind: str
    arguments: tuple
    keywords: dict


def real(shape="N D", low=-3.0, high=3.0, *, away=0.0):
    """An array of numbers in [low, high], none nearer to 0 than ``away``. Shape: "N D", "N 3", or "" for a number."""
    return Field("real", (shape, low, high), {"away": away})


def whole(shape="", low=0, high=9):
    """An array of whole numbers from low to high, both included; "" gives a plain int."""
    return Field("whole", (shape, low, high), {})


def choice(*options):
    """One of some settings."""
    return Field("choice", options, {})


def number(low, high):
    """A plain float in [low, high]."""
    return Field("number", (low, high), {})


@dataclass(frozen=True, eq=False)
class Draws:
    """``n`` cases after the ``examples``. ``sizes``: {letter: possible sizes}; ``where``: keep only cases for which it is true."""

    fields: dict
    n: int = 15
    examples: tuple = ()
    sizes: dict = None
    where: object = None
    build: object = None

    def case(self, pick):
        """One case, made with ``pick``."""
        pick.sizes = dict(self.sizes or {})
        made = self.build(pick) if self.build else {}
        for name, field in self.fields.items():
            made[name] = getattr(pick, field.kind)(*field.arguments, **field.keywords)
        return made

    def plain(self, seed):
        """A case without any special numbers: the first one to be tried."""
        for attempt in range(100):
            case = self.case(PlainPick([seed, attempt]))
            if self.where is None or self.where(**case):
                return case
        raise ValueError("draws: `where` lets no case through")

    def cases(self, seed):
        """The examples, then a plain case, then n drawn ones; the same for the same ``seed``."""
        found = [dict(e) for e in self.examples] + [self.plain(seed)]

        def collect(case):
            found.append(case)
            return False

        if self.n:
            _find(self, collect, seed, self.n)
        return found

    def smallest(self, fails, seed, seconds=2.0, clock=time.process_time):
        """A failing case that is as small as can be found in some seconds of ``clock``, or None if no drawn case fails."""
        end, known = clock() + seconds, {}

        def condition(case):
            key = repr([(name, getattr(v, "shape", ()), np.asarray(v).tolist()) for name, v in case.items()])
            if key not in known:
                known[key] = clock() < end and fails(case)
            return known[key]

        return _find(self, condition, seed, 4 * max(self.n, 15), shrink=True)


def draws(n=15, *, examples=(), sizes=None, where=None, build=None, **fields):
    """Cases: named arguments made by real, whole, choice, number. See ``Draws`` for the rest."""
    return Draws(fields, n, tuple(examples), sizes, where, build)


def _find(spec, condition, seed, n, shrink=False):
    import tempfile
    from random import Random

    import hypothesis
    from hypothesis import strategies as st

    hypothesis.configuration.set_hypothesis_home_dir(tempfile.gettempdir())  # no .hypothesis folder among the student's files

    @st.composite
    def cases(draw):
        case = spec.case(DrawnPick(draw))
        hypothesis.assume(spec.where is None or spec.where(**case))
        return case

    phases = [hypothesis.Phase.generate] + [hypothesis.Phase.shrink] * shrink
    settings = hypothesis.settings(
        database=None, deadline=None, max_examples=n, phases=phases, suppress_health_check=list(hypothesis.HealthCheck)
    )  # fmt: skip
    try:
        return hypothesis.find(cases(), condition, settings=settings, random=Random(seed))
    except hypothesis.errors.NoSuchExample:
        return None


# --- the two that pick --------------------------------------------------------------------------------------------------------


class Pick:
    """The vocabulary of a case. Subclasses know where single numbers come from."""

    def __init__(self):
        self.sizes, self.chosen = {}, {}

    def size(self, letter):
        """The size that a letter stands for: a prime that no other letter stands for, or one of ``sizes[letter]``."""
        if letter.isdigit():
            return int(letter)
        if letter not in self.chosen:
            taken = set(self.chosen.values())
            options = self.sizes.get(letter) or [n for n in (*self.smaller, *SIZES) if n not in taken]
            self.chosen[letter] = self.one_of(options)
        return self.chosen[letter]

    def shape(self, text):
        """ "N 3" as a tuple of sizes; a tuple stays."""
        return tuple(self.size(letter) for letter in text.split()) if isinstance(text, str) else tuple(text)

    def real(self, shape="N D", low=-3.0, high=3.0, *, away=0.0):
        """See ``real``."""
        shape = self.shape(shape)
        found = [self.float_in(low, high, away) for _ in range(math.prod(shape))]
        return np.array(found, np.float64).reshape(shape)

    def whole(self, shape="", low=0, high=9):
        """See ``whole``."""
        shape = self.shape(shape)
        found = [self.int_in(low, high) for _ in range(math.prod(shape))]
        return np.array(found, np.int64).reshape(shape) if shape else found[0]

    def choice(self, *options):
        """See ``choice``."""
        return self.one_of(options)

    def number(self, low, high):
        """See ``number``."""
        return float(self.float_in(low, high, 0.0))

    def generator(self):
        """A NumPy generator with a drawn seed, for arrays that are too large to be drawn number by number."""
        return new_generator(self.int_in(0, 10**6))


class PlainPick(Pick):
    """Picks anything, evenly: no case of special numbers, and no size 1."""

    smaller = ()

    def __init__(self, seed):
        super().__init__()
        self.rng = new_generator(seed)

    def one_of(self, options):
        """Any of them."""
        return options[int(self.rng.integers(len(options)))]

    def int_in(self, low, high):
        """A whole number in [low, high]."""
        return int(self.rng.integers(low, high, endpoint=True))

    def float_in(self, low, high, away):
        """A number in [low, high] of two digits after the point."""
        while True:
            x = round(float(self.rng.uniform(low, high)), 2)
            if low <= x <= high and abs(x) >= away:
                return x


class DrawnPick(Pick):
    """Picks what Hypothesis draws: small and special numbers more often, and simpler ones when a case is shrunk."""

    smaller = (1,)

    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def one_of(self, options):
        """One of them, the first when shrunk."""
        from hypothesis import strategies as st

        return self.draw(st.sampled_from(list(options)))

    def int_in(self, low, high):
        """A whole number in [low, high], small when shrunk."""
        from hypothesis import strategies as st

        return self.draw(st.integers(low, high))

    def float_in(self, low, high, away):
        """A multiple of 1/8 in [low, high], which is exact and short to print."""
        from hypothesis import strategies as st

        multiples = st.integers(math.ceil(8 * low), math.floor(8 * high))
        return self.draw(multiples.filter(lambda k: abs(k) >= 8 * away) if away else multiples) / 8
