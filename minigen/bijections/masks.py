"""Masks of coupling layers: which elements pass unchanged (True) and decide how the others move."""

import numpy as np


def half_mask(n, d=None, flip=False):
    """The first d of n features or channels pass, d = ⌊n/2⌋ unless given; with ``flip`` the others: bools (n,). [RealNVP, eq. 4]"""
    if n < 2:
        raise ValueError(f"half_mask: a coupling needs at least 2 features, one to pass and one to move, got {n}")
    d = n // 2 if d is None else d
    if not 0 < d < n:
        raise ValueError(f"half_mask: of {n} features between 1 and {n - 1} can pass, got d = {d}")
    return (np.arange(n) < d) ^ flip


def alternating_mask(n, flip=False):
    """Every other of n features or channels passes, from the first on; with ``flip`` the others: bools (n,). [NICE, sec. 5.1]"""
    if n < 2:
        raise ValueError(f"alternating_mask: a coupling needs at least 2 features, got {n}")
    return (np.arange(n) % 2 == 0) ^ flip


def checkerboard_mask(height, width, flip=False):
    """Pixels pass where row + column is odd, with ``flip`` the others: bools (1, H, W), alike for all channels. [RealNVP, fig. 3]"""
    if height * width < 2:
        raise ValueError(f"checkerboard_mask: a coupling needs at least 2 pixels, got {height} × {width}")
    return ((np.add.outer(np.arange(height), np.arange(width)) % 2 == 1) ^ flip)[None]
