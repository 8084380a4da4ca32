"""PyTorch's lines in minigen: every name that the two share, as PyTorch's users write it. Skipped where PyTorch is not installed.

A line is evaluated in both (see ``torch_parity.judge``): values, dtypes, shapes, first and second derivatives, refusals must agree,
in float64 and in float32, except for the lines of ``torch_parity.deviations``, which must differ and say why.
"""

import re

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import minigen  # noqa: E402
from minigen import distributions as D  # noqa: E402
from tests.torch_parity import distributions, elementwise, functional, products, reductions, shapes  # noqa: E402
from tests.torch_parity.deviations import DEVIATIONS  # noqa: E402
from tests.torch_parity.grids import GRIDS  # noqa: E402
from tests.torch_parity.judge import INPUTS, disagreement, rows  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's own

TABLES = [
    elementwise.LINES, reductions.LINES, shapes.SHAPES, shapes.PICKING, shapes.CREATION, products.LINES, functional.LINES,
    distributions.LINES,
]  # fmt: skip
LINES = [line for table in TABLES for line in rows(table)]


@pytest.mark.parametrize("line", LINES)
def test_line(line):
    for dtype in (np.float64, np.float32):
        assert not disagreement(line, dtype)


@pytest.mark.parametrize("name", GRIDS)
def test_grid(name):
    """One name on many inputs; where PyTorch refuses integers or bools, minigen may take them."""
    found = {line: disagreement(line, refusals=False) for line in GRIDS[name] if line not in DEVIATIONS}
    assert not {line: told for line, told in found.items() if told}


@pytest.mark.parametrize("line", DEVIATIONS)
def test_deviations_are_still_there(line):
    assert disagreement(line)


NAMES = {  # the place in both libraries -> what PyTorch and minigen share there
    "": """abs neg exp expm1 log log1p log2 sqrt rsqrt square reciprocal sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh sigmoid
        sign floor ceil round isnan isfinite clamp clamp_min clamp_max add sub mul div pow maximum minimum remainder atan2 logaddexp lerp
        where eq ne lt le gt ge logical_and logical_or logical_not logical_xor sum mean prod var std max min amax amin argmax argmin any
        all logsumexp norm cumsum cumprod softmax log_softmax reshape flatten permute transpose squeeze unsqueeze broadcast_to cat stack
        split chunk unbind tile repeat_interleave flip roll movedim narrow diagonal diag tril triu clone meshgrid gather scatter
        scatter_add index_select index_add masked_fill take_along_dim sort argsort topk nonzero searchsorted tensor zeros ones full eye
        arange linspace zeros_like ones_like rand randn randint randperm matmul mm bmm outer einsum tensordot trace logdet""",
    "Tensor.": "view reshape expand repeat T mT __getitem__ backward detach item numpy",
    "linalg.": "det slogdet inv solve solve_triangular cholesky qr eigh svd norm",
    "special.": "erf erfc erfinv digamma polygamma xlogy xlog1py logit ndtr ndtri log_ndtr",
    "nn.functional.": """linear embedding one_hot relu leaky_relu elu selu gelu silu softplus softsign logsigmoid hardtanh glu prelu
        layer_norm group_norm rms_norm normalize dropout mse_loss l1_loss smooth_l1_loss huber_loss cross_entropy nll_loss
        binary_cross_entropy binary_cross_entropy_with_logits kl_div gaussian_nll_loss""",
}


@pytest.mark.parametrize("where", NAMES)
def test_every_name_is_where_pytorch_has_it(where):
    for name in NAMES[where].split():
        for module in (minigen, torch):
            for part in f"{where}{name}".split("."):
                module = getattr(module, part)
    text = " ".join(LINES + [line for lines in GRIDS.values() for line in lines])
    special = ("__getitem__", "backward", "numpy")  # written x[…]; see the tests of the engine
    assert not [name for name in NAMES[where].split() if name not in special and not re.search(rf"\b{name}\b", text)]


PATHWISE = {  # family -> its parameters; PyTorch's gradient of a draw x: −∂F/∂θ / p(x), or its own function where F has no derivative
    "Normal": "x q", "Laplace": "x q", "LogNormal": "x q", "Uniform": "lo hi", "Weibull": "q q2", "Gamma": "q q2", "Beta": "q q2",
}  # fmt: skip


@pytest.mark.parametrize("family", PATHWISE)
def test_draws_have_pytorchs_gradients(family):
    arrays = [INPUTS[name] for name in PATHWISE[family].split()]
    ours, theirs = [minigen.tensor(p, requires_grad=True) for p in arrays], [torch.tensor(p, requires_grad=True) for p in arrays]
    x = getattr(D, family)(*ours).rsample()
    gradients = minigen.grad(x.sum(), ours)
    draw, (p, q) = torch.tensor(x.data), theirs
    if family == "Gamma":
        first = torch._standard_gamma_grad(p, draw * q) / q
        expected = (first, -draw / q)
    elif family == "Beta":
        pairs, total = [torch.stack(pair, -1) for pair in ((draw, 1 - draw), (p, q))], torch.stack((p + q, p + q), -1)
        expected = torch._dirichlet_grad(*pairs, total).unbind(-1)
        expected = (expected[0] * (1 - draw), -expected[1] * draw)
    else:
        d = getattr(torch.distributions, family)(*theirs)
        expected = [-g / d.log_prob(draw).exp() for g in torch.autograd.grad(d.cdf(draw).sum(), theirs)]
    for a, b in zip(gradients, expected):
        np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-6 if family not in ("Gamma", "Beta") else 2e-3, atol=1e-6)
