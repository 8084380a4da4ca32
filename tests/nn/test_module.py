"""Module: what it finds and in which order, saving and loading, modes, moving, freezing, printing."""

import copy
import gc
import weakref

import numpy as np
import pytest

from minigen import nn, random
from minigen.autograd import grad
from minigen.tensor import Tensor


class Nested(nn.Module):
    """Holds tensors in every way that is allowed."""

    def __init__(self):
        self.scale = nn.Parameter(np.ones(2))
        self.layers = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2)]
        self.mask = nn.Buffer(np.array([True, False]))
        self.heads = {"mean": nn.Linear(2, 1), "deep": [{"w": nn.Parameter(np.zeros(1))}]}
        self.pair = (nn.Parameter(np.zeros(3)), "a word", None)
        self.constant = Tensor([1.0])
        self.tied = self.layers[0]
        self.tied_weight = self.layers[2].weight
        self.parent = [self]

    def forward(self, x):
        return self.layers[2](self.layers[1](self.layers[0](x * self.scale)))


NAMES = [
    "scale", "layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias", "heads.mean.weight", "heads.mean.bias",
    "heads.deep.0.w", "pair.0",
]  # fmt: skip


def test_parameters_in_order_of_definition_each_once():
    m = Nested()
    assert [name for name, _ in m.named_parameters()] == NAMES
    assert [id(p) for p in m.parameters()] == [id(p) for _, p in m.named_parameters()]
    assert [name for name, _ in m.named_buffers()] == ["mask"]
    assert next(iter(m.buffers())) is m.mask
    assert m.num_parameters() == 2 + 9 + 8 + 3 + 1 + 3


def test_modules_and_children():
    m = Nested()
    assert [name for name, _ in m.named_modules()] == ["", "layers.0", "layers.1", "layers.2", "heads.mean"]
    assert next(m.modules()) is m
    deep = nn.Sequential(nn.Sequential(nn.ReLU()), nn.Tanh())
    assert [type(c).__name__ for c in deep.children()] == ["Sequential", "Tanh"]
    assert [name for name, _ in deep.named_modules()] == ["", "0", "0.0", "1"]


def test_a_set_of_tensors_is_refused():
    m = nn.Identity()
    m.things = {nn.Parameter(np.ones(1))}
    with pytest.raises(TypeError, match="things: a set has no order"):
        list(m.parameters())


def test_parameter_and_buffer():
    assert nn.Parameter([1.0]).requires_grad
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad
    assert not nn.Buffer([1.0]).requires_grad
    array = np.ones(2)
    assert nn.Parameter(array).data is array


# --- saving and loading -------------------------------------------------------------------------------------------------------


def test_state_goes_out_as_copies_and_comes_back_in_place():
    a, b = Nested(), Nested()
    state = a.state_dict()
    assert list(state) == [NAMES[0], *NAMES[1:5], "mask", *NAMES[5:]]
    assert all(type(v) is np.ndarray for v in state.values())
    kept = [(p, p.data) for p in b.parameters()]
    assert b.load_state_dict(state) == ([], [])
    for (p, array), q in zip(kept, a.parameters()):
        assert p.data is array
        np.testing.assert_array_equal(array, q.data)
    state["scale"][:] = 7
    assert np.all(a.scale.data == 1)
    assert np.all(b.scale.data == 1)


def test_names_of_a_sequential_are_those_of_pytorch():
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 1, bias=False)))
    assert list(net.state_dict()) == ["0.weight", "0.bias", "2.0.weight"]


def test_a_state_that_does_not_fit_is_refused_as_a_whole():
    m = Nested()
    before = m.state_dict()
    state = {**before, "surprise": np.ones(1), "scale": np.full(3, 9.0), "layers.0.bias": np.full(3, 9.0)}
    del state["mask"], state["pair.0"]
    with pytest.raises(ValueError) as error:
        m.load_state_dict(state)
    told = str(error.value)
    assert "missing: mask, pair.0" in told
    assert "not in this module: surprise" in told
    assert "scale is (2,), got (3,)" in told
    assert all((before[n] == v).all() for n, v in m.state_dict().items())


def test_not_strict_forgives_names_but_not_shapes():
    m = nn.Linear(2, 1)
    keys = m.load_state_dict({"weight": np.full((1, 2), 3.0), "other": np.ones(1)}, strict=False)
    assert keys.missing_keys == ["bias"]
    assert keys.unexpected_keys == ["other"]
    assert np.all(m.weight.data == 3)
    with pytest.raises(ValueError, match=r"weight is \(1, 2\), got \(2, 1\)"):
        m.load_state_dict({"weight": np.ones((2, 1))}, strict=False)


@pytest.mark.parametrize("change", [lambda m: m.load_state_dict(m.state_dict()), lambda m: m.to("float64")])
def test_a_change_between_forward_and_backward_is_noticed(change):
    m = nn.Linear(2, 2)
    x = Tensor(np.ones((1, 2), np.float32), requires_grad=True)
    loss = m(x).sum()
    change(m)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


# --- switching ----------------------------------------------------------------------------------------------------------------


def test_train_and_eval_reach_every_module():
    m = Nested()
    assert m.training
    assert m.eval() is m
    assert not any(n.training for n in m.modules())
    assert nn.ReLU().training
    m.train()
    assert all(n.training for n in m.modules())


def test_apply_visits_children_first():
    seen = []
    net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen[-1] == "Sequential"
    assert sorted(seen) == ["Linear", "ReLU", "Sequential", "Sequential"]
    assert seen.index("ReLU") < 3


def test_to_converts_in_place_and_keeps_what_is_no_float():
    m = Nested()
    p = m.layers[0].weight
    m(Tensor(np.ones((1, 2), np.float32))).sum().backward()
    assert m.to("cpu", np.float64) is m
    assert m.layers[0].weight is p
    assert p.dtype == p.grad.dtype == np.float64
    assert m.mask.dtype == np.bool_
    assert m.to("float32").scale.dtype == np.float32
    for wrong in (np.int64, "int32"):
        with pytest.raises(TypeError, match="floating-point dtype"):
            m.to(wrong)
    with pytest.raises(ValueError, match="unknown device 'cpu:3'"):
        m.to("cpu:3")


def test_zero_grad_and_requires_grad():
    m = Nested()
    m(Tensor(np.ones((1, 2)))).sum().backward()
    assert m.scale.grad is not None
    m.zero_grad()
    assert all(p.grad is None for p in m.parameters())
    assert m.requires_grad_(False) is m
    assert not any(p.requires_grad for p in m.parameters())


def test_frozen_parameters_keep_their_bytes_while_gradients_pass_through():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    net[0].bias.requires_grad_(False)
    before = {name: (p.data.tobytes(), p.requires_grad) for name, p in net.named_parameters()}
    x = Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    (free,) = grad(net(x).sum(), x)
    with nn.frozen(net) as inside:
        assert inside is net
        assert not any(p.requires_grad for p in net.parameters())
        net(x).sum().backward()
    np.testing.assert_array_equal(x.grad.data, free.data)
    assert all(p.grad is None for p in net.parameters())
    assert {name: (p.data.tobytes(), p.requires_grad) for name, p in net.named_parameters()} == before


@pytest.mark.parametrize("make", [lambda: nn.BatchNorm1d(3), lambda: nn.spectral_norm(nn.Linear(3, 3))], ids=["batch", "spectral"])
def test_frozen_statistics_keep_their_bytes_while_the_layer_computes_as_before(make):
    random.manual_seed(0)
    free, net, x = make(), make(), Tensor(np.arange(12, dtype=np.float32).reshape(4, 3) ** 2)
    for p in free.parameters():
        p.data[...] += np.arange(p.numel()).reshape(p.shape)  # the singular vectors of the first weight are not those of this one
    net.load_state_dict(free.state_dict())
    before, memory = {n: b.data.tobytes() for n, b in net.named_buffers()}, [b.data for b in net.buffers()]
    expected = free(x)
    with nn.frozen(net):
        np.testing.assert_array_equal(net(x).data, expected.data)
    assert {n: b.data.tobytes() for n, b in net.named_buffers()} == before
    assert all(b.data is array for b, array in zip(net.buffers(), memory, strict=True))
    assert {n: b.data.tobytes() for n, b in free.named_buffers()} != before


def test_a_frozen_block_may_end_before_backward():
    net, x = nn.Linear(3, 1), Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    with nn.frozen(net):
        y = net(x).sum()
    y.backward()
    assert net.weight.grad is None
    np.testing.assert_allclose(x.grad.data, np.broadcast_to(net.weight.data, (2, 3)))


def test_frozen_and_evaluating_restore_everything_after_an_error():
    net = nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1))
    net[1].eval()

    def fail():
        with nn.frozen(net), nn.evaluating(net) as inside:
            assert inside is net
            assert not any(m.training for m in net.modules())
            net[0].running_mean.fill_(3)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert net[1].weight.requires_grad
    assert net[0].running_mean.item() == 0
    assert [m.training for m in net.modules()] == [True, True, False]


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Module has no forward"):
        nn.Module()(1)


def test_a_copy_is_independent():
    net = nn.Sequential(nn.Linear(2, 2))
    other = copy.deepcopy(net)
    other[0].weight.data += 1
    assert np.all(other[0].weight.data > net[0].weight.data)
    assert isinstance(other[0].weight, nn.Parameter)
    assert other[0].weight.requires_grad


def test_modules_are_freed_without_the_cyclic_collector():
    gc.disable()
    try:
        net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        repr(net), net.state_dict(), net.eval()
        gone = weakref.ref(net)
        del net
        assert gone() is None
    finally:
        gc.enable()


# --- looking at it ------------------------------------------------------------------------------------------------------------


def test_the_tree_shows_shapes_and_counts():
    net = nn.Sequential(nn.Linear(784, 500), nn.LeakyReLU(0.2), nn.Sequential(nn.Linear(500, 2, bias=False)))
    net[0].bias.requires_grad_(False)
    assert repr(net).splitlines() == [
        "Sequential  —  393,500 parameters",
        "  0: Linear(784 → 500)  —  weight (500, 784), bias (500,) frozen; 392,500 parameters",
        "  1: LeakyReLU(negative_slope=0.2)",
        "  2: Sequential  —  1,000 parameters",
        "    0: Linear(500 → 2)  —  weight (2, 500); 1,000 parameters",
    ]


def test_the_tree_of_a_nested_module_names_buffers_and_lists():
    text = repr(Nested())
    assert "mask (2,) buffer" in text
    assert "heads.deep.0.w (1,)" in text
    assert "layers.0: Linear(2 → 3)" in text
    assert "heads.mean: Linear(2 → 1)" in text


def test_the_table_for_notebooks():
    html = nn.Sequential(nn.Linear(2, 3), nn.Softmax(axis=1))._repr_html_()
    assert html.count("<tr>") == 4
    assert "Softmax(axis=1)" in html
    assert ">9<" in html
    assert "<script" not in html
