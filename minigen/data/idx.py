"""IDX files, the format of MNIST: a type, the lengths of the axes, then the numbers, most significant byte first."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path):
    """The array in an IDX file, plain or gzipped, in this machine's byte order.

    Layout: 0, 0, type, number of axes D; D lengths of 4 bytes; the numbers in C order. ValueError that names the file if the
    magic bytes are wrong, numbers are missing, or bytes are left over. Source: http://yann.lecun.com/exdb/mnist
    """
    return parse_idx(unpack(Path(path).read_bytes(), path), path)


def unpack(content, name):
    """``content`` without its gzip wrapping, if it has one. ValueError if the wrapping is damaged."""
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{name}: the gzip file is damaged or was cut off ({error}); fetch it again") from None


def parse_idx(content, name):
    """The array in the bytes ``content`` of an unpacked IDX file; ``name`` is for the error messages."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in DTYPES:
        raise ValueError(
            f"{name}: not an IDX file: it begins with {content[:4].hex(' ') or 'nothing'}, expected 00 00, a type "
            f"({', '.join(f'{code:02x}' for code in DTYPES)}) and the number of axes"
        )
    dtype, axes = np.dtype(DTYPES[content[2]]), content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise ValueError(f"{name}: cut off in the lengths of its {axes} axes: {len(content)} of {start} bytes; fetch it again")
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", axes, 4))
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) < expected:
        raise ValueError(f"{name}: cut off: shape {shape} needs {expected:,} bytes, it has {len(content):,}; fetch it again")
    if len(content) > expected:
        extra = len(content) - expected
        raise ValueError(f"{name}: {extra:,} bytes follow the last number of shape {shape}; fetch it again, or write it anew")
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def write_idx(path, array):
    """Write ``array`` as an IDX file, gzipped if the name ends in .gz. TypeError for a dtype that IDX does not know."""
    array = np.asarray(array)
    codes = [code for code, dtype in DTYPES.items() if np.dtype(dtype).newbyteorder("=") == array.dtype.newbyteorder("=")]
    if not codes:
        raise TypeError(f"write_idx: IDX holds uint8, int8, int16, int32, float32, float64, got {array.dtype}; use .astype")
    lengths = np.array(array.shape, ">u4").tobytes()
    content = bytes([0, 0, codes[0], array.ndim]) + lengths + array.astype(DTYPES[codes[0]]).tobytes()
    if Path(path).suffix == ".gz":
        content = gzip.compress(content, mtime=0)  # no date inside: the same array gives the same file
    Path(path).write_bytes(content)
