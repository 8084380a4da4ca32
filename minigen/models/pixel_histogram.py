"""Independent histograms, one a pixel: the simplest model of images that knows grey values. Exact, fitted by counting."""

import numpy as np

from minigen.device import to_numpy
from minigen.nn.module import Buffer, Module
from minigen.ops import take_along_dim
from minigen.random import rand
from minigen.tensor import Tensor


class PixelHistograms(Module):
    """P(k) = Πⱼ Pⱼ(kⱼ),   Pⱼ(k) = (number of training images with k at pixel j + a) / (N + 256 a)

    ``images`` (N, …) of whole grey values 0 … 255; ``a``: pseudo-counts, so that nothing is impossible.
    ``log_prob`` in nats of grey values, not of densities: bits/dim needs no noise. Its own surprise: fitted to clothes, it finds digits
    more likely than clothes, because they are black where clothes are often black.
    """

    discrete = True

    def __init__(self, images, a=1.0):
        k = np.asarray(images)
        self.event_shape = k.shape[1:]
        k = k.reshape(len(k), -1)
        counts = np.stack([np.bincount(k[:, j], minlength=256) for j in range(k.shape[1])])  # (D, 256)
        self.log_table = Buffer(np.log((counts + a) / (len(k) + 256 * a)))

    def log_prob(self, k):
        """log P(k) in nats: (N, …) of whole grey values -> (N,)"""
        k = Tensor(k.data if isinstance(k, Tensor) else np.asarray(k), np.int64, device=self.log_table.device).reshape((len(k), -1))
        return take_along_dim(self.log_table.mT, k, axis=0).sum(axis=1)  # (256, D) at (N, D)

    def sample(self, n):
        """n images (n, …) of whole grey values, each pixel by itself."""
        levels = np.exp(to_numpy(self.log_table.data)).cumsum(axis=1)  # (D, 256)
        u = rand((n, len(levels), 1), np.float64, "cpu")
        return (u > levels[:, :-1]).sum(axis=2).reshape(n, *self.event_shape).astype(np.uint8)
