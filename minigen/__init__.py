"""minigen: deep generative models from scratch. This file is the table of contents: the public names, grouped.

Layers are in ``minigen.nn``, their functions in ``minigen.nn.functional``, optimizers in ``minigen.optim`` (see ``PARTS``); each part
is imported when it is first used, so that ``import minigen`` is quick.
"""

import importlib

from minigen import tensor as _engine  # first: the parts of the engine know each other through this module

# isort: off
# --- tensors: what they are, where they live, how they come about
from minigen.tensor import Tensor
from minigen.ops.creation import (
    arange, empty, empty_like, eye, full, full_like, linspace, ones, ones_like, rand, rand_like, randint, randn, randn_like,
    randperm, tensor, zeros, zeros_like,
)
from minigen.device import get_default_device, get_default_dtype, set_default_device, set_default_dtype
from minigen.random import manual_seed
from numpy import bool_ as bool, float16, float32, float64, int8, int16, int32, int64, uint8

# --- differentiation: the engine, and what is built on it
from minigen.autograd import enable_grad, grad, is_grad_enabled, no_grad, primitive, without_gradient
from minigen.derivatives import hessian, hvp, jacobian, jvp, vjp
from minigen.gradcheck import GradientError, gradcheck, gradgradcheck
from minigen.explain import explain
from minigen.anomaly import anomaly

# --- element by element
from minigen.ops.arithmetic import (
    add, div, divide, floor_divide, lerp, logaddexp, mul, multiply, pow, remainder, sub, subtract, true_divide,
)
from minigen.ops.choose import clamp, clamp_max, clamp_min, clip, maximum, minimum, where
from minigen.ops.compare import (
    allclose, bitwise_and, bitwise_not, bitwise_or, bitwise_xor, eq, ge, greater, greater_equal, gt, isclose, isfinite, isinf,
    isnan, le, less, less_equal, logical_and, logical_not, logical_or, logical_xor, lt, ne, not_equal,
)
from minigen.ops.elementwise import (
    abs, absolute, ceil, exp, expm1, floor, log, log1p, log2, log10, neg, negative, reciprocal, round, rsqrt, sigmoid, sign, sqrt,
    square, trunc,
)
from minigen.ops.trigonometric import (
    acos, acosh, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, asin, asinh, atan, atan2, atanh, cos, cosh, sin,
    sinh, tan, tanh,
)
from minigen.special import digamma, erf, erfc, erfinv, lgamma, logit, polygamma, xlogy

# --- many numbers into few
from minigen.ops.cumulative import cumprod, cumsum, prod
from minigen.ops.reduce import all, amax, amin, any, count_nonzero, log_softmax, logmeanexp, logsumexp, mean, softmax, std, sum, var
from minigen.ops.norms import norm
from minigen.ops.order import argmax, argmin, argsort, argwhere, max, min, nonzero, searchsorted, sort, topk, unique

# --- products
from minigen.ops.einsum import einsum
from minigen.ops.products import bmm, dot, matmul, mm, mv, outer, tensordot, trace
from minigen.ops.solving import det, inverse, logdet, slogdet

# --- moving and picking
from minigen.ops.shape import (
    broadcast_to, clone, expand, flatten, matrix_transpose, movedim, permute, reshape, squeeze, swapaxes, transpose, unflatten,
    unsqueeze, view,
)
from minigen.ops.joining import cat, chunk, concat, hstack, narrow, split, stack, unbind, vstack
from minigen.ops.repeating import flip, meshgrid, repeat, repeat_interleave, roll, tile
from minigen.ops.diagonals import diag, diag_embed, diagonal, tril, triu
from minigen.ops.picking import (
    gather, index_add, index_put, index_select, masked_fill, masked_select, scatter, scatter_add, take_along_dim,
)

# --- windows
from minigen.ops.convolution import conv1d, conv2d, conv_transpose1d, conv_transpose2d
# isort: on

__version__ = "0.1.0"

PARTS = {  # name -> where it is: imported at first use
    name: f"minigen.{name}"
    for name in "nn optim distributions bijections data models evaluate experiments viz train checkpoint linalg special".split()
}


def __getattr__(name):
    if name in PARTS:
        return importlib.import_module(f"minigen.{name}")
    raise AttributeError(f"module 'minigen' has no attribute {name!r}")
