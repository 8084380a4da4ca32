"""PyTorch's ``dim`` where a layer's setting is called ``axis``."""

import functools

from minigen.signature import SYNONYMS


def accepts_dim(make):
    """Let callers of a layer, or of a function that makes one, spell ``dim``, ``start_dim``, ``end_dim`` for ``axis``, ``start_axis``, …"""

    @functools.wraps(make)
    def spelled(*settings, **keywords):
        return make(*settings, **{SYNONYMS.get(key, key): value for key, value in keywords.items()})

    return spelled
