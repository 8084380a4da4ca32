"""A homework put together: the lecture's model, trained on every function of it that was passed, beside the library's own training.

``python -m minigen.exercises.milestones hw2 200 losses.json`` is one such training; the student's functions reach it by the import hook.
"""

import json
import math
import os
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from minigen.exercises import assignments, catalog, running


class Milestone(NamedTuple):
    """What is trained: in words, by which function of this file (steps -> losses), for how many steps."""

    what: str
    losses: str
    unit: str
    steps: int


MILESTONES = {
    "hw1": Milestone("a convolutional network that cleans and reads noisy digits", "reader", "cross-entropy [nats]", 500),
    "hw2": Milestone("the lecture's variational autoencoder on digits", "vae", "−ELBO [nats]", 600),
    "hw3": Milestone("a generative adversarial network on eight points of a circle", "gan", "discriminator's loss [nats]", 2000),
    "hw4": Milestone("a RealNVP flow on two moons", "flow", "−log p(x) [nats]", 1000),
}
FAST = 40  # steps
SPARKS = "▁▂▃▄▅▆▇█"


def milestone(name, folder, fast=False, progress=None):
    """Train twice, with the functions that were passed and with the library's; returns both curves and what is whose.

    ``folder``: the student's; the picture goes there. ``progress``: print, or None.
    """
    goal, say = MILESTONES[name], progress or (lambda text: None)
    members = [catalog.get(id) for id in assignments.members(name)]
    yours = [e for e in members if folder.passed(e) == "yes"]
    found = {"milestone": name, "what": goal.what, "yours": [e.id for e in yours], "open": [e.id for e in members if e not in yours]}
    if not yours:
        say(f"{name}: none of its {len(members)} functions is passed yet; minigen exercise start --next goes on")
        return found
    steps = FAST if fast else goal.steps
    say(f"{goal.what}\n{len(yours)} of {len(members)} functions are yours: {', '.join(found['yours'])}\ntraining {steps} steps, twice …")
    mine, theirs = curve(name, steps, running.fills(folder, yours)), curve(name, steps, {})
    found.update(steps=steps, losses=mine, reference=theirs, identical=mine == theirs)
    say(f"  with your functions   {spark(mine)}   {mine[0]:.4g} → {tail(mine):.6g}")
    say(f"  with the library's    {spark(theirs)}   {theirs[0]:.4g} → {tail(theirs):.6g}")
    say("  every loss is the same, bit for bit" if mine == theirs else f"  the last losses differ by {abs(tail(mine) - tail(theirs)):.2g}")
    found["figure"] = draw(goal, folder.path / f"milestone-{name}.png", mine, theirs)
    rest = f" Still the library's: {', '.join(found['open'])}" if found["open"] else ""
    say(f"  {goal.unit}: {found['figure']}\nYou built this.{rest}")
    return found


def curve(name, steps, fills):
    """The losses of one training, in a process of its own. RuntimeError with the last line of its complaint if it fails."""
    with tempfile.TemporaryDirectory(prefix="minigen-") as folder:
        path = Path(folder) / "losses.json"
        words = [sys.executable, "-m", "minigen.exercises.milestones", name, str(steps), str(path)]
        done = running.run(words, fills, capture_output=True, text=True, encoding="utf-8", errors="replace")
        if done.returncode or not path.exists():
            raise RuntimeError(f"{name}: the training failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
        return json.loads(path.read_text("utf-8"))


def tail(losses):
    """The mean of the last tenth."""
    last = losses[-max(1, len(losses) // 10) :]
    return sum(last) / len(last)


def spark(losses, width=30):
    """A curve in one line of text."""
    width = min(width, len(losses))
    ends = [i * len(losses) // width for i in range(width + 1)]
    means = [sum(losses[a:b]) / (b - a) for a, b in pairwise(ends)]
    low, high = min(means), max(means)
    return "".join(SPARKS[min(7, int(8 * (m - low) / (high - low or 1)))] if math.isfinite(m) else "?" for m in means)


def draw(goal, path, mine, theirs):
    """Both curves as a PNG; returns its path, from here."""
    from minigen import viz

    steps = list(range(1, len(mine) + 1))
    lines = {"the library": (steps, theirs), "yours": (steps, mine)}
    viz.save(viz.curves(lines, goal.what, ylabel=goal.unit), path, f"The loss of {goal.what}, with the student's functions and without.")
    return os.path.relpath(path)


# --- what is trained ----------------------------------------------------------------------------------------------------------


def train(loss, parameters, steps, lr=1e-3):
    """The ordinary loop; yields the losses."""
    from minigen import optim

    optimizer = optim.Adam(parameters, lr=lr)
    for _ in range(steps):
        value = loss()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        yield value.item()


def reader(steps):
    """Noisy digits in, clean digits and their names out: every function of the homework has something to do here."""
    from minigen import nn, random, tensor
    from minigen.data import batches, mnist
    from minigen.nn import functional as F
    from minigen.ops import arange, logsumexp, softmax

    images = mnist(full=False)[:4096]
    data = batches(images.x, images.labels, 64).forever()
    see = nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.LeakyReLU(0.1),
        nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.LeakyReLU(0.1),
    )  # fmt: skip
    clean = nn.Sequential(
        nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1), nn.LeakyReLU(0.1),
        nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1), nn.Flatten(),
    )  # fmt: skip
    read, bias = nn.Parameter(0.02 * random.randn((784, 10))), nn.Parameter(0 * random.randn((10,)))
    for layer in (*see.modules(), *clean.modules()):
        if hasattr(layer, "weight") and layer.weight.ndim > 2:
            nn.init.kaiming_normal_(layer.weight)

    def loss():
        x, label = next(data)
        seen = see(x + 0.5 * tensor(random.randn(x.shape)))  # (N, 16, 7, 7)
        logits = seen.transpose(1, 3).reshape(len(x), 784) @ read + bias
        wrong = (logsumexp(logits, axis=1) - logits[arange(len(x)), label]).mean()
        doubt = (softmax(logits, axis=1) ** 2).sum(axis=1).mean()
        return F.binary_cross_entropy_with_logits(clean(seen), x) + 0.1 * wrong - 0.01 * doubt + 1e-4 * (read * read).sum()

    return train(loss, [*see.parameters(), *clean.parameters(), read, bias], steps)


def vae(steps):
    """784-500-501-2 and back, as on the slides."""
    from minigen import nn, tensor
    from minigen.data import batches, mnist
    from minigen.models import VAE

    data = batches(tensor(mnist(full=False).x), 128).forever()
    model = VAE.fully_connected(784, (500, 501), 2, nn.ReLU)
    return train(lambda: -model.elbo(next(data)).mean(), model.parameters(), steps)


def gan(steps):
    """Two players with two hidden layers each, in the plane."""
    from minigen import nn, optim, tensor
    from minigen.data import eight_gaussians
    from minigen.models.gan import GAN

    toy = eight_gaussians()
    generator = nn.Sequential(nn.Linear(4, 64), nn.LeakyReLU(0.1), nn.Linear(64, 64), nn.LeakyReLU(0.1), nn.Linear(64, 2))
    discriminator = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.1), nn.Linear(64, 64), nn.LeakyReLU(0.1), nn.Linear(64, 1))
    model = GAN(generator, discriminator, 4)
    players = [optim.Adam(p.parameters(), lr=1e-3, betas=(0.5, 0.999)) for p in (discriminator, generator)]
    for _ in range(steps):
        losses = []
        for optimizer, loss in zip(players, (lambda: model.discriminator_loss(tensor(toy.sample(256))), lambda: model.generator_loss(256))):
            losses.append(loss())
            optimizer.zero_grad()
            losses[-1].backward()
            optimizer.step()
        yield losses[0].item()


def flow(steps):
    """Five affine couplings."""
    from minigen import tensor
    from minigen.data import moons
    from minigen.models.realnvp import RealNVP

    toy, model = moons(), RealNVP()
    return train(lambda: -model.log_prob(tensor(toy.sample(256))).mean(), model.parameters(), steps, lr=3e-3)


def main(name, steps, path):
    """One training; its losses go to ``path`` as JSON."""
    from minigen import random

    random.manual_seed(0)
    losses = list(globals()[MILESTONES[name].losses](int(steps)))
    Path(path).write_text(json.dumps(losses), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
