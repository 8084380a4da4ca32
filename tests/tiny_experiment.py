"""An experiment that trains in milliseconds and uses all that must survive a kill: noise, batches, Adam's moments, an EMA."""

import os
import signal

from minigen import nn, optim, random
from minigen.data import batches
from minigen.ops import randn_like
from minigen.run import Run
from minigen.train import fit

NAME = "tiny"
DESCRIPTION = "a linear autoencoder of noise"
PUBLISHED = "a loss of 3, in no paper"
STEPS = 50
SAVE_EVERY = float(os.environ.get("TINY_SAVE_EVERY", "60"))
CTRL_C = int(os.environ.get("TINY_CTRL_C", "0"))  # the step during which the keys are pressed


class Parts:
    def __init__(self, data=None, device=None):
        self.model = nn.Sequential(nn.Linear(6, 3), nn.Tanh(), nn.Linear(3, 6))
        self.optimizer = optim.Adam(self.model.parameters(), lr=0.01)
        self.average = optim.EMA(self.model)
        self.data = batches(random.new_generator(0).standard_normal((50, 6), dtype="float32"), 16)

    def loss(self, x):
        return ((self.model(x + 0.1 * randn_like(x)) - x) ** 2).sum(axis=1).mean()


build = Parts


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    parts = build(data, device)
    run.keep(average=parts.average)
    loop = fit(
        parts.loss, parts.data, parts.optimizer, steps=steps or (None if budget else STEPS), budget=budget, run=run,
        model=parts.model, progress=progress, save_every=SAVE_EVERY,
    )  # fmt: skip
    loss = None
    for step, loss in loop:  # noqa: B007 (the last loss is reported)
        parts.average.update()
        if step == CTRL_C:
            signal.raise_signal(signal.SIGINT)
        if step % 3 == 0:
            run.log(step, noise=float(random.randn(())))
    print("said by the experiment")
    return {"loss": loss, "figure": run.figures / "none.png"}


def sample(model, n):
    return random.rand((n, 5, 4))


def load(run: Run):
    model = build().model
    run.load(model=model)
    return model
