"""PGM and PPM files, grey and RGB images whose header a person can read."""

import re
from pathlib import Path

import numpy as np

SPACE = rb"(?:\s|#[^\n]*\n)+"  # a comment counts as white space
HEADER = re.compile(rb"P([2356])" + SPACE + rb"(\d+)" + SPACE + rb"(\d+)" + SPACE + rb"(\d+)(?:\s|$)")


def read_pnm(path):
    """The pixels of a PGM (P2, P5) or PPM (P3, P6) file: (H, W) or (H, W, 3) uint8, scaled so that the file's maximum is 255.

    ValueError that names the file if it is something else, has more than 8 bits, or has too few numbers.
    Source: https://netpbm.sourceforge.net/doc/pgm.html
    """
    content = Path(path).read_bytes()
    header = HEADER.match(content)
    if header is None:
        raise ValueError(f"{path}: not a PGM or PPM file: it begins with {content[:8]!r}")
    kind, width, height, highest = map(int, header.groups())
    if not 0 < highest < 256:
        raise ValueError(f"{path}: grey values up to {highest}, expected at most 255; save it with 8 bits")
    shape = (height, width) if kind in (2, 5) else (height, width, 3)
    count, body = int(np.prod(shape)), content[header.end() :]
    if kind in (5, 6):
        numbers = np.frombuffer(body, np.uint8)
    else:
        words = re.sub(rb"#[^\n]*", b"", body).split()
        if not all(word.isdigit() for word in words):
            raise ValueError(f"{path}: something among the pixels is not a number")
        numbers = np.array(words, np.int64)
    if len(numbers) < count:
        raise ValueError(f"{path}: cut off: {len(numbers)} numbers, {height}×{width} needs {count}")
    numbers = numbers[:count].astype(np.int64)  # what follows may be a second image
    if count and numbers.max() > highest:
        raise ValueError(f"{path}: a pixel of {numbers.max()}, but the file says at most {highest}")
    return ((numbers * 255 + highest // 2) // highest).astype(np.uint8).reshape(shape)
