"""The training steps of the lecture, written with minigen as its models are."""

from functools import partial

import numpy as np

from minigen import nn, optim
from minigen.autograd import no_grad
from minigen.bench.layers import LAYERS, build
from minigen.models.glow import Glow
from minigen.models.realnvp import RealNVP
from minigen.models.vae import VAE
from minigen.nn import functional as F
from minigen.nn.module import frozen
from minigen.ops import randn
from minigen.random import new_generator
from minigen.tensor import Tensor


def vae():
    """W1"""
    x = Tensor((new_generator(0).random((128, 784)) < 0.3).astype(np.float32))
    model = VAE.fully_connected(784, hidden=(500, 501), latent_dim=2, activation=nn.ReLU)
    optimizer = optim.Adam(model)

    def step():
        loss = -model.elbo(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def gan():
    """W2"""
    x = Tensor(new_generator(0).random((128, 784)).astype(np.float32) * 2 - 1)
    generator = nn.Sequential(nn.Linear(100, 128), nn.LeakyReLU(0.01), nn.Linear(128, 784), nn.Tanh())
    discriminator = nn.Sequential(nn.Linear(784, 128), nn.LeakyReLU(0.01), nn.Linear(128, 1))
    g_optimizer = optim.Adam(generator.parameters(), 2e-4)
    d_optimizer = optim.Adam(discriminator.parameters(), 2e-4)
    ones, zeros = Tensor(np.ones((128, 1), np.float32)), Tensor(np.zeros((128, 1), np.float32))
    bce = F.binary_cross_entropy_with_logits

    def step():
        d_optimizer.zero_grad()
        bce(discriminator(x), ones).backward()
        d_optimizer.step()
        with no_grad():
            fake = generator(randn(128, 100))
        d_optimizer.zero_grad()
        bce(discriminator(fake), zeros).backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        with frozen(discriminator):
            loss = bce(discriminator(generator(randn(128, 100))), ones)
            loss.backward()
        g_optimizer.step()
        return loss.item()

    return step


def dcgan():
    """W3"""
    x = Tensor(new_generator(0).random((64, 1, 28, 28)).astype(np.float32) * 2 - 1)
    generator = nn.Sequential(
        nn.Linear(100, 256 * 7 * 7), nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 3, 2, 1, 1), nn.BatchNorm2d(128), nn.LeakyReLU(0.01),
        nn.ConvTranspose2d(128, 64, 3, 1, 1), nn.BatchNorm2d(64), nn.LeakyReLU(0.01),
        nn.ConvTranspose2d(64, 1, 3, 2, 1, 1), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, 32, 3, 2, 1), nn.LeakyReLU(0.01),
        nn.Conv2d(32, 64, 3, 2, 1), nn.BatchNorm2d(64), nn.LeakyReLU(0.01),
        nn.Conv2d(64, 128, 3, 2, 1), nn.BatchNorm2d(128), nn.LeakyReLU(0.01), nn.Flatten(), nn.Linear(128 * 4 * 4, 1),
    )  # fmt: skip
    g_optimizer = optim.Adam(generator.parameters(), 2e-4)
    d_optimizer = optim.Adam(discriminator.parameters(), 2e-4)
    ones, zeros = Tensor(np.ones((64, 1), np.float32)), Tensor(np.zeros((64, 1), np.float32))
    bce = F.binary_cross_entropy_with_logits

    def step():
        with no_grad():
            fake = generator(randn(64, 100))
        d_optimizer.zero_grad()
        (bce(discriminator(x), ones) + bce(discriminator(fake), zeros)).backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        with frozen(discriminator):
            loss = bce(discriminator(generator(randn(64, 100))), ones)
            loss.backward()
        g_optimizer.step()
        return loss.item()

    return step


def realnvp(batch):
    """W4a, W4b"""
    data = Tensor(new_generator(0).standard_normal((batch, 2), dtype=np.float32))
    model = RealNVP(2, hidden=(32, 32), blocks=5, bound=1.0)
    optimizer = optim.Adam(model)

    def step():
        loss = -model.log_prob(data).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def glow():
    """W5: minigen's own Glow, with the plain W of the yardstick, and the splits' priors, which the yardstick does without"""
    x = Tensor(new_generator(0).integers(0, 256, (32, 1, 32, 32)).astype(np.float32))
    model = Glow((1, 32, 32), levels=3, steps=8, hidden=128, lu=False)
    optimizer = optim.Adam(model)

    def step():
        loss = model.loss(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def layer(name):
    """Forward and backward of a single layer, its input and the gradient in memory as the layers beside it leave them."""
    module, (n, c, h, w) = build(name, nn)
    x = Tensor(new_generator(0).random((n, h, w, c)).astype(np.float32).transpose(0, 3, 1, 2), requires_grad=True)
    g = Tensor(np.ones_like(module(x).data))

    def step():
        x.grad = None
        module.zero_grad()
        y = module(x)
        y.backward(g)
        return y.data.flat[0]

    return step


WORKLOADS = {"W1": vae, "W2": gan, "W3": dcgan, "W4a": lambda: realnvp(256), "W4b": lambda: realnvp(8192), "W5": glow}
WORKLOADS |= {name: partial(layer, name) for name in LAYERS}
