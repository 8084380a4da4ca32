"""PyTorch's ``nn.utils``: what changes the weights or gradients of a layer from outside."""

from minigen.nn.reparametrize import spectral_norm, weight_norm

__all__ = ["spectral_norm", "weight_norm"]
