"""The library on device "cuda". NO GPU CODE IS RUN, unless the machine has CuPy and a GPU: fake_cupy.py takes the place of CuPy.

The stand-in computes with NumPy under CuPy's names, signatures and refusals. So these tests see what mixes devices, what makes
arrays in the wrong place, and what CuPy does not have; they see nothing of kernels, nor of a GPU's rounding, memory and speed. The
names of the tests say where they ran: [stand-in] or [GPU].
"""

import importlib
import pickle
import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigen
from minigen import checkpoint, device, nn, optim, random, tensor
from minigen import distributions as D
from minigen.anomaly import AnomalyError, anomaly
from minigen.autograd import grad
from minigen.data import batches
from minigen.derivatives import hessian
from minigen.distributions import Normal, kl_divergence
from minigen.gradcheck import gradcheck, gradgradcheck
from minigen.models import PCA, VAE, GaussianVAE, LinearGaussian
from minigen.nn import functional as F
from minigen.ops import put_at
from minigen.run import Run
from minigen.tensor import Tensor
from minigen.train import fit
from tests import fake_cupy
from tests.bijections.families import FAMILIES as BIJECTIONS
from tests.checking import Row
from tests.distributions.families import FAMILIES
from tests.models.test_gan_steps import MODELS, TRANSLATORS, images
from tests.running import ending, start

HERE = Path(__file__).parent
thrice = settings(max_examples=3)


def has_gpu():
    try:
        return importlib.import_module("cupy").cuda.is_available()
    except ImportError:
        return False


WHERE = "GPU" if has_gpu() else "stand-in"


@pytest.fixture(autouse=True, scope="module", params=[WHERE])
def cupy(request):
    """Device "cuda" for this file: a real one, or the stand-in, which is gone afterwards."""
    terminal, capture = map(request.config.pluginmanager.get_plugin, ("terminalreporter", "capturemanager"))
    with capture.global_and_fixture_disabled():
        terminal.ensure_newline()
        terminal.write_line(f"test_cupy.py: device cuda is {'a GPU' if WHERE == 'GPU' else 'a stand-in; no GPU code is run'}")
    caches = device.cupy, device._module
    with nullcontext() if WHERE == "GPU" else fake_cupy.installed():
        for cached in caches:
            cached.cache_clear()
        yield device.cupy()
    for cached in caches:
        cached.cache_clear()
    random.manual_seed(0)


# --- what CuPy refuses: on a GPU this holds the stand-in to its word ----------------------------------------------------------


def write(a, index, value):
    a[index] = value


HOST = np.ones((2, 3))
REFUSED = {
    "np.asarray": (TypeError, lambda x, cp: np.asarray(x)), "np.stack": (TypeError, lambda x, cp: np.stack([x, HOST])),
    "x + array": (TypeError, lambda x, cp: x + HOST), "array @ x": (TypeError, lambda x, cp: HOST.T @ x),
    "array += x": (TypeError, lambda x, cp: HOST.__iadd__(x)), "array[…] = x": (TypeError, lambda x, cp: write(HOST, 0, x[0])),
    "x[…] = array": (ValueError, lambda x, cp: write(x, ..., HOST)), "eye like": (TypeError, lambda x, cp: np.eye(2, like=x)),
    "where(array)": (TypeError, lambda x, cp: np.where(x > 0, HOST, x)),
    "where(False)": (AttributeError, lambda x, cp: np.where(False, x, 0)), "hash": (TypeError, lambda x, cp: {x: 1}),
    "max initial": (TypeError, lambda x, cp: x.max(initial=0)), "sum where": (TypeError, lambda x, cp: np.sum(x, where=x > 0)),
    "sqrt where": (TypeError, lambda x, cp: np.sqrt(x, where=x > 0)), "insert": (TypeError, lambda x, cp: np.insert(x, 0, 1.0)),
    "zeros device": (TypeError, lambda x, cp: cp.zeros(2, device="cpu")), "errstate": (AttributeError, lambda x, cp: cp.errstate),
    "clip": (AttributeError, lambda x, cp: cp.clip(2.0, 0, 1)),
    "normal": (AttributeError, lambda x, cp: cp.random.default_rng(0).normal),
    "gamma of an array": (ValueError, lambda x, cp: cp.random.default_rng(0).standard_gamma(HOST)),
    "a generator's state": (TypeError, lambda x, cp: pickle.dumps(cp.random.default_rng(0))),
    "float16 noise": (TypeError, lambda x, cp: cp.random.default_rng(0).standard_normal(3, dtype=np.float16)),
    "solve": (ValueError, lambda x, cp: np.linalg.solve(cp.ones((3, 2, 2)), cp.ones((1, 2, 2)))),
    "range": (TypeError, lambda x, cp: range(x.sum().astype(int))),
    "multiply.at": ((NotImplementedError, TypeError), lambda x, cp: np.multiply.at(x, 0, 2.0)),
    "polygamma": (AttributeError, lambda x, cp: device.special("polygamma", 1, x)),
    "cumsum of a number": (np.exceptions.AxisError, lambda x, cp: x[0, 0].cumsum(axis=0)),
    "cumprod of a number": (np.exceptions.AxisError, lambda x, cp: np.cumprod(x[0, 0], 0)),
    "singular": (np.linalg.LinAlgError, lambda x, cp: np.linalg.inv(cp.zeros((2, 2)))),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_cupy_refuses(name, cupy):
    error, attempt = REFUSED[name]
    with pytest.raises(error):
        attempt(cupy.ones((2, 3)), cupy)


def test_cupy_has_the_names_that_device_is_asked_for():
    for path in Path(minigen.__file__).parent.rglob("*.py"):
        for function, name in re.findall(r'(?<![.\w])(?:_?device\.)?(create|special)\(\s*"(\w+)"', path.read_text("utf-8")):
            full = f"cupy.{name}" if function == "create" else f"cupyx.scipy.special.{name}"
            assert full in fake_cupy.NAMES, f"{path}: CuPy has no {full}"


# --- the tables of the operations ---------------------------------------------------------------------------------------------


def rows():
    for path in sorted(HERE.glob("ops/test_*.py")) + sorted(HERE.glob("nn/test_*.py")):
        module = importlib.import_module(".".join(path.relative_to(HERE.parent).with_suffix("").parts))
        yield from (row for row in getattr(module, "ROWS", ()) if isinstance(row, Row))


def moved(setting, where):
    """A setting of a row with its tensors, and its arrays (of indices), on device ``where``."""
    if isinstance(setting, Tensor):
        return setting.to(where)
    if isinstance(setting, (np.ndarray, np.bool_)):
        return device.to_device(setting, where)
    return type(setting)(moved(v, where) for v in setting) if type(setting) in (list, tuple) else setting


def results(row, arrays, keywords, where):
    """(the results of a row of a table, the gradients of its inputs), with all that goes in on device ``where``."""
    inputs = [Tensor(a, device=where) for a in arrays]
    for x in inputs:
        x.requires_grad = bool(row.order) and x.is_floating_point()
    y = row.function(*inputs, **{name: moved(v, where) for name, v in keywords.items()})
    y = list(y) if isinstance(y, (tuple, list)) else [y]
    made = [t.sum() for t in y if t.requires_grad]
    if made:
        minigen.stack(made).sum().backward()
    return y, [x.grad for x in inputs if x.requires_grad]


@pytest.mark.parametrize("row", list(rows()), ids=str)
@thrice
@given(st.data())
def test_operations_give_on_the_gpu_what_they_give_on_the_cpu(row, data):
    arrays, keywords = row.draw(data.draw)
    for expected, got in zip(results(row, arrays, keywords, "cpu"), results(row, arrays, keywords, "cuda")):
        for e, g in zip(expected, got, strict=True):
            assert (e is None) == (g is None)
            if e is not None:
                assert g.device == ("cuda:0" if row.name != "transfer" else g.device)
                assert g.dtype == e.dtype
                np.testing.assert_allclose(g.cpu().detach().numpy(), e.detach().numpy(), rtol=1e-9, atol=1e-11)


# --- tensors ------------------------------------------------------------------------------------------------------------------


def cuda(*shape, seed=0, **keywords):
    """Numbers in (0.1, 0.9) on the GPU, the same each time."""
    return tensor(random.new_generator(seed).uniform(0.1, 0.9, shape), device="cuda", **keywords)


def same(got, expected, rtol=1e-6):
    """A tensor on the GPU holds what a tensor or array on the CPU holds, in the same dtype."""
    assert got.device == "cuda:0"
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got.cpu().detach().numpy(), np.asarray(expected.data), rtol=rtol, atol=1e-7)


def test_there_and_back():
    x = tensor([[1.0, 2.0]], requires_grad=True)
    y = x.to("cuda")
    assert (y.device, x.cuda().device, y.cpu().device, y.to("cuda:0") is y) == ("cuda:0", "cuda:0", "cpu", True)
    with pytest.raises(RuntimeError, match=r"lives on cuda:0; call .cpu\(\).numpy\(\)"):
        y.detach().numpy()
    with pytest.raises(RuntimeError, match="lives on cuda:0"):
        np.asarray(y.detach())
    (y * y).sum().backward()
    assert x.grad.device == "cpu"
    assert x.grad.tolist() == [[2.0, 4.0]]
    assert y.tolist() == [[1.0, 2.0]]
    assert (y.sum().item(), float(y.sum()), bool(y[0, 0] == 1), 2 in y) == (3.0, 3.0, True, True)
    assert "device='cuda:0'" in repr(y)
    assert tensor([1, 2], device="cuda").type_as(y).to(x).device == "cpu"
    assert y.to("cpu", dtype=np.float64).dtype == np.float64
    with pytest.raises(ValueError, match=r"no device 'cuda:99': the last GPU is"):
        x.to("cuda:99")


MAKERS = {
    "zeros": lambda **k: minigen.zeros(2, 3, **k), "ones": lambda **k: minigen.ones(2, **k),
    "full": lambda **k: minigen.full((2,), 3, **k), "eye": lambda **k: minigen.eye(2, 3, **k),
    "arange": lambda **k: minigen.arange(1, 7, 2, **k), "linspace": lambda **k: minigen.linspace(0, 1, 5, **k),
    "tensor": lambda **k: tensor([1.5, 2], **k), "bools": lambda **k: tensor([True], **k),
    "parameter": lambda **k: minigen.zeros(2, requires_grad=True, **k),
}  # fmt: skip


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_new_tensors(make):
    same(make(device="cuda"), make())
    device.set_default_device("cuda")
    try:
        same(make(), make(device="cpu"))
        assert minigen.zeros_like(make()).device == "cuda:0"
        assert nn.Linear(2, 3).weight.device == "cuda:0"
        assert Tensor(make(device="cpu")).device == "cpu"
        assert next(iter(batches(np.ones((4, 2), np.float32), 2))).device == "cuda:0"
        stays = batches(tensor(np.ones((4, 2), np.float32), device="cpu"), np.arange(4), 2)
        assert [part.device for part in next(iter(stays))] == ["cpu", "cuda:0"]
    finally:
        device.set_default_device("cpu")
    assert minigen.zeros(2).device == "cpu"


DRAWS = {
    "rand": lambda: minigen.rand(40, 2, device="cuda"), "randn": lambda: minigen.randn(40, 2, device="cuda"),
    "randint": lambda: minigen.randint(0, 9, (40, 2), device="cuda"), "randperm": lambda: minigen.randperm(40, device="cuda"),
    "gamma": lambda: Tensor(random.gamma(cuda(2).data, (40, 2), device="cuda")),
    "binomial": lambda: Tensor(random.binomial(minigen.full((2,), 9, device="cuda").data, cuda(2).data, (40, 2), device="cuda")),
}  # fmt: skip


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_random_numbers(draw):
    minigen.manual_seed(3)
    first, second = draw(), draw()
    minigen.manual_seed(3)
    again = draw()
    assert first.device == "cuda:0"
    assert first.dtype in (np.float32, np.int64)
    assert first.tolist() == again.tolist() != second.tolist()
    with random.fork(3):
        assert draw().tolist() == first.tolist()
    assert draw().tolist() == second.tolist()
    assert len({repr(draw().tolist()) for _ in range(50)}) == 50, "a draw comes twice"


MIXED = {
    "a + b": lambda a, b: a + b, "a @ b": lambda a, b: a @ b, "0-d": lambda a, b: a / b.sum(), "array": lambda a, b: a * b.data,
    "where": lambda a, b: minigen.where(a > 0, a, b), "maximum": minigen.maximum, "pow": minigen.pow, "xlogy": minigen.xlogy,
    "cat": lambda a, b: minigen.cat([a, b]), "stack": lambda a, b: minigen.stack([a, b]), "linear": F.linear, "loss": F.mse_loss,
    "einsum": lambda a, b: minigen.einsum("ij,jk->ik", a, b), "solve": minigen.linalg.solve,
    "solve_triangular": lambda a, b: minigen.linalg.solve_triangular(a, b, upper=True),
    "normal": lambda a, b: Normal(a, b, False).log_prob(a), "one of three": lambda a, b: minigen.einsum("ij,jk,kl->il", a, a, b),
    "searchsorted": minigen.searchsorted, "conv1d": lambda a, b: F.conv1d(a[None], b[None]),
    "conv2d": lambda a, b: F.conv2d(a[None, None], b[None, None]), "bias": lambda a, b: F.conv1d(a[None], a[None], b[0, :1]),
    "conv_transpose2d": lambda a, b: F.conv_transpose2d(a[None, None], b[None, None]),
    "batch_norm": lambda a, b: F.batch_norm(a, None, None, b[0], b[1], training=True),
}  # fmt: skip


@pytest.mark.parametrize("mix", MIXED.values(), ids=MIXED)
def test_mixing_devices_is_an_error_that_names_both(mix):
    here, there = tensor(np.eye(2) + 0.5), tensor(np.eye(2) + 0.5, device="cuda")
    for a, b in ((here, there), (there, here)):
        with pytest.raises(ValueError, match="different devices, cpu and cuda:0; move one"):
            mix(a, b)


def test_numbers_of_every_kind_go_with_the_gpu():
    x = cuda(3, dtype=np.float32)
    for number in (2, 2.0, np.float32(2), True):
        assert (x * number + number - x / number).device == "cuda:0"
        assert (number * x).dtype == np.float32
    assert minigen.where(True, x, 0.0).tolist() == x.tolist()


def test_assignment():
    x = minigen.zeros(3, 2, device="cuda")
    x[0], x[1:, 1] = 5, [6.0, 7.0]
    x[x == 0] = -1
    assert x.tolist() == [[5, 5], [-1, 6], [-1, 7]]
    x[[0, 2]] = tensor([[1.0, 2.0], [3.0, 4.0]])  # values come from where they are
    assert x.tolist() == [[1, 2], [-1, 6], [3, 4]]
    y = minigen.zeros(3, 2)
    y.copy_(x)
    assert y.tolist() == x.tolist()


def test_cupy_copies_to_the_gpu_what_einsum_gets_from_the_host(cupy):
    assert np.einsum("ij,jk->ik", HOST.T, cupy.ones((2, 3))).tolist() == [[2, 2, 2]] * 3  # so the library has to refuse it


def test_what_cupy_has_otherwise():
    assert put_at(cuda(1), index=(None,), shape=()).shape == ()  # its zeros_like takes shape=() for no shape
    a, b = minigen.eye(2, device="cuda") + cuda(3, 1, 2, 2, dtype=np.float32), cuda(4, 2, 5, dtype=np.float32)
    same(minigen.linalg.solve(a, b), minigen.linalg.solve(a.cpu(), b.cpu()), 1e-4)  # its solve does not broadcast
    same(minigen.linalg.solve_triangular(a, b, upper=True), minigen.linalg.solve_triangular(a.cpu(), b.cpu(), upper=True), 1e-4)
    assert minigen.linalg.solve_triangular(a[:0], b, upper=False).shape == (0, 4, 2, 5)
    with pytest.raises(np.linalg.LinAlgError, match="diagonal has a 0"):
        minigen.linalg.solve_triangular(a * 0, b, upper=True)


def test_what_cupy_leaves_to_chance():
    x, twice = minigen.zeros(3, device="cuda"), tensor([1, 1, 0], device="cuda")
    values = tensor([5.0, 6.0, 7.0], device="cuda", requires_grad=True)
    with minigen.no_grad():
        x[twice] = values
    assert x.tolist() == [7, 6, 0]  # the last value stays
    y = minigen.zeros(3, device="cuda").scatter(0, twice, values)
    y.sum().backward()
    assert (y.tolist(), values.grad.tolist()) == ([7, 6, 0], [0, 1, 1])
    long = minigen.zeros(2, 9, device="cuda")
    for index in ([2], [-3, 0], (slice(None), [9]), (0, [-10]), (..., [9]), ([0], [9]), ([5], slice(None), None)):
        with pytest.raises(IndexError, match=r"out of (bounds|range)"):
            long[index]
        with pytest.raises(IndexError, match=r"out of (bounds|range)"):
            long[index] = 1
    assert long[..., [-9, 8]].shape == long[:, [-9, 8]].shape == (2, 2)
    assert long[None, [-2, 1], [8, 0]].shape == (1, 2)
    for function in (minigen.linalg.inv, minigen.linalg.cholesky, lambda a: minigen.linalg.solve(a, a)):
        with pytest.raises(np.linalg.LinAlgError, match=r"singular|positive definite"):
            function(minigen.zeros(2, 2, device="cuda"))


def test_derivatives_of_derivatives():
    def function(x):
        return (minigen.exp(x) * x[..., None].sum(-1) ** 3).sum()

    x = cuda(3, requires_grad=True)
    (first,) = grad(function(x), [x], create_graph=True)
    (second,) = grad(first.sum(), [x])
    same(second, hessian(function, x.detach().cpu()).sum(0))
    same(hessian(function, x.detach()).sum(0), second.cpu())
    assert (gradcheck(function, [x]).checked, gradgradcheck(function, [x]).checked) == (3, 4)  # the fourth is the cotangent
    with pytest.raises(AnomalyError, match="log made NaN"), anomaly():
        minigen.log(-x)


# --- networks -----------------------------------------------------------------------------------------------------------------


def network():
    with random.fork(0):
        return nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6), nn.Softplus(), nn.Dropout(0.0), nn.PReLU(), nn.Linear(6, 3))


def one_step(model, where, make, steps=2):
    optimizer = make(model)
    for _ in range(steps):
        loss = F.cross_entropy(model(cuda(5, 4, dtype=np.float32).to(where)), tensor([0, 2, 1, 1, 0], device=where))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model, 0.5)
        optim.clip_grad_value_(model, 0.3)
        optimizer.step()
    return loss, optimizer


OPTIMIZERS = {
    "SGD": optim.SGD, "momentum": lambda m: optim.SGD(m, momentum=0.9, nesterov=True, weight_decay=0.1), "Adam": optim.Adam,
    "amsgrad": lambda m: optim.Adam(m, amsgrad=True, maximize=True), "AdamW": optim.AdamW, "Adamax": optim.Adamax,
    "RMSprop": lambda m: optim.RMSprop(m, centered=True, momentum=0.5), "Adagrad": optim.Adagrad,
}  # fmt: skip


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_training_takes_the_same_steps(make, tmp_path):
    here, there = network(), network().to("cuda")
    expected, _ = one_step(here, "cpu", make)
    loss, optimizer = one_step(there, "cuda", make)
    same(loss, expected, 1e-4)
    for p, q in zip(there.parameters(), here.parameters(), strict=True):
        same(p, q, 1e-4)
        same(p.grad, q.grad, 1e-3)

    checkpoint.save(tmp_path / "a.npz", model=there.state_dict(), optimizer=optimizer.state_dict(), raw=there[0].weight.data)
    saved = checkpoint.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(saved["raw"], saved["model"]["0.weight"])
    fresh = network().to("cuda")
    continued = make(fresh)
    checkpoint.put_back(saved, {"model": fresh, "optimizer": continued})
    for model, o in ((there, optimizer), (fresh, continued)):
        F.cross_entropy(model(cuda(5, 4, dtype=np.float32)), tensor([0, 2, 1, 1, 0], device="cuda")).backward()
        o.step()
    assert fresh.state_dict().keys() == there.state_dict().keys()
    fresh.zero_grad()


def test_a_run_resumes_exactly(tmp_path):
    def train(run, steps):
        model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5), nn.Linear(3, 1)).to("cuda")
        optimizer = optim.Adam(model)
        run.keep(model=model, optimizer=optimizer)
        for step in run.steps(steps, progress=False):
            loss = model(minigen.randn(4, 2, device="cuda")).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.log(step, loss=loss, **{name: draw().float().mean() for name, draw in DRAWS.items()})

    whole = start(tmp_path)
    train(whole, 9)
    parts = start(tmp_path)
    train(parts, 3)
    random.manual_seed(99)  # another process has another random state
    train(Run.open(parts.folder), 9)
    assert ending(parts) == ending(whole)


def test_a_model_moves_with_its_optimizer_and_its_average():
    model = network()
    average = optim.EMA(model, 0.5)
    _, optimizer = one_step(model, "cpu", optim.Adam)
    model.to("cuda")
    F.mse_loss(model(cuda(5, 4, dtype=np.float32)), minigen.zeros(5, 3, device="cuda")).backward()
    optimizer.step()
    average.update()
    assert {p.device for p in model.parameters()} == {"cuda:0"}
    with average.swapped():
        assert model(cuda(5, 4, dtype=np.float32)).device == "cuda:0"
    again = optim.EMA(model, 0.5)
    again.load_state_dict(average.state_dict())
    model.load_state_dict(network().state_dict())
    same(model[0].weight, network()[0].weight)
    model.to("cpu", np.float64)
    assert {(p.device, p.dtype) for p in model.parameters()} == {("cpu", np.dtype(np.float64))}


def test_weights_begin_on_the_gpu():
    for name in "xavier_uniform_ xavier_normal_ kaiming_uniform_ kaiming_normal_ orthogonal_ trunc_normal_ ones_".split():
        w = getattr(nn.init, name)(nn.Parameter(minigen.zeros(6, 4, device="cuda")))
        assert w.device == "cuda:0"
        assert np.isfinite(w.cpu().detach().numpy()).all()
    table = nn.Embedding(5, 3, padding_idx=1, device="cuda")
    table(tensor([[1, 4]], device="cuda")).sum().backward()
    assert table.weight.grad.sum(1).tolist() == [0, 0, 0, 0, 3]
    assert F.one_hot(tensor([1, 0], device="cuda")).tolist() == [[0, 1], [1, 0]]
    assert F.dropout(minigen.ones(100, device="cuda"), 0.5).device == "cuda:0"


@pytest.mark.parametrize("kind", [VAE, GaussianVAE])
def test_a_vae_trains(kind):
    minigen.manual_seed(0)
    vae = kind.fully_connected(9, (16,), 2).to("cuda")
    x, optimizer, losses = cuda(32, 9, dtype=np.float32), optim.Adam(vae, lr=1e-2), []
    for x_ in [x] * 30:
        loss = -vae.elbo(x_).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert loss.device == "cuda:0"
    assert loss.dtype == np.float32
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    assert all(p.grad.device == "cuda:0" for p in vae.parameters())
    with minigen.no_grad():
        for result in (vae.sample(3), vae.reconstruct(x), vae.importance_log_prob(x[:4], 5), vae.elbo(x, n_samples=2)):
            assert result.device == "cuda:0"
    (_, value), = fit(lambda batch: -vae.elbo(batch).mean(), batches(x, 16), optimizer, steps=1, progress=False)
    assert isinstance(value, float)


def test_exact_models():
    x = cuda(30, 5, dtype=np.float32)
    here, there = LinearGaussian.fit(x.cpu(), 2), LinearGaussian.fit(x, 2)
    same(there.log_prob(x), here.log_prob(x.cpu()), 1e-4)
    same(there.elbo(x, there.posterior(x)), here.log_prob(x.cpu()), 1e-4)
    assert there.sample(3).device == there.as_vae().elbo(x).device == "cuda:0"
    same(PCA(2).fit(x).reconstruct(x), PCA(2).fit(x.cpu()).reconstruct(x.cpu()), 1e-4)


GANS = MODELS | TRANSLATORS


@pytest.mark.parametrize("name", GANS)
def test_both_players_of_a_gan_learn(name):
    row = GANS[name]
    model = row.make().to("cuda")
    for turn, loss in enumerate(row.losses):
        inputs = [v.to("cuda") if isinstance(v, Tensor) else v for v in row.inputs(images(row))[turn]]
        value = getattr(model, loss)(*inputs)
        player = row.players(model)[turn]
        player.zero_grad()
        value.backward()
        assert value.device == "cuda:0"
        assert np.isfinite(value.item())
        assert all(p.grad.device == "cuda:0" for p in player.parameters())
    if name in MODELS:
        assert model.sample(3).device == "cuda:0"


# --- distributions ------------------------------------------------------------------------------------------------------------


def distributions(where):
    """name -> a distribution with its parameters on device ``where``, of batch shape (4,) or (4, 3)."""
    made = {str(f): {name: tensor(p, device=where, requires_grad=True) for name, p in f.draw(0).items()} for f in FAMILIES}
    made = {str(f): f.make(made[str(f)]) for f in FAMILIES}
    logits, scale = (tensor(random.new_generator(i).uniform(0.1, 0.9, (4, 3)), device=where, requires_grad=True) for i in (0, 1))
    normal = Normal(logits, scale)
    made["Categorical"] = D.Categorical(logits=logits)
    made["Independent"] = D.Independent(normal, 1)
    made["MixtureSameFamily"] = D.MixtureSameFamily(made["Categorical"], normal)
    made["MultivariateNormal"] = D.MultivariateNormal(logits, covariance_matrix=minigen.diag_embed(scale) + 0.1)
    made["MultivariateNormal, factor"] = D.MultivariateNormal(logits, scale_tril=minigen.tril(scale[:3]), validate_args=True)
    made["Bernoulli, probabilities"] = D.Bernoulli(probs=scale, validate_args=True)
    return made


@pytest.mark.parametrize("name", distributions("cpu"))
def test_distributions(name):
    here, there = distributions("cpu")[name], distributions("cuda")[name]
    x = here.sample((5,))
    same(there.log_prob(x.to("cuda")), here.log_prob(x))
    level = minigen.full(x.shape, 0.3, dtype=x.dtype)
    for quantity in "mean variance stddev mode probs logits entropy enumerate_support cdf icdf".split():
        given = {"cdf": [x], "icdf": [level]}.get(quantity, [])
        try:
            expected = getattr(here, quantity)
            expected = expected(*given) if callable(expected) else expected
        except (NotImplementedError, AttributeError):
            continue
        got = getattr(there, quantity)
        same(got(*[v.to("cuda") for v in given]) if callable(got) else got, expected)
    drawn = there.rsample((6,)) if there.has_rsample else there.sample((6,))
    assert drawn.device == "cuda:0"
    assert (drawn.shape, drawn.dtype) == ((6, *there.batch_shape, *there.event_shape), here.sample().dtype)
    if there.has_rsample:
        drawn.sum().backward()
    try:
        expected = kl_divergence(here, here.expand(here.batch_shape)).detach()
    except NotImplementedError:
        return
    same(kl_divergence(there, there.expand(there.batch_shape)), expected)


def test_parameters_are_checked_on_the_gpu():
    with pytest.raises(ValueError, match="scale must be positive"):
        Normal(cuda(3), -cuda(3), validate_args=True)
    with pytest.raises(ValueError, match="low must be below high"):
        D.Uniform(cuda(3), cuda(3), validate_args=True)
    with pytest.raises(ValueError, match="symmetric and positive definite"):
        D.MultivariateNormal(cuda(3), covariance_matrix=cuda(3, 3), validate_args=True)


# --- bijections ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("family", "shape"), [(f, shape) for f in BIJECTIONS for shape in f.shapes], ids=str)
def test_bijections(family, shape):
    found = {}
    x, c = family.points(random.new_generator(1), 4, shape), random.new_generator(2).standard_normal((4, family.context))
    for where in ("cpu", "cuda"):
        b = family.make(random.new_generator(0), shape).to(where, "float64")
        leaf, context = tensor(x, device=where, requires_grad=True), tensor(c, device=where) if family.context else None
        y, up = b.forward(leaf, context)
        back, down = b.inverse(y, context)
        (y.sum() + up.sum() + down.sum()).backward()
        found[where] = [y, up, back, down, leaf.grad]
    for on_cpu, on_gpu in zip(*found.values()):
        assert on_gpu.device == "cuda:0"
        np.testing.assert_allclose(device.to_numpy(on_gpu.data), on_cpu.data, rtol=1e-9, atol=1e-9)
