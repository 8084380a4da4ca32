"""The yardstick: the same training steps in PyTorch eager. The only file that imports torch, and only `minigen bench` imports it."""

import math
import os
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from minigen.bench.layers import LAYERS, build
from minigen.random import new_generator

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))


def vae():
    """W1"""
    x = torch.from_numpy((new_generator(0).random((128, 784)) < 0.3).astype(np.float32))
    encoder = nn.Sequential(nn.Linear(784, 500), nn.ReLU(), nn.Linear(500, 501), nn.ReLU(), nn.Linear(501, 4))
    decoder = nn.Sequential(nn.Linear(2, 501), nn.ReLU(), nn.Linear(501, 500), nn.ReLU(), nn.Linear(500, 784))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()])

    def step():
        optimizer.zero_grad()
        mu, log_var = encoder(x).chunk(2, 1)
        z = mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)
        reconstruction = F.binary_cross_entropy_with_logits(decoder(z), x, reduction="sum")
        kl = -0.5 * torch.sum(1 + log_var - mu * mu - log_var.exp())
        loss = (reconstruction + kl) / len(x)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def gan():
    """W2"""
    x = torch.from_numpy(new_generator(0).random((128, 784)).astype(np.float32) * 2 - 1)
    generator = nn.Sequential(nn.Linear(100, 128), nn.LeakyReLU(0.01), nn.Linear(128, 784), nn.Tanh())
    discriminator = nn.Sequential(nn.Linear(784, 128), nn.LeakyReLU(0.01), nn.Linear(128, 1))
    g_optimizer = torch.optim.Adam(generator.parameters(), 2e-4)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), 2e-4)
    ones, zeros, bce = torch.ones(128, 1), torch.zeros(128, 1), F.binary_cross_entropy_with_logits

    def step():
        d_optimizer.zero_grad()
        bce(discriminator(x), ones).backward()
        d_optimizer.step()
        with torch.no_grad():
            fake = generator(torch.randn(128, 100))
        d_optimizer.zero_grad()
        bce(discriminator(fake), zeros).backward()
        d_optimizer.step()
        discriminator.requires_grad_(False)
        g_optimizer.zero_grad()
        loss = bce(discriminator(generator(torch.randn(128, 100))), ones)
        loss.backward()
        g_optimizer.step()
        discriminator.requires_grad_(True)
        return loss.item()

    return step


def dcgan():
    """W3"""
    x = torch.from_numpy(new_generator(0).random((64, 1, 28, 28)).astype(np.float32) * 2 - 1)
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
    g_optimizer = torch.optim.Adam(generator.parameters(), 2e-4)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), 2e-4)
    ones, zeros, bce = torch.ones(64, 1), torch.zeros(64, 1), F.binary_cross_entropy_with_logits

    def step():
        with torch.no_grad():
            fake = generator(torch.randn(64, 100))
        d_optimizer.zero_grad()
        (bce(discriminator(x), ones) + bce(discriminator(fake), zeros)).backward()
        d_optimizer.step()
        discriminator.requires_grad_(False)
        g_optimizer.zero_grad()
        loss = bce(discriminator(generator(torch.randn(64, 100))), ones)
        loss.backward()
        g_optimizer.step()
        discriminator.requires_grad_(True)
        return loss.item()

    return step


def realnvp(batch):
    """W4a, W4b"""
    data = torch.from_numpy(new_generator(0).standard_normal((batch, 2), dtype=np.float32))
    nets = [nn.Sequential(nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2)) for _ in range(5)]
    optimizer = torch.optim.Adam([p for net in nets for p in net.parameters()])

    def step():
        optimizer.zero_grad()
        x, log_det = data, 0.0
        for net in nets:
            xa, xb = x[:, :1], x[:, 1:]
            h = net(xa)
            s, t = torch.tanh(h[:, :1]), h[:, 1:]
            log_det = log_det + s.sum(1)
            x = torch.cat([xb * torch.exp(s) + t, xa], 1)
        loss = -(log_det - 0.5 * (x * x).sum(1) - math.log(2 * math.pi)).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


class GlowStep(nn.Module):
    """Actnorm, invertible 1×1 convolution, affine coupling: x (N, C, H, W) -> y, log-determinant (N,)"""

    def __init__(self, c):
        super().__init__()
        self.b, self.log_s = (nn.Parameter(torch.zeros(1, c, 1, 1)) for _ in "bs")
        self.w = nn.Parameter(torch.linalg.qr(torch.randn(c, c))[0])
        self.net = nn.Sequential(
            nn.Conv2d(c // 2, 128, 3, padding=1), nn.ReLU(), nn.Conv2d(128, 128, 1), nn.ReLU(), nn.Conv2d(128, c, 3, padding=1)
        )
        nn.init.zeros_(self.net[4].weight)
        nn.init.zeros_(self.net[4].bias)
        self.initialized = False

    def forward(self, x):
        _, c, h, w = x.shape
        if not self.initialized:
            with torch.no_grad():
                self.b.copy_(-x.mean((0, 2, 3), keepdim=True))
                self.log_s.copy_(-torch.log(x.std((0, 2, 3), keepdim=True) + 1e-6))
            self.initialized = True
        x = F.conv2d((x + self.b) * torch.exp(self.log_s), self.w.view(c, c, 1, 1))
        log_det = h * w * (self.log_s.sum() + torch.linalg.slogdet(self.w)[1])
        x1, x2 = x.chunk(2, 1)
        t, h = self.net(x1).chunk(2, 1)
        log_s = F.logsigmoid(h + 2)
        return torch.cat([x1, (x2 + t) * torch.exp(log_s)], 1), log_det + log_s.sum((1, 2, 3))


class Glow(nn.Module):
    """L = 3, K = 8 on (1, 32, 32): bits per dimension, but for the constant log 256"""

    def __init__(self):
        super().__init__()
        self.levels = nn.ModuleList(nn.ModuleList(GlowStep(c) for _ in range(8)) for c in (4, 8, 16))

    def forward(self, x):
        log_p = 0.0
        for i, level in enumerate(self.levels):
            x = F.pixel_unshuffle(x, 2)
            for step in level:
                x, log_det = step(x)
                log_p = log_p + log_det
            x, z = x.chunk(2, 1) if i < 2 else (None, x)
            log_p = log_p - 0.5 * (z * z).sum((1, 2, 3)) - 0.5 * math.log(2 * math.pi) * z[0].numel()
        return -log_p.mean() / 1024


def glow():
    """W5"""
    x = torch.from_numpy(new_generator(0).integers(0, 256, (32, 1, 32, 32)).astype(np.float32))
    model = Glow()
    model((x + torch.rand_like(x)) / 256)
    optimizer = torch.optim.Adam(model.parameters())

    def step():
        optimizer.zero_grad()
        loss = model((x + torch.rand_like(x)) / 256)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def layer(name):
    """Forward and backward of a single layer."""
    module, shape = build(name, nn)
    x = torch.from_numpy(new_generator(0).random(shape).astype(np.float32)).requires_grad_()
    g = torch.ones_like(module(x))

    def step():
        x.grad = None
        module.zero_grad()
        y = module(x)
        y.backward(g)
        return y.flatten()[0].item()

    return step


WORKLOADS = {"W1": vae, "W2": gan, "W3": dcgan, "W4a": lambda: realnvp(256), "W4b": lambda: realnvp(8192), "W5": glow}
WORKLOADS |= {name: partial(layer, name) for name in LAYERS}
