"""Every experiment's loop: an optimizer descends the gradient of the loss before it, nothing older, and that loss reaches nobody else."""

from collections import Counter

import numpy as np
import pytest

from minigen import Tensor, data, experiments, random
from minigen.optim import Optimizer
from minigen.run import Run

POINTS = set("affine-flow flow-2d gan-toy geyser-flow geyser-sos geyser-spline maf-parabola realnvp-parabola".split())  # no images
SMALL = data.mnist(full=False)[:100]


class Watch:
    """Notes what each ``backward`` finds by itself, and holds every step of an optimizer to that.

    In a sum the gradients cannot be told apart. So each backward is shown none, and what was there before is added afterwards, as it
    would have been.
    """

    def __init__(self, monkeypatch):
        self.optimizers, self.fresh, self.steps = [], {}, Counter()
        make, backward = Optimizer.__init__, Tensor.backward

        def noted(optimizer, *args, **settings):
            make(optimizer, *args, **settings)
            self.optimizers.append(optimizer)
            step = optimizer.step
            optimizer.step = lambda *args: (self.check(optimizer), step(*args))[1]

        def alone(loss, *args, **settings):
            params = [p for optimizer in self.optimizers for p in params_of(optimizer)]
            old = [p.grad for p in params]
            for p in params:
                p.grad = None
            backward(loss, *args, **settings)
            self.fresh = {id(p): p.grad for p in params}
            for p, before in zip(params, old):
                p.grad = before if p.grad is None else p.grad if before is None else before + p.grad

        monkeypatch.setattr(Optimizer, "__init__", noted)
        monkeypatch.setattr(Tensor, "backward", alone)

    def check(self, optimizer):
        """Its parameters have gradients, those of the last loss and no other; those of the other players have none of that loss."""
        for i, p in enumerate(params_of(optimizer)):
            fresh = self.fresh[id(p)]
            assert fresh is not None, f"parameter {i} of {p.shape} is stepped, but the last loss does not depend on it"
            np.testing.assert_array_equal(p.grad.data, fresh.data, err_msg=f"parameter {i} of {p.shape} has an older gradient in its own")
        own = {id(p) for p in params_of(optimizer)}
        reached = [p.shape for other in self.optimizers for p in params_of(other) if id(p) not in own and self.fresh[id(p)] is not None]
        assert not reached, f"a loss that one player descends has gradients of another one's parameters: {reached}"
        self.steps[optimizer] += 1


def params_of(optimizer):
    return [p for group in optimizer.param_groups for p in group["params"]]


@pytest.mark.parametrize("name", experiments.MODULES)
def test_a_step_descends_its_own_loss_alone(name, tmp_path, monkeypatch):
    own = tmp_path / "digits.npz"
    np.savez(own, images=SMALL.images, labels=SMALL.labels)
    watch = Watch(monkeypatch)
    random.manual_seed(0)
    experiments.get(name).train(Run(), steps=2, data=None if name in POINTS else own, progress=False)
    assert watch.steps
    assert min(watch.steps.values()) >= 2
