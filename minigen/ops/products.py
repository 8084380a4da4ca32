"""Products of matrices and vectors."""

import math

import numpy as np

from minigen.autograd import primitive
from minigen.ops.arguments import axes_of
from minigen.ops.diagonals import diagonal
from minigen.ops.reduce import sum
from minigen.ops.shape import permute, reshape


@primitive
def matmul(a, b):
    """y = a b: (…, M, K) @ (…, K, N) -> (…, M, N); a vector on the left is a row, on the right a column."""
    return np.matmul(a, b)


@matmul.vjp
def matmul_vjp_a(g, y, a, b):
    """∂L/∂a = g bᵀ"""
    if b.ndim == 1:
        return g[..., None] * b
    if a.ndim == 1:
        return (b @ g[..., None])[..., 0]
    return g @ b.mT


@matmul.vjp
def matmul_vjp_b(g, y, a, b):
    """∂L/∂b = aᵀ g"""
    if a.ndim == 1:
        return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]
    if b.ndim == 1:
        return (a.mT @ g[..., None])[..., 0]
    if b.ndim == 2 and a.ndim > 2:  # one product instead of a batch of products that would be summed
        return a.reshape(-1, a.shape[-1]).mT @ g.reshape(-1, g.shape[-1])
    return a.mT @ g


@matmul.explain
def matmul_complaint(a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return f"{np.shape(a)} @ {np.shape(b)}: a number is no matrix; use * to scale"
    inner = np.shape(a)[-1], np.shape(b)[-2 if np.ndim(b) > 1 else 0]
    if inner[0] != inner[1]:
        return f"{np.shape(a)} @ {np.shape(b)}: inner sizes {inner[0]} and {inner[1]} differ"
    return f"{np.shape(a)} @ {np.shape(b)}: the leading axes do not broadcast"


# --- products of given ranks --------------------------------------------------------------------------------------------------


def mm(a, b):
    """y = a b for two matrices: (M, K), (K, N) -> (M, N)"""
    return matmul(*_of_rank("mm", (2, "matrix"), a, b))


def bmm(a, b):
    """yₙ = aₙ bₙ for two stacks of matrices: (B, M, K), (B, K, N) -> (B, M, N). Their B must agree. [torch.bmm]"""
    _of_rank("bmm", (3, "stack of matrices"), a, b)
    if a.shape[0] != b.shape[0]:
        shapes = f"{tuple(a.shape)} @ {tuple(b.shape)}"
        raise ValueError(f"bmm: {shapes}: {a.shape[0]} and {b.shape[0]} matrices; matmul would broadcast a single one")
    return matmul(a, b)


def mv(a, b):
    """y = a b for a matrix and a vector: (M, K), (K,) -> (M,)"""
    _of_rank("mv", (2, "matrix"), a)
    return matmul(a, *_of_rank("mv", (1, "vector"), b))


def dot(a, b):
    """y = Σᵢ aᵢ bᵢ for two vectors: (N,), (N,) -> ()"""
    return matmul(*_of_rank("dot", (1, "vector"), a, b))


def outer(a, b):
    """yᵢⱼ = aᵢ bⱼ for two vectors: (M,), (N,) -> (M, N)"""
    _of_rank("outer", (1, "vector"), a, b)
    return a[:, None] * b


def trace(x):
    """y = Σᵢ xᵢᵢ, the sum of the diagonal of a matrix: (M, N) -> ()"""
    _of_rank("trace", (2, "matrix"), x)
    return sum(diagonal(x))


def tensordot(a, b, dims=2):
    """y = Σ a b over pairs of axes: the last ``dims`` axes of a with the first of b, or dims = (axes of a, axes of b).

    The axes of y are the others of a, then the others of b. One product of matrices. [torch.tensordot]
    """
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise ValueError(f"tensordot: {tuple(a.shape)} and {tuple(b.shape)} have no {dims} axes to sum over")
        dims = range(a.ndim - dims, a.ndim), range(dims)
    over = [axes_of("tensordot", x.shape, tuple(axes) if isinstance(axes, range) else axes) for x, axes in zip((a, b), dims)]
    lengths = [tuple(x.shape[k] for k in axes) for x, axes in zip((a, b), over)]
    if lengths[0] != lengths[1]:
        raise ValueError(f"tensordot: the axes {over[0]} of {tuple(a.shape)} and {over[1]} of {tuple(b.shape)} differ in length")
    free = [tuple(k for k in range(x.ndim) if k not in axes) for x, axes in zip((a, b), over)]
    shape = tuple(a.shape[k] for k in free[0]) + tuple(b.shape[k] for k in free[1])
    n = math.prod(lengths[0])
    rows = reshape(permute(a, free[0] + over[0]), (math.prod(a.shape[k] for k in free[0]), n))
    columns = reshape(permute(b, over[1] + free[1]), (n, math.prod(b.shape[k] for k in free[1])))
    return reshape(matmul(rows, columns), shape)


def _of_rank(who, rank, *tensors):
    n, word = rank
    for x in tensors:
        if x.ndim != n:
            raise ValueError(f"{who}: expected a {word}, {n} axes, got shape {tuple(x.shape)}")
    return tensors
