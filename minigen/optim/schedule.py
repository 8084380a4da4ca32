"""Schedules: the learning rate as a function of the steps taken. ``schedule.step()`` goes after ``optimizer.step()``."""

import math
from bisect import bisect_right

from minigen.optim.optimizer import Optimizer


class Schedule:
    """Sets every group's learning rate to ``rate(t, base)``, t the number of ``step()`` calls so far, base the rate at the start.

    A schedule is a subclass with the method ``rate``. One optimizer follows one schedule; ``SequentialLR`` joins several.
    ``last_epoch`` is t, under PyTorch's name. [torch.optim.lr_scheduler.LRScheduler]
    """

    def __init__(self, optimizer):
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: expected an optimizer, got {type(optimizer).__name__}")
        self.optimizer, self.last_epoch = optimizer, 0
        self.base_lrs = [group.setdefault("initial_lr", group["lr"]) for group in optimizer.param_groups]
        self._set()

    def rate(self, t, base):
        """The learning rate after t steps of a group that started with ``base``."""
        raise NotImplementedError(f"{type(self).__name__} has no method rate(self, t, base)")

    def rates(self, t):
        """The learning rates of all groups after t steps."""
        return [self.rate(t, base) for base in self.base_lrs]

    def step(self):
        """Count one step and set the learning rates. RuntimeError if something else has changed them since the last call."""
        for group, last in zip(self.optimizer.param_groups, self._last_lr):
            if group["lr"] != last:
                raise RuntimeError(
                    f"{type(self).__name__}: the learning rate is {group['lr']}, but this schedule had set {last}; "
                    "join schedules with SequentialLR, and change a scheduled rate through schedule.base_lrs"
                )
        self.last_epoch += 1
        self._set()

    def get_last_lr(self):
        """The learning rates in use, one per group."""
        return list(self._last_lr)

    def state_dict(self):
        """What the next steps depend on: whole numbers and floats."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state_dict):
        """Continue from what ``state_dict`` returned, and set the learning rates. ValueError if it does not fit."""
        own = self.state_dict()
        if not isinstance(state_dict, dict) or state_dict.keys() != own.keys():
            raise ValueError(f"{type(self).__name__}.load_state_dict: expected the keys {list(own)}, got {list(state_dict)}")
        if len(state_dict["base_lrs"]) != len(self.base_lrs):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: expected {len(self.base_lrs)} groups, got {len(state_dict['base_lrs'])}"
            )
        self.last_epoch, self.base_lrs = state_dict["last_epoch"], list(state_dict["base_lrs"])
        self._set()

    def _set(self):
        self._last_lr = self.rates(self.last_epoch)
        for group, lr in zip(self.optimizer.param_groups, self._last_lr):
            group["lr"] = lr

    def _whole(self, **numbers):
        for name, value in numbers.items():
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{type(self).__name__}: expected a positive whole number for {name}, got {value!r}")


class LambdaLR(Schedule):
    """lr = base · f(t), with a function ``lr_lambda``, or a list of them, one per group. [torch.optim.lr_scheduler.LambdaLR]"""

    def __init__(self, optimizer, lr_lambda):
        groups = len(getattr(optimizer, "param_groups", ()))
        self.lambdas = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * groups
        if len(self.lambdas) != groups:
            raise ValueError(f"LambdaLR: expected one function or {groups} of them, one per group, got {len(self.lambdas)}")
        super().__init__(optimizer)

    def rates(self, t):
        return [base * f(t) for f, base in zip(self.lambdas, self.base_lrs)]


class StepLR(Schedule):
    """lr = base · γ^⌊t / step_size⌋ [torch.optim.lr_scheduler.StepLR]"""

    def __init__(self, optimizer, step_size, gamma=0.1):
        self._whole(step_size=step_size)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def rate(self, t, base):
        return base * self.gamma ** (t // self.step_size)


class MultiStepLR(Schedule):
    """lr = base · γᵏ, k the number of ``milestones`` that are at most t. [torch.optim.lr_scheduler.MultiStepLR]"""

    def __init__(self, optimizer, milestones, gamma=0.1):
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer)

    def rate(self, t, base):
        return base * self.gamma ** bisect_right(self.milestones, t)


class ExponentialLR(Schedule):
    """lr = base · γᵗ [torch.optim.lr_scheduler.ExponentialLR]"""

    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, t, base):
        return base * self.gamma**t


class CosineAnnealingLR(Schedule):
    """lr = η + (base − η)(1 + cos(π t / T_max)) / 2, η = ``eta_min``: down in T_max steps, up in the next T_max, and so on.

    I. Loshchilov, F. Hutter, 2017, eq. 5. https://arxiv.org/abs/1608.03983 [torch.optim.lr_scheduler.CosineAnnealingLR]
    """

    def __init__(self, optimizer, T_max, eta_min=0.0):
        self._whole(T_max=T_max)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rate(self, t, base):
        return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2


class LinearLR(Schedule):
    """lr = base · (a + (b − a) min(t / T, 1)), a = ``start_factor``, b = ``end_factor``, T = ``total_iters``.

    [torch.optim.lr_scheduler.LinearLR]
    """

    def __init__(self, optimizer, start_factor=1 / 3, end_factor=1.0, total_iters=5):
        self._whole(total_iters=total_iters)
        if not (0 < start_factor <= 1 and 0 <= end_factor <= 1):
            raise ValueError(f"LinearLR: expected 0 < start_factor ≤ 1 and 0 ≤ end_factor ≤ 1, got {start_factor}, {end_factor}")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer)

    def rate(self, t, base):
        return base * (self.start_factor + (self.end_factor - self.start_factor) * min(t / self.total_iters, 1))


class LinearWarmup(Schedule):
    """lr = base · min((t + 1) / warmup_steps, 1): a small first step, full from the ``warmup_steps``-th."""

    def __init__(self, optimizer, warmup_steps):
        self._whole(warmup_steps=warmup_steps)
        self.warmup_steps = warmup_steps
        super().__init__(optimizer)

    def rate(self, t, base):
        return base * min((t + 1) / self.warmup_steps, 1)


class LinearWarmupCosine(LinearWarmup):
    """``LinearWarmup``, then half a cosine down to ``eta_min``, which is reached after ``total_steps`` and kept.

    lr = η + (base − η)(1 + cos(π (t − W) / (T − W))) / 2   for W ≤ t ≤ T,   W = warmup_steps, T = total_steps
    """

    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self._whole(warmup_steps=warmup_steps, total_steps=total_steps)
        if total_steps <= warmup_steps:
            raise ValueError(f"LinearWarmupCosine: total_steps ({total_steps}) must be larger than warmup_steps ({warmup_steps})")
        self.total_steps, self.eta_min = total_steps, eta_min
        super().__init__(optimizer, warmup_steps)

    def rate(self, t, base):
        if t < self.warmup_steps:
            return super().rate(t, base)
        done = min((t - self.warmup_steps) / (self.total_steps - self.warmup_steps), 1)
        return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * done)) / 2


class SequentialLR(Schedule):
    """One schedule after the other: the k-th takes over when t reaches ``milestones[k − 1]``, and starts with its own t = 0.

    [torch.optim.lr_scheduler.SequentialLR]
    """

    def __init__(self, optimizer, schedulers, milestones):
        self.schedulers, self.milestones = list(schedulers), list(milestones)
        if len(self.milestones) != len(self.schedulers) - 1 or self.milestones != sorted(set(self.milestones)):
            raise ValueError(
                f"SequentialLR: {len(self.schedulers)} schedules need rising milestones, one fewer, got {self.milestones}"
            )
        for s in self.schedulers:
            if not isinstance(s, Schedule) or s.optimizer is not optimizer:
                raise ValueError(f"SequentialLR: every schedule must be one of this optimizer; {type(s).__name__} is not")
        super().__init__(optimizer)

    def rates(self, t):
        k = bisect_right(self.milestones, t)
        return self.schedulers[k].rates(t - (self.milestones[k - 1] if k else 0))
