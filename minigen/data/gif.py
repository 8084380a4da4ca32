"""GIF files that move, with the standard library alone: morphs and training, frame by frame, in 256 greys."""

import struct
from pathlib import Path

import numpy as np

GREYS = bytes(value for grey in range(256) for value in (grey, grey, grey))


def write_gif(path, frames, seconds=0.1, enlarge=1):
    """Write frames (n, H, W), uint8 or floats in [0, 1], as a GIF that repeats for ever; return the path.

    ``seconds``: how long a frame stays, in steps of a hundredth; a number, or one for each frame. ``enlarge``: each pixel becomes a
    square of so many. ValueError for other shapes or values. Source: https://www.w3.org/Graphics/GIF/spec-gif89a.txt
    """
    frames = _as_bytes(frames).repeat(enlarge, axis=1).repeat(enlarge, axis=2)
    n, height, width = frames.shape
    delays = np.broadcast_to(np.asarray(seconds, float), (n,))
    content = b"GIF89a" + struct.pack("<HHBBB", width, height, 0b11110111, 0, 0) + GREYS  # a table of 2^(7 + 1) colours, 8 bits each
    content += b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"  # repeat without end
    for frame, delay in zip(frames, delays):
        content += b"\x21\xf9\x04\x00" + struct.pack("<H", round(100 * delay)) + b"\x00\x00"
        content += b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x08"
        packed = compress(frame.tobytes())
        for i in range(0, len(packed), 255):
            content += bytes([len(packed[i : i + 255])]) + packed[i : i + 255]
        content += b"\x00"
    path = Path(path)
    path.write_bytes(content + b"\x3b")
    return path


def compress(data):
    """LZW as GIF has it: bytes -> bytes. Codes start with 9 bits, grow with the table to 12, and the table starts anew when it is full.

    Each code stands for a string that was seen before; the string with the next byte becomes a new code. 256 clears, 257 ends.
    [Welch 1984]
    """
    clear, end = 256, 257
    bits, filled, out = 0, 0, bytearray()

    def fresh():
        return {bytes([i]): i for i in range(256)}, 258, 9

    def write(code, size):
        nonlocal bits, filled
        bits |= code << filled  # the first code in the lowest bits
        filled += size
        while filled >= 8:
            out.append(bits & 255)
            bits >>= 8
            filled -= 8

    table, following, size = fresh()
    write(clear, size)
    string = b""
    for i in range(len(data)):
        byte = data[i : i + 1]
        if string + byte in table:
            string += byte
            continue
        write(table[string], size)
        if following < 4096:
            table[string + byte] = following
            size += following == 1 << size  # the reader learns this code one step later, and grows at the same point
            following += 1
        else:
            write(clear, size)
            table, following, size = fresh()
        string = byte
    if string:
        write(table[string], size)
    write(end, size)
    if filled:
        out.append(bits & 255)
    return bytes(out)


def _as_bytes(frames):
    frames = np.asarray(frames)
    floats = frames.dtype.kind == "f"
    if frames.ndim != 3 or 0 in frames.shape or not (floats or frames.dtype == np.uint8):
        raise ValueError(f"write_gif: expected frames (n, H, W) of uint8 or of floats in [0, 1], got {frames.shape} of {frames.dtype}")
    if floats and not (frames.min() >= -0.01 and frames.max() <= 1.01):
        raise ValueError(f"write_gif: floats must lie in [0, 1], got {frames.min():.4g} … {frames.max():.4g}; clip them first")
    return (255 * np.clip(frames, 0, 1)).round().astype(np.uint8) if floats else frames
