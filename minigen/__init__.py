"""minigen: the public names, grouped."""

from minigen import tensor as _tensor  # first: the engine's parts need it

from minigen import ops, random
from minigen.ops import *
from minigen.autograd import enable_grad, grad, no_grad, primitive
from minigen.gradcheck import gradcheck, gradgradcheck
from minigen.tensor import Tensor
