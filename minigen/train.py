"""fit: the ordinary training loop, as a generator. The body of the ``for`` is where the caller logs, plots and stops."""

import math

from minigen.run import Run


def fit(loss_function, data, optimizer, *, steps=None, budget=None, run=None, model=None, progress=True, save_every=60):
    """Train, and yield (step, loss) after every step: ``for step, loss in fit(loss_function, data, optimizer, steps=1000): …``

    A step is what one would write by hand:

        loss = loss_function(batch)         # a scalar tensor
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    ``data``: batches(…), or any iterable of batches, which is begun again when it is used up. It ends after step ``steps`` or
    after ``budget`` of training time ("90s", "1m", "2h" or seconds), whichever comes first, both counted from the beginning of
    the run. ``progress=False`` is quiet.

    With a ``run`` that has a folder, every loss goes to its metrics.jsonl, and ``model``, optimizer, data, whatever else
    ``run.keep(…)`` was given, and the random state are saved every ``save_every`` seconds, at the end, and on Ctrl-C. A run that
    was killed at any moment and is resumed ends with the same weights and metrics, bit for bit (on a GPU up to the order in which
    it adds: the random numbers are the same); not so if a ``budget`` ends it, since no two seconds hold equally many steps. ``break``
    leaves the last checkpoint as it was; call ``run.save()`` before it.

    FloatingPointError that names the step if the loss is NaN or infinite: the weights are those before that step.
    """
    run = Run() if run is None else run
    forever = data.forever() if hasattr(data, "forever") else _again_and_again(data)
    kept = {"model": model, "optimizer": optimizer, "data": data}
    if run.folder is not None:
        run.keep(**{name: part for name, part in kept.items() if part is not None and name not in run.kept})
        if "model" not in run.kept:
            raise TypeError("fit: a run with a folder saves the model: pass fit(…, model=model)")
    for step in run.steps(steps, budget, progress=progress, save_every=save_every):
        loss = loss_function(next(forever))
        value = _number(loss)
        if not math.isfinite(value):
            raise FloatingPointError(
                f"step {step}: the loss is {value}; the weights are those of step {step - 1}. "
                "Lower the learning rate, clip the gradients, or find its origin with minigen.anomaly()"
            )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.log(step, loss=value)
        yield step, value


def _number(loss):
    """The loss as a Python float. TypeError or ValueError if the loss function did not return a scalar tensor."""
    if not hasattr(loss, "backward"):
        raise TypeError(f"fit: the loss function must return a scalar tensor, got {type(loss).__name__}")
    if loss.numel() != 1:
        raise ValueError(f"fit: the loss function must return a scalar tensor, got shape {loss.shape}; end it with .mean()")
    return float(loss.item())


def _again_and_again(data):
    while True:
        empty = True
        for batch in data:
            yield batch
            empty = False
        if empty:
            raise ValueError("fit: the data are used up; pass batches(…) or a list, which can be begun again, not a generator")
