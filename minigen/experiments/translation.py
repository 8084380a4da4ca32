"""What the experiments that make images of images share: how near and how sharp a translation is, and pictures in colour."""

import math

import numpy as np

from minigen.device import to_numpy


def as_pictures(x):
    """Images of a network as pictures: (n, 1, H, W) or (n, 3, H, W) in [−1, 1] -> (n, H, W) or (n, H, W, 3) NumPy array in [0, 1]"""
    y = np.clip(to_numpy(x.detach().data) * 0.5 + 0.5, 0, 1)
    return y[:, 0] if y.shape[1] == 1 else np.ascontiguousarray(np.moveaxis(y, 1, 3))


def psnr(x, y):
    """Peak signal-to-noise ratio −10 log₁₀ mean (x − y)² of pictures in [0, 1], in dB: 20 for errors of 0.1, 40 for errors of 0.01"""
    return -10 * math.log10(max(1e-10, float(np.square(x - y, dtype=np.float64).mean())))


def sharpness(x):
    """The gradient energy of pictures (n, H, W, …): mean square differences of neighbours, below and beside. Blurring lowers it."""
    return float(sum(np.square(np.diff(x, axis=axis), dtype=np.float64).mean() for axis in (1, 2)))
