"""PyTorch's ``dim`` where a layer's setting is called ``axis``."""

import functools

from minigen.signature import SYNONYMS


def accepts_dim(init):
    """Let callers of a layer spell ``dim``, ``start_dim``, ``end_dim`` for ``axis``, ``start_axis``, ``end_axis``."""

    @functools.wraps(init)
    def spelled(self, *settings, **keywords):
        init(self, *settings, **{SYNONYMS.get(key, key): value for key, value in keywords.items()})

    return spelled
