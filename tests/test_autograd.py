"""The engine: recording, walking back, freeing, and the errors that teach."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import autograd, ops
from minigen.autograd import backward, enable_grad, grad, no_grad, primitive, without_gradient
from minigen.gradcheck import gradcheck, gradgradcheck
from minigen.tensor import Tensor, tick
from tests.checking import few


def leaf(*values, dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True)


@pytest.fixture
def registry():
    before = list(autograd.primitives)
    yield
    autograd.primitives[:] = before


# --- the walk -----------------------------------------------------------------------------------------------------------------


@given(st.data())
@few
def test_random_graphs_equal_the_sum_over_paths(data):
    """∂root/∂leaf of a graph of weighted sums is the sum over all paths of the products of weights along each."""
    n = data.draw(st.integers(2, 9))
    weights = {}
    for child in range(1, n):
        parents = data.draw(st.lists(st.integers(0, child - 1), min_size=1, max_size=4))
        weights[child] = [(p, data.draw(st.integers(-3, 3))) for p in parents]
    nodes = [leaf(1.5)]
    for child in range(1, n):
        total = Tensor(np.zeros(1))
        for parent, w in weights[child]:
            total = total + nodes[parent] * w
        nodes.append(total)

    def paths(child):
        return 1.0 if child == 0 else sum(w * paths(p) for p, w in weights[child])

    nodes[-1].backward()
    assert nodes[0].grad.item() == pytest.approx(paths(n - 1))


def test_a_chain_of_100_000_ops():
    x = leaf(2.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1.0


def test_every_input_that_repeats_gets_every_contribution():
    x = leaf(3.0)
    (x * x + x).backward()
    assert x.grad.item() == 7.0
    y = x * x  # a diamond: both branches end in the same leaf
    (ops.exp(y * 0.0) * y + y).backward()
    assert x.grad.item() == pytest.approx(7.0 + 12.0)  # .grad accumulates: d(2x²)/dx = 12, and the branch y·0 adds nothing


def test_gradients_never_share_memory():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x + y).backward(np.ones(2))
    x.grad.data[0] = 99.0
    assert y.grad.tolist() == [1.0, 1.0]
    z = leaf(1.0, 2.0)
    g = np.ones(2)
    (z + 0.0).backward(g)
    z.grad.data[0] = 5.0
    assert g[0] == 1.0
    x = leaf(*[1.0] * 3)
    x.sum().backward()
    x.grad.data[:] = 7.0  # a broadcast gradient would be read-only
    z, w = leaf(1.0, 2.0), leaf(1.0, 2.0)
    (ops.reshape(z, (2, 1)) + ops.reshape(w, (2, 1))).sum().backward()  # both rules return views of the same gradient
    z.grad.data[0] = 5.0
    assert w.grad.tolist() == [1.0, 1.0]


def test_a_gradient_that_two_inputs_share_is_never_written_into():
    x = leaf(1.0, 2.0)
    b, a = x * 1.0, x * 1.0
    s, r = a * a, a + b  # r hands a and b the same array, and a receives more from s before b is visited
    (r * s).sum().backward()
    assert x.grad.tolist() == [6.0, 24.0]  # d(2x · x²)/dx = 6x²


@pytest.mark.usefixtures("registry")
def test_a_rule_may_return_an_input_itself():
    @primitive
    def inner(x, w):
        return (x * w).sum()

    @inner.vjp
    def inner_vjp_x(g, y, x, w):
        return w if g == 1 else g * w

    inner.vjp(None)
    x, w = leaf(1.0, 2.0), np.array([3.0, 4.0])
    inner(x, w).backward()
    x.grad.data[0] = 9.0
    assert w.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_derivatives_of_derivatives(order):
    """d^k/dx^k x⁵ = 5!/(5−k)! x^(5−k)"""
    x = leaf(1.7)
    y = x * x * x * x * x
    expected = {1: 5 * 1.7**4, 2: 20 * 1.7**3, 3: 60 * 1.7**2, 4: 120 * 1.7}[order]
    for _ in range(order):
        (y,) = grad(y, x, create_graph=True)
    assert y.item() == pytest.approx(expected)


def test_backward_with_create_graph_fills_differentiable_grads():
    x = leaf(2.0)
    (x * x * x).backward(create_graph=True)
    x.grad.sum().backward()
    assert x.grad.item() == pytest.approx(12.0 + 12.0)  # 3x² + 6x, accumulated


# --- grad ---------------------------------------------------------------------------------------------------------------------


def test_grad_calls_only_the_rules_that_it_needs():
    called = []

    @primitive
    def pair(a, b):
        return a * b

    @pair.vjp
    def pair_vjp_a(g, y, a, b):
        called.append("a")
        return g * b

    @pair.vjp
    def pair_vjp_b(g, y, a, b):
        called.append("b")
        return g * a

    autograd.primitives.remove(pair)
    a, b = leaf(2.0), leaf(3.0)
    assert grad(pair(a, b), a)[0].item() == 3.0
    assert called == ["a"]
    b.requires_grad_(False)
    pair(a, b).backward()
    assert called == ["a", "a"]
    assert b.grad is None


def test_grad_of_inner_tensors_and_several_outputs():
    x = leaf(2.0)
    h = x * x
    y = h * 3.0
    gx, gh = grad(y, [x, h])
    assert (gx.item(), gh.item()) == (12.0, 3.0)
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (ga,) = grad([a * b, a * 2.0], [a], [np.ones(2), Tensor(np.array([10.0, 20.0]))])
    assert ga.tolist() == [23.0, 44.0]
    assert x.grad is None


def test_grad_names_an_unused_input():
    x, other = leaf(1.0), leaf(1.0)
    with pytest.raises(ValueError, match="input 1 does not influence"):
        grad(x * x, [x, other])
    assert grad(x * x, [x, other], allow_unused=True)[1] is None


def test_grad_of_a_tensor_whose_own_graph_is_gone():
    """A GAN's D step walks back into G and frees its graph; the gradient with respect to the sample is there all the same."""
    w = leaf(2.0)
    fake = w * 3.0
    fake.backward()
    score = fake * fake
    assert grad(score, fake, retain_graph=True)[0].item() == 12.0
    with pytest.raises(RuntimeError, match="mul: this part of the graph was freed"):
        grad(score, w)


def test_grad_leaves_the_graph_behind_its_inputs_alone():
    w = leaf(2.0)
    fake = w * 3.0
    grad(fake * fake, fake)  # a penalty on the sample, say
    fake.backward()  # G's own graph was not walked, so it is still there
    assert w.grad.item() == 3.0


def test_freezing_counts_when_the_op_is_recorded():
    x, w = leaf(2.0), leaf(3.0)
    w.requires_grad_(False)
    y = x * w
    w.requires_grad_(True)
    y.backward()
    assert w.grad is None
    assert x.grad.item() == 3.0


# --- memory -------------------------------------------------------------------------------------------------------------------


def test_graphs_are_freed_without_the_cyclic_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(*[1.0] * 100)
        inner = ops.exp(x * 2.0)
        watch = [weakref.ref(inner), weakref.ref(inner.inputs[0])]
        loss = (inner * inner).sum()
        del inner
        assert watch[0]() is not None  # the graph still needs it
        loss.backward()
        assert watch[0]() is None  # freed as backward walked past, though the loss is alive
        assert watch[1]() is None
        y = (ops.exp(x) * x).sum()
        watch = weakref.ref(y.inputs[0])
        del y
        assert watch() is None  # a graph that is never walked goes with its last tensor
        (g,) = grad((x * x * x).sum(), x, create_graph=True)
        watch = weakref.ref(g)
        del g
        assert watch() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_retain_graph_and_the_error_for_a_freed_graph():
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 12.0
    with pytest.raises(RuntimeError, match="mul: this part of the graph was freed by an earlier backward"):
        y.backward()


def test_a_change_in_place_is_noticed():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    with no_grad():
        x[0] = 5.0
    with pytest.raises(RuntimeError, match=r"mul: an input of shape \(2,\) was changed in place"):
        y.backward()
    w = leaf(1.0, 2.0)
    y = (ops.reshape(w, (1, 2)) * 3.0).sum()  # a view of w is what the product saw
    w.data += 1.0
    w.written = tick()  # as an optimizer does
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    h = ops.exp(x)
    with no_grad():
        h[0] = 0.0
    with pytest.raises(RuntimeError, match="exp: its output was changed in place"):
        h.sum().backward()
    with no_grad():
        x[0] = 1.0
    (x * x).sum().backward()  # a change before the computation is no obstacle
    assert x.grad.tolist() == [2.0, 4.0]


# --- switches -----------------------------------------------------------------------------------------------------------------


def test_no_grad_detach_and_freezing():
    x = leaf(2.0)
    with no_grad():
        assert not (x * x).requires_grad
        with enable_grad():
            assert (x * x).requires_grad
        assert not (x * x).requires_grad
    assert (x * x).requires_grad

    @no_grad()
    def double(t):
        return t * 2.0

    assert not double(x).requires_grad
    assert not (x.detach() * x.detach()).requires_grad
    (x.detach() * x).backward()
    assert x.grad.item() == 2.0
    x.requires_grad_(False)
    assert not (x * x).requires_grad
    with pytest.raises(RuntimeError, match="only a leaf can be frozen"):
        (leaf(1.0) * 2.0).requires_grad_(False)


def test_no_grad_ends_with_an_exception():
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert minigen.autograd.is_grad_enabled()


# --- primitives that a student writes -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("registry")
def test_a_primitive_from_a_notebook_is_a_full_citizen():
    @primitive
    def power(x, *, n=2):
        """y = xⁿ"""
        return x**n

    @power.vjp
    def power_vjp(g, y, x, *, n):
        return g * n * x ** (n - 1)

    values = np.array([0.5, -1.5])
    gradcheck(power, [values])
    gradgradcheck(power, [values])
    gradcheck(lambda x: power(x, 3), [values])  # a setting by position
    assert isinstance(power(values), np.ndarray)
    assert power.__doc__ == "y = xⁿ"

    def changed(g, y, x, *, n):
        return g * 7.0

    changed.__name__ = "power_vjp"  # the cell runs again, after an edit
    power.vjp(changed)

    x = leaf(1.0)
    power(x).backward()
    assert x.grad.item() == 7.0
    with pytest.raises(TypeError, match="has 1 inputs and a rule for each"):

        @power.vjp
        def another(g, y, x, *, n):
            return g

    with pytest.raises(TypeError, match=r"takes \(g, y, x\), but wrong takes \(g, x\)"):

        @power.vjp
        def wrong(g, x, *, n):
            return g


@pytest.mark.usefixtures("registry")
def test_missing_rules_wrong_shapes_and_saved_values():
    @primitive
    def no_rule(x, w):
        return x * w

    with pytest.raises(NotImplementedError, match="no_rule has no rule for its input 'x'"):
        no_rule(leaf(1.0), leaf(2.0)).backward()

    @primitive
    def bad(x):
        return x.sum(axis=0)

    @bad.vjp
    def bad_vjp(g, y, x):
        return g

    with pytest.raises(ValueError, match=r"bad_vjp returned a gradient of shape \(2,\) for an input of shape \(3, 2\)"):
        bad(Tensor(np.ones((3, 2)), requires_grad=True)).sum().backward()

    @primitive
    def cube(x):
        square = x * x
        return square * x, square

    @cube.vjp
    def cube_vjp(g, y, x, *, saved):
        return 3 * g * (x * x if saved is None else saved)

    gradcheck(cube, [np.array([1.0, -2.0])])
    gradgradcheck(cube, [np.array([1.0, -2.0])])

    @primitive
    def joined(*xs, weights):
        return sum(w * x for w, x in zip(weights, xs))

    @joined.vjp
    def joined_vjp(g, y, *xs, weights, i):
        return g * weights[i]

    xs = [np.array([1.0]), np.array([2.0]), np.array([3.0])]
    gradcheck(lambda *t: joined(list(t), [1.0, -2.0, 3.0]), xs)
    gradgradcheck(lambda *t: joined(*t, weights=[1.0, -2.0, 3.0]), xs)

    @without_gradient
    def positive(x):
        return x > 0

    assert not positive(leaf(1.0)).requires_grad


@pytest.mark.usefixtures("registry")
def test_what_all_rules_share_is_computed_once():
    calls = []

    @primitive
    def affine(x, w):
        return np.tanh(x * w)

    @affine.vjp_common
    def affine_delta(g, y, x, w):
        calls.append(1)
        return g * (1 - y * y)

    @affine.vjp
    def affine_vjp_x(g, y, x, w):
        return g * w

    @affine.vjp
    def affine_vjp_w(g, y, x, w):
        return g * x

    gradgradcheck(affine, [np.array([0.3, -0.2]), np.array([1.0, 0.5])])
    calls.clear()
    affine(leaf(0.1), leaf(0.2)).backward()
    assert len(calls) == 1


# --- numbers ------------------------------------------------------------------------------------------------------------------

DTYPES = [  # inputs, expected: PyTorch's promotion, in which float64 only comes from float64
    ((np.float32, 2.5), np.float32),
    ((np.float32, np.float64(2.5)), np.float32),
    ((np.int64, 2.5), np.float32),
    ((np.int64, np.float32), np.float32),
    ((np.float64, np.int64), np.float64),
    ((np.float32, np.float64), np.float64),
    ((np.bool_, np.float32), np.float32),
    ((np.int64, 2), np.int64),
]


@pytest.mark.parametrize(("inputs", "expected"), DTYPES, ids=str)
def test_float32_stays_float32(inputs, expected):
    a, b = [Tensor(np.ones(2, t)) if isinstance(t, type) else t for t in inputs]
    assert (a * b).dtype == expected
    assert (b * a).dtype == expected


def test_a_zero_dimensional_float64_does_not_widen():
    assert (Tensor(np.ones(2, np.float32)) * Tensor(np.array(2.0))).dtype == np.float32


def test_gradients_have_the_dtype_and_shape_of_their_input():
    x, w = Tensor(np.ones(3, np.float32), requires_grad=True), Tensor(np.ones((2, 1)), requires_grad=True)
    (x * w).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [2.0] * 3
    assert w.grad.shape == (2, 1)
    assert w.grad.tolist() == [[3.0], [3.0]]


def test_backward_needs_a_scalar_or_a_gradient_of_the_right_shape():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"only a scalar has an implicit gradient of 1, but this has shape \(2,\)"):
        (x * x).backward()
    with pytest.raises(ValueError, match=r"the gradient has shape \(3,\), but the tensor has shape \(2,\)"):
        (x * x).backward(np.ones(3))
    with pytest.raises(RuntimeError, match="nothing to differentiate"):
        backward(Tensor([1.0]))
    with pytest.raises(TypeError, match="only floating-point tensors can require a gradient"):
        Tensor([1, 2], requires_grad=True)
