"""Messages between the checker and the process that runs a student's code: JSON and plain arrays, never pickle.

    4 bytes length | 4 bytes length of the JSON | JSON | arrays in NumPy's own format

This file imports nothing of minigen: the other process reads it before minigen is imported.
"""

import io
import json
import struct

import numpy as np

LARGEST = 64 << 20  # bytes of one message


def pack(value):
    """Nested dicts, lists and tuples of arrays, numbers, text and None as bytes."""
    arrays = []

    def plain(v):
        if isinstance(v, (np.ndarray, np.generic)):
            arrays.append(np.ascontiguousarray(v) if np.ndim(v) else np.asarray(v))
            return {"$array": len(arrays) - 1}
        if isinstance(v, tuple):
            return {"$tuple": [plain(e) for e in v]}
        if isinstance(v, list):
            return [plain(e) for e in v]
        return {key: plain(e) for key, e in v.items()} if isinstance(v, dict) else v

    text, body = json.dumps(plain(value)).encode(), io.BytesIO()
    for a in arrays:
        np.lib.format.write_array(body, a, allow_pickle=False)
    content = struct.pack("<I", len(text)) + text + body.getvalue()
    return struct.pack("<I", len(content)) + content


def unpack(content):
    """What was packed. ValueError for anything else."""
    try:
        (n,) = struct.unpack("<I", content[:4])
        tree, body, arrays = json.loads(content[4 : 4 + n]), io.BytesIO(content[4 + n :]), []
        while body.tell() < len(content) - 4 - n:
            arrays.append(np.lib.format.read_array(body, allow_pickle=False, max_header_size=1000))

        def rich(v):
            if isinstance(v, dict):
                if "$array" in v:
                    return arrays[v["$array"]]
                return tuple(rich(e) for e in v["$tuple"]) if "$tuple" in v else {key: rich(e) for key, e in v.items()}
            return [rich(e) for e in v] if isinstance(v, list) else v

        return rich(tree)
    except (ValueError, KeyError, IndexError, TypeError, struct.error, EOFError, RecursionError, MemoryError) as error:
        raise ValueError(f"not a message: {type(error).__name__}") from None


def read(file):
    """The content of the next message, or None at the end. ValueError for an impossible length."""
    head = _exactly(file, 4)
    if head is None:
        return None
    (n,) = struct.unpack("<I", head)
    if n > LARGEST:
        raise ValueError(f"a message of {n} bytes")
    return _exactly(file, n)


def _exactly(file, n):
    found = b""
    while len(found) < n:
        more = file.read(n - len(found))
        if not more:
            return None
        found += more
    return found
