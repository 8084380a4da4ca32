"""Products: matmul and its kin, einsum with any equation, tensordot; values by NumPy, gradients by numbers, errors by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigen
from minigen import Tensor, gradgradcheck, ops
from minigen.ops.einsum import contract
from minigen.random import new_generator
from tests.checking import Row, check, few, seeds, values

sizes = st.integers(1, 4)


def matrices(draw):
    """Two stacks of matrices with broadcasting batches, or a vector on one side or on both."""
    batches = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3)).input_shapes
    m, k, n = draw(sizes), draw(sizes), draw(sizes)
    a = (k,) if draw(st.booleans()) and draw(st.booleans()) else (*batches[0], m, k)
    b = (k,) if draw(st.booleans()) and draw(st.booleans()) else (*batches[1], k, n)
    return [values(draw(seeds), a), values(draw(seeds), b)], {}


def shaped(*letters):
    """Arrays whose axes are letters, each of a drawn length: shaped("mk", "kn")."""

    def draw_it(draw):
        length = {c: draw(sizes) for c in sorted(set("".join(letters)))}
        return [values(draw(seeds), tuple(length[c] for c in term)) for term in letters], {}

    return draw_it


EQUATIONS = [
    "ij,jk->ik", "ij,jk", "ba", "ij->ji", "ij->", "ij->j", "i,i->", "i,j->ij", "i,j->ji", "ij,ij->i", "ij,kl->ik", "i,ij,j->",
    "i,i,i->i", "bhqd,bhkd->bhqk", "ij,jk,kl->il", ",ij->ij", "ii->i", "ii->", "ii", "iij->j", "iji->j", "iii->i", "ii,ij,jj->j",
    "ij,ji->", "aab,bcc->ac",
]  # fmt: skip


def equation(draw):
    eq = draw(st.sampled_from(EQUATIONS))
    return shaped(*eq.split("->")[0].split(","))(draw)[0], {"equation": eq}


DOTS = [
    ("...ij,...jk->...ik", ["mij", "jk"]),
    ("...ij,jk", ["mnij", "jk"]),
    ("...i->...", ["nmi"]),
    ("...,...", ["nm", "m"]),
    ("i...->i...", ["ijk"]),
    ("i...j,j...->i...", ["imj", "jm"]),
    ("...ii->...i", ["mii"]),
    ("...->...", ["ij"]),
]


def dotted(draw):
    eq, letters = draw(st.sampled_from(DOTS))
    return shaped(*letters)(draw)[0], {"equation": eq}


def einsum(*operands, equation):
    return minigen.einsum(equation, *operands)


def np_einsum(*operands, equation):
    return np.einsum(equation, *operands)


def axes_to_sum(draw):
    """Two arrays with 0 to 2 axes in common, at drawn places."""
    n = draw(st.integers(0, 2))
    a, b = (draw(st.permutations(["p", "q"][:n] + own)) for own in (["i", "j"][: 3 - n], ["k"]))
    pairs = [[x.index(c) for c in ["p", "q"][:n]] for x in (a, b)]
    return shaped("".join(a), "".join(b))(draw)[0], {"dims": pairs}


ROWS = [
    Row("matmul", ops.matmul, np.matmul, matrices),
    Row("mm", minigen.mm, np.matmul, shaped("mk", "kn")),
    Row("bmm", minigen.bmm, np.matmul, shaped("bmk", "bkn")),
    Row("mv", minigen.mv, np.matmul, shaped("mk", "k")),
    Row("dot", minigen.dot, np.dot, shaped("k", "k")),
    Row("outer", minigen.outer, np.outer, shaped("m", "n")),
    Row("trace", minigen.trace, np.trace, shaped("mn")),
    Row("einsum", einsum, np_einsum, equation, covers=(contract,)),
    Row("einsum with dots", einsum, np_einsum, dotted),
    Row("tensordot", minigen.tensordot, lambda a, b, dims: np.tensordot(a, b, dims), axes_to_sum),
    Row("tensordot of n axes", lambda a, b: minigen.tensordot(a, b, 2), lambda a, b: np.tensordot(a, b, 2), shaped("ipq", "pqk")),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_row(row, data):
    check(row, data.draw)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_every_equation(equation):
    rng = new_generator(0)
    length = dict(zip("abcdhijklqk", range(2, 13)))
    operands = [rng.standard_normal([length[c] % 4 + 2 for c in term]) for term in equation.split("->")[0].split(",")]
    y = minigen.einsum(equation, *[Tensor(x) for x in operands])
    np.testing.assert_allclose(y.data, np.einsum(equation, *operands), rtol=1e-10)


def test_einsum_of_no_numbers_has_an_empty_gradient():
    for eq, shape in [("i->", (0,)), ("ij->j", (0, 4)), ("ij->i", (4, 0))]:
        x = Tensor(np.zeros(shape), requires_grad=True)
        minigen.einsum(eq, x).sum().backward()
        assert x.grad.shape == shape


def test_einsum_broadcasts_axes_of_length_one():
    rng = new_generator(0)
    a, b = rng.standard_normal((1, 3)), rng.standard_normal((4, 3))
    for eq in ("ij,ij->i", "ij,ij->", "ij,ij->j"):
        np.testing.assert_allclose(minigen.einsum(eq, Tensor(a), Tensor(b)).data, np.einsum(eq, a, b))
        gradgradcheck(lambda *t, eq=eq: minigen.einsum(eq, *t), [a, b])


def test_large_products_take_the_fast_way_to_the_same_numbers():
    rng = new_generator(0)
    a, b = rng.standard_normal((40, 50)), rng.standard_normal((50, 30))
    np.testing.assert_allclose(minigen.einsum("ij,jk->ik", Tensor(a), Tensor(b)).data, a @ b, rtol=1e-10)


def test_products_of_whole_numbers_stay_whole():
    a = Tensor([[1, 2], [3, 4]])
    for y in (a @ a, minigen.einsum("ij,jk->ik", a, a), minigen.tensordot(a, a, 1)):
        assert y.dtype == np.int64
        assert y.tolist() == [[7, 10], [15, 22]]


def test_equations_as_in_pytorch():
    torch = pytest.importorskip("torch")
    rng = new_generator(0)
    for eq, shapes in [("ba", [(2, 3)]), ("bA", [(2, 3)]), ("...b...a->...", [(2, 3)]), ("i...->i", [(2, 3)])]:
        arrays = [rng.standard_normal(s) for s in shapes]
        try:
            expected = torch.einsum(eq, *map(torch.tensor, arrays)).numpy()
        except RuntimeError:
            with pytest.raises(ValueError, match="einsum"):
                minigen.einsum(eq, *map(Tensor, arrays))
            continue
        np.testing.assert_allclose(minigen.einsum(eq, *map(Tensor, arrays)).data, expected)


def m(*shape):
    return Tensor(np.ones(shape))


ERRORS = {
    "matmul: (3, 4) @ (5, 6): inner sizes 4 and 5 differ": lambda: m(3, 4) @ m(5, 6),
    "matmul: (4,) @ (5,): inner sizes 4 and 5 differ": lambda: m(4) @ m(5),
    "matmul: (2, 3, 4) @ (5, 4, 6): the leading axes do not broadcast": lambda: m(2, 3, 4) @ m(5, 4, 6),
    "matmul: () @ (3,): a number is no matrix": lambda: m() @ m(3),
    "mm: expected a matrix, 2 axes, got shape (2, 3, 4)": lambda: minigen.mm(m(2, 3, 4), m(4, 2)),
    "bmm: expected a stack of matrices": lambda: minigen.bmm(m(3, 4), m(4, 2)),
    "bmm: (2, 3, 4) @ (1, 4, 5): 2 and 1 matrices": lambda: minigen.bmm(m(2, 3, 4), m(1, 4, 5)),
    "mv: expected a vector": lambda: minigen.mv(m(3, 4), m(4, 2)),
    "dot: expected a vector": lambda: minigen.dot(m(3, 4), m(4)),
    "outer: expected a vector": lambda: minigen.outer(m(3, 4), m(4)),
    "trace: expected a matrix": lambda: minigen.trace(m(3)),
    "einsum 'ij,jk->ik': the axis 'j' has length 3 in operand 0, but 4 in operand 1": lambda: (
        minigen.einsum("ij,jk->ik", m(2, 3), m(4, 5))
    ),
    "einsum 'ij,jk->ik': the equation has 2 operands, but 1 came": lambda: minigen.einsum("ij,jk->ik", m(2, 3)),
    "einsum 'ij->i': 'ij' names 2 axes, but operand 0 has shape (2, 3, 4)": lambda: minigen.einsum("ij->i", m(2, 3, 4)),
    "einsum 'ij->ik': 'k' in the result must come once there and in an operand": lambda: minigen.einsum("ij->ik", m(2, 3)),
    "einsum 'i1->i': an operand is written with letters": lambda: minigen.einsum("i1->i", m(2, 3)),
    "einsum 'ii->i': the axis 'i' has length 2 in operand 0, but 3 in operand 0": lambda: minigen.einsum("ii->i", m(2, 3)),
    "tensordot: the axes (1, 2) of (2, 3, 4) and (0, 1) of (4, 3) differ in length": lambda: (
        minigen.tensordot(m(2, 3, 4), m(4, 3))
    ),
    "tensordot: (2,) and (2,) have no 2 axes": lambda: minigen.tensordot(m(2), m(2)),
}


@pytest.mark.parametrize("message", ERRORS)
def test_errors_speak(message):
    with pytest.raises(ValueError) as caught:
        ERRORS[message]()
    assert message in str(caught.value)
