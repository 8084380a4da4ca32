"""Spectral norm and weight norm: the singular value, the direction and the length; which tensors are trained."""

import numpy as np
import pytest

from minigen import nn
from minigen.autograd import grad
from minigen.gradcheck import gradcheck, gradgradcheck
from minigen.nn import functional as F
from minigen.tensor import Tensor
from tests.checking import values

LAYERS = [
    (lambda: nn.Linear(5, 4), (3, 5), 0),
    (lambda: nn.Conv2d(2, 4, 3), (2, 2, 5, 5), 0),
    (lambda: nn.Conv1d(2, 3, 2), (2, 2, 5), 0),
    (lambda: nn.ConvTranspose2d(3, 2, 2), (2, 3, 4, 4), 1),
]


def as_matrix(w, axis):
    return np.moveaxis(w, axis, 0).reshape(w.shape[axis], -1)


@pytest.mark.parametrize(("make", "shape", "axis"), LAYERS)
def test_spectral_norm_makes_the_largest_singular_value_1(make, shape, axis):
    layer = make().to(np.float64)
    w = layer.weight.data.copy() * 3
    layer.weight.data[...] = w
    wrapped = nn.utils.spectral_norm(layer, n_power_iterations=50)
    x = Tensor(values(0, shape))
    y = wrapped(x)
    sigma = np.linalg.svd(as_matrix(w, axis), compute_uv=False)[0]
    np.testing.assert_allclose(np.linalg.svd(as_matrix(wrapped.effective().data, axis), compute_uv=False)[0], 1, rtol=1e-6)
    np.testing.assert_array_equal(layer.weight.data, w)  # what is trained stays as it was
    layer.weight.data[...] = w / sigma
    np.testing.assert_allclose(y.data, layer(x).data, rtol=1e-6)


def test_power_iteration_moves_in_training_only():
    wrapped = nn.spectral_norm(nn.Linear(6, 5))
    x = Tensor(values(0, (2, 6)).astype(np.float32))
    u = wrapped.u.data.copy()
    wrapped.eval()(x)
    np.testing.assert_array_equal(wrapped.u.data, u)
    wrapped.train()(x)
    assert not np.array_equal(wrapped.u.data, u)
    np.testing.assert_allclose(np.linalg.norm(wrapped.u.data), 1, rtol=1e-5)
    assert set(wrapped.state_dict()) == {"layer.weight", "layer.bias", "u", "v"}
    assert [name for name, _ in wrapped.named_parameters()] == ["layer.weight", "layer.bias"]


def test_the_gradient_of_sigma_is_the_outer_product_of_its_vectors():
    w = values(0, (4, 6))
    wrapped = nn.spectral_norm(nn.Linear(6, 4, bias=False, dtype=np.float64), n_power_iterations=200)
    wrapped.layer.weight.data[...] = w
    wrapped(Tensor(np.eye(6)))
    wrapped.eval()
    (g,) = grad((wrapped.effective() * Tensor(values(1, w.shape))).sum(), wrapped.layer.weight)
    u, s, vt = np.linalg.svd(w)
    c = values(1, w.shape)
    np.testing.assert_allclose(g.data, c / s[0] - (c * w).sum() / s[0] ** 2 * np.outer(u[:, 0], vt[0]), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("wrap", [nn.spectral_norm, nn.weight_norm])
def test_derivatives_of_both_orders(wrap):
    wrapped = wrap(nn.Conv2d(2, 3, 2, dtype=np.float64)).eval()

    def function(w, x):
        return F.conv2d(x, wrapped.compute(w))

    arrays = [wrapped.layer.weight.data.copy(), values(0, (1, 2, 3, 3))]
    gradcheck(function, arrays)
    gradgradcheck(function, arrays)


@pytest.mark.parametrize(("make", "shape", "_"), LAYERS)
def test_weight_norm_starts_where_the_layer_was(make, shape, _):
    layer, x = make(), Tensor(values(0, shape).astype(np.float32))
    y = layer(x)
    wrapped = nn.utils.weight_norm(layer)
    np.testing.assert_allclose(wrapped(x).data, y.data, rtol=1e-5, atol=1e-6)
    assert wrapped.g.shape == (layer.weight.shape[0],) + (1,) * (layer.weight.ndim - 1)
    layer.weight.data *= 7  # only the direction counts
    np.testing.assert_allclose(wrapped(x).data, y.data, rtol=1e-5, atol=1e-6)
    assert {name for name, _ in wrapped.named_parameters()} == {"layer.weight", "layer.bias", "g"}
    lengths = np.sqrt((wrapped.effective().data ** 2).sum(tuple(range(1, layer.weight.ndim))))
    np.testing.assert_allclose(lengths, np.abs(wrapped.g.data).ravel(), rtol=1e-5)
    assert nn.weight_norm(make(), axis=None).g.shape == ()


def test_pytorchs_dim_is_axis():
    w = values(0, (4, 6))
    layer = nn.Linear(6, 4, dtype=np.float64)
    layer.weight.data[...] = w
    assert nn.weight_norm(layer, dim=1).g.shape == (1, 6)
    assert nn.weight_norm(module=layer, name="weight", dim=None).g.shape == ()
    assert nn.utils.spectral_norm(layer, dim=1).u.shape == (6,)
    with pytest.raises(TypeError, match="dimension"):
        nn.weight_norm(layer, dimension=1)


def test_the_layer_gets_its_parameter_back_even_after_an_error():
    wrapped = nn.spectral_norm(nn.Conv2d(2, 3, 3))
    with pytest.raises(ValueError, match="input channels"):
        wrapped(Tensor(np.ones((1, 5, 4, 4), np.float32)))
    assert isinstance(wrapped.layer.weight, nn.Parameter)


def test_a_graph_keeps_the_vectors_that_it_was_made_with():
    """Two forwards and then one backward, as a discriminator does on real and generated images."""
    wrapped = nn.spectral_norm(nn.Linear(4, 3, dtype=np.float64))
    x = Tensor(values(0, (2, 4)))
    first = wrapped(x)
    u, v = wrapped.u.data.copy(), wrapped.v.data.copy()
    wrapped(x)
    (g,) = grad(first.sum(), wrapped.layer.weight)
    wrapped.u.copy_(u)
    wrapped.v.copy_(v)
    np.testing.assert_allclose(g.data, grad(wrapped.eval()(x).sum(), wrapped.layer.weight)[0].data)


WRONG = [
    (lambda: nn.spectral_norm(nn.ReLU()), "SpectralNorm: ReLU has no parameter 'weight'"),
    (lambda: nn.weight_norm(nn.Linear(2, 2), "gain"), "WeightNorm: Linear has no parameter 'gain'"),
    (lambda: nn.spectral_norm(nn.Linear(2, 2), "bias"), "must be a matrix or a kernel"),
    (lambda: nn.spectral_norm(nn.Linear(2, 2), n_power_iterations=0), "at least one power iteration"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_use_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
