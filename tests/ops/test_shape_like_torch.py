"""The same line of code in minigen and in PyTorch: values, dtypes, gradients. Skipped where PyTorch is not installed."""

import numpy as np
import pytest

import minigen
from minigen.random import new_generator

torch = pytest.importorskip("torch")

X = new_generator(0).standard_normal((4, 3, 5))
TIES = np.array([[2.0, 1.0, 2.0, 0.0], [5.0, 5.0, 5.0, 1.0]])
NAN = np.array([3.0, np.nan, 1.0, np.nan, 2.0])
CUBE = np.array([[[0, 2, 1], [1, 1, 0]], [[2, 0, 2], [0, 1, 2]]])  # indices, with repetitions
MASK = X > 0.3

# (what it looks like, inputs): ``m`` is minigen or torch, ``t`` makes a constant, x and z are the inputs
LINES = {
    "reshape": (lambda m, t, x: x.reshape(2, -1), X),
    "reshape tuple": (lambda m, t, x: m.reshape(x, (6, 10)), X),
    "view": (lambda m, t, x: x.view(4, -1), X),
    "flatten": (lambda m, t, x: x.flatten(), X),
    "flatten from": (lambda m, t, x: m.flatten(x, start_dim=1), X),
    "flatten from to": (lambda m, t, x: x.flatten(0, -2), X),
    "flatten 0-d": (lambda m, t, x: x.flatten(), X[0, 0, 0]),
    "unflatten": (lambda m, t, x: m.unflatten(x, 0, (2, -1)), X),
    "unflatten dim": (lambda m, t, x: x.unflatten(dim=-1, sizes=(5, 1)), X),
    "permute": (lambda m, t, x: x.permute(2, 0, 1), X),
    "permute negative": (lambda m, t, x: m.permute(x, (-1, 0, -2)), X),
    "transpose": (lambda m, t, x: x.transpose(0, -1), X),
    "transpose dims": (lambda m, t, x: m.transpose(x, dim0=1, dim1=2), X),
    "swapaxes": (lambda m, t, x: m.swapaxes(x, 0, 1), X),
    "T": (lambda m, t, x: x.T, X[0]),
    "mT": (lambda m, t, x: x.mT, X),
    "squeeze": (lambda m, t, x: x.squeeze(), X[:1, :, :1]),
    "squeeze axis": (lambda m, t, x: x.squeeze(-1), X[:1, :, :1]),
    "squeeze nothing": (lambda m, t, x: x.squeeze(1), X[:1, :, :1]),
    "squeeze several": (lambda m, t, x: m.squeeze(x, dim=(0, 1)), X[:1, :, :1]),
    "squeeze 0-d": (lambda m, t, x: x.squeeze(0), X[0, 0, 0]),
    "unsqueeze": (lambda m, t, x: x.unsqueeze(1), X),
    "unsqueeze last": (lambda m, t, x: m.unsqueeze(x, dim=-1), X),
    "expand": (lambda m, t, x: x.expand(2, -1, 3, 5), X[:, :1]),
    "expand tuple": (lambda m, t, x: x.expand((7, 1)), X[0, 0, 0]),
    "expand_as": (lambda m, t, x, z: x.expand_as(z) * z, X[:, :1], X),
    "broadcast_to": (lambda m, t, x: m.broadcast_to(x, (2, 3, 5)), X[0]),
    "movedim": (lambda m, t, x: m.movedim(x, 0, -1), X),
    "movedim several": (lambda m, t, x: x.movedim((0, 2), (1, 0)), X),
    "clone": (lambda m, t, x: x.clone(), X),
    "contiguous": (lambda m, t, x: x.mT.contiguous(), X),
    "double": (lambda m, t, x: x.float().double(), X),
    "to": (lambda m, t, x: x.to(m.float32), X),
    "to device": (lambda m, t, x: x.to("cpu", m.float64), X),
    "long": (lambda m, t, x: x.long(), X * 3),
    "bool": (lambda m, t, x: x.bool(), TIES),
    "cat": (lambda m, t, x, z: m.cat([x, z, x]), X, X[:2]),
    "cat axis": (lambda m, t, x, z: m.cat((x, z), dim=-1), X, X[:, :, :2]),
    "concat": (lambda m, t, x, z: m.concat([x, z], 1), X, X),
    "stack": (lambda m, t, x, z: m.stack([x, z, x]), X, X),
    "stack axis": (lambda m, t, x, z: m.stack([x, z], dim=-1), X, X),
    "hstack": (lambda m, t, x, z: m.hstack([x, z]), X, X[:, :1]),
    "hstack vectors": (lambda m, t, x, z: m.hstack([x, z]), X[0, 0], X[0, 1, :2]),
    "vstack": (lambda m, t, x, z: m.vstack([x, z]), X[0, 0], X[1]),
    "vstack numbers": (lambda m, t, x, z: m.vstack([x, z]), X[0, 0, 0], X[1, 0, 0]),
    "split": (lambda m, t, x: x.split(3, dim=2), X),
    "split sizes": (lambda m, t, x: m.split(x, [1, 0, 3]), X),
    "split empty": (lambda m, t, x: m.split(x, 2), X[:0]),
    "chunk": (lambda m, t, x: x.chunk(2, -1), X),
    "chunk fewer": (lambda m, t, x: m.chunk(x, 4, dim=2), X),
    "chunk empty": (lambda m, t, x: x.chunk(3), X[:0]),
    "unbind": (lambda m, t, x: x.unbind(1), X),
    "narrow": (lambda m, t, x: x.narrow(1, 1, 2), X),
    "narrow negative": (lambda m, t, x: m.narrow(x, -1, -3, 2), X),
    "tile": (lambda m, t, x: m.tile(x, (2,)), X),
    "tile many": (lambda m, t, x: x.tile(2, 1, 3, 1), X),
    "repeat": (lambda m, t, x: x.repeat(2, 1, 3), X),
    "repeat in front": (lambda m, t, x: x.repeat(2, 1, 1, 3), X),
    "repeat none": (lambda m, t, x: x.repeat(0, 1, 2), X),
    "repeat_interleave": (lambda m, t, x: x.repeat_interleave(2, dim=1), X),
    "repeat_interleave flat": (lambda m, t, x: m.repeat_interleave(x, 3), X),
    "repeat_interleave counts": (lambda m, t, x: m.repeat_interleave(x, t([2, 0, 1, 3]), 0), X),
    "repeat_interleave one count": (lambda m, t, x: m.repeat_interleave(x, t([2]), 0), X),
    "flip": (lambda m, t, x: m.flip(x, (0, -1)), X),
    "flip one": (lambda m, t, x: x.flip(1), X),
    "flip varargs": (lambda m, t, x: x.flip(0, 1), X),
    "roll": (lambda m, t, x: x.roll(2, 1), X),
    "roll flat": (lambda m, t, x: x.roll(-4), X),
    "roll several": (lambda m, t, x: m.roll(x, (1, -2), dims=(0, -1)), X),
    "meshgrid": (lambda m, t, x, z: m.meshgrid(x, z, indexing="ij"), X[:, 0, 0], X[0, :, 0]),
    "meshgrid xy": (lambda m, t, x, z: m.meshgrid(x, z, x, indexing="xy"), X[:, 0, 0], X[0, :, 0]),
    "diagonal": (lambda m, t, x: x.diagonal(), X),
    "diagonal offset": (lambda m, t, x: m.diagonal(x, -1, dim1=2, dim2=0), X),
    "diagonal outside": (lambda m, t, x: m.diagonal(x, 9), X),
    "diag": (lambda m, t, x: m.diag(x, 1), X[0, 0]),
    "diag of matrix": (lambda m, t, x: x.diag(-1), X[0]),
    "diag_embed": (lambda m, t, x: m.diag_embed(x), X),
    "diag_embed offset": (lambda m, t, x: m.diag_embed(x, -2, dim1=0, dim2=2), X),
    "tril": (lambda m, t, x: m.tril(x), X),
    "triu": (lambda m, t, x: x.triu(1), X),
    "tril diagonal": (lambda m, t, x: m.tril(x, diagonal=-1), X),
    # indexing
    "x[1]": (lambda m, t, x: x[1], X),
    "x[-1, 0, 2]": (lambda m, t, x: x[-1, 0, 2], X),
    "slices": (lambda m, t, x: x[1:3, ::2, -3:], X),
    "None ...": (lambda m, t, x: x[None, ..., 1, None], X),
    "list": (lambda m, t, x: x[[0, 2, 2]], X),
    "empty list": (lambda m, t, x: x[[]], X),
    "tensor": (lambda m, t, x: x[t(CUBE)], X),
    "negative tensor": (lambda m, t, x: x[:, t([-1, 0, -1])], X),
    "0-d tensor": (lambda m, t, x: x[t(2), 1:], X),
    "two tensors": (lambda m, t, x: x[t([0, 1, 0]), t([2, 2, 2])], X),
    "two tensors broadcast": (lambda m, t, x: x[t([[0], [1]]), :, t([2, 2, 0])], X),
    "number, slice, list": (lambda m, t, x: x[0, :, [1, 2, 1]], X),
    "list, slice, number": (lambda m, t, x: x[[1, 1], :, 0], X),
    "list, None, number": (lambda m, t, x: x[[1, 1], None, 0], X),
    "number ... list": (lambda m, t, x: x[1, ..., [1, 1]], X),
    "0-d tensor, slice, list": (lambda m, t, x: x[t(0), :, [1, 2, 1]], X),
    "mask": (lambda m, t, x: x[t(MASK)], X),
    "mask of rows": (lambda m, t, x: x[t(MASK[:, 0, 0]), 1:], X),
    "mask of pairs, number": (lambda m, t, x: x[t(MASK[:, :, 0]), 2], X),
    "number, mask of pairs": (lambda m, t, x: x[0, t(MASK[0])], X),
    "number, None, mask": (lambda m, t, x: x[0, None, :, t(MASK[0, 0])], X),
    "mask, list": (lambda m, t, x: x[t(np.array([True, False, True, False])), [0, 2]], X),
    "own comparison": (lambda m, t, x: x[x > 0], X),
    "x[True]": (lambda m, t, x: x[True], X),
    "x[False]": (lambda m, t, x: x[False], X),
    "picking twice": (lambda m, t, x: x[[0, 0, 1]][:, [1, 1]] ** 2, X),
    # picking and placing along an axis
    "gather": (lambda m, t, x: m.gather(x, 1, t(CUBE)), X),
    "gather dim": (lambda m, t, x: x.gather(dim=-1, index=t(CUBE)), X),
    "gather 0-d": (lambda m, t, x: x.gather(0, t(0)), X[0, 0, 0]),
    "take_along_dim": (lambda m, t, x: m.take_along_dim(x, t([[[1], [-1], [0]]]), 2), X),
    "take_along_dim flat": (lambda m, t, x: m.take_along_dim(x, t([[7, 3], [7, 0]])), X),
    "index_select": (lambda m, t, x: m.index_select(x, 1, t([2, 0, 2])), X),
    "index_select 0-d": (lambda m, t, x: x.index_select(dim=0, index=t(1)), X),
    "masked_select": (lambda m, t, x: m.masked_select(x, t(MASK[0])), X),
    "masked_fill": (lambda m, t, x: x.masked_fill(t(MASK[0]), -1.5), X),
    "masked_fill inf": (lambda m, t, x: x.masked_fill(x < 0, float("inf")), X),
    "masked_fill tensor": (lambda m, t, x, z: m.masked_fill(x, t(MASK), z), X, X[0, 0, 0]),
    "masked_fill int": (lambda m, t, x: t(CUBE).masked_fill(t(CUBE) > 1, 7.5) * x.sum(), X),
    "masked_fill stretches x": (lambda m, t, x: x.masked_fill(t(MASK), 0.0), X[0]),
    "scatter number": (lambda m, t, x: x.scatter(1, t(CUBE), 2.5), X),
    "scatter": (lambda m, t, x, z: m.scatter(x, 1, t([[2, 0], [0, 1]]), z), X[0], X[1, :2, :2]),
    "scatter_add": (lambda m, t, x, z: m.scatter_add(x, 1, t(CUBE), z[:2, :2, :3]), X, X + 1),
    "scatter_add dim": (lambda m, t, x, z: x.scatter_add(dim=0, index=t(CUBE), src=z), X, X[:2, :2, :3] + 1),
    "index_add": (lambda m, t, x, z: m.index_add(x, 0, t([1, 1, 3]), z), X, X[:3] + 1),
    "index_add alpha": (lambda m, t, x, z: x.index_add(-1, t([1, 1, 3]), z, alpha=-2), X, X[..., :3] + 1),
    "index_put": (lambda m, t, x, z: m.index_put(x, (t([1, 0]), t([2, 2])), z), X, X[0, 0]),
    "index_put adds": (lambda m, t, x, z: x.index_put((t([1, 1]), t([2, 2])), z, accumulate=True), X, X[0, 0]),
    "index_put mask": (lambda m, t, x, z: x.index_put((t(MASK),), z), X, X[0, 0, 0]),
    # order
    "max": (lambda m, t, x: x.max(), TIES),
    "min": (lambda m, t, x: m.min(x), TIES),
    "max axis": (lambda m, t, x: x.max(1), TIES),
    "min axis": (lambda m, t, x: m.min(x, dim=0, keepdim=True), TIES),
    "max cube": (lambda m, t, x: m.max(x, -2), X),
    "max 0-d": (lambda m, t, x: x.max(0), X[0, 0, 0]),
    "max of two": (lambda m, t, x, z: m.max(x, z), X, X[0]),
    "max nan": (lambda m, t, x: x.max(0), NAN),
    "max empty": (lambda m, t, x: x.max(0), X[:, :0]),
    "argmax": (lambda m, t, x: x.argmax(), TIES),
    "argmax axis": (lambda m, t, x: m.argmax(x, dim=1, keepdim=True), TIES),
    "argmax keepdim": (lambda m, t, x: m.argmax(x, keepdim=True), TIES),
    "argmin": (lambda m, t, x: x.argmin(-1), TIES),
    "argmin nan": (lambda m, t, x: x.argmin(), NAN),
    "sort": (lambda m, t, x: m.sort(x, stable=True), TIES),
    "sort axis": (lambda m, t, x: x.sort(dim=1), X),
    "sort descending": (lambda m, t, x: m.sort(x, stable=True, descending=True), TIES),
    "sort nan": (lambda m, t, x: m.sort(x, descending=True, stable=True), NAN),
    "sort 0-d": (lambda m, t, x: x.sort(), X[0, 0, 0]),
    "argsort": (lambda m, t, x: m.argsort(x, dim=0, stable=True), TIES),
    "argsort descending": (lambda m, t, x: x.argsort(descending=True, stable=True), TIES),
    "topk": (lambda m, t, x: x.topk(2), X),
    "topk smallest": (lambda m, t, x: m.topk(x, 3, dim=1, largest=False), X),
    "topk none": (lambda m, t, x: x.topk(0, 0), X),
    "topk 0-d": (lambda m, t, x: x.topk(1), X[0, 0, 0]),
    "nonzero": (lambda m, t, x: x.nonzero(), TIES),
    "nonzero 0-d": (lambda m, t, x: m.nonzero(x), X[0, 0, 0]),
    "nonzero tuple": (lambda m, t, x: m.nonzero(x, as_tuple=True), TIES),
    "searchsorted": (lambda m, t, x: m.searchsorted(t([0.0, 1.0, 1.0, 2.0]), x), TIES),
    "searchsorted right": (lambda m, t, x: m.searchsorted(t([0.0, 1.0, 1.0, 2.0]), x, right=True), TIES),
    "searchsorted rows": (lambda m, t, x: m.searchsorted(t([[0.0, 1.0], [1.0, 5.0]]), x, side="right"), TIES),
    "searchsorted number": (lambda m, t, x: m.searchsorted(x.sort().values, 0.1), X[0, 0]),
    "unique": (lambda m, t, x: m.unique(x.detach()), TIES),
    # creation
    "arange": (lambda m, t, x: m.arange(5), X),
    "arange step": (lambda m, t, x: m.arange(7, 1, -2), X),
    "arange float": (lambda m, t, x: m.arange(0, 1, 0.1), X),
    "arange end": (lambda m, t, x: m.arange(2.5), X),
    "arange dtype": (lambda m, t, x: m.arange(3, dtype=m.float64), X),
    "linspace": (lambda m, t, x: m.linspace(-1, 2, 7), X),
    "linspace one": (lambda m, t, x: m.linspace(3, 4, 1), X),
    "linspace none": (lambda m, t, x: m.linspace(3, 4, steps=0), X),
    "zeros": (lambda m, t, x: (m.zeros(2, 3), m.zeros((2,)), m.zeros(()), m.zeros(0, dtype=m.int64)), X),
    "ones": (lambda m, t, x: (m.ones(2, 3), m.ones([2, 1], dtype=m.bool)), X),
    "full": (lambda m, t, x: (m.full((2, 3), 2.5), m.full((1,), 3), m.full((), True), m.full((2,), 3, dtype=m.float64)), X),
    "eye": (lambda m, t, x: (m.eye(3), m.eye(2, 3), m.eye(0)), X),
    "like": (lambda m, t, x: (m.zeros_like(x), m.ones_like(x, dtype=m.int64), m.full_like(x, 3)), X),
    "shapes": (lambda m, t, x: [f.mul(0) for f in (m.rand(2, 3), m.randn((2,)), m.randint(3, (2,)), m.randint(1, 3, (2, 1)))], X),
    "random like": (lambda m, t, x: (m.rand_like(x).mul(0), m.randn_like(x, dtype=m.float32).mul(0)), X),
    "tensors": (
        lambda m, t, x: (m.tensor(1), m.tensor([1.5]), m.tensor([[True]]), m.tensor([1, 2], dtype=m.float64), m.tensor([])),
        X,
    ),
}


def results(value):
    return list(value) if isinstance(value, (tuple, list)) else [value]


@pytest.mark.parametrize("name", LINES)
def test_line(name):
    line, *inputs = LINES[name]
    ours = [minigen.tensor(x, requires_grad=True) for x in inputs]
    theirs = [torch.tensor(x, requires_grad=True) for x in inputs]
    mine = results(line(minigen, lambda v: minigen.tensor(v, dtype=None), *ours))
    their = results(line(torch, torch.tensor, *theirs))
    assert len(mine) == len(their)
    losses, smooth = [0.0, 0.0], False
    for i, (a, b) in enumerate(zip(mine, their)):
        assert a.shape == tuple(b.shape)
        assert str(a.dtype) == str(b.dtype).removeprefix("torch.")
        assert a.requires_grad == b.requires_grad
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-6, err_msg=name)
        if b.requires_grad and b.numel():
            smooth = True
            weights = new_generator(i).standard_normal(a.shape)
            losses[0] = losses[0] + (a.double() ** 2 * minigen.tensor(weights)).sum()
            losses[1] = losses[1] + (b.double() ** 2 * torch.tensor(weights)).sum()
    if smooth and np.isfinite(losses[1].item()):
        compare_gradients(name, losses, ours, theirs)


def compare_gradients(name, losses, ours, theirs):
    """First derivatives, and those of the sum of their cubes."""
    mine = minigen.grad(losses[0], ours, create_graph=True, allow_unused=True)
    their = torch.autograd.grad(losses[1], theirs, create_graph=True, allow_unused=True)
    for a, b in zip(mine, their):
        if b is not None:
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-6, atol=1e-12, err_msg=name)
    mine, their = (sum((g**3).sum() for g in grads if g is not None) for grads in (mine, their))
    if their.requires_grad:
        mine, their = minigen.grad(mine, ours, allow_unused=True), torch.autograd.grad(their, theirs, allow_unused=True)
        for a, b in zip(mine, their):
            a, b = (np.zeros(()) if g is None else g.detach().numpy() for g in (a, b))
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-12, err_msg=f"{name}: second derivative")
