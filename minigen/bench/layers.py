"""Single layers of the lecture's networks, forward and backward, in the shapes that they have there: `minigen bench layers`.

Both libraries have these layers under the same names with the same settings, so each is written once, as a call: ``build(name, nn)``.
"""


def build(name, nn):
    """(the layer ``name`` of the library whose layers are in ``nn``, the shape of its input)"""
    call, shape = LAYERS[name]
    return eval(f"nn.{call}", {"nn": nn}), shape


LAYERS = {  # name: (the layer, the shape of its input)
    # DCGAN, listings 4.3 and 4.4
    "dcgan-d1": ("Conv2d(1, 32, 3, 2, 1)", (64, 1, 28, 28)),
    "dcgan-d2": ("Conv2d(32, 64, 3, 2, 1)", (64, 32, 14, 14)),
    "dcgan-d3": ("Conv2d(64, 128, 3, 2, 1)", (64, 64, 7, 7)),
    "dcgan-g1": ("ConvTranspose2d(256, 128, 3, 2, 1, 1)", (64, 256, 7, 7)),
    "dcgan-g2": ("ConvTranspose2d(128, 64, 3, 1, 1)", (64, 128, 14, 14)),
    "dcgan-g3": ("ConvTranspose2d(64, 1, 3, 2, 1, 1)", (64, 64, 14, 14)),
    # the networks in Glow's couplings, hidden 128: 3×3, 1×1, 3×3, on the three levels
    "glow-32-in": ("Conv2d(6, 128, 3, padding=1)", (16, 6, 32, 32)),
    "glow-32-1x1": ("Conv2d(128, 128, 1)", (16, 128, 32, 32)),
    "glow-32-out": ("Conv2d(128, 12, 3, padding=1)", (16, 128, 32, 32)),
    "glow-16-in": ("Conv2d(12, 128, 3, padding=1)", (16, 12, 16, 16)),
    "glow-16-1x1": ("Conv2d(128, 128, 1)", (16, 128, 16, 16)),
    "glow-16-out": ("Conv2d(128, 24, 3, padding=1)", (16, 128, 16, 16)),
    "glow-8-in": ("Conv2d(24, 128, 3, padding=1)", (16, 24, 8, 8)),
    "glow-8-1x1": ("Conv2d(128, 128, 1)", (16, 128, 8, 8)),
    "glow-8-out": ("Conv2d(128, 48, 3, padding=1)", (16, 128, 8, 8)),
    # what stands between convolutions
    "depthwise": ("Conv2d(64, 64, 3, padding=1, groups=64)", (32, 64, 16, 16)),
    "groups-4": ("Conv2d(64, 64, 3, padding=1, groups=4)", (32, 64, 16, 16)),
    "batch-norm": ("BatchNorm2d(128)", (64, 128, 14, 14)),
    "instance-norm": ("InstanceNorm2d(64, affine=True)", (32, 64, 28, 28)),
    "max-pool": ("MaxPool2d(2)", (64, 32, 28, 28)),
    "max-pool-3": ("MaxPool2d(3, 2, 1)", (64, 32, 28, 28)),
    "avg-pool": ("AvgPool2d(2)", (64, 32, 28, 28)),
    "upsample": ("Upsample(scale_factor=2)", (64, 32, 14, 14)),
    "bilinear": ('Upsample(scale_factor=2, mode="bilinear")', (64, 32, 14, 14)),
    "reflect-pad": ("ReflectionPad2d(1)", (64, 32, 28, 28)),
    "pixel-shuffle": ("PixelShuffle(2)", (64, 64, 14, 14)),
}
