"""The same numbers as PyTorch, where it is installed: values, gradients and gradients of gradients, by name."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from minigen import nn  # noqa: E402
from minigen.autograd import grad  # noqa: E402
from minigen.nn import functional as F  # noqa: E402
from minigen.tensor import Tensor  # noqa: E402
from tests.checking import values  # noqa: E402

TF = torch.nn.functional
X, Y, W3 = values(0, (4, 3), -3, 3), values(1, (4, 3), -3, 3), values(2, (3,), 0.5, 2)
P, Q = values(3, (4, 3), 0.05, 0.95), values(4, (4, 3), 0.05, 0.95)
IMAGE, PIXELS = values(5, (2, 4, 3, 3)), np.array([[[0, 1, 3], [2, 2, -100], [1, 0, 0]]] * 2)
CLASSES = np.array([0, 2, -100, 1])

CASES = [  # function, inputs to differentiate, other arguments
    ("linear", [X, values(6, (5, 3)), values(7, (5,))], {}),
    ("linear", [X[0], values(6, (5, 3))], {}),
    *[(name, [X], {}) for name in ["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "softsign", "logsigmoid"]],
    *[(name, [X], {}) for name in ["hardtanh", "relu6", "sigmoid", "tanh"]],
    ("leaky_relu", [X], {"negative_slope": -0.3}),
    ("elu", [X], {"alpha": 0.4}),
    ("gelu", [X], {"approximate": "tanh"}),
    ("softplus", [X], {"beta": 2.0, "threshold": 1.5}),
    ("hardtanh", [X], {"min_val": -2.0, "max_val": 0.1}),
    ("glu", [X[:2]], {"dim": 0}),
    ("prelu", [X, W3], {}),
    ("prelu", [IMAGE, values(8, (4,))], {}),
    ("softmax", [X], {"dim": 1}),
    ("log_softmax", [X], {"dim": 0}),
    ("layer_norm", [X], {"normalized_shape": (3,), "weight": W3, "bias": W3}),
    ("layer_norm", [IMAGE], {"normalized_shape": (3, 3), "eps": 0.1}),
    ("group_norm", [IMAGE], {"num_groups": 2, "weight": values(8, (4,)), "bias": values(9, (4,))}),
    ("rms_norm", [X], {"normalized_shape": (3,), "weight": W3}),
    ("normalize", [X], {}),
    ("normalize", [X], {"p": 1.0, "dim": 0}),
    ("normalize", [X * 0.01], {"p": 3.0, "eps": 0.1}),
    ("mse_loss", [X, Y], {}),
    ("l1_loss", [X, Y], {"reduction": "sum"}),
    ("smooth_l1_loss", [X, Y], {"beta": 0.5}),
    ("huber_loss", [X, Y], {"delta": 1.7, "reduction": "none"}),
    ("gaussian_nll_loss", [X, Y, P], {"full": True}),
    ("gaussian_nll_loss", [X, Y, P[:, :1]], {"eps": 0.5, "reduction": "none"}),
    ("gaussian_nll_loss", [X, Y, P[:, 0]], {"reduction": "sum"}),
    ("gaussian_nll_loss", [X, Y, 0.3], {}),
    ("binary_cross_entropy", [P, Q], {"weight": W3}),
    ("binary_cross_entropy_with_logits", [X, Q], {}),
    ("binary_cross_entropy_with_logits", [X, Q], {"weight": W3, "pos_weight": W3, "reduction": "sum"}),
    ("kl_div", [np.log(P), Q], {"reduction": "batchmean"}),
    ("kl_div", [np.log(P), np.log(Q)], {"log_target": True, "reduction": "sum"}),
    ("cross_entropy", [X], {"target": CLASSES}),
    ("cross_entropy", [X], {"target": CLASSES, "weight": W3, "label_smoothing": 0.2}),
    ("cross_entropy", [X], {"target": CLASSES, "weight": W3, "label_smoothing": 0.2, "reduction": "none"}),
    ("cross_entropy", [X], {"target": np.array([0, 2, 1, 1]), "ignore_index": 1, "reduction": "sum"}),
    ("cross_entropy", [IMAGE], {"target": PIXELS, "label_smoothing": 0.1}),
    ("cross_entropy", [X[0]], {"target": np.array(2)}),
    ("cross_entropy", [X, P], {"weight": W3, "label_smoothing": 0.3}),
    ("cross_entropy", [IMAGE, abs(IMAGE)], {"reduction": "mean"}),
    ("nll_loss", [X], {"target": CLASSES, "weight": W3}),
    ("nll_loss", [IMAGE], {"target": PIXELS, "reduction": "none"}),
]


def differentiate(module, name, inputs, keywords, tensor, leaf, derivative):
    """[value, gradients …, gradients of gradients …] as arrays; zeros where there is no path."""
    xs = [leaf(x) if isinstance(x, np.ndarray) else x for x in inputs]
    wanted = [x for x in xs if not isinstance(x, float)]
    keywords = {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in keywords.items()}
    y = getattr(module, name)(*xs, **keywords)
    v = tensor(values(10, tuple(y.shape)))
    first = derivative((y * v).sum(), wanted, create_graph=True, allow_unused=True)
    total = sum((g * tensor(values(11 + i, tuple(g.shape)))).sum() for i, g in enumerate(first))
    second = derivative(total, wanted, allow_unused=True) if total.requires_grad else [None] * len(wanted)
    second = [0 * x if t is None else t + 0 * x for t, x in zip(second, wanted)]
    return [t.detach().numpy() for t in (y, *first, *second)]


@pytest.mark.parametrize(("name", "inputs", "keywords"), CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_function(name, inputs, keywords):
    ours = differentiate(F, name, inputs, keywords, Tensor, lambda a: Tensor(a.copy(), requires_grad=True), grad)
    theirs = differentiate(
        TF, name, inputs, keywords, torch.tensor, lambda a: torch.tensor(a, requires_grad=True), torch.autograd.grad
    )
    for got, want in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11)


NETS = [
    lambda n: n.Sequential(n.Linear(6, 5), n.ReLU(), n.LayerNorm(5), n.Sequential(n.Linear(5, 4, bias=False), n.PReLU(4))),
    lambda n: n.Sequential(n.Unflatten(1, (2, 3)), n.GroupNorm(2, 2), n.Flatten(), n.RMSNorm(6), n.GLU(), n.Softmax(dim=1)),
]


@pytest.mark.parametrize("build", NETS)
def test_a_net_takes_pytorchs_weights_by_name(build):
    theirs, ours = build(torch.nn).double(), build(nn).to(np.float64)
    ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
    x = values(0, (3, 6))
    np.testing.assert_allclose(ours(Tensor(x)).data, theirs(torch.tensor(x)).detach().numpy(), rtol=1e-9)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "tanh", "sigmoid", "selu", "linear", "conv2d"])
def test_gains(name):
    assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
