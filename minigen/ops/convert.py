"""Another dtype, another device: the same numbers, stored elsewhere or otherwise."""

import numpy as np

from minigen import device as _device
from minigen.autograd import primitive
from minigen.ops.arguments import device_of, dtype_of
from minigen.ops.shape import astype
from minigen.tensor import Tensor

DTYPES = {"half": np.float16, "float": np.float32, "double": np.float64, "int": np.int32, "long": np.int64, "bool": np.bool_}


@primitive
def transfer(x, *, device):
    """y = x on ``device``; x itself if it is there already."""
    return _device.to_device(x, device)


@transfer.vjp
def transfer_vjp(g, y, x, *, device):
    """The gradient goes back to where x lives."""
    return transfer(g, device=device_of(x))


def to(x, *targets, dtype=None, device=None):
    """x with another dtype, on another device, or both: ``x.to("cuda")``, ``x.to(minigen.float64)``, ``x.to(other)``."""
    for target in targets:
        if isinstance(target, Tensor):
            dtype, device = target.dtype, target.device
        elif isinstance(target, str) and target.partition(":")[0] in ("cpu", "cuda"):
            device = target
        else:
            dtype = target
    if dtype is not None:
        x = x if x.dtype == (dtype := dtype_of("to", dtype)) else astype(x, dtype)
    return x if device is None or _device.canonical(device) == x.device else transfer(x, device=device)


def type_as(x, other):
    """x with the dtype of ``other``."""
    return x.to(other.dtype)


def cpu(x):
    """x on the CPU."""
    return x.to(device="cpu")


def cuda(x, device="cuda"):
    """x on a GPU."""
    return x.to(device=device)
