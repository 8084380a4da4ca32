"""Layers made of windows: each is its function with the layer's settings; shapes, initial weights, what they print and refuse."""

import numpy as np
import pytest

from minigen import nn
from minigen.nn import functional as F
from minigen.tensor import Tensor
from tests.checking import values

X, L = Tensor(values(0, (2, 4, 6, 6)).astype(np.float32)), Tensor(values(1, (2, 4, 6)).astype(np.float32))
SAME = [  # layer, input, function
    (nn.Conv2d(4, 6, 3, 2, 1, 1, 2), X, lambda m, x: F.conv2d(x, m.weight, m.bias, 2, 1, 1, 2)),
    (nn.Conv2d(4, 2, (1, 3), padding=(0, 1), bias=False), X, lambda m, x: F.conv2d(x, m.weight, padding=(0, 1))),
    (nn.Conv2d(4, 2, 2, padding="same"), X, lambda m, x: F.conv2d(x, m.weight, m.bias, padding="same")),
    (nn.Conv2d(4, 2, 3, padding=2, padding_mode="circular"), X, lambda m, x: F.conv2d(F.pad(x, (2,) * 4, "circular"), m.weight, m.bias)),
    (
        nn.Conv2d(4, 2, 4, padding="same", padding_mode="reflect"), X,
        lambda m, x: F.conv2d(F.pad(x, (1, 2, 1, 2), "reflect"), m.weight, m.bias),
    ),
    (nn.Conv2d(4, 2, 3, 2, ((0, 1), (2, 0))), X, lambda m, x: F.conv2d(F.pad(x, (2, 0, 0, 1)), m.weight, m.bias, 2)),
    (
        nn.Conv2d(4, 2, 3, padding=((0, 1), 2), padding_mode="circular"), X,
        lambda m, x: F.conv2d(F.pad(x, (2, 2, 0, 1), "circular"), m.weight, m.bias),
    ),
    (nn.ConvTranspose2d(4, 6, 3, 2, ((0, 1), (2, 0))), X, lambda m, x: F.conv_transpose2d(x, m.weight, m.bias, 2)[:, :, :-1, 2:]),
    (nn.Conv1d(4, 3, 3, 2, dilation=2), L, lambda m, x: F.conv1d(x, m.weight, m.bias, 2, 0, 2)),
    (nn.Conv1d(4, 3, 2, padding=1, padding_mode="replicate"), L, lambda m, x: F.conv1d(F.pad(x, (1, 1), "replicate"), m.weight, m.bias)),
    (nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2), X, lambda m, x: F.conv_transpose2d(x, m.weight, m.bias, 2, 1, 1, 2)),
    (nn.ConvTranspose1d(4, 3, 3, 2, dilation=2), L, lambda m, x: F.conv_transpose1d(x, m.weight, m.bias, 2, dilation=2)),
    (nn.MaxPool2d(3, 2, 1), X, lambda m, x: F.max_pool2d(x, 3, 2, 1)),
    (nn.MaxPool1d(2, ceil_mode=True), L, lambda m, x: F.max_pool1d(x, 2, ceil_mode=True)),
    (nn.AvgPool2d(3, 2, 1, count_include_pad=False, divisor_override=2), X, lambda m, x: F.avg_pool2d(x, 3, 2, 1, False, False, 2)),
    (nn.AvgPool1d(2), L, lambda m, x: F.avg_pool1d(x, 2)),
    (nn.AdaptiveAvgPool2d((2, None)), X, lambda m, x: F.adaptive_avg_pool2d(x, (2, None))),
    (nn.AdaptiveAvgPool1d(4), L, lambda m, x: F.adaptive_avg_pool1d(x, 4)),
    (nn.AdaptiveMaxPool2d(4), X, lambda m, x: F.adaptive_max_pool2d(x, 4)),
    (nn.AdaptiveMaxPool1d(4), L, lambda m, x: F.adaptive_max_pool1d(x, 4)),
    (nn.ZeroPad2d(1), X, lambda m, x: F.pad(x, (1, 1, 1, 1))),
    (nn.ZeroPad1d(1), L, lambda m, x: F.pad(x, (1, 1))),
    (nn.ConstantPad2d((1, 0, 2, 0), 3.0), X, lambda m, x: F.pad(x, (1, 0, 2, 0), value=3.0)),
    (nn.ConstantPad1d((1, 0), 3.0), L, lambda m, x: F.pad(x, (1, 0), value=3.0)),
    (nn.ReflectionPad2d(2), X, lambda m, x: F.pad(x, (2,) * 4, "reflect")),
    (nn.ReflectionPad1d((2, 1)), L, lambda m, x: F.pad(x, (2, 1), "reflect")),
    (nn.ReplicationPad2d(2), X, lambda m, x: F.pad(x, (2,) * 4, "replicate")),
    (nn.ReplicationPad1d(2), L, lambda m, x: F.pad(x, (2, 2), "replicate")),
    (nn.CircularPad2d(2), X, lambda m, x: F.pad(x, (2,) * 4, "circular")),
    (nn.CircularPad1d(2), L, lambda m, x: F.pad(x, (2, 2), "circular")),
    (nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), X, lambda m, x: F.interpolate(x, None, 2, "bilinear", True)),
    (nn.Upsample(7), L, lambda m, x: F.interpolate(x, 7)),
    (nn.PixelShuffle(2), X, lambda m, x: F.pixel_shuffle(x, 2)),
    (nn.PixelUnshuffle(3), X, lambda m, x: F.pixel_unshuffle(x, 3)),
    (nn.Unfold(2, stride=2), X, lambda m, x: F.unfold(x, 2, stride=2)),
    (nn.Fold(3, 2), Tensor(values(2, (2, 8, 4))), lambda m, x: F.fold(x, 3, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "x", "function"), SAME, ids=lambda v: type(v).__name__ if isinstance(v, nn.Module) else "")
def test_a_layer_is_its_function(layer, x, function):
    y = layer(x)
    np.testing.assert_array_equal(y.data, function(layer, x).data)
    assert y.dtype == x.dtype


@pytest.mark.parametrize("make", [nn.Conv2d, nn.ConvTranspose2d])
def test_weights_start_uniform_on_one_over_root_fan_in(make):
    layer = make(16, 16, 5)
    bound = 1 / np.sqrt(16 * 25)
    for p in (layer.weight, layer.bias):
        assert 0.7 * bound < np.abs(p.data).max() <= bound
    assert np.abs(layer.weight.data).max() > 0.99 * bound
    assert layer.weight.shape == (16, 16, 5, 5)
    assert make(2, 4, (3, 1), groups=2).weight.shape == ((4, 1, 3, 1) if make is nn.Conv2d else (2, 2, 3, 1))
    assert make(2, 4, 3, dtype=np.float64).bias.dtype == np.float64


def test_the_output_size_of_a_transposed_convolution_can_be_asked_for():
    layer = nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1)
    assert layer(X).shape == (2, 2, 11, 11)
    assert layer(X, output_size=(12, 11)).shape == (2, 2, 12, 11)
    assert layer(X, output_size=(2, 2, 12, 12)).shape == (2, 2, 12, 12)
    with pytest.raises(ValueError, match=r"it makes sizes \(11, 11\) to \(12, 12\), not \(13, 12\)"):
        layer(X, output_size=(13, 12))
    assert nn.ConvTranspose2d(4, 2, 3, 2, ((0, 1), (2, 1)))(X, output_size=(13, 10)).shape == (2, 2, 13, 10)


def test_what_they_print():
    assert repr(nn.Conv2d(1, 32, 3, 2, 1)).startswith("Conv2d(1 → 32, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))")
    assert repr(nn.Conv1d(1, 2, 3, padding="same")).startswith("Conv1d(1 → 2, kernel_size=(3,), padding=same)")
    assert repr(nn.ConvTranspose2d(4, 2, 3, 2, output_padding=1, groups=2)).startswith(
        "ConvTranspose2d(4 → 2, kernel_size=(3, 3), stride=(2, 2), output_padding=(1, 1), groups=2)"
    )
    assert repr(nn.MaxPool2d(2)) == "MaxPool2d(kernel_size=2, stride=2, padding=0)"
    assert repr(nn.BatchNorm2d(3)).startswith("BatchNorm2d(num_features=3, eps=1e-05, momentum=0.1")


def test_the_dcgan_of_the_lecture_has_its_sizes():
    generator = nn.Sequential(
        nn.Linear(100, 256 * 7 * 7), nn.Unflatten(1, (256, 7, 7)), nn.ConvTranspose2d(256, 128, 3, 2, 1, 1), nn.BatchNorm2d(128),
        nn.ConvTranspose2d(128, 64, 3, 1, 1), nn.BatchNorm2d(64), nn.ConvTranspose2d(64, 1, 3, 2, 1, 1),
    )  # fmt: skip
    discriminator = nn.Sequential(nn.Conv2d(1, 32, 3, 2, 1), nn.Conv2d(32, 64, 3, 2, 1), nn.Conv2d(64, 128, 3, 2, 1))
    x = generator(Tensor(values(0, (2, 100)).astype(np.float32)))
    assert x.shape == (2, 1, 28, 28)
    sizes = []
    for layer in discriminator:
        x = layer(x)
        sizes.append(x.shape[2])
    assert sizes == [14, 7, 4]


WRONG = [
    (lambda: nn.Conv2d(4, 6, 3, groups=3), "groups=3 must divide the 4 input and the 6 output channels"),
    (lambda: nn.Conv2d(0, 6, 3), "in_channels must be a positive whole number, got 0"),
    (lambda: nn.Conv2d(1, 6, (3, 3, 3)), "Conv2d: kernel_size must be"),
    (lambda: nn.Conv1d(1, 6, 0), "Conv1d: kernel_size must be"),
    (lambda: nn.Conv2d(1, 6, 3, 2, "same"), 'padding="same" keeps the size'),
    (lambda: nn.Conv2d(1, 6, 3, padding_mode="mirror"), "unknown padding_mode 'mirror'; known are zeros, reflect"),
    (lambda: nn.ConvTranspose2d(1, 6, 3, padding="same"), "padding must be numbers"),
    (lambda: nn.ConvTranspose2d(1, 6, 3, padding_mode="reflect"), 'only padding_mode="zeros"'),
    (lambda: nn.Conv2d(1, 6, 3)(X), "is for 1 input channels, but the input has 4"),
    (lambda: nn.ZeroPad2d((1, 2)), r"padding must be a number or \(left, right, top, bottom\)"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_use_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
