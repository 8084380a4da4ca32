"""The operations, by family. ``METHODS`` names those that are methods of Tensor as well."""

# --- arithmetic, elementwise, compare, special: one number in, one number out
from minigen.ops.arithmetic import (
    add,
    div,
    divide,
    floor_divide,
    lerp,
    logaddexp,
    mul,
    multiply,
    pow,
    remainder,
    sub,
    subtract,
    true_divide,
)  # fmt: skip
from minigen.ops.choose import clamp, clamp_max, clamp_min, clip, maximum, minimum, where
from minigen.ops.compare import (
    allclose,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    eq,
    ge,
    greater,
    greater_equal,
    gt,
    isclose,
    isfinite,
    isinf,
    isnan,
    le,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
    not_equal,
)  # fmt: skip

# --- shape, indexing, order, creation: moving and picking numbers
from minigen.ops.convert import DTYPES, cpu, cuda, to, transfer, type_as

# --- windows: convolution, pooling, padding
from minigen.ops.convolution import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from minigen.ops.creation import (
    arange,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)  # fmt: skip

# --- reduce, products, linalg: many numbers into few
from minigen.ops.cumulative import cumprod, cumsum, prod
from minigen.ops.diagonals import diag, diag_embed, diagonal, tril, triu
from minigen.ops.einsum import einsum
from minigen.ops.elementwise import (
    abs,
    absolute,
    ceil,
    exp,
    expm1,
    floor,
    log,
    log1p,
    log2,
    log10,
    neg,
    negative,
    reciprocal,
    round,
    rsqrt,
    sigmoid,
    sign,
    sqrt,
    square,
    trunc,
)  # fmt: skip
from minigen.ops.gamma import digamma, lgamma, polygamma
from minigen.ops.indexing import as_index, assign, getitem, index, put_at
from minigen.ops.joining import cat, chunk, concat, hstack, narrow, split, stack, unbind, vstack
from minigen.ops.logarithms import logit, xlogy
from minigen.ops.normal import erf, erfc, erfinv
from minigen.ops.norms import norm
from minigen.ops.order import argmax, argmin, argsort, argwhere, max, min, nonzero, searchsorted, sort, topk, unique
from minigen.ops.padding import pad
from minigen.ops.picking import (
    gather,
    index_add,
    index_put,
    index_select,
    masked_fill,
    masked_select,
    scatter,
    scatter_add,
    set_at,
    take_along_dim,
)  # fmt: skip
from minigen.ops.pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
)  # fmt: skip
from minigen.ops.products import bmm, dot, matmul, mm, mv, outer, tensordot, trace
from minigen.ops.reduce import all, amax, amin, any, count_nonzero, log_softmax, logmeanexp, logsumexp, mean, softmax, std, sum, var
from minigen.ops.repeating import flip, meshgrid, repeat, repeat_interleave, roll, tile
from minigen.ops.shape import (
    astype,
    broadcast_to,
    cast,
    clone,
    contiguous,
    expand,
    expand_as,
    flatten,
    matrix_transpose,
    movedim,
    permute,
    reshape,
    reverse_axes,
    squeeze,
    swapaxes,
    transpose,
    unflatten,
    unsqueeze,
    view,
)  # fmt: skip
from minigen.ops.solving import det, inverse, logdet, slogdet
from minigen.ops.trigonometric import (
    acos,
    acosh,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    sin,
    sinh,
    tan,
    tanh,
)  # fmt: skip
from minigen.ops.windows import fold, unfold

METHODS = [
    # arithmetic, elementwise, compare, special
    *"add sub subtract mul multiply div divide true_divide floor_divide remainder pow lerp logaddexp atan2 arctan2".split(),
    *"maximum minimum clamp clamp_min clamp_max clip".split(),
    *"eq ne lt le gt ge not_equal less less_equal greater greater_equal isnan isfinite isinf isclose allclose".split(),
    *"bitwise_and bitwise_or bitwise_xor bitwise_not logical_and logical_or logical_xor logical_not".split(),
    *"neg negative abs absolute sign square sqrt rsqrt reciprocal exp expm1 log log1p log2 log10 sigmoid".split(),
    *"floor ceil trunc round sin cos tan asin acos atan arcsin arccos arctan".split(),
    *"sinh cosh tanh asinh acosh atanh arcsinh arccosh arctanh".split(),
    *"erf erfc erfinv lgamma digamma logit xlogy".split(),
    # shape, indexing, order
    *"reshape view flatten unflatten squeeze unsqueeze permute transpose swapaxes movedim broadcast_to expand expand_as".split(),
    *"clone contiguous astype to cpu cuda type_as split chunk unbind narrow tile repeat repeat_interleave flip roll".split(),
    *"diagonal diag diag_embed tril triu gather scatter scatter_add index_select index_add index_put".split(),
    *"masked_fill masked_select take_along_dim max min argmax argmin sort argsort argwhere topk nonzero unique".split(),
    # reduce, products, linalg
    *"sum mean var std prod amax amin any all count_nonzero logsumexp softmax log_softmax cumsum cumprod norm".split(),
    *"matmul mm bmm mv dot outer trace det slogdet logdet inverse".split(),
]
