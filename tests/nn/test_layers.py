"""Layers: each computes what its function computes, keeps its shapes, says what it was fed, and shows its settings."""

import numpy as np
import pytest

from minigen import nn, random
from minigen.autograd import grad
from minigen.nn import functional as F
from minigen.tensor import Tensor
from tests.checking import values

X = Tensor(values(0, (4, 6), -3, 3))
SAME = [  # layer, the function, its line in the printed tree
    (nn.ReLU(), F.relu, "ReLU"),
    (nn.LeakyReLU(0.3), lambda x: F.leaky_relu(x, 0.3), "LeakyReLU(negative_slope=0.3)"),
    (nn.PReLU(), lambda x: F.leaky_relu(x, 0.25), "PReLU  —  weight (1,); 1 parameter"),
    (nn.PReLU(6, 0.1), lambda x: F.leaky_relu(x, 0.1), "PReLU  —  weight (6,); 6 parameters"),
    (nn.ELU(0.7), lambda x: F.elu(x, 0.7), "ELU(alpha=0.7)"),
    (nn.SELU(), F.selu, "SELU"),
    (nn.GELU(), F.gelu, "GELU(approximate='none')"),
    (nn.GELU("tanh"), lambda x: F.gelu(x, "tanh"), "GELU(approximate='tanh')"),
    (nn.SiLU(), F.silu, "SiLU"),
    (nn.GLU(), F.glu, "GLU(axis=-1)"),
    (nn.GLU(dim=0), lambda x: F.glu(x, 0), "GLU(axis=0)"),
    (nn.Softplus(2, 5), lambda x: F.softplus(x, 2, 5), "Softplus(beta=2, threshold=5)"),
    (nn.Softsign(), F.softsign, "Softsign"),
    (nn.Sigmoid(), F.sigmoid, "Sigmoid"),
    (nn.LogSigmoid(), F.logsigmoid, "LogSigmoid"),
    (nn.Tanh(), F.tanh, "Tanh"),
    (nn.Hardtanh(-2, 0.5), lambda x: F.hardtanh(x, -2, 0.5), "Hardtanh(min_val=-2, max_val=0.5)"),
    (nn.Softmax(dim=1), lambda x: F.softmax(x, 1), "Softmax(axis=1)"),
    (nn.Identity(7, any=1), lambda x: x, "Identity"),
    (
        nn.LayerNorm(6), lambda x: F.layer_norm(x, 6),
        "LayerNorm(normalized_shape=(6,), eps=1e-05)  —  weight (6,), bias (6,); 12 parameters",
    ),
    (nn.LayerNorm((4, 6), 0.1, bias=False), lambda x: F.layer_norm(x, (4, 6), eps=0.1), None),
    (nn.LayerNorm(6, elementwise_affine=False), lambda x: F.layer_norm(x, 6), "LayerNorm(normalized_shape=(6,), eps=1e-05)"),
    (nn.GroupNorm(3, 6), lambda x: F.group_norm(x, 3), None),
    (nn.GroupNorm(2, 6, affine=False), lambda x: F.group_norm(x, 2), "GroupNorm(num_groups=2, num_channels=6, eps=1e-05)"),
    (nn.RMSNorm(6, eps=0.1), lambda x: F.rms_norm(x, 6, eps=0.1), None),
    (nn.RMSNorm((4, 6), elementwise_affine=False), lambda x: F.rms_norm(x, (4, 6)), None),
    (nn.Flatten(0), lambda x: x.reshape((24,)), "Flatten(start_axis=0, end_axis=-1)"),
    (nn.Unflatten(1, (2, 3)), lambda x: x.reshape((4, 2, 3)), "Unflatten(axis=1, unflattened_size=(2, 3))"),
    (nn.Unflatten(dim=-1, unflattened_size=[-1, 2]), lambda x: x.reshape((4, 3, 2)), None),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "function", "line"), SAME, ids=lambda v: type(v).__name__ if isinstance(v, nn.Module) else "")
def test_a_layer_is_its_function(layer, function, line):
    np.testing.assert_allclose(layer(X).data, function(X).data, rtol=1e-6)
    assert line is None or repr(layer) == line


LOSSES = [
    (nn.MSELoss("sum"), lambda x, t: F.mse_loss(x, t, "sum")),
    (nn.L1Loss(), F.l1_loss),
    (nn.BCEWithLogitsLoss(pos_weight=X[0].abs()), lambda x, t: F.binary_cross_entropy_with_logits(x, t, pos_weight=X[0].abs())),
    (nn.BCEWithLogitsLoss(reduction="none"), lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none")),
    (nn.CrossEntropyLoss(label_smoothing=0.1), lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1)),
]


@pytest.mark.parametrize(("layer", "function"), LOSSES, ids=lambda v: type(v).__name__ if isinstance(v, nn.Module) else "")
def test_a_loss_is_its_function(layer, function):
    target = F.softmax(X, 1)
    np.testing.assert_array_equal(layer(X, target).data, function(X, target).data)


def test_linear():
    layer = nn.Linear(6, 2)
    np.testing.assert_allclose(layer(X).data, X.data @ layer.weight.data.T + layer.bias.data, rtol=1e-6)
    assert nn.Linear(6, 2, bias=False).bias is None
    assert nn.Linear(6, 2, dtype=np.float64).weight.dtype == np.float64
    with pytest.raises(ValueError, match=r"expected \(…, 784\), got \(…, 28, 28\): flatten first"):
        nn.Linear(784, 10)(Tensor(np.ones((5, 28, 28), np.float32)))


def test_a_table_of_embeddings():
    table = nn.Embedding(5, 3, padding_idx=-1)
    y = table(Tensor(np.array([[0, 4], [0, 1]])))
    assert y.shape == (2, 2, 3)
    (g,) = grad(y.sum(), table.weight)
    np.testing.assert_array_equal(g.data[:, 0], [2, 1, 0, 0, 0])
    assert repr(table).startswith("Embedding(num_embeddings=5, embedding_dim=3, padding_idx=4)")


def test_dropout_listens_to_train_and_eval():
    random.manual_seed(0)
    net = nn.Sequential(nn.Dropout(0.5))
    ones = Tensor(np.ones(1000, np.float32))
    assert set(np.unique(net(ones).data)) == {0.0, 2.0}
    assert net.eval()(ones) is ones


def test_flatten_takes_pytorchs_names():
    images = Tensor(np.ones((2, 3, 4, 5)))
    assert nn.Flatten()(images).shape == (2, 60)
    assert nn.Flatten(start_dim=-2, end_dim=-1)(images).shape == (2, 3, 20)
    assert nn.Flatten(1, 2)(images).shape == (2, 12, 5)


def test_a_sequential_is_a_list_of_layers():
    net = nn.Sequential(nn.Linear(6, 3), nn.ReLU(), lambda x: -x)
    assert len(net) == 3
    assert [type(layer).__name__ for layer in net] == ["Linear", "ReLU", "function"]
    assert net[-2] is net[1]
    head = net[:2]
    assert isinstance(head, nn.Sequential)
    assert head[0] is net[0]
    np.testing.assert_array_equal(net(X).data, -head(X).data)
    assert net.append(nn.Tanh()) is net
    assert isinstance(net[3], nn.Tanh)
    assert nn.Sequential()(X) is X


class Scaled(nn.Sequential):
    """A Sequential with a parameter of its own."""

    def __init__(self, *layers):
        super().__init__(*layers)
        self.scale = nn.Parameter(np.ones(1))


def test_a_sequential_may_hold_more():
    assert list(Scaled(nn.Linear(1, 1)).state_dict()) == ["0.weight", "0.bias", "scale"]


WRONG = [
    (lambda: nn.Softmax(), TypeError, "must be given"),
    (lambda: nn.Sequential([nn.ReLU()]), TypeError, "layer 0 is of type list"),
    (lambda: nn.Sequential(nn.ReLU()).append(3), TypeError, "layer 1 is of type int"),
    (lambda: nn.Dropout(-0.1), ValueError, r"lies in \[0, 1\], got -0.1"),
    (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "padding_idx 3 is no row"),
    (lambda: nn.GroupNorm(4, 6), ValueError, "6 channels cannot be split into 4"),
    (lambda: nn.GroupNorm(2, 4)(X), ValueError, r"expected \(N, 4, …\), got \(4, 6\)"),
    (lambda: nn.LayerNorm(5)(X), ValueError, r"expected \(…, 5\), got \(4, 6\)"),
    (lambda: nn.Flatten(1, 0)(X), ValueError, "comes after"),
    (lambda: nn.Flatten(3)(X), IndexError, "Flatten: axis 3"),
    (lambda: nn.Unflatten(1, (4, 2))(X), ValueError, r"6 elements, which do not fill \(4, 2\)"),
    (lambda: nn.Unflatten(1, (-1, 4))(X), ValueError, "do not fill"),
    (lambda: nn.Unflatten(2, (1, 1))(X), IndexError, "Unflatten: axis 2"),
    (lambda: nn.Linear(0.5, 2), ValueError, "in_features must be a positive whole number, got 0.5"),
    (lambda: nn.Linear(2, 0), ValueError, "out_features must be a positive whole number, got 0"),
]


@pytest.mark.parametrize(("wrong", "error", "message"), WRONG)
def test_wrong_use_is_told(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()
