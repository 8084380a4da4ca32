"""Lines that move, join, pick, place, sort and create, separated by `` ; ``; for the names see ``judge``."""

SHAPES = r"""
X.reshape(2, -1) ; m.reshape(X, (6, 10)) ; X.view(4, -1) ; X.flatten() ; m.flatten(X, start_dim=1) ; X.flatten(0, -2)
X[0, 0, 0].flatten() ; m.unflatten(X, 0, (2, -1)) ; X.unflatten(dim=-1, sizes=(5, 1)) ; X.permute(2, 0, 1)
m.permute(X, (-1, 0, -2)) ; X.transpose(0, -1) ; m.transpose(X, dim0=1, dim1=2) ; m.swapaxes(X, 0, 1) ; X[0].T ; X.mT
X[:1, :, :1].squeeze() ; X[:1, :, :1].squeeze(-1) ; X[:1, :, :1].squeeze(1) ; m.squeeze(X[:1, :, :1], dim=(0, 1))
X[0, 0, 0].squeeze(0) ; X.unsqueeze(1) ; m.unsqueeze(X, dim=-1) ; X[:, :1].expand(2, -1, 3, 5) ; X[0, 0, 0].expand((7, 1))
X[:, :1].expand_as(X) * X ; m.broadcast_to(X[0], (2, 3, 5)) ; m.movedim(X, 0, -1) ; X.movedim((0, 2), (1, 0)) ; X.clone()
X.mT.contiguous() ; X.float().double() ; X.to(m.float32) ; X.to('cpu', m.float64) ; (X * 3).long() ; TIES.bool()
m.cat([X, X[:2], X]) ; m.cat((X, X[:, :, :2]), dim=-1) ; m.concat([X, X], 1) ; m.stack([X, X, X]) ; m.stack([X, X], dim=-1)
m.hstack([X, X[:, :1]]) ; m.hstack([X[0, 0], X[0, 1, :2]]) ; m.vstack([X[0, 0], X[1]]) ; m.vstack([X[0, 0, 0], X[1, 0, 0]])
X.split(3, dim=2) ; m.split(X, [1, 0, 3]) ; m.split(X[:0], 2) ; X.chunk(2, -1) ; m.chunk(X, 4, dim=2) ; X[:0].chunk(3)
X.unbind(1) ; X.narrow(1, 1, 2) ; m.narrow(X, -1, -3, 2) ; m.tile(X, (2,)) ; X.tile(2, 1, 3, 1) ; X.repeat(2, 1, 3)
X.repeat(2, 1, 1, 3) ; X.repeat(0, 1, 2) ; X.repeat_interleave(2, dim=1) ; m.repeat_interleave(X, 3)
m.repeat_interleave(X, T([2, 0, 1, 3]), 0) ; m.repeat_interleave(X, T([2]), 0) ; m.flip(X, (0, -1)) ; X.flip(1) ; X.flip(0, 1)
X.roll(2, 1) ; X.roll(-4) ; m.roll(X, (1, -2), dims=(0, -1)) ; m.meshgrid(X[:, 0, 0], X[0, :, 0], indexing='ij')
m.meshgrid(X[:, 0, 0], X[0, :, 0], X[:, 0, 0], indexing='xy') ; X.diagonal() ; m.diagonal(X, -1, dim1=2, dim2=0)
m.diagonal(X, 9) ; m.diag(X[0, 0], 1) ; X[0].diag(-1) ; m.diag_embed(X) ; m.diag_embed(X, -2, dim1=0, dim2=2) ; m.tril(X)
X.triu(1) ; m.tril(X, diagonal=-1) ; x.reshape(4, 3) ; x.reshape((4, 3)) ; x.reshape([2, -1]) ; m.reshape(x, (-1,))
x.reshape(-1) ; e.reshape(4, 0) ; e.reshape(-1, 4) ; e.reshape(0, -1) ; s.reshape(1, 1) ; s.reshape(()) ; x.view(2, -1)
x.view(-1) ; x.view((6, 2)) ; x.reshape(5, -1) ; x.flatten() ; m.flatten(c, 1) ; m.flatten(c, 0, 1) ; c.flatten(start_dim=-2)
c.flatten(1, -1) ; e.flatten() ; s.flatten() ; c.permute(2, 0, 1) ; c.permute((2, 0, 1)) ; c.permute([2, 0, 1])
m.permute(c, (0, 2, 1)) ; c.permute(dims=(2, 1, 0)) ; c.permute(-1, 0, 1) ; c.permute(0, 0, 1) ; s.permute(()) ; x.permute(1, 0)
x.T ; v.T ; c.mT ; x.mT ; c.transpose(1, 2) ; c.transpose(-1, -2) ; m.transpose(c, 0, 1) ; m.swapaxes(c, 0, 1) ; z1.squeeze()
z1.squeeze(0) ; z1.squeeze(-2) ; z1.squeeze((0, 2)) ; z1.squeeze(dim=0) ; m.squeeze(z1, 1) ; s.squeeze() ; x.unsqueeze(0)
x.unsqueeze(-1) ; x.unsqueeze(2) ; x.unsqueeze(dim=1) ; x.unsqueeze(5) ; s.unsqueeze(0) ; v.expand(3, 4) ; v.expand(3, -1)
w.expand(-1, 4) ; w.expand(2, 3, 4) ; w.expand((3, 4)) ; s.expand(2, 2) ; w.expand(2, -1, 4) ; w.expand(-1, 3, 4)
w.expand_as(x) ; m.broadcast_to(v, (3, 4)) ; v.broadcast_to((2, 3, 4)) ; v.broadcast_to(3, 4) ; m.cat((x, y), dim=-1)
m.cat([x, y]) ; m.cat((x, y), 1) ; m.cat([x, f]) ; m.cat([ii, x]) ; m.cat([x, e]) ; m.cat((s, s)) ; m.cat(tensors=(x, y), dim=0)
m.cat([b, ii]) ; m.cat([x]) ; m.concat((x, y), dim=0) ; m.stack((x, y)) ; m.stack([x, y], -1) ; m.stack([s, s])
m.stack((x, y), dim=1) ; m.stack([x, f]) ; m.stack([ii, x]) ; m.stack(tensors=(x, y), dim=2) ; m.split(x, 2) ; x.split(2, 1)
x.split([1, 3], dim=1) ; m.split(x, [1, 1, 1], 0) ; x.split(3, dim=-1) ; m.chunk(x, 2) ; x.chunk(2, dim=1) ; x.chunk(3, -1)
m.chunk(x, 5, 1) ; m.chunk(input=x, chunks=2, dim=0) ; m.unbind(x) ; x.unbind(1) ; x.unbind(dim=-1) ; s.unbind()
x.narrow(0, 1, 2) ; m.narrow(x, 1, 0, 2) ; x.narrow(dim=1, start=1, length=2) ; m.tile(x, (2,)) ; x.tile(2, 2)
x.tile((1, 2, 3)) ; x.repeat(2, 2) ; x.repeat(2, 1, 1) ; x.repeat((2, 1)) ; v.repeat(3) ; v.repeat(3, 1) ; x.repeat(2)
s.repeat(3) ; m.repeat_interleave(x, 2) ; x.repeat_interleave(2, 0) ; x.repeat_interleave(2, dim=-1)
m.repeat_interleave(x, T([1, 0, 2]), dim=0) ; x.repeat_interleave(repeats=2, dim=1) ; m.flip(x, [0]) ; m.flip(x, dims=(0, 1))
x.flip(-1) ; x.flip([0, 1]) ; x.flip(dims=[1]) ; m.roll(x, 1) ; m.roll(x, 1, 0) ; m.roll(x, shifts=(1, 2), dims=(0, 1))
x.roll(-1, dims=1) ; x.roll(shifts=2, dims=-1) ; m.movedim(c, 0, -1) ; m.movedim(c, (0, 1), (1, 0)) ; c.movedim(2, 0)
m.movedim(c, source=0, destination=2) ; m.diagonal(x) ; x.diagonal(1) ; c.diagonal(0, 1, 2) ; c.diagonal(dim1=-2, dim2=-1)
c.diagonal(offset=-1, dim1=0, dim2=1) ; m.diag(v) ; m.diag(x) ; m.diag(v, -1) ; v.diag() ; m.diag(x, diagonal=1)
m.diag_embed(x) ; m.tril(x) ; x.tril(-1) ; c.triu() ; m.triu(x, diagonal=1) ; m.tril(b) ; m.triu(ii) ; m.triu(nn) ; m.clone(x)
x.clone() ; x.detach().clone() ; m.meshgrid(v, v, indexing='ij') ; m.meshgrid(v, w[:, 0], indexing='xy')
m.meshgrid(v, w[:, 0]) ; m.meshgrid([v, v], indexing='ij')
"""

PICKING = r"""
X[1] ; X[-1, 0, 2] ; X[1:3, ::2, -3:] ; X[None, ..., 1, None] ; X[[0, 2, 2]] ; X[[]] ; X[CUBE] ; X[:, T([-1, 0, -1])]
X[T(2), 1:] ; X[T([0, 1, 0]), T([2, 2, 2])] ; X[T([[0], [1]]), :, T([2, 2, 0])] ; X[0, :, [1, 2, 1]] ; X[[1, 1], :, 0]
X[[1, 1], None, 0] ; X[1, ..., [1, 1]] ; X[T(0), :, [1, 2, 1]] ; X[MASK] ; X[MASK[:, 0, 0], 1:] ; X[MASK[:, :, 0], 2]
X[0, MASK[0]] ; X[0, None, :, MASK[0, 0]] ; X[T(np.array([True, False, True, False])), [0, 2]] ; X[X > 0] ; X[True] ; X[False]
X[[0, 0, 1]][:, [1, 1]] ** 2 ; m.gather(X, 1, CUBE) ; X.gather(dim=-1, index=CUBE) ; X[0, 0, 0].gather(0, T(0))
m.take_along_dim(X, T([[[1], [-1], [0]]]), 2) ; m.take_along_dim(X, T([[7, 3], [7, 0]])) ; m.index_select(X, 1, T([2, 0, 2]))
X.index_select(dim=0, index=T(1)) ; m.masked_select(X, MASK[0]) ; X.masked_fill(MASK[0], -1.5)
X.masked_fill(X < 0, float('inf')) ; m.masked_fill(X, MASK, X[0, 0, 0]) ; CUBE.masked_fill(CUBE > 1, 7.5) * X.sum()
X[0].masked_fill(MASK, 0.0) ; X.scatter(1, CUBE, 2.5) ; m.scatter(X[0], 1, T([[2, 0], [0, 1]]), X[1, :2, :2])
m.scatter_add(X, 1, CUBE, (X + 1)[:2, :2, :3]) ; X.scatter_add(dim=0, index=CUBE, src=X[:2, :2, :3] + 1)
m.index_add(X, 0, T([1, 1, 3]), X[:3] + 1) ; X.index_add(-1, T([1, 1, 3]), X[..., :3] + 1, alpha=-2)
m.index_put(X, (T([1, 0]), T([2, 2])), X[0, 0]) ; X.index_put((T([1, 1]), T([2, 2])), X[0, 0], accumulate=True)
X.index_put((MASK,), X[0, 0, 0]) ; TIES.max() ; m.min(TIES) ; TIES.max(1) ; m.min(TIES, dim=0, keepdim=True) ; m.max(X, -2)
X[0, 0, 0].max(0) ; m.max(X, X[0]) ; NAN.max(0) ; X[:, :0].max(0) ; TIES.argmax() ; m.argmax(TIES, dim=1, keepdim=True)
m.argmax(TIES, keepdim=True) ; TIES.argmin(-1) ; NAN.argmin() ; m.sort(TIES, stable=True) ; X.sort(dim=1)
m.sort(TIES, stable=True, descending=True) ; m.sort(NAN, descending=True, stable=True) ; X[0, 0, 0].sort()
m.argsort(TIES, dim=0, stable=True) ; TIES.argsort(descending=True, stable=True) ; X.topk(2)
m.topk(X, 3, dim=1, largest=False) ; X.topk(0, 0) ; X[0, 0, 0].topk(1) ; TIES.nonzero() ; m.nonzero(X[0, 0, 0])
m.nonzero(TIES, as_tuple=True) ; m.searchsorted(T([0.0, 1.0, 1.0, 2.0]), TIES)
m.searchsorted(T([0.0, 1.0, 1.0, 2.0]), TIES, right=True) ; m.searchsorted(T([[0.0, 1.0], [1.0, 5.0]]), TIES, side='right')
m.searchsorted(X[0, 0].sort().values, 0.1) ; m.unique(TIES.detach()) ; x[0] ; x[-1] ; x[0, 1] ; x[0:2] ; x[:, 1] ; x[::2]
x[..., 0] ; x[..., None] ; x[None] ; x[:, None] ; x[b] ; x[~b] ; x[b1] ; x[:, bv] ; x[b1, 1] ; x[[0, 2]] ; x[[0, 2], [1, 1]]
x[:, [0, 2]] ; x[li] ; x[li, li] ; x[li][:, li] ; x[T([0, 1])] ; x[T(1)] ; x[np.array([0, 2])] ; x[np.int64(1)] ; x[0, [1, 2]]
x[T([[0, 1], [1, 2]])] ; x[(0, 1)] ; x[slice(1, 3)] ; x[x>0] ; c[:, 0, [1, 2]] ; c[0, :, [1, 2]] ; c[[0, 1], :, [1, 2]]
c[..., b] ; c[:, b] ; c[b[:2]] ; x[5] ; x[[5]] ; x[b[:2]] ; x[()] ; s[()] ; s[None] ; s[...] ; s[0] ; x[1:1] ; x[:, -1:]
x[-1:] ; x[True] ; x[None, b] ; x[0][0] ; x[1.0] ; x['a'] ; e[:0] ; e[T([], dtype=m.int64)] ; x[T([True, False, True])]
x[T([0, 2], dtype=m.int32)] ; m.gather(x, 1, mi) ; x.gather(1, mi) ; x.gather(dim=1, index=mi) ; m.gather(x, 0, mi[:2])
m.gather(x, -1, mi) ; m.gather(x, 1, ii) ; m.gather(ii, 1, mi) ; x.scatter(1, mi[:, :1], 1.5)
x.scatter(dim=1, index=mi[:, :1], value=2.) ; m.scatter(x, 1, mi[:, :1], value=3.) ; m.zeros(3, 4).scatter(1, mi[:, :1], 1.)
m.index_select(x, 1, li) ; x.index_select(0, li) ; x.index_select(dim=1, index=li) ; m.index_select(x, -1, li)
m.index_add(x, 0, li, y) ; x.index_add(0, li, y) ; x.index_add(dim=0, index=li, source=y) ; x.index_add(0, li, y, alpha=2)
x.index_add(1, li, y[:, :3]) ; x.masked_fill(b, 0) ; x.masked_fill(b, -inf) ; m.masked_fill(x, b, 0.5) ; x.masked_fill(bv, 0)
x.masked_fill(mask=b, value=1.) ; ii.masked_fill(b, 2) ; ii.masked_fill(b, 2.5) ; x.masked_fill(b, s) ; x.masked_fill(b, y)
x.masked_select(b) ; m.masked_select(x, bv) ; m.take_along_dim(x, mi, 1) ; m.take_along_dim(x, mi, dim=1)
x.take_along_dim(x.argsort(1), 1) ; m.take_along_dim(x, x.argmax(1, keepdim=True), 1) ; m.take_along_dim(x, T([3, 7]))
m.sort(x) ; m.sort(x, 0) ; x.sort(dim=1, descending=True) ; m.sort(x, 1).values ; m.sort(x, 1).indices ; m.sort(x, -1, True)
x.sort(descending=True)[0] ; m.sort(nn) ; m.sort(nn, descending=True) ; m.sort(ii) ; m.sort(b, stable=True)
m.sort(t, dim=1, stable=True) ; m.sort(t, stable=True, dim=1, descending=True) ; m.sort(s) ; m.sort(e) ; x.argsort()
x.argsort(0) ; x.argsort(1, True) ; m.argsort(x, dim=1, descending=True) ; m.argsort(t, stable=True) ; m.topk(x, 2)
x.topk(2, 0) ; x.topk(k=2, dim=1, largest=False) ; m.topk(x, 2, 1, True, True) ; m.topk(x, 2).values ; m.topk(x, 2)[1]
m.topk(x, 5) ; m.topk(nn, 3) ; m.nonzero(b) ; b.nonzero() ; x.nonzero() ; m.nonzero(t) ; b.nonzero(as_tuple=True)
m.argwhere(b) ; m.nonzero(s) ; m.searchsorted(sv, x) ; m.searchsorted(sv, x, right=True) ; m.searchsorted(sv, x, side='right')
m.searchsorted(sv, 0.5) ; m.searchsorted(seq, x) ; m.searchsorted(seq, x, right=True) ; m.searchsorted(sv, s)
m.searchsorted(sv, nn) ; m.searchsorted(T([1, 3, 5]), T([2, 3])) ; m.searchsorted(sv, T([1, 2])) ; m.searchsorted(e[:, 0], x)
m.unique(ii) ; x.index_add(dim=0, index=l1, source=y) ; x.scatter(1, idx[:, :1], value=2.) ; m.cat(tensors=(x, y), dim=1)
m.chunk(input=x, chunks=2)
"""

CREATION = r"""
m.arange(5) ; m.arange(7, 1, -2) ; m.arange(0, 1, 0.1) ; m.arange(2.5) ; m.arange(3, dtype=m.float64) ; m.linspace(-1, 2, 7)
m.linspace(3, 4, 1) ; m.linspace(3, 4, steps=0) ; (m.zeros(2, 3), m.zeros((2,)), m.zeros(()), m.zeros(0, dtype=m.int64))
(m.ones(2, 3), m.ones([2, 1], dtype=m.bool))
(m.full((2, 3), 2.5), m.full((1,), 3), m.full((), True), m.full((2,), 3, dtype=m.float64)) ; (m.eye(3), m.eye(2, 3), m.eye(0))
(m.zeros_like(X), m.ones_like(X, dtype=m.int64), m.full_like(X, 3))
[f.mul(0) for f in (m.rand(2, 3), m.randn((2,)), m.randint(3, (2,)), m.randint(1, 3, (2, 1)))]
(m.rand_like(X).mul(0), m.randn_like(X, dtype=m.float32).mul(0))
(m.tensor(1), m.tensor([1.5]), m.tensor([[True]]), m.tensor([1, 2], dtype=m.float64), m.tensor([])) ; m.zeros(2, 3)
m.zeros((2, 3)) ; m.zeros([2, 3]) ; m.zeros(()) ; m.zeros(2, dtype=m.int64) ; m.ones(2, 3) ; m.ones((2,), dtype=m.bool)
m.ones(0) ; m.full((2, 3), 1.5) ; m.full((2, 3), 7) ; m.full((2,), True) ; m.full((2,), 1, dtype=m.float32)
m.full((2,), fill_value=3.) ; m.full([2], s.item()) ; m.full((), inf) ; m.eye(3) ; m.eye(3, 4) ; m.eye(3, dtype=m.int64)
m.eye(n=2, m=3) ; m.arange(1, 5) ; m.arange(1, 5, 2) ; m.arange(5.) ; m.arange(0, 1, 0.1) ; m.arange(5, 0, -1)
m.arange(0, 5, dtype=m.float32) ; m.arange(start=1, end=3) ; m.arange(1, 2.5, 0.5) ; m.arange(5, 1) ; m.arange(0)
m.arange(0, 1, 0.25, dtype=m.float64) ; m.arange(3, 3) ; m.arange(10, dtype=m.uint8) ; m.linspace(0, 1, 5)
m.linspace(0, 1, steps=5) ; m.linspace(0, 1, 1) ; m.linspace(-1, 1, 7, dtype=m.float64) ; m.linspace(1, 0, 3)
m.linspace(start=0, end=1, steps=3) ; m.linspace(0, 10, 5, dtype=m.int64) ; m.linspace(0, 1, 0) ; m.zeros_like(x)
m.zeros_like(f) ; m.zeros_like(ii) ; m.zeros_like(x, dtype=m.float32) ; m.ones_like(x) ; m.ones_like(b)
m.ones_like(x, requires_grad=True) ; m.full_like(x, 2.) ; m.full_like(ii, 2) ; m.full_like(x, fill_value=2)
m.empty(2, 3).shape ; m.empty_like(x).shape ; m.rand(2, 3).shape ; m.rand((2, 3)).dtype.itemsize ; m.rand(2, 3)*0
m.randn(2, 3)*0 ; m.randn((2, 3), dtype=m.float64)*0 ; m.rand(())*0 ; m.randint(3, (2,))*0 ; m.randint(0, 3, (2,))*0
m.randint(low=0, high=3, size=(2,))*0 ; m.randint(5, size=(2, 3))*0 ; m.randint(1, 2, (3,))
m.randint(0, 5, (2,), dtype=m.int32)*0 ; m.randperm(5)*0 ; m.randperm(5).sort().values ; m.randperm(1) ; m.rand_like(x)*0
m.randn_like(f)*0 ; m.empty(0) ; m.tensor(1) ; m.tensor(1.) ; m.tensor(True) ; m.tensor([1, 2]) ; m.tensor([1., 2])
m.tensor([1, 2.5]) ; m.tensor([True, False]) ; m.tensor([True, 2]) ; m.tensor([[1, 2], [3, 4]])
m.tensor([1, 2], dtype=m.float32) ; m.tensor([1.9, 2], dtype=m.int64) ; m.tensor([0., 2], dtype=m.bool) ; m.tensor(np.ones(3))
m.tensor(np.ones(3, np.float32)) ; m.tensor(np.arange(3, dtype=np.int32)) ; m.tensor(np.float64(1.5))
m.tensor(np.float32(1.5)) ; m.tensor([np.float32(1.5)]) ; m.tensor([]) ; m.tensor([[]]) ; m.tensor([[1, 2], [3]])
m.tensor([1, 2], requires_grad=True) ; m.tensor(None) ; m.tensor([1e300]) ; m.tensor(10**12) ; m.tensor([T(1.), T(2.)])
m.tensor((1, 2)) ; m.tensor(range(3)) ; x.shape[0] ; x.size(0) ; x.size(-1) ; x.dim() ; x.ndim ; x.numel() ; len(x) ; s.item()
x.item() ; x.tolist() ; x.is_leaf ; x.requires_grad ; x.float() ; x.double() ; x.half() ; x.int() ; x.long() ; x.bool()
ii.float() ; b.float() ; b.int() ; x.to(m.float32) ; x.to(dtype=m.float32) ; x.to('cpu') ; x.to(f) ; x.to(f.dtype)
x.type_as(f) ; x.cpu() ; x.contiguous() ; x.is_floating_point() ; x.requires_grad_(False).sum() ; x.detach().sum() ; float(s)
int(ii[0, 0]) ; bool(s>0) ; [z.sum() for z in x] ; x.unflatten(1, (2, 2)) ; m.unflatten(x, 1, (2, -1))
m.full((2,), fill_value=3.) ; m.full_like(x, fill_value=2) ; m.randint(5, size=(2, 3)) * 0 ; m.randint(5)
"""
