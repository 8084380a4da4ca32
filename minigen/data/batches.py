"""Mini-batches whose order is a function of (seed, epoch, position), so that a run resumes in the middle of an epoch, exactly."""

import numpy as np

from minigen import device, random


def batches(*arrays, batch_size=None, shuffle=True, drop_last=False, seed=None):
    """Mini-batches of one or more arrays of equal length: ``for x in batches(x, 128)``, ``for x, y in batches(x, y, 128)``.

    The last argument may be the batch size. Each ``for`` loop runs through one epoch, in a new random order if ``shuffle``;
    a last, smaller batch is left out if ``drop_last``. Without a ``seed`` one is drawn from minigen's own stream. Batches are
    tensors (batch_size, …); the arrays go to the default device once, not batch by batch. ValueError if the arrays are empty or
    differ in length, or the batch size is not positive.
    """
    if batch_size is None and len(arrays) > 1 and isinstance(arrays[-1], (int, np.integer)):
        *arrays, batch_size = arrays
    return Batches(arrays, batch_size, shuffle, drop_last, seed)


class Batches:
    """What ``batches`` returns. ``len`` is the number of batches in an epoch; ``epoch`` and ``position`` say what comes next."""

    def __init__(self, arrays, batch_size, shuffle, drop_last, seed):
        if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size <= 0:
            raise ValueError(f"batches: expected a positive whole number as batch_size, got {batch_size!r}: batches(x, 128)")
        self.arrays, self.devices = zip(*[_bare(array) for array in arrays]) if arrays else ((), ())
        lengths = [len(array) if array.ndim else 0 for array in self.arrays]
        if not lengths or not all(lengths):
            raise ValueError(f"batches: expected arrays with at least one example along axis 0, got lengths {lengths}")
        if len(set(lengths)) > 1:
            raise ValueError(f"batches: expected arrays of one length, got lengths {lengths}")
        if drop_last and lengths[0] < batch_size:
            raise ValueError(f"batches: drop_last leaves nothing of {lengths[0]} examples at batch_size={batch_size}")
        self.batch_size, self.shuffle, self.drop_last = int(batch_size), shuffle, drop_last
        if seed is None:
            seed = random.randint(0, 2**31, (), device="cpu") if shuffle else 0
        self.seed, self.epoch, self.position = int(seed), 0, 0  # position: how many examples of this epoch were given out
        self._loaded = False

    @property
    def _end(self):  # how many examples an epoch gives out
        n = len(self.arrays[0])
        return n - n % self.batch_size if self.drop_last else n

    def __len__(self):
        return -(-self._end // self.batch_size)

    def __iter__(self):
        """One epoch. A loop that was broken off is followed by a whole epoch; only ``load_state`` leads into the middle."""
        if self.position and not self._loaded:
            self.epoch, self.position = self.epoch + 1, 0
        yield from self._rest_of_epoch()

    def forever(self):
        """Epoch after epoch without end, from the present state."""
        while True:
            yield from self._rest_of_epoch()

    def _rest_of_epoch(self):
        self._loaded = False
        epoch, position, n = self.epoch, self.position, len(self.arrays[0])
        order = random.new_generator((self.seed, epoch)).permutation(n) if self.shuffle else np.arange(n)
        while position < self._end:
            index = order[position : min(position + self.batch_size, self._end)]
            position += len(index)
            # Set before the yield, so that a state taken in the loop's body counts the batch that the body is working on.
            self.epoch, self.position = (epoch, position) if position < self._end else (epoch + 1, 0)
            picked = [
                as_tensor(array[device.to_device(index, device.device_of(array))], where)
                for array, where in zip(self.arrays, self.devices)
            ]  # fmt: skip
            yield picked[0] if len(picked) == 1 else tuple(picked)

    def state(self):
        """Where the stream of batches stands: a dictionary of whole numbers that JSON can hold."""
        return {"seed": self.seed, "epoch": self.epoch, "position": self.position}

    def load_state(self, state):
        """Continue where ``state()`` was taken: the next loop yields exactly the batches that were left of that epoch.

        ValueError if it is no such state, or lies beyond the end of these arrays.
        """
        try:
            seed, epoch, position = (int(state[key]) for key in ("seed", "epoch", "position"))
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"load_state: expected what state() returned (seed, epoch, position), got {state!r}") from None
        if min(seed, epoch, position) < 0 or position >= self._end:
            raise ValueError(f"load_state: {state} does not fit: an epoch of these arrays has {self._end} examples")
        self.seed, self.epoch, self.position, self._loaded = seed, epoch, position, True


def _bare(array):
    """(its array, where its batches go): a tensor's batches stay with it, those of an array go to the default device."""
    from minigen.tensor import Tensor  # here, so that files can be read without the tensor floor

    return (array.data, array.device) if isinstance(array, Tensor) else (device.as_array(array), None)


def as_tensor(array, where=None):
    """``array`` as a Tensor that shares its memory, on the device ``where`` if it is given."""
    from minigen.tensor import Tensor

    return Tensor(array, device=where)
