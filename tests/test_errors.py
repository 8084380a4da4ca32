"""What people do wrong, and what they are told: the kind of exception, and the words that make the message useful."""

import numpy as np
import pytest

import minigen as mg
from minigen import checkpoint, data, nn, optim, random
from minigen import distributions as D
from minigen.anomaly import AnomalyError
from minigen.nn import functional as F


def ones(*shape):
    return mg.ones(*shape)


def leaf(*shape):
    return mg.ones(*shape, requires_grad=True)


def twice_backward():
    y = (leaf(3) ** 2).sum()
    y.backward()
    y.backward()


def step_before_backward():
    x = leaf(3)
    optimizer, y = optim.SGD([x], lr=0.1), (x * x).sum()
    x.grad = ones(3)
    optimizer.step()
    y.backward()


def log_of_zero():
    with mg.anomaly():
        mg.log(mg.tensor([0.0]))


def assign(x, index, value):
    x[index] = value


WRONG = [  # what is done, the exception, a part of the message
    # shapes
    (lambda: ones(3, 4) @ ones(5, 6), ValueError, "matmul: (3, 4) @ (5, 6): inner sizes 4 and 5 differ"),
    (lambda: ones(3, 4) @ mg.tensor(2.0), ValueError, "a number is no matrix; use * to scale"),
    (lambda: ones(3, 4) + ones(2), ValueError, "add: shapes (3, 4) and (2,) do not broadcast: sizes 4 and 2 at axis -1 differ"),
    (lambda: mg.where(ones(3) > 0, ones(2), ones(3)), ValueError, "where: shapes (3,) and (2,) and (3,) do not broadcast"),
    (lambda: ones(2, 3).reshape(4, 2), ValueError, "reshape: (2, 3) holds 6 elements, but (4, 2) needs 8"),
    (lambda: ones(2, 3).view(-1, -1), ValueError, "only one size may be -1"),
    (lambda: ones(2, 3).permute(0, 0), ValueError, "(0, 0) is not an order of the 2 axes"),
    (lambda: ones(2, 3).expand(4, 3), ValueError, "(2, 3) does not stretch to (4, 3)"),
    (lambda: mg.cat([ones(2, 3), ones(2, 4)], 0), ValueError, "must agree everywhere except along axis 0"),
    (lambda: mg.cat([]), ValueError, "cat: expected at least one tensor, got none"),
    (lambda: mg.stack([ones(2), ones(3)]), ValueError, "stack: all shapes must agree, got (2,), (3,)"),
    (lambda: ones(5).split([2, 2]), ValueError, "the sizes [2, 2] must add up to 5"),
    (lambda: ones(5).chunk(0), ValueError, "chunk: expected the number of chunks, at least 1, got 0"),
    (lambda: mg.linalg.solve(mg.eye(2), ones(3)), ValueError, "does not fit right sides of shape (3,)"),
    (lambda: mg.einsum("ij,jk->ik", ones(2, 3), ones(4, 5)), ValueError, "the axis 'j' has length 3 in operand 0, but 4 in operand 1"),
    (lambda: mg.searchsorted(ones(2, 3), ones(4, 1)), ValueError, "expected one vector to look in, or one for every row"),
    # axes and arguments
    (lambda: ones(2, 3).sum(2), IndexError, "sum: axis 2 is out of range for shape (2, 3); expected -2 … 1"),
    (lambda: mg.tensor(2.5).sum(1), IndexError, "sum: axis 1 is out of range for shape (); expected -1 … 0"),
    (lambda: mg.tensor(2.5).cumsum(1), IndexError, "cumsum: axis 1 is out of range for shape (); expected -1 … 0"),
    (lambda: ones(2, 3).transpose(0, 5), IndexError, "transpose: axis 5 is out of range for shape (2, 3)"),
    (lambda: ones(2, 3).squeeze(4), IndexError, "squeeze: axis 4 is out of range"),
    (lambda: ones(2, 3).sum(axes=1), TypeError, "sum: unknown argument 'axes'; it takes (x, axis, keepdims, dtype)"),
    (lambda: mg.softmax(ones(2, 3)), TypeError, "softmax: the argument 'axis' is missing"),
    (lambda: ones(3).topk(5), ValueError, "topk: k must be 0 … 3"),
    (lambda: mg.arange(0, 1, 0), ValueError, "arange: no steps of 0 lead from 0 to 1"),
    (lambda: mg.linspace(0, 1, -1), ValueError, "linspace: sizes cannot be negative"),
    # indices
    (lambda: ones(3)[5], IndexError, "index 5 is out of bounds for axis 0 with size 3"),
    (lambda: ones(3)[1.5], TypeError, "expected whole numbers, slices, None, ... or masks of bools, got 1.5"),
    (lambda: ones(3)[0, 0], IndexError, "too many indices"),
    (lambda: ones(3)[mg.tensor([True, False])], IndexError, "size of axis is 3 but size of corresponding boolean axis is 2"),
    (lambda: mg.gather(ones(2, 3), 1, mg.tensor([[5]])), IndexError, "gather: index 5 is out of range"),
    (lambda: mg.gather(ones(2, 3), 1, ones(2, 3)), TypeError, "gather: the index must hold whole numbers, not float32"),
    (lambda: assign(ones(3), slice(None), ones(2)), ValueError, "assignment into shape (3,)"),
    # kinds of values
    (lambda: ones(3) + "a", TypeError, "add: expected tensors, arrays or numbers, got str"),
    (lambda: ones(3) * None, TypeError, "mul: expected tensors, arrays or numbers, got NoneType"),
    (lambda: mg.tensor([[1, 2], [3]]), TypeError, "nested lists with equal rows"),
    (lambda: mg.tensor(["a"]), TypeError, "expected a number, an array or nested lists"),
    (lambda: mg.zeros(3, dtype="float33"), TypeError, "unknown dtype 'float33'; expected float32, float64"),
    (lambda: mg.set_default_dtype("int32"), TypeError, "expected float32 or float64, got int32"),
    (lambda: ones(3).item(), ValueError, "expected a tensor with one element, got shape (3,)"),
    (lambda: bool(ones(3)), ValueError, "neither true nor false; use .any() or .all()"),
    (lambda: len(mg.tensor(1.0)), TypeError, "a 0-d tensor has no length"),
    (lambda: list(mg.tensor(1.0)), TypeError, "a 0-d tensor cannot be iterated over"),
    (lambda: list(range(3))[mg.tensor(1.5)], TypeError, "only a whole number can be an index"),
    (lambda: mg.foo, AttributeError, "no attribute 'foo'"),
    # devices and seeds
    (lambda: mg.zeros(3, device="gpu"), ValueError, "unknown device 'gpu': expected \"cpu\", \"cuda\""),
    (lambda: ones(3).to("gpu"), TypeError, "unknown dtype 'gpu'"),
    (lambda: mg.manual_seed(-1), ValueError, "expected a non-negative integer, got -1"),
    (lambda: random.set_state({"a": 1}), ValueError, "not a state that get_state returned"),
    # gradients
    (lambda: leaf(3).numpy(), RuntimeError, "call .detach().numpy()"),
    (lambda: mg.tensor([1, 2], requires_grad=True), TypeError, "only floating-point tensors can require a gradient, not int64"),
    (lambda: (leaf(3) * 2).backward(), RuntimeError, "only a scalar has an implicit gradient of 1"),
    (lambda: (leaf(3) * 2).backward(ones(2)), ValueError, "the gradient has shape (2,), but the tensor has shape (3,)"),
    (lambda: ones(3).sum().backward(), RuntimeError, "nothing to differentiate: no input of this computation has requires_grad=True"),
    (twice_backward, RuntimeError, "freed by an earlier backward"),
    (step_before_backward, RuntimeError, "was changed in place after it was used"),
    (lambda: assign(leaf(3), 0, 1.0), RuntimeError, "an in-place change cannot be differentiated"),
    (lambda: (leaf(3) * 2).requires_grad_(False), RuntimeError, "only a leaf can be frozen; use detach()"),
    (lambda: mg.grad((leaf(3) ** 2).sum(), leaf(3)), ValueError, "input 0 does not influence the outputs"),
    (lambda: mg.grad((leaf(3) ** 2).sum(), ones(3)), ValueError, "input 0 does not require a gradient"),
    (lambda: mg.grad([leaf(1), leaf(1)], leaf(1), [ones(1)]), ValueError, "2 outputs need as many grad_outputs, got 1"),
    (lambda: mg.gradcheck(lambda x: mg.tensor([1, 2]), [np.ones(2)]), ValueError, "returned no floating-point tensor"),
    (lambda: mg.gradcheck(mg.exp, [np.array([1, 2])]), ValueError, "no floating-point"),
    (lambda: mg.jacobian(lambda x: 3, ones(2)), TypeError, "must return a tensor or a tuple of tensors, got int"),
    (log_of_zero, AnomalyError, "log made an infinity in 1 of 1 elements"),
    # matrices
    (lambda: mg.linalg.inv(mg.zeros(2, 2)), np.linalg.LinAlgError, "inv: the matrix is singular"),
    (lambda: mg.linalg.inv(ones(2, 3)), np.linalg.LinAlgError, "expected square matrices, got 2 rows and 3 columns"),
    (lambda: mg.linalg.cholesky(-mg.eye(2)), np.linalg.LinAlgError, "not positive definite; add a small multiple of the identity"),
    # layers and losses
    (lambda: nn.Linear(784, 10)(ones(2, 28, 28)), ValueError, "expected (…, 784), got (…, 28, 28): flatten first"),
    (lambda: nn.Embedding(5, 2)(mg.tensor([7])), IndexError, "the table has rows 0 … 4, got 7"),
    (lambda: nn.LayerNorm(5)(ones(2, 3)), ValueError, "layer_norm: expected (…, 5), got (2, 3)"),
    (lambda: nn.Sequential([nn.Linear(1, 1)]), TypeError, "unpack a list, as *layers"),
    (lambda: nn.Unflatten(1, (3, 3))(ones(2, 8)), ValueError, "axis 1 of (2, 8) has 8 elements, which do not fill (3, 3)"),
    (lambda: nn.Linear(2, 3).load_state_dict({"more": np.ones(1)}), ValueError, "missing: weight, bias; not in this module: more"),
    (lambda: F.mse_loss(ones(3), ones(3, 1)), ValueError, "input (3,) and target (3, 1) must have the same shape"),
    (lambda: F.mse_loss(ones(3), ones(3), reduction="avg"), ValueError, "reduction must be 'none', 'mean' or 'sum', got 'avg'"),
    (lambda: F.cross_entropy(ones(2, 3), mg.tensor([0, 3])), IndexError, "target 3 is no class: the input has 3 classes"),
    (lambda: F.cross_entropy(ones(2, 3), ones(2)), ValueError, "class indices must be whole numbers"),
    (lambda: F.binary_cross_entropy(mg.tensor([1.5]), mg.tensor([1.0])), ValueError, "for logits use binary_cross_entropy_with_logits"),
    (lambda: F.dropout(ones(3), 1.5), ValueError, "p is the probability of a zero and lies in [0, 1], got 1.5"),
    (lambda: F.prelu(ones(2, 3), ones(4)), ValueError, "the weight must be (1,), or (C,)"),
    (lambda: F.glu(ones(3)), ValueError, "must have an even size, to be halved"),
    (lambda: F.one_hot(mg.tensor([3]), 2), ValueError, "classes must lie in 0 … 1, got 3 to 3"),
    # optimizers
    (lambda: optim.Adam([]), ValueError, "got an empty list of parameters"),
    (lambda: optim.SGD([leaf(3) * 2], lr=0.1), ValueError, "was computed by mul; only leaves can be optimized"),
    (lambda: optim.Adam([leaf(3)], lr=-1), ValueError, "expected a non-negative lr, got -1"),
    (lambda: optim.Adam([nn.Linear(1, 1)]), TypeError, "expected tensors, got Linear; call .parameters()"),
    (lambda: optim.Adam([{"params": [leaf(3)], "learning_rate": 1}]), TypeError, "unknown setting 'learning_rate'; it takes lr, betas"),
    (lambda: optim.clip_grad_norm_([leaf(3)], -1), ValueError, "expected max_norm ≥ 0"),
    # distributions
    (lambda: D.Normal(ones(3), -ones(3)), ValueError, "scale must be positive, but scale[0] is -1.0"),
    (lambda: D.Normal(ones(3), ones(2)), ValueError, "the parameters do not broadcast: loc (3,) and scale (2,)"),
    (lambda: D.Bernoulli(probs=ones(3), logits=ones(3)), ValueError, "pass either logits="),
    (lambda: D.Bernoulli(probs=2 * ones(3)), ValueError, "a network's outputs are logits: pass logits="),
    (lambda: D.Independent(D.Normal(ones(3), ones(3)), 2), ValueError, "n must be between 0 and 1"),
    (lambda: D.MultivariateNormal(ones(2), covariance_matrix=-mg.eye(2)), ValueError, "symmetric and positive definite"),
    (lambda: D.kl_divergence(D.Gamma(ones(1), ones(1)), D.Bernoulli(logits=ones(1))), NotImplementedError, "with kl_monte_carlo(p, q, n)"),
    # data and files
    (lambda: data.batches(np.ones(3), np.ones(4), batch_size=2), ValueError, "expected arrays of one length, got lengths [3, 4]"),
    (lambda: data.batches(np.ones(3), 0), ValueError, "expected a positive whole number as batch_size, got 0"),
    (lambda: data.faces().split(200), ValueError, "expected a number of validation images between 1 and 99, got 200"),
    (lambda: data.mnist("test", full=False), FileNotFoundError, "no test image is embedded. Ways out: (1) set MINIGEN_DATA"),
    (lambda: data.mnist("validation"), ValueError, "expected split \"train\" or \"test\", got 'validation'"),
    (lambda: data.from_npz("nowhere.npz"), FileNotFoundError, "nowhere.npz: no such file; expected an .npz"),
    (lambda: data.from_folder("nowhere"), FileNotFoundError, "nowhere: no such folder"),
    (lambda: checkpoint.load("nowhere.npz"), FileNotFoundError, "nowhere.npz: no such file; a training run writes"),
]


@pytest.mark.parametrize(("do", "kind", "message"), WRONG, ids=[message for _, _, message in WRONG])
def test_a_wrong_use_is_explained(do, kind, message):
    with pytest.raises(kind) as caught:
        do()
    assert message in str(caught.value)
