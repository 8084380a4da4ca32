"""Layers that normalize channels, with memory: BatchNorm1d, BatchNorm2d, InstanceNorm1d, InstanceNorm2d."""

import numpy as np

from minigen.autograd import no_grad
from minigen.device import create, get_default_dtype
from minigen.nn import functional as F
from minigen.nn.module import Buffer, Module, Parameter


class _ChannelNorm(Module):
    """What they share: w, b and the running statistics, (C,) each, and what shapes they take."""

    dims, shape = (), ""

    def __init__(self, num_features, eps, momentum, affine, track_running_stats, device, dtype):
        if not isinstance(num_features, (int, np.integer)) or num_features < 1:
            raise ValueError(f"{type(self).__name__}: num_features is the number of channels, got {num_features!r}")
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        new = lambda kind: create(kind, (num_features,), dtype=dtype or get_default_dtype(), device=device)  # noqa: E731
        self.weight = Parameter(new("ones")) if affine else None
        self.bias = Parameter(new("zeros")) if affine else None
        self.running_mean = Buffer(new("zeros")) if track_running_stats else None
        self.running_var = Buffer(new("ones")) if track_running_stats else None
        self.num_batches_tracked = Buffer(create("zeros", (), dtype=np.int64, device=device)) if track_running_stats else None

    def reset_running_stats(self):
        """Forget the running statistics: mean 0, variance 1, no batch seen."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self):
        """w = 1, b = 0, and no running statistics."""
        self.reset_running_stats()
        if self.affine:
            with no_grad():
                self.weight.fill_(1)
                self.bias.zero_()

    def _counted(self):
        """The momentum for this batch, which is counted; ``momentum=None`` averages all batches alike."""
        self.num_batches_tracked.copy_(self.num_batches_tracked.data + 1)
        return 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum

    def _check(self, x):
        channel = 0 if self._unbatched(x) else 1
        if x.ndim not in self.dims or x.shape[channel] != self.num_features:
            shape = self.shape.format(self.num_features)
            raise ValueError(f"{type(self).__name__}({self.num_features}): expected {shape}, got {tuple(x.shape)}")

    def _unbatched(self, x):
        return False


class _BatchNorm(_ChannelNorm):
    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype)

    def forward(self, x):
        self._check(x)
        tracking = self.training and self.track_running_stats
        momentum = self._counted() if tracking else 0.0
        own = self.training or self.running_mean is None
        mean, var = (self.running_mean, self.running_var) if tracking or not own else (None, None)
        return F.batch_norm(x, mean, var, self.weight, self.bias, own, momentum, self.eps)


class BatchNorm1d(_BatchNorm):
    """y = (x − mean) / √(var + eps) ⊙ w + b for each channel, over the batch: (N, C) or (N, C, L). See ``F.batch_norm``.

    After ``eval()`` with the running statistics, so that an example's result does not depend on the others.
    """

    dims, shape = (2, 3), "(N, {0}) or (N, {0}, L)"


class BatchNorm2d(_BatchNorm):
    """y = (x − mean) / √(var + eps) ⊙ w + b for each channel, over all pixels of the batch: (N, C, H, W). See ``F.batch_norm``.

    After ``eval()`` with the running statistics, so that an image's result does not depend on the others.
    """

    dims, shape = (4,), "(N, {0}, H, W)"


class _InstanceNorm(_ChannelNorm):
    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype)

    def forward(self, x):
        self._check(x)
        if self._unbatched(x):
            return self.forward(x[None])[0]
        own = self.training or not self.track_running_stats
        momentum = 0.0 if self.momentum is None else self.momentum  # batches are not counted, as in PyTorch
        return F.instance_norm(x, self.running_mean, self.running_var, self.weight, self.bias, own, momentum, self.eps)

    def _unbatched(self, x):
        return x.ndim == self.dims[0]


class InstanceNorm1d(_InstanceNorm):
    """y = (x − mean) / √(var + eps), each channel of each sequence by itself: (N, C, L) or (C, L). See ``F.instance_norm``.

    By default without w, b and running statistics, so that ``train()`` and ``eval()`` agree.
    """

    dims, shape = (2, 3), "(N, {0}, L) or ({0}, L)"


class InstanceNorm2d(_InstanceNorm):
    """y = (x − mean) / √(var + eps), each channel of each image by itself: (N, C, H, W) or (C, H, W). See ``F.instance_norm``.

    By default without w, b and running statistics, so that ``train()`` and ``eval()`` agree.
    """

    dims, shape = (3, 4), "(N, {0}, H, W) or ({0}, H, W)"
