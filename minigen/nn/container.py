"""Sequential: layers one after the other."""

from minigen.nn.module import Module


class Sequential(Module):
    """y = fₙ(… f₂(f₁(x))): the output of each layer is the input of the next. Anything callable can be a layer.

    ``net[1]`` is a layer, ``net[1:]`` a Sequential that shares its layers. The layers' names are "0", "1", ….
    """

    def __init__(self, *layers):
        self.layers = []
        for layer in layers:
            self.append(layer)

    def members(self):
        return [*enumerate(self.layers), *((name, v) for name, v in vars(self).items() if v is not self.layers)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def append(self, layer):
        """Add a layer at the end; return self."""
        if not callable(layer):
            kind = type(layer).__name__
            raise TypeError(f"Sequential: layer {len(self)} is of type {kind}, which cannot be called; unpack a list, as *layers")
        self.layers.append(layer)
        return self

    def __getitem__(self, i):
        return Sequential(*self.layers[i]) if isinstance(i, slice) else self.layers[i]

    def __len__(self):
        return len(self.layers)

    def __iter__(self):
        return iter(self.layers)
