"""EMA: a second set of weights that follows a model's weights slowly and evaluates better than they do."""

from contextlib import contextmanager

import numpy as np

from minigen.device import device_of, to_device, to_numpy
from minigen.optim.optimizer import tensors_of
from minigen.tensor import tick


class EMA:
    """An exponential moving average of a model's parameters; call ``update()`` after every optimizer step.

        a ← βₜ a + (1 − βₜ) w            βₜ = decay

    With ``warmup`` the average forgets the weights it started from: βₜ = decay (1 − decayᵗ⁻¹) / (1 − decayᵗ), which makes a equal
    to Σᵢ decayᵗ⁻ⁱ wᵢ / Σᵢ decayᵗ⁻ⁱ, the bias correction of Adam: a plain mean at first, as slow as ``decay`` later.

    ``model``: a Module or an iterable of tensors. Buffers (batch statistics) are not averaged. ``average`` holds the arrays.
    """

    def __init__(self, model, decay=0.999, warmup=False):
        if not 0 <= decay < 1:
            raise ValueError(f"EMA: expected a decay in [0, 1), got {decay}")
        named = model.named_parameters() if hasattr(model, "named_parameters") else enumerate(tensors_of(model, "EMA"))
        self.params = {str(name): p for name, p in named}
        if not self.params:
            raise ValueError("EMA: the model has no parameters")
        self.decay, self.warmup, self.updates, self.inside = decay, warmup, 0, False
        self.average = {name: p.data.copy() for name, p in self.params.items()}

    def update(self):
        """Move the average towards the present weights."""
        if self.inside:
            raise RuntimeError("EMA.update: inside `with ema.swapped():` the model holds the average itself")
        self.updates += 1
        t, beta = self.updates, self.decay
        if self.warmup:
            beta *= (1 - beta ** (t - 1)) / (1 - beta**t)
        for name, p in self.params.items():
            a = self.average[name]
            if a.shape != p.shape:
                raise ValueError(f"EMA.update: parameter {name!r} had shape {a.shape} and now has {p.shape}")
            if a.dtype != p.dtype or device_of(a) != device_of(p.data):  # the model has moved: follow it
                a = self.average[name] = to_device(a, device_of(p.data)).astype(p.dtype)
            a += (1 - beta) * (p.data - a)

    @contextmanager
    def swapped(self):
        """``with ema.swapped():`` the model computes with the averaged weights; afterwards with its own again."""
        if self.inside:
            raise RuntimeError("EMA.swapped: the model holds the averaged weights already")
        own = {name: p.data.copy() for name, p in self.params.items()}
        self._write(self.average)
        self.inside = True
        try:
            yield
        finally:
            self.inside = False
            self._write(own)

    def _write(self, arrays):
        for name, p in self.params.items():
            p.data[...] = arrays[name]
            p.written = tick()

    def state_dict(self):
        """Settings, number of updates, and the averaged weights as NumPy arrays (copies)."""
        average = {name: np.array(to_numpy(a)) for name, a in self.average.items()}
        return {"decay": self.decay, "warmup": self.warmup, "updates": self.updates, "average": average}

    def load_state_dict(self, state_dict):
        """Continue from what ``state_dict`` returned. ValueError, with nothing changed, if it does not fit."""
        expected = ["decay", "warmup", "updates", "average"]
        if not isinstance(state_dict, dict) or set(state_dict) != set(expected):
            raise ValueError(f"EMA.load_state_dict: expected the keys {expected}, got {list(state_dict)}")
        shapes = {name: a.shape for name, a in self.average.items()}
        got = {name: np.shape(a) for name, a in state_dict["average"].items()}
        if shapes != got:
            wrong = sorted(name for name in shapes.keys() | got.keys() if shapes.get(name) != got.get(name))
            raise ValueError(
                f"EMA.load_state_dict: parameter {wrong[0]!r} has shape {shapes.get(wrong[0])} here and {got.get(wrong[0])} there"
            )
        self.decay, self.warmup, self.updates = state_dict["decay"], state_dict["warmup"], state_dict["updates"]
        for name, a in state_dict["average"].items():
            self.average[name][...] = to_device(np.asarray(a), device_of(self.average[name]))
