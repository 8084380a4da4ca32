"""Our own small classifier, in whose features FID and its kin are measured here: weights for MNIST and Fashion-MNIST come with minigen.

The usual FID looks through Inception-v3, a network for coloured photographs of a thousand kinds of things, at 2,048 features. Ours looks
through 60,000 weights that have seen grey digits or clothes, at 64. The ranking of models is what it is for: its numbers have nothing to
do with published FIDs, and must not be printed beside them.
"""

from functools import cache

import numpy as np

from minigen import nn, optim, random, tensor
from minigen.autograd import no_grad
from minigen.data import batches, fashion_mnist, mnist
from minigen.data.places import EMBEDDED
from minigen.device import get_default_device, to_numpy
from minigen.nn import Module
from minigen.nn import functional as F
from minigen.tensor import Tensor

DATA = {"mnist": mnist, "fashion-mnist": fashion_mnist}
HELD_OUT = 10  # the last tenth of the embedded images is not trained on
STEPS, BATCH = 2000, 64
ROWS = 500  # images at a time: 25 MB for the first layer


class FeatureNet(Module):
    """Three times convolution and pooling, 28×28 → 14×14 → 7×7 → 3×3, then 64 features φ(x), then a logit for each of ten classes.

    φ(x) is what enters the last nonlinearity: closer to a normal distribution than what leaves it, and FID compares normal distributions.
    Its unit is such that φ² is 1 on average over features and training images.
    """

    def __init__(self):
        layers = []
        for n_in, n_out in [(1, 16), (16, 32), (32, 64)]:
            layers += [nn.Conv2d(n_in, n_out, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 3 * 3, 64))
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(64, 10))

    def forward(self, x):
        """The logits: (N, 1, 28, 28) -> (N, 10)"""
        return self.head(self.body(x))

    def features(self, images):
        """φ of each image, for ``fid``, ``kid``, …: (N, 64) float64. ``images`` as ``as_pixels`` takes them."""
        with no_grad():
            return self._rows(self.body, images).astype(np.float64)

    def classify(self, images):
        """The most likely class of each image: (N,) int64. ``images`` as ``as_pixels`` takes them."""
        with no_grad():
            return self._rows(self, images).argmax(axis=1)

    def _rows(self, network, images):
        x, device = as_pixels(images), self.head[1].weight.device
        return np.concatenate([to_numpy(network(tensor(x[i : i + ROWS], device=device)).data) for i in range(0, len(x), ROWS)])


def as_pixels(images):
    """Images as (N, 1, 28, 28) float32 in [0, 1]: from bytes or from numbers in [0, 1], (N, 28, 28), (N, 1, 28, 28) or rows (N, 784).

    ValueError for another size, for no images, and for values outside [0, 1], such as those of a generator that ends in tanh.
    """
    x = to_numpy(images.data if isinstance(images, Tensor) else images)
    if x.ndim < 2 or not len(x) or x[0].size != 784 or x.shape[1:] not in ((784,), (28, 28), (1, 28, 28)):
        expected = "expected images (N, 28, 28) with N > 0, or (N, 1, 28, 28), or rows (N, 784)"
        raise ValueError(f"{expected}, got {x.shape}; of images of another size compare the pixels")
    x = x / np.float32(255) if x.dtype == np.uint8 else x
    if not (x.min() >= 0 and x.max() <= 1):  # written so that NaN is refused too
        raise ValueError(f"expected pixels in [0, 1], got {x.min():.4g} to {x.max():.4g}; those in [−1, 1] become (x + 1) / 2")
    return x.reshape(-1, 1, 28, 28).astype(np.float32)


@cache
def feature_net(data="mnist"):
    """The trained FeatureNet for ``data``, "mnist" or "fashion-mnist". KeyError with the names for another."""
    if data not in DATA:
        raise KeyError(f"feature_net: there is no classifier for {data!r}; there are {', '.join(DATA)}")
    with np.load(weights_file(data), allow_pickle=False) as archive:
        weights = {name: archive[name].astype(np.float32) for name in archive.files}
    net = untrained()
    net.load_state_dict(weights)
    return net.eval().requires_grad_(False)


def weights_file(data):
    """Where the weights of ``feature_net(data)`` are, as float16."""
    return EMBEDDED / f"features_{data.partition('-')[0]}.npz"


def untrained(seed=0):
    """A FeatureNet in float32 with weights drawn from ``seed``; minigen's own stream of random numbers is left alone."""
    with random.fork(seed):
        return FeatureNet().to("cpu", np.float32)


def train_feature_net(data="mnist", steps=STEPS, seed=0):
    """How the weights came about: cross-entropy, Adam, images shifted by a pixel. Returns (FeatureNet, accuracy on the held-out images).

    Trained on the first nine tenths of the embedded images; the last tenth is held out, as in the experiments.
    """
    images = DATA[data](full=False)
    training, unseen = images.split(len(images) // HELD_OUT)
    net = untrained(seed).to(get_default_device())
    with random.fork(seed):
        stream = batches(as_pixels(training.images), training.labels, BATCH).forever()
        optimizer = optim.Adam(net.parameters(), lr=2e-3)
        schedule = optim.CosineAnnealingLR(optimizer, T_max=steps)
        for _ in range(steps):
            x, labels = next(stream)
            loss = F.cross_entropy(net(shifted(x)), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    scale_features(net.eval(), training.images)
    return net, (net.classify(unseen.images) == unseen.labels).mean()


def scale_features(net, images):
    """Make the mean of φ² over features and ``images`` 1, without changing the logits: what φ loses, the layer after the ReLU gains."""
    s = np.sqrt(np.square(net.features(images)).mean())
    weights = net.state_dict()
    factors = {"body.10.weight": 1 / s, "body.10.bias": 1 / s, "head.1.weight": s}
    net.load_state_dict({name: (w * factors.get(name, 1)).astype(np.float32) for name, w in weights.items()})


def shifted(x, by=1):
    """Each image of a batch (N, 1, H, W) moved by up to ``by`` pixels in each direction, at random; what comes in is black."""
    padded = np.pad(to_numpy(x.data), ((0, 0), (0, 0), (by, by), (by, by)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, x.shape[2:], axis=(2, 3))  # (N, 1, 2·by + 1, 2·by + 1, H, W)
    up, left = random.randint(0, 2 * by + 1, (2, len(x)), "cpu")
    return tensor(windows[np.arange(len(x)), :, up, left], device=x.device)


def save_weights(net, data):
    """Write the weights of ``net`` as the file that ``feature_net(data)`` reads."""
    np.savez_compressed(weights_file(data), **{name: w.astype(np.float16) for name, w in net.state_dict().items()})
