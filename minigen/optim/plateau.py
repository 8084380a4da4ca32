"""ReduceLROnPlateau: the one schedule that listens to the loss."""

import math

from minigen.optim.optimizer import Optimizer


class ReduceLROnPlateau:
    """Multiplies the learning rates by ``factor`` once the metric has not improved for more than ``patience`` steps.

    Better means metric < best − margin in mode "min" and metric > best + margin in mode "max"; the margin is threshold · best
    (``threshold_mode="rel"``) or threshold ("abs"). After a reduction, ``cooldown`` steps are not counted. No rate falls below
    ``min_lr`` (a number, or one per group); changes smaller than ``eps`` are not made.
    [torch.optim.lr_scheduler.ReduceLROnPlateau]
    """

    def __init__(
        self,
        optimizer,
        mode="min",
        factor=0.1,
        patience=10,
        threshold=1e-4,
        threshold_mode="rel",
        cooldown=0,
        min_lr=0.0,
        eps=1e-8,
    ):
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"ReduceLROnPlateau: expected an optimizer, got {type(optimizer).__name__}")
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f'ReduceLROnPlateau: mode is "min" or "max", threshold_mode "rel" or "abs", got {mode!r} and {threshold_mode!r}'
            )
        if not 0 <= factor < 1:
            raise ValueError(f"ReduceLROnPlateau: expected a factor in [0, 1), got {factor}")
        groups = len(optimizer.param_groups)
        self.min_lrs = list(min_lr) if isinstance(min_lr, (list, tuple)) else [min_lr] * groups
        if len(self.min_lrs) != groups:
            raise ValueError(f"ReduceLROnPlateau: expected one min_lr or {groups}, one per group, got {len(self.min_lrs)}")
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown, self.eps = threshold, threshold_mode, cooldown, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.bad, self.cooling, self.last_epoch = 0, 0, 0

    def is_better(self, metric):
        """Whether ``metric`` improves on the best so far by more than the threshold."""
        sign = 1 if self.mode == "min" else -1
        margin = self.threshold * (self.best if self.threshold_mode == "rel" else 1)
        return sign * metric < sign * self.best - (margin if math.isfinite(margin) else 0)

    def step(self, metric):
        """Take note of ``metric`` (a number or a scalar tensor) and lower the learning rates if it is time."""
        metric = float(metric)
        self.last_epoch += 1
        if self.is_better(metric):
            self.best, self.bad = metric, 0
        else:
            self.bad += 1
        if self.cooling:
            self.cooling, self.bad = self.cooling - 1, 0
        if self.bad > self.patience:
            for group, least in zip(self.optimizer.param_groups, self.min_lrs):
                lr = max(group["lr"] * self.factor, least)
                if group["lr"] - lr > self.eps:
                    group["lr"] = lr
            self.cooling, self.bad = self.cooldown, 0

    def get_last_lr(self):
        """The learning rates in use, one per group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self):
        """What the next steps depend on, except the learning rates, which are the optimizer's. ``best`` is None at first."""
        best = self.best if math.isfinite(self.best) else None
        return {"best": best, "bad": self.bad, "cooling": self.cooling, "last_epoch": self.last_epoch}

    def load_state_dict(self, state_dict):
        """Continue from what ``state_dict`` returned. ValueError if it does not fit."""
        expected = self.state_dict().keys()
        if not isinstance(state_dict, dict) or state_dict.keys() != expected:
            raise ValueError(f"ReduceLROnPlateau.load_state_dict: expected the keys {list(expected)}, got {list(state_dict)}")
        best = state_dict["best"]
        self.best = best if best is not None else (math.inf if self.mode == "min" else -math.inf)
        self.bad, self.cooling, self.last_epoch = state_dict["bad"], state_dict["cooling"], state_dict["last_epoch"]
