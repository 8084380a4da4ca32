"""Images: a set of grey images with its labels, its name and where it came from; and stochastic binarisation."""

from dataclasses import dataclass, replace

import numpy as np

from minigen import random


@dataclass(frozen=True, repr=False, eq=False)
class Images:
    """N grey images of one size.

    ``images`` (N, H, W) uint8; ``labels`` (N,) int64 or None; ``name`` such as "MNIST"; ``source`` says what these images are,
    such as "embedded: first 10,000 training images"; ``classes`` names label 0, 1, … or is empty.
    ValueError if the images are not (N, H, W) uint8 or the labels do not number N.
    """

    images: np.ndarray
    labels: np.ndarray | None
    name: str
    source: str
    classes: tuple = ()

    def __post_init__(self):
        shape, dtype = np.shape(self.images), getattr(self.images, "dtype", type(self.images).__name__)
        if len(shape) != 3 or dtype != np.uint8:
            raise ValueError(
                f"Images: expected grey images (N, H, W) of dtype uint8, got shape {shape} of {dtype}; "
                "drop a channel axis of length 1, and turn floats in [0, 1] into (255 * x).round().astype('uint8')"
            )
        if self.labels is None:
            return
        labels = np.asarray(self.labels)
        if labels.shape != (len(self),) or labels.dtype.kind not in "iu":
            raise ValueError(f"Images: expected {len(self)} whole-number labels, got shape {labels.shape} of {labels.dtype}")
        object.__setattr__(self, "labels", labels.astype(np.int64))  # frozen forbids a plain assignment

    @property
    def x(self):
        """The images as rows of numbers in [0, 1]: (N, H·W) float32. Computed at each access, so keep it in a variable."""
        return self.images.reshape(len(self), -1) / np.float32(255)  # a division: 255 becomes 1 exactly

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        """A part of the set: ``images[:100]``, ``images[images.labels == 3]``. TypeError for a single number."""
        if np.ndim(index) == 0 and not isinstance(index, slice):
            raise TypeError(f"Images: [{index!r}] is no part of the set; .images[i] is one image, [i:i + 1] a set of one")
        return replace(self, images=self.images[index], labels=None if self.labels is None else self.labels[index])

    def split(self, validation):
        """(training set, validation set), the last ``validation`` images being the latter. ValueError if a set would be empty."""
        if not 0 < validation < len(self):
            raise ValueError(f"split: expected a number of validation images between 1 and {len(self) - 1}, got {validation}")
        return self[:-validation], self[-validation:]

    def __repr__(self):
        height, width = self.images.shape[1:]
        labels = "" if self.labels is None else ", labelled"
        return f"Images({self.name}: {len(self):,} of {height}×{width}{labels}; {self.source})"


def binarize(x, seed=None):
    """Stochastic binarisation: b ~ Bernoulli(x), pixel by pixel.

    Shapes: ``x`` and b alike, b is float32 of zeros and ones. With a ``seed`` the draw is always the same; without one it
    continues minigen's own stream. ValueError if x leaves [0, 1]. Source: Salakhutdinov and Murray 2008,
    https://www.cs.toronto.edu/~rsalakhu/papers/dbn_ais.pdf
    """
    x = np.asarray(x)
    if x.size and not (x.min() >= 0 and x.max() <= 1):  # written so that NaN is refused too
        raise ValueError(f"binarize: expected probabilities in [0, 1], got {x.min()} … {x.max()}; divide grey values by 255")
    if seed is None:
        u = random.rand(x.shape, np.float32, "cpu")
    else:
        u = random.new_generator(seed).random(x.shape, np.float32)
    return (u < x).astype(np.float32)
