"""Maps that are linear along each axis of an image on its own: averages over windows, resizing. y = A x Bᵀ for every channel."""

import numpy as np

from minigen.device import device_of, to_device
from minigen.ops.products import matmul
from minigen.ops.shape import permute, reshape
from minigen.tensor import Tensor


def along_axes(x, matrices):
    """x (N, C, n₁, n₂, …) times a matrix (m, n) along each axis behind the channels: (N, C, m₁, m₂, …). None leaves an axis alone.

    Each is one product for the whole batch. The matrices are NumPy arrays; they are moved to x's dtype and device.
    """
    array = x.data if isinstance(x, Tensor) else x
    for k, a in enumerate(matrices):
        if a is None:
            continue
        axis = x.ndim - len(matrices) + k
        order = (*range(axis), *range(axis + 1, x.ndim), axis)
        rows = permute(x, axis=order)
        lead = rows.shape[:-1]
        a = to_device(np.ascontiguousarray(a.T, array.dtype), device_of(array))
        y = reshape(matmul(reshape(rows, shape=(-1, x.shape[axis])), a), shape=(*lead, a.shape[1]))
        x = permute(y, axis=(*range(axis), x.ndim - 1, *range(axis, x.ndim - 1)))
    return x
