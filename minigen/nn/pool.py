"""Pooling layers: each calls the function of its name, where the formula stands."""

from minigen.nn import functional as F
from minigen.nn.module import Module


class _MaxPool(Module):
    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False):
        self.kernel_size, self.stride, self.padding = kernel_size, kernel_size if stride is None else stride, padding
        self.dilation, self.return_indices, self.ceil_mode = dilation, return_indices, ceil_mode

    def _settings(self):
        return self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool1d(_MaxPool):
    """The largest element of each window: (N, C, L) -> (N, C, n)"""

    def forward(self, x):
        return F.max_pool1d(x, *self._settings())


class MaxPool2d(_MaxPool):
    """The largest element of each window: (N, C, H, W) -> (N, C, n_h, n_w)"""

    def forward(self, x):
        return F.max_pool2d(x, *self._settings())


class AvgPool1d(Module):
    """The average of each window: (N, C, L) -> (N, C, n)"""

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
        self.kernel_size, self.stride, self.padding = kernel_size, kernel_size if stride is None else stride, padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, x):
        return F.avg_pool1d(x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(AvgPool1d):
    """The average of each window: (N, C, H, W) -> (N, C, n_h, n_w)"""

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.divisor_override = divisor_override

    def forward(self, x):
        settings = self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override
        return F.avg_pool2d(x, *settings)


class _Adaptive(Module):
    def __init__(self, output_size):
        self.output_size = output_size

    def extra_repr(self):
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_Adaptive):
    """Averages of ``output_size`` windows that cover the sequence: (N, C, L) -> (N, C, n)"""

    def forward(self, x):
        return F.adaptive_avg_pool1d(x, self.output_size)


class AdaptiveAvgPool2d(_Adaptive):
    """Averages of ``output_size`` = (n_h, n_w) windows that cover the image: (N, C, H, W) -> (N, C, n_h, n_w)"""

    def forward(self, x):
        return F.adaptive_avg_pool2d(x, self.output_size)


class AdaptiveMaxPool1d(_Adaptive):
    """The largest elements of ``output_size`` windows that cover the sequence: (N, C, L) -> (N, C, n)"""

    def __init__(self, output_size, return_indices=False):
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, x):
        return F.adaptive_max_pool1d(x, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(AdaptiveMaxPool1d):
    """The largest elements of ``output_size`` = (n_h, n_w) windows that cover the image: (N, C, H, W) -> (N, C, n_h, n_w)"""

    def forward(self, x):
        return F.adaptive_max_pool2d(x, self.output_size, self.return_indices)
