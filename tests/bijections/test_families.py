"""Every bijection of the library keeps every promise, alone and in random chains."""

import inspect

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minigen import bijections
from minigen.bijections import Bijection, Chain, Coupling, Inverse, check_bijection
from minigen.random import new_generator
from minigen.tensor import Tensor
from tests.bijections.families import FAMILIES, chains, within

ROWS_TO_CHECK = [(f, shape) for f in FAMILIES for shape in f.shapes]


@pytest.mark.parametrize(("family", "shape"), ROWS_TO_CHECK, ids=[f"{f}-{'x'.join(map(str, s))}" for f, s in ROWS_TO_CHECK])
def test_every_bijection_keeps_its_promises(family, shape):
    rng = new_generator(3)
    n = max(8, 2 * int(np.prod(shape)) + 2)
    context = rng.standard_normal((n, family.context)) if family.context else None
    b = family.make(rng, shape)
    another = lambda: family.make(new_generator(4), shape)  # noqa: E731  (what it draws is not what b has drawn)
    check_bijection(b, family.points(rng, n, shape), context=context, seed=5, again=another)
    image = b.forward_shape(shape)
    check_bijection(b.inv, within(family.image, rng.standard_normal((n, *image))), context=context, seed=7)


@settings(max_examples=200)
@given(seed=st.integers(0, 2**31), length=st.integers(1, 4))
def test_random_chains_keep_their_promises(seed, length):
    chain, shape, domain, context = chains(seed, length)
    rng = new_generator(seed)
    n = 2 * int(np.prod(shape)) + 2
    c = rng.standard_normal((n, context)) if context else None
    x = within(domain, 0.7 * rng.standard_normal((n, *shape)))
    slope = chain(Tensor(x), c if c is None else Tensor(c))[1].data / np.prod(shape)
    assume(np.abs(slope).max() < 10)  # tanh of exp of x³, say, is flat beyond what float64 can invert
    check_bijection(chain, x, context=c, seed=seed, jitter=0.05, only=["shapes", "round trip", "log-determinant", "composition", "saving"])


def test_every_bijection_has_a_row():
    made = {type(m) for f in FAMILIES for m in f.make(new_generator(0), f.shapes[0]).modules()}
    public = {b for b in vars(bijections).values() if inspect.isclass(b) and issubclass(b, Bijection)}
    assert public - made - {Bijection, Chain, Inverse, Coupling} == set()
