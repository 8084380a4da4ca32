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

from minigen.exercises import assignments, catalog, running, targets


class Milestone(NamedTuple):
    """What is trained: in words, by which function of this file (steps -> losses), for how many steps."""

    what: str
    losses: str
    unit: str
    steps: int


MILESTONES = {
    "hw1": Milestone("a convolutional network that cleans and reads noisy digits", "reader", "cross-entropy [nats]", 500),
    "hw2": Milestone("the lecture's variational autoencoder on digits", "vae", "−ELBO [nats]", 600),
    "hw3": Milestone("a GAN and a WGAN-GP on eight points of a circle", "gan", "losses of discriminator and critic", 1500),
    "hw4": Milestone("a small Glow on small digits", "flow", "bits per dimension", 500),
}
FAST = 40  # steps
WATCHED = 2  # steps in which it is noted what is called: that takes time
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
    (mine, called), (theirs, _) = curve(name, steps, running.fills(folder, yours)), curve(name, steps, {})
    found.update(steps=steps, losses=mine, reference=theirs, identical=mine == theirs, called=[e.id for e in yours if e.target in called])
    say(f"  with your functions   {spark(mine)}   {mine[0]:.4g} → {tail(mine):.6g}")
    say(f"  with the library's    {spark(theirs)}   {theirs[0]:.4g} → {tail(theirs):.6g}")
    say(f"  of your functions it called {', '.join(found['called']) or 'none: they belong to other models'}")
    say("  every loss is the same, bit for bit" if mine == theirs else f"  the last losses differ by {abs(tail(mine) - tail(theirs)):.2g}")
    found["figure"] = draw(goal, folder.path / f"milestone-{name}.png", mine, theirs)
    rest = f" Still the library's: {', '.join(found['open'])}" if found["open"] else ""
    say(f"  {goal.unit}: {found['figure']}\nYou built this.{rest}")
    return found


def curve(name, steps, fills):
    """(losses of one training in a process of its own, the targets that it called). RuntimeError with its last line if it fails."""
    with tempfile.TemporaryDirectory(prefix="minigen-") as folder:
        path = Path(folder) / "losses.json"
        words = [sys.executable, "-m", "minigen.exercises.milestones", name, str(steps), str(path), *fills]
        done = running.run(words, fills, capture_output=True, text=True, encoding="utf-8", errors="replace")
        if done.returncode or not path.exists():
            raise RuntimeError(f"{name}: the training failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
        found = json.loads(path.read_text("utf-8"))
        return found["losses"], found["called"]


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
    """A GAN and a WGAN-GP on the same points, each with two players of two hidden layers: the losses of discriminator and critic, added."""
    from minigen import nn, optim, tensor
    from minigen.data import eight_gaussians
    from minigen.models import GAN, WGANGP

    def network(*sizes):
        return nn.Sequential(nn.Linear(sizes[0], 64), nn.LeakyReLU(0.1), nn.Linear(64, 64), nn.LeakyReLU(0.1), nn.Linear(64, sizes[1]))

    toy = eight_gaussians()
    plain, penalised = GAN(network(4, 2), network(2, 1), 4), WGANGP(network(4, 2), network(2, 1), 4)
    players = [
        (plain.discriminator, lambda: plain.discriminator_loss(tensor(toy.sample(256)))),
        (plain.generator, lambda: plain.generator_loss(256)),
        (penalised.critic, lambda: penalised.critic_loss(tensor(toy.sample(256)))),
        (penalised.generator, lambda: penalised.generator_loss(256)),
    ]  # fmt: skip
    optimizers = [optim.Adam(player.parameters(), lr=1e-3, betas=(0.5, 0.999)) for player, _ in players]
    for _ in range(steps):
        losses = []
        for optimizer, (_, loss) in zip(optimizers, players):
            losses.append(loss())
            optimizer.zero_grad()
            losses[-1].backward()
            optimizer.step()
        yield losses[0].item() + losses[2].item()


def flow(steps):
    """A Glow of two levels with two steps each, on every second pixel of the digits' middle."""
    from minigen.data import batches, mnist
    from minigen.models import Glow

    data = batches(mnist(full=False).images[:, None, 2:26:2, 2:26:2], 64).forever()  # (N, 1, 12, 12) uint8
    model = Glow((1, 12, 12), levels=2, steps=2, hidden=32, lu=False)
    return train(lambda: model.loss(next(data)), model.parameters(), steps)


def main(name, steps, path, *targets_):
    """One training; its losses, and which of the ``targets_`` its first steps have called, go to ``path`` as JSON."""
    from minigen import random

    random.manual_seed(0)
    codes, called = {targets.function(t).__code__: t for t in targets_}, set()
    training, losses = globals()[MILESTONES[name].losses](int(steps)), []
    sys.setprofile(lambda frame, event, argument: called.add(codes[frame.f_code]) if frame.f_code in codes else None)
    for loss in training:
        losses.append(loss)
        if len(losses) == WATCHED:
            sys.setprofile(None)
    sys.setprofile(None)
    Path(path).write_text(json.dumps({"losses": losses, "called": sorted(called)}), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
