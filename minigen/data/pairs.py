"""Pairs of images made by a rule that is known, so that a network which is to find the rule can be held to it.

Images are numbers in [0, 1], channels before pixels: grey (N, 1, H, W), coloured (N, 3, H, W), as networks take them.
"""

import numpy as np

PAPER, INKS = (1.0, 0.95, 0.8), ((0.15, 0.1, 0.3), (0.95, 0.45, 0.1))  # red, green, blue of the zebra's ground and of its stripes


def planes(images):
    """Images (N, H, W) uint8 as numbers: (N, 1, H, W) float32 in [0, 1]"""
    images = np.asarray(images)
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(f"planes: expected grey images (N, H, W) of dtype uint8, got {images.shape} of {images.dtype}")
    return images[:, None] / np.float32(255)


def edges(x, threshold=0.25):
    """1 where a pixel differs from its right or its lower neighbour by more than ``threshold``, else 0: (N, 1, H, W) -> (N, 1, H, W)

    What lies between the edges is lost: many images have the same ones.
    """
    x = _checked("edges", x, 1)
    down, right = np.zeros_like(x), np.zeros_like(x)
    down[:, :, :-1], right[..., :-1] = np.diff(x, axis=2), np.diff(x, axis=3)
    return (np.maximum(abs(down), abs(right)) > threshold).astype(x.dtype)


def tinted(x, labels, classes=10):
    """Each image in the colour of its class, x ⊙ ``tints(classes)[label]``: (N, 1, H, W), (N,) -> (N, 3, H, W)

    Black stays black. To colour a grey image one must recognise what it shows.
    """
    x, labels = _checked("tinted", x, 1), np.asarray(labels)
    if labels.shape != (len(x),) or labels.dtype.kind not in "iu" or (len(x) and not 0 <= labels.min() <= labels.max() < classes):
        raise ValueError(f"tinted: expected {len(x)} whole-number labels from 0 to {classes - 1}, got {labels.shape} of {labels.dtype}")
    return x * tints(classes)[labels].astype(x.dtype)[:, :, None, None]


def tints(classes=10):
    """Colours at equal distances on the circle of hues, ½ + ½ cos 2π(k/classes − c/3) in channel c: (classes, 3)"""
    turns = np.arange(classes)[:, None] / classes - np.arange(3) / 3
    return 0.5 + 0.5 * np.cos(2 * np.pi * turns)


def zebra(x):
    """White on black becomes striped ink on pale paper: paper + x ⊙ (ink − paper), two rows of one ink, then two of the other.

    (N, 1, H, W) -> (N, 3, H, W). ``unzebra`` is its inverse: nothing is lost.
    """
    x = _checked("zebra", x, 1)
    paper, ink = _zebra_colours(x)
    return paper + x * (ink - paper)


def unzebra(y):
    """The x whose ``zebra`` is nearest to y, x = ⟨y − paper, ink − paper⟩ / |ink − paper|² in each pixel: (N, 3, H, W) -> (N, 1, H, W)"""
    y = _checked("unzebra", y, 3)
    paper, ink = _zebra_colours(y)
    d = ink - paper
    return ((y - paper) * d).sum(axis=1, keepdims=True) / (d * d).sum(axis=1, keepdims=True)


def _zebra_colours(x):
    """(paper (1, 3, 1, 1), ink (1, 3, H, 1)) for images of the height of ``x``."""
    paper = np.array(PAPER, x.dtype).reshape(1, 3, 1, 1)
    stripe = np.arange(x.shape[2]) // 2 % 2
    return paper, np.array(INKS, x.dtype)[stripe].T.reshape(1, 3, -1, 1)


def _checked(name, x, channels):
    x = np.asarray(x)
    if x.ndim != 4 or x.shape[1] != channels or x.dtype.kind != "f":
        raise ValueError(f"{name}: expected numbers (N, {channels}, H, W) in [0, 1], as planes(images) are, got {x.shape} of {x.dtype}")
    return x
