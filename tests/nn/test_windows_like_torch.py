"""The same numbers as PyTorch, where it is installed: values, gradients, gradients of gradients and state by name."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from minigen import nn  # noqa: E402
from minigen.autograd import grad  # noqa: E402
from minigen.nn import functional as F  # noqa: E402
from minigen.tensor import Tensor  # noqa: E402
from tests.checking import values  # noqa: E402

X, L, ONE = values(0, (2, 4, 7, 6)), values(1, (2, 4, 7)), values(2, (4, 5, 6))
W, B, V = values(3, (6, 2, 3, 2)), values(4, (6,)), values(5, (4,))
WIDE, MANY = values(6, (2, 40, 5, 5)), values(7, (3, 40, 3, 3))
P = values(8, (4,), 0.2, 2)
CASES = [  # function, inputs to differentiate, other arguments
    ("conv2d", [X, W, B], {"groups": 2}),
    ("conv2d", [X, W, B], {"groups": 2, "stride": (2, 3), "padding": (1, 4), "dilation": (2, 1)}),
    ("conv2d", [X, values(3, (3, 4, 2, 4)), values(4, (3,))], {"padding": "same", "dilation": (3, 1)}),
    ("conv2d", [WIDE, MANY], {"padding": 1}),
    ("conv2d", [WIDE[:, :3], values(7, (40, 3, 3, 3))], {"padding": 3, "stride": 2}),
    ("conv2d", [ONE, values(7, (1, 4, 3, 3))], {}),
    ("conv1d", [L, W[:, :, 0], B], {"groups": 2, "stride": 2, "padding": 1}),
    ("conv1d", [L, values(3, (3, 4, 4))], {"padding": "same"}),
    (
        "conv_transpose2d", [X, values(3, (4, 3, 3, 2)), values(4, (6,))],
        {"groups": 2, "stride": (2, 3), "padding": 1, "output_padding": (1, 2)},
    ),
    ("conv_transpose2d", [X, values(3, (4, 3, 3, 2))], {"dilation": 2, "output_padding": 1}),
    ("conv_transpose2d", [WIDE, values(3, (40, 30, 3, 3))], {"padding": 1}),
    ("conv_transpose1d", [L, values(3, (4, 3, 3)), values(4, (3,))], {"stride": 3, "padding": 2, "output_padding": 1}),
    ("unfold", [X], {"kernel_size": (2, 3), "dilation": (1, 2), "padding": 1, "stride": 2}),
    ("fold", [values(0, (2, 12, 20))], {"output_size": (5, 6), "kernel_size": 2, "stride": 1}),
    ("max_pool2d", [X], {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ("max_pool2d", [ONE], {"kernel_size": (2, 1), "dilation": 2}),
    ("max_pool1d", [L], {"kernel_size": 2}),
    ("avg_pool2d", [X], {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ("avg_pool2d", [X], {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
    ("avg_pool2d", [X], {"kernel_size": (2, 3), "divisor_override": 5}),
    ("avg_pool1d", [L], {"kernel_size": 3, "padding": 1}),
    ("adaptive_avg_pool2d", [X], {"output_size": (3, None)}),
    ("adaptive_max_pool2d", [X], {"output_size": (3, 4)}),
    ("adaptive_avg_pool1d", [L], {"output_size": 3}),
    ("pad", [X], {"pad": (1, 2, -1, 3), "value": 0.5}),
    *[("pad", [X], {"pad": (1, 2, 3, 0), "mode": mode}) for mode in ("reflect", "replicate", "circular")],
    *[("pad", [X], {"pad": (-1, 3, 0, 0), "mode": mode}) for mode in ("reflect", "replicate", "circular")],
    ("pad", [ONE], {"pad": (5, -4, -1, 3), "mode": "reflect"}),  # the mirror shows what is taken away
    *[("interpolate", [X], {"size": (5, 9), "mode": mode}) for mode in ("nearest", "nearest-exact", "bilinear", "bicubic", "area")],
    *[("interpolate", [X], {"scale_factor": (1.7, 0.6), "mode": mode}) for mode in ("nearest", "bilinear", "bicubic")],
    *[("interpolate", [X], {"size": (5, 9), "mode": mode, "align_corners": True}) for mode in ("bilinear", "bicubic")],
    ("interpolate", [L], {"scale_factor": 2, "mode": "linear"}),
    ("interpolate", [X], {"scale_factor": 1.3, "mode": "bilinear", "recompute_scale_factor": True}),
    ("interpolate", [L], {"scale_factor": 1.1, "mode": "linear"}),  # 7 elements stay 7
    *[("interpolate", [X], {"scale_factor": (1.1, 2.1), "mode": mode}) for mode in ("nearest", "nearest-exact", "bilinear", "bicubic")],
    ("pixel_shuffle", [X], {"upscale_factor": 2}),
    ("pixel_unshuffle", [X[:, :, :6]], {"downscale_factor": 2}),
    ("batch_norm", [X], {"running_mean": V, "running_var": P, "training": True, "weight": V, "bias": P}),
    ("batch_norm", [X], {"running_mean": V, "running_var": P}),
    ("instance_norm", [X], {"weight": V, "bias": P}),
]  # fmt: skip


def differentiate(module, name, inputs, keywords, tensor, leaf, derivative):
    """[value, gradients …, gradients of gradients …] as arrays; zeros where there is no path."""
    xs = [leaf(x) for x in inputs]
    keywords = {k: tensor(v.copy()) if isinstance(v, np.ndarray) else v for k, v in keywords.items()}
    y = getattr(module, name)(*xs, **keywords)
    first = derivative((y * tensor(values(10, tuple(y.shape)))).sum(), xs, create_graph=True, allow_unused=True)
    total = sum((g * tensor(values(11 + i, tuple(g.shape)))).sum() for i, g in enumerate(first))
    second = derivative(total, xs, allow_unused=True) if total.requires_grad else [None] * len(xs)
    second = [0 * x if t is None else t + 0 * x for t, x in zip(second, xs)]
    return [t.detach().numpy() for t in (y, *first, *second)] + [t.detach().numpy() for k, t in keywords.items() if "running" in k]


@pytest.mark.parametrize(("name", "inputs", "keywords"), CASES, ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_function(name, inputs, keywords):
    ours = differentiate(F, name, inputs, keywords, Tensor, lambda a: Tensor(a.copy(), requires_grad=True), grad)
    theirs = differentiate(
        torch.nn.functional, name, inputs, keywords, torch.tensor, lambda a: torch.tensor(a, requires_grad=True), torch.autograd.grad
    )
    for got, want in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-10)


def dcgan(n):
    return n.Sequential(
        n.Conv2d(1, 8, 3, 2, 1), n.LeakyReLU(0.01), n.Conv2d(8, 12, 4, 2, 1, bias=False), n.BatchNorm2d(12), n.LeakyReLU(0.01),
        n.ConvTranspose2d(12, 6, 3, 2, 1, 1), n.BatchNorm2d(6, momentum=None), n.InstanceNorm2d(6, affine=True, track_running_stats=True),
        n.MaxPool2d(2), n.Conv2d(6, 6, 3, padding=1, padding_mode="reflect", groups=3), n.Flatten(2), n.BatchNorm1d(6), n.Conv1d(6, 2, 3),
    )  # fmt: skip


def test_a_net_takes_pytorchs_weights_by_name_and_keeps_the_same_statistics():
    theirs, ours = dcgan(torch.nn).double(), dcgan(nn).to(np.float64)
    ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
    for k in range(3):
        x = values(k, (4, 1, 16, 16))
        y = theirs(torch.tensor(x))
        np.testing.assert_allclose(ours(Tensor(x)).data, y.detach().numpy(), rtol=1e-8, atol=1e-10)
    for name, t in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[name], t.numpy(), rtol=1e-9, atol=1e-14, err_msg=name)
    y = theirs.eval()(torch.tensor(x))
    np.testing.assert_allclose(ours.eval()(Tensor(x)).data, y.detach().numpy(), rtol=1e-8, atol=1e-10)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_spectral_norm_follows_pytorchs_power_iteration():
    theirs, ours = torch.nn.ConvTranspose2d(3, 4, 2).double(), nn.ConvTranspose2d(3, 4, 2).to(np.float64)
    ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
    theirs = torch.nn.utils.spectral_norm(theirs)
    ours = nn.spectral_norm(ours)
    ours.u.copy_(theirs.weight_u.numpy())
    ours.v.copy_(theirs.weight_v.numpy())
    x = values(0, (1, 3, 3, 3))
    for _ in range(3):
        y = theirs(torch.tensor(x))
        np.testing.assert_allclose(ours(Tensor(x)).data, y.detach().numpy(), rtol=1e-9)
    np.testing.assert_allclose(ours.u.data, theirs.weight_u.numpy(), rtol=1e-9)
