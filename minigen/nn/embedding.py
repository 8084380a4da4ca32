"""Embedding: a learned vector for each of a number of things."""

from minigen.device import create, get_default_dtype
from minigen.nn import functional as F
from minigen.nn import init
from minigen.nn.module import Module, Parameter


class Embedding(Module):
    """y = W[i]: numbers (…) in 0 … num_embeddings − 1 -> vectors (…, embedding_dim)

    W starts as N(0, 1). The row ``padding_idx`` starts as zeros and receives no gradient.
    """

    def __init__(self, num_embeddings, embedding_dim, padding_idx=None, device=None, dtype=None):
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(f"Embedding: padding_idx {padding_idx} is no row of a table of {num_embeddings}")
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        shape = (num_embeddings, embedding_dim)
        self.weight = Parameter(create("empty", shape, dtype=dtype or get_default_dtype(), device=device))
        self.reset_parameters()

    def reset_parameters(self):
        """Draw the vectors anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    def forward(self, input):
        return F.embedding(input, self.weight, self.padding_idx)
