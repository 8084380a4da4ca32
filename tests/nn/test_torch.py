"""Networks with PyTorch's weights, where it is installed; for the functions see ``test_torch_parity``."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from minigen import nn  # noqa: E402
from minigen.tensor import Tensor  # noqa: E402
from tests.checking import values  # noqa: E402

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
