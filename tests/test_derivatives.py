"""vjp, jvp, jacobian, hessian, hvp: against closed forms on random polynomials, finite differences, and each other."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigen
from minigen import Tensor
from minigen.derivatives import hessian, hvp, jacobian, jvp, vjp
from minigen.random import new_generator

few = settings(max_examples=15)
cases = st.tuples(st.integers(0, 2**31), st.integers(1, 4), st.integers(1, 3))  # seed, inputs, outputs


class Cubic:
    """y = a + B x + ½ x C x + ⅙ D x x x, C and D symmetric, with random coefficients: all derivatives are known. (N,) -> (M,)"""

    def __init__(self, seed, n, m):
        rng = new_generator(seed)
        self.a, self.b = rng.standard_normal(m), rng.standard_normal((m, n))
        c, d = rng.standard_normal((m, n, n)), rng.standard_normal((m, n, n, n))
        self.c = c + c.swapaxes(1, 2)
        self.d = sum(d.transpose(0, *p) for p in [(1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1)])
        self.x, self.u, self.v = rng.standard_normal(n), rng.standard_normal(m), rng.standard_normal(n)

    def __call__(self, x):
        b, c, d = Tensor(self.b), Tensor(self.c), Tensor(self.d)
        return Tensor(self.a) + b @ x + 0.5 * (c @ x) @ x + (((d @ x) @ x) @ x) / 6

    def scalar(self, x):
        return self(x)[0]

    def jacobian(self):
        return self.b + self.c @ self.x + 0.5 * (self.d @ self.x) @ self.x

    def hessian(self):
        return (self.c + self.d @ self.x)[0]


@given(cases)
@few
def test_all_agree_with_the_closed_form(case):
    f = Cubic(*case)
    x, u, v = Tensor(f.x), Tensor(f.u), Tensor(f.v)
    y, j, h = f(x).data, f.jacobian(), f.hessian()
    for outputs, product, expected in [(*vjp(f, x, u), f.u @ j), (*jvp(f, x, v), j @ f.v)]:
        np.testing.assert_allclose(outputs.data, y)
        np.testing.assert_allclose(product.data, expected, rtol=1e-9, atol=1e-12)
        assert not outputs.requires_grad
        assert not product.requires_grad
    np.testing.assert_allclose(jacobian(f, x).data, j, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(hessian(f.scalar, x).data, h, rtol=1e-9, atol=1e-12)
    output, product = hvp(f.scalar, x, v)
    np.testing.assert_allclose(output.data, y[0])
    np.testing.assert_allclose(product.data, h @ f.v, rtol=1e-9, atol=1e-12)


def curved(x):
    """A function that is no polynomial: (2, 2) -> (3,)"""
    return minigen.stack([(x.sin() @ x.exp()).sum(), x.logsumexp(0)[1] * x[0, 0], x.prod()])


@given(st.integers(0, 2**31))
@few
def test_against_finite_differences_and_each_other(seed):
    rng, h = new_generator(seed), 1e-6
    x, u, v = rng.standard_normal((2, 2)), rng.standard_normal(3), rng.standard_normal((2, 2))
    along_v = (curved(Tensor(x + h * v)).data - curved(Tensor(x - h * v)).data) / (2 * h)
    forward, backward = jvp(curved, Tensor(x), Tensor(v))[1].data, vjp(curved, Tensor(x), Tensor(u))[1].data
    j = jacobian(curved, Tensor(x)).data
    np.testing.assert_allclose(forward, along_v, rtol=1e-6, atol=1e-7)
    assert (backward * v).sum() == pytest.approx(u @ forward)  # ⟨Jᵀ u, v⟩ = ⟨u, J v⟩
    assert j.shape == (3, 2, 2)
    for index in np.ndindex(2, 2):
        e = np.zeros((2, 2))
        e[index] = h
        numeric = (curved(Tensor(x + e)).data - curved(Tensor(x - e)).data) / (2 * h)
        np.testing.assert_allclose(j[:, *index], numeric, rtol=1e-6, atol=1e-7)
    matrix = hessian(lambda t: curved(t).tanh().sum(), Tensor(x)).data.reshape(4, 4)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    product = hvp(lambda t: curved(t).tanh().sum(), Tensor(x), Tensor(v))[1].data
    np.testing.assert_allclose(product.reshape(4), matrix @ v.reshape(4), rtol=1e-9, atol=1e-12)


# --- one tensor, or tuples of them --------------------------------------------------------------------------------------------


def two(a, b):
    """(2,), (3,) -> (), (2,)"""
    return a.sum() * b.prod(), a * a


A, B = Tensor([2.0, 3.0]), Tensor([1.0, 2.0, 4.0])


def test_tuples_in_tuples_out():
    outputs, (ga, gb) = vjp(two, (A, B), (Tensor(1.0), Tensor([1.0, 0.0])))
    assert [y.tolist() for y in outputs] == [40, [4, 9]]
    assert (ga.tolist(), gb.tolist()) == ([12, 8], [40, 20, 10])
    outputs, (d0, d1) = jvp(two, (A, B), (Tensor([1.0, 0.0]), Tensor([0.0, 0.0, 1.0])))
    assert (d0.item(), d1.tolist()) == (18, [4, 0])
    (j0a, j0b), (j1a, j1b) = jacobian(two, (A, B))
    assert (j0a.tolist(), j0b.tolist()) == ([8, 8], [40, 20, 10])
    assert (j1a.tolist(), j1b.tolist()) == ([[4, 0], [0, 6]], [[0, 0, 0], [0, 0, 0]])
    (haa, hab), (hba, hbb) = hessian(lambda a, b: two(a, b)[0], (A, B))
    assert haa.tolist() == [[0, 0], [0, 0]]
    assert hab.tolist() == [[8, 4, 2]] * 2
    assert hba.tolist() == [[8, 8], [4, 4], [2, 2]]
    assert hbb.tolist() == [[0, 20, 10], [20, 0, 5], [10, 5, 0]]
    _, (ha, hb) = hvp(lambda a, b: two(a, b)[0], (A, B), (A, B))
    assert (ha.tolist(), hb.tolist()) == ([24, 24], [120, 60, 30])
    single = jacobian(lambda a: (a.sum(), a), A)
    assert [j.tolist() for j in single] == [[1, 1], [[1, 0], [0, 1]]]
    assert isinstance(jacobian(lambda a: a, (A,)), tuple)


def test_constants_and_unused_inputs_have_derivative_zero():
    assert jacobian(lambda a: Tensor([1.0, 2.0, 3.0]), A).tolist() == [[0, 0]] * 3
    assert jvp(lambda a: Tensor([1.0]), A, A)[1].tolist() == [0]
    assert vjp(lambda a, b: b.sum(), (A, B))[1][0].tolist() == [0, 0]
    assert hessian(lambda a: a.sum(), A).tolist() == [[0, 0], [0, 0]]
    assert hvp(lambda a: a.sum(), A, A)[1].tolist() == [0, 0]
    assert jacobian(lambda a: a[:0], A).shape == (0, 2)


def test_a_single_number_needs_no_direction():
    x = Tensor(2.0)
    assert jvp(lambda x: x * x * x, x)[1].item() == 12
    assert vjp(lambda x: x * x * x, x)[1].item() == 12
    assert hvp(lambda x: x * x * x, x)[1].item() == 12
    assert hessian(lambda x: x * x * x, x).item() == 12


def test_the_caller_keeps_his_tensors():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    jacobian(lambda t: t * t, y)
    assert x.grad is None
    assert y.grad is None
    y.sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_works_under_no_grad():
    with minigen.no_grad():
        assert jacobian(lambda a: a * a, A).tolist() == [[4, 0], [0, 6]]
        assert hvp(lambda a: (a * a * a).sum(), A, A)[1].tolist() == [24, 54]


def test_create_graph_differentiates_the_derivative():
    x = Tensor([1.0, 2.0], requires_grad=True)
    cube = lambda t: (t * t * t).sum()  # noqa: E731
    for derivative, expected in [
        (vjp(cube, x, create_graph=True)[1].sum(), [6, 12]),
        (jvp(cube, x, Tensor([1.0, 1.0]), create_graph=True)[1], [6, 12]),
        (jacobian(lambda t: t * t * t, x, create_graph=True).sum(), [6, 12]),
        (hessian(cube, x, create_graph=True).sum(), [6, 6]),
        (hvp(cube, x, Tensor([1.0, 1.0]), create_graph=True)[1].sum(), [6, 6]),
    ]:
        assert minigen.grad(derivative, x)[0].tolist() == expected


def test_float32_stays_float32():
    x = Tensor(np.ones(2, np.float32))
    f = lambda t: (t * t).sum()  # noqa: E731
    found = [vjp(f, x)[1], jvp(f, x, x)[1], jacobian(f, x), hessian(f, x), hvp(f, x, x)[1]]
    assert {t.dtype for t in found} == {np.dtype(np.float32)}


def test_results_are_pytorchs():
    torch = pytest.importorskip("torch")
    theirs, x, v = torch.autograd.functional, np.array([0.5, -1.0]), np.array([2.0, 3.0])
    f = lambda t: (t.exp() * t[0]).sum()  # noqa: E731
    g = lambda t: (t * t, t.sum())  # noqa: E731
    t, w = torch.tensor(x), torch.tensor(v)
    for ours, expected in [
        (vjp(f, Tensor(x)), theirs.vjp(f, t)),
        (jvp(f, Tensor(x), Tensor(v)), theirs.jvp(f, t, w)),
        (jvp(g, Tensor(x), Tensor(v))[1], theirs.jvp(g, t, w)[1]),
        (jacobian(g, Tensor(x)), theirs.jacobian(g, t)),
        (hessian(f, (Tensor(x),))[0], theirs.hessian(f, (t,))[0]),
        (hvp(f, Tensor(x), Tensor(v)), theirs.hvp(f, t, w)),
    ]:
        assert isinstance(ours, tuple)
        for a, b in zip(ours, expected, strict=True):
            np.testing.assert_allclose(a.data, b.numpy())


ERRORS = {
    "vjp: the inputs must be floating-point tensors, got dtype int64": lambda: vjp(lambda t: t, Tensor([1, 2])),
    "jacobian: the inputs must be floating-point tensors, got ndarray": lambda: jacobian(lambda t: t, np.ones(2)),
    "jacobian: the function must return a tensor or a tuple of tensors, got float": lambda: jacobian(lambda t: math.pi, A),
    "vjp: v may be missing only for a single output with one element; these have shapes (2,)": lambda: vjp(lambda t: t, A),
    "vjp: v must have the shapes of the outputs, (2,), got (3,)": lambda: vjp(lambda t: t, A, B),
    "jvp: v may be missing only for a single input with one element; these have shapes (2,), (3,)": lambda: jvp(two, (A, B)),
    "jvp: v must have the shapes of the inputs, (2,), got (3,)": lambda: jvp(lambda t: t, A, B),
    "hvp: v must have the shapes of the inputs": lambda: hvp(lambda t: t.sum(), A, B),
    "hvp: the function must return one number, got (2,)": lambda: hvp(lambda t: t, A, A),
    "hessian: the function must return one number, got (2,)": lambda: hessian(lambda t: t, A),
}


@pytest.mark.parametrize("message", ERRORS)
def test_errors_speak(message):
    with pytest.raises((TypeError, ValueError)) as caught:
        ERRORS[message]()
    assert message in str(caught.value)
