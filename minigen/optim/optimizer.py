"""Optimizer: what all update rules share — parameter groups, the step over flat arrays, saving and loading."""

import math
from collections.abc import Iterator
from numbers import Real

import numpy as np

from minigen.autograd import enable_grad
from minigen.device import device_of
from minigen.optim.flat import Flat
from minigen.tensor import Tensor, raw, tick


def tensors_of(params, name):
    """``params`` (a Module, a tensor, an iterable of tensors) as a list. TypeError for anything else, named after ``name``."""
    if hasattr(params, "parameters"):
        params = params.parameters()
    if isinstance(params, Tensor):
        return [params]
    if isinstance(params, (set, frozenset)):
        raise TypeError(f"{name}: a set has no order; pass the parameters as a list")
    try:
        params = list(params)
    except TypeError:
        raise TypeError(f"{name}: expected a Module or an iterable of tensors, got {type(params).__name__}") from None
    for p in params:
        if not isinstance(p, Tensor):
            hint = "; call .parameters() of each module" if hasattr(p, "parameters") else ""
            raise TypeError(f"{name}: expected tensors, got {type(p).__name__}{hint}")
    return params


class Optimizer:
    """Changes parameters so that the loss falls: ``step()`` after ``loss.backward()``, ``zero_grad()`` before the next one.

    ``params``: a Module, an iterable of tensors, or of dictionaries ``{"params": …, "lr": …}``, one per group, whose settings
    replace the defaults. ``param_groups`` holds the groups; settings such as ``group["lr"]`` may be changed between steps.
    Parameters whose ``grad`` is None are left alone. From the first step on, ``p.data`` is a view of an array that the optimizer
    owns; whoever replaces ``p.data`` may do so, the next step takes the new values over.

    An update rule is a subclass with the method ``update``, the names of its running quantities in ``STATE``, and their initial
    values from ``buffers``. [torch.optim.Optimizer]
    """

    STATE = ()  # the names of all running quantities that the rule may keep for a parameter
    DECOUPLED = False  # True: the rule applies the weight decay itself, instead of finding it in the gradient

    def __init__(self, params, **defaults):
        self.defaults = defaults
        self.param_groups = []
        self._flats = []  # per group: None before its first step, or a list of Flat
        self._params = []  # per group: the tuple that group["params"] must remain
        if isinstance(params, Iterator):
            params = list(params)  # a generator is read once
        if isinstance(params, Tensor):
            raise TypeError(f"{self.name}: expected a Module or an iterable of tensors, got one tensor; pass [tensor]")
        grouped = isinstance(params, list) and params and all(isinstance(g, dict) for g in params)
        for group in params if grouped else [{"params": params}]:
            self.add_param_group(group)

    @property
    def name(self):
        """The rule's name, for messages."""
        return type(self).__name__

    def add_param_group(self, group):
        """Add a group: a dictionary with "params" and those settings that differ from the defaults."""
        if not isinstance(group, dict) or "params" not in group:
            raise TypeError(f'{self.name}: a group is a dictionary with "params" and settings, got {group!r:.80}')
        params = tuple(tensors_of(group["params"], self.name))
        if not params:
            raise ValueError(f"{self.name}: got an empty list of parameters")
        group = {"params": params, **self.defaults, **{k: v for k, v in group.items() if k != "params"}}
        self._check_settings(group)
        seen = {id(p) for params_ in self._params for p in params_}
        for i, p in enumerate(params):
            if p.op is not None:
                raise ValueError(
                    f"{self.name}: parameter {i} (shape {p.shape}) was computed by {p.op.__name__}; "
                    "only leaves can be optimized: tensors that you created yourself"
                )
            if not p.is_floating_point():
                raise TypeError(f"{self.name}: parameter {i} has dtype {p.dtype}; only floating-point tensors can be optimized")
            if id(p) in seen:
                raise ValueError(f"{self.name}: parameter {i} (shape {p.shape}) appears twice; each belongs to one group, once")
            seen.add(id(p))
        self.param_groups.append(group)
        self._params.append(params)
        self._flats.append(None)

    # --- the rule -------------------------------------------------------------------------------------------------------------

    def update(self, p, g, state, work, t, **settings):
        """Change ``p`` in place for its t-th step (t = 1, 2, …), given its gradient ``g``, which must not be written to.

        All arrays are flat and of the same length: ``p``, ``g``, those in ``state``, and the scratch array ``work``.
        """
        raise NotImplementedError(f"{self.name} has no method update(self, p, g, state, work, t, **settings)")

    def buffers(self, **settings):
        """{name: initial value} of the running quantities that the rule needs with these settings."""
        return {}

    def check(self, **settings):
        """The complaint about settings that the rule cannot work with, or None."""

    def _check_settings(self, group):
        allowed = {"params", "initial_lr", *self.defaults}
        for key, value in group.items():
            if key not in allowed:
                raise TypeError(f"{self.name}: unknown setting {key!r}; it takes {', '.join(self.defaults)}")
            if key == "params":
                continue
            for number in value if isinstance(value, (tuple, list)) else (value,):
                if not isinstance(number, (Real, np.bool_)) or not 0 <= number < math.inf:
                    raise ValueError(f"{self.name}: expected a non-negative {key}, got {value!r}")
        told = self.check(**{key: value for key, value in group.items() if key != "params"})
        if told:
            raise ValueError(f"{self.name}: {told}")

    # --- the step -------------------------------------------------------------------------------------------------------------

    def step(self, closure=None):
        """Update every parameter that has a gradient. ``closure`` computes the loss and its gradients first; it is returned."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        flats = [self._gathered(k) for k in range(len(self.param_groups))]  # all checks come before the first change
        now = tick()
        for group, parts in zip(self.param_groups, flats):
            buffers = self.buffers(**group)
            for flat in parts:
                for name, value in buffers.items():
                    flat.allocate(name, value)
                for i, j in flat.runs():
                    t = flat.steps[i] + 1
                    for start, stop, g in flat.blocks(i, j):
                        p, work = flat.data[start:stop], flat.work[: stop - start]
                        g = self._downhill(p, g, flat.gradient[: stop - start], work, **group)
                        state = {name: flat.state[name][start:stop] for name in buffers}
                        self.update(p, g, state, work, t, **group)
                    for p in flat.params[i:j]:
                        p.written = now
                    if buffers:  # without running quantities there is nothing to count
                        flat.steps[i:j] = [t] * (j - i)
        return loss

    def _downhill(self, p, g, out, work, *, weight_decay=0.0, maximize=False, **_):
        """The gradient of what is minimized: loss + ½ weight_decay ‖p‖², the loss negated with ``maximize``."""
        if maximize:
            g = np.negative(g, out=out)
        if weight_decay and not self.DECOUPLED:
            np.multiply(p, weight_decay, out=work)
            g = np.add(g, work, out=out)
        return g

    def _gathered(self, k):
        """The flat arrays of group k, with the parameters' present values."""
        params, flats = self._params[k], self._flats[k]
        if self.param_groups[k]["params"] is not params:
            raise RuntimeError(f'{self.name}: group["params"] was replaced; use add_param_group, or make a new optimizer')
        if flats is not None and all(flat.fits() for flat in flats):
            for flat in flats:
                flat.gather()
            return flats
        self._flats[k] = self._flattened(k, self._entries(k))
        return self._flats[k]

    def _flattened(self, k, entries):
        """New flat arrays for group k, one per dtype and device, that continue from the ``entries`` of its parameters."""
        kinds = {}
        for p, entry in zip(self._params[k], entries):
            kinds.setdefault((p.dtype, device_of(p.data)), []).append((p, entry))
        flats = []
        for members in kinds.values():
            flat = Flat([p for p, _ in members])
            for name, value in self.buffers(**self.param_groups[k]).items():
                flat.allocate(name, value)
            for i, (_, entry) in enumerate(members):
                flat.restore(i, entry)
            flats.append(flat)
        return flats

    def _entries(self, k):
        """The state of every parameter of group k, in order."""
        found = {id(p): flat.export(i) for flat in self._flats[k] or () for i, p in enumerate(flat.params)}
        return [found.get(id(p), {}) for p in self._params[k]]

    def zero_grad(self, set_to_none=True):
        """Forget the gradients: ``grad`` becomes None, or zeros with ``set_to_none=False``."""
        for params in self._params:
            for p in params:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad = raw(np.zeros_like(p.grad.data))

    # --- saving and loading ---------------------------------------------------------------------------------------------------

    def state_dict(self):
        """Everything that the next steps depend on, except the parameters: NumPy arrays (copies), numbers and strings.

            {"state": {"0": {"step": 3, "exp_avg": array, …}, …}, "param_groups": [{"lr": 0.001, …, "params": [0, 1, …]}, …]}

        Parameters are numbered through all groups; one that has not been updated yet has no state.
        """
        entries = [entry for k in range(len(self.param_groups)) for entry in self._entries(k)]
        groups, start = [], 0
        for group, params in zip(self.param_groups, self._params):
            numbers = list(range(start, start + len(params)))
            settings = {key: list(v) if isinstance(v, tuple) else v for key, v in group.items()}
            groups.append({**settings, "params": numbers})
            start += len(params)
        return {"state": {str(i): entry for i, entry in enumerate(entries) if entry}, "param_groups": groups}

    def load_state_dict(self, state_dict):
        """Continue from what ``state_dict`` returned. ValueError, with nothing changed, if it does not fit these parameters."""
        groups, entries = self._checked(state_dict)
        for k, (group, params) in enumerate(zip(groups, self._params)):
            self.param_groups[k].clear()
            self.param_groups[k].update(group)
            own, entries = entries[: len(params)], entries[len(params) :]
            self._flats[k] = self._flattened(k, own)

    def _checked(self, state_dict):
        """(groups, state of each parameter) from a state dict, in this optimizer's own form."""
        wrong = f"{self.name}.load_state_dict: "
        if not isinstance(state_dict, dict) or state_dict.keys() != {"state", "param_groups"}:
            got = list(state_dict) if isinstance(state_dict, dict) else type(state_dict).__name__
            raise ValueError(f'{wrong}expected a dictionary with "state" and "param_groups", got {got}')
        saved, sizes = state_dict["param_groups"], [len(g.get("params", ())) for g in state_dict["param_groups"]]
        if sizes != [len(params) for params in self._params]:
            raise ValueError(f"{wrong}expected groups of {[len(p) for p in self._params]} parameters, got {sizes}")
        groups = []
        for params, old, group in zip(self._params, self.param_groups, saved):
            missing, extra = old.keys() - group.keys() - {"initial_lr"}, group.keys() - old.keys() - {"initial_lr"}
            if missing or extra:
                raise ValueError(f"{wrong}settings missing: {sorted(missing)}, unknown: {sorted(extra)}; is it another rule's?")
            new = {key: tuple(v) if isinstance(v, list) else v for key, v in group.items()}
            new["params"] = params
            self._check_settings(new)
            groups.append(new)
        params = [p for params in self._params for p in params]
        needed = [set(self.buffers(**group)) for group, params_ in zip(groups, self._params) for _ in params_]
        entries = [{} for _ in params]
        for key, entry in state_dict["state"].items():
            if not str(key).isdecimal() or int(key) >= len(params):
                raise ValueError(f"{wrong}there is no parameter {key!r}; this optimizer has {len(params)}")
            i = int(key)
            if not {"step", *needed[i]} <= entry.keys() <= {"step", *self.STATE}:
                raise ValueError(f"{wrong}parameter {i}: expected the state {['step', *sorted(needed[i])]}, got {sorted(entry)}")
            if not isinstance(entry["step"], (int, np.integer)) or entry["step"] < 1:
                raise ValueError(f"{wrong}parameter {i}: expected a step of 1 or more, got {entry['step']!r}")
            for name, array in entry.items():
                if name != "step" and np.shape(array) != params[i].shape:
                    raise ValueError(f"{wrong}parameter {i} has shape {params[i].shape}, but its {name} has {np.shape(array)}")
            entries[i] = {**entry, "step": int(entry["step"])}
        return groups, entries

    def __repr__(self):
        lines = [
            f"  group {k}: {len(group['params'])} parameters, {', '.join(f'{key}={group[key]}' for key in self.defaults)}"
            for k, group in enumerate(self.param_groups)
        ]
        return "\n".join([f"{self.name}(", *lines, ")"])
