"""PNG files with the standard library alone: read what image folders hold, write what figures need."""

import struct
import zlib
from pathlib import Path

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type -> numbers a pixel: grey, RGB, palette index, grey + alpha, RGB + alpha


def read_png(path):
    """The pixels of a PNG: (H, W) uint8 if grey, (H, W, 2) with alpha, (H, W, 3) RGB or palette, (H, W, 4) RGB with alpha.

    Grey and palette images of 1, 2, 4 or 8 bits, the others of 8. ValueError that names the file if it is damaged, interlaced or
    of 16 bits. Source: https://www.w3.org/TR/png
    """
    chunks = _chunks(Path(path).read_bytes(), path)
    header = chunks.get(b"IHDR", b"")
    if len(header) != 13 or b"IDAT" not in chunks:
        raise ValueError(f"{path}: damaged PNG: it has no header or no pixels")
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if interlaced or kind not in CHANNELS or depth > 8 or (depth < 8 and kind not in (0, 3)):
        how = "interlaced" if interlaced else f"{depth} bits, colour type {kind}"
        raise ValueError(f"{path}: minigen does not read this sort of PNG ({how}); save it with 8 bits a channel, not interlaced")
    channels = CHANNELS[kind]
    width_in_bytes = -(-width * channels * depth // 8)
    try:
        lines = zlib.decompress(chunks[b"IDAT"])
    except zlib.error as error:
        raise ValueError(f"{path}: damaged PNG: {error}") from None
    expected = height * (1 + width_in_bytes)
    if len(lines) != expected:
        raise ValueError(f"{path}: damaged PNG: {len(lines)} bytes of pixels, {height}×{width} needs {expected}")
    rows = _unfilter(np.frombuffer(lines, np.uint8).reshape(height, 1 + width_in_bytes), channels, path)
    if depth < 8:  # several pixels in a byte, the first in the highest bits
        bits = np.unpackbits(rows, axis=1).reshape(height, -1, depth)
        rows = (bits @ (1 << np.arange(depth)[::-1])).astype(np.uint8)[:, :width]
        if kind == 0:
            rows = rows * np.uint8(255 // (2**depth - 1))
    pixels = rows.reshape(height, width, channels)
    if kind == 3:
        palette = np.frombuffer(chunks.get(b"PLTE", b""), np.uint8).reshape(-1, 3)
        if pixels.size and pixels.max() >= len(palette):
            raise ValueError(f"{path}: damaged PNG: colour {pixels.max()} of a palette of {len(palette)}")
        return palette[pixels[..., 0]]
    return pixels[..., 0] if channels == 1 else pixels


def _chunks(content, path):
    """{type: data} of all chunks; the data of chunks of one type are joined."""
    if not content.startswith(SIGNATURE):
        raise ValueError(f"{path}: not a PNG file: it begins with {content[:8].hex(' ') or 'nothing'}")
    chunks, at = {}, len(SIGNATURE)
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8].ljust(8, b"\0"))
        data, check = content[at + 8 : at + 8 + length], content[at + 8 + length : at + 12 + length]
        if check != zlib.crc32(kind + data).to_bytes(4, "big"):
            raise ValueError(f"{path}: damaged PNG: chunk {kind.decode('latin-1')!r} has a wrong checksum or is cut off")
        chunks[kind] = chunks.get(kind, b"") + data
        at += 12 + length
        if kind == b"IEND":
            break
    return chunks


def _unfilter(lines, step, path):
    """Undo the filters: each byte was stored as the difference from a guess made of its left, upper and upper left neighbours.

    ``lines`` (H, 1 + bytes) with the filter's number in front, ``step`` the distance to the left neighbour -> (H, bytes).
    """
    rows = np.zeros((len(lines), lines.shape[1] - 1), np.uint8)
    above = np.zeros_like(lines[0, 1:])
    for row, (number, *_), line in zip(rows, lines, lines[:, 1:]):
        if number == 0:
            row[:] = line
        elif number == 1:  # left
            for channel in range(step):
                row[channel::step] = np.cumsum(line[channel::step], dtype=np.uint8)
        elif number == 2:  # above
            row[:] = line + above
        elif number in (3, 4):
            row[:] = _guess_bytewise(line.tolist(), above.tolist(), step, _mean if number == 3 else _paeth)
        else:
            raise ValueError(f"{path}: damaged PNG: there is no filter number {number}")
        above = row
    return rows


def _guess_bytewise(line, above, step, guess):  # each byte needs its left neighbour first, so this is a loop over plain numbers
    left = [0] * step + line
    above = [0] * step + above
    for i in range(step, len(left)):
        left[i] = (left[i] + guess(left[i - step], above[i], above[i - step])) & 255
    return left[step:]


def _mean(left, above, corner):
    return (left + above) // 2


def _paeth(left, above, corner):
    """Whichever neighbour is nearest to left + above − corner; at a tie in this order: left, above, corner."""
    to_left, to_above, to_corner = abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)
    if to_left <= to_above and to_left <= to_corner:
        return left
    return above if to_above <= to_corner else corner


def write_png(path, array):
    """Write grey (H, W) or RGB (H, W, 3) uint8 as a PNG. ValueError for another shape or dtype."""
    array = np.asarray(array)
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or 0 in array.shape:
        raise ValueError(
            f"write_png: expected (H, W) or (H, W, 3) of uint8, got {array.shape} of {array.dtype}; "
            "turn floats in [0, 1] into (255 * x).round().astype('uint8')"
        )
    height, width = array.shape[:2]
    lines = np.zeros((height, 1 + array[0].size), np.uint8)  # in front of every line a 0: no filter
    lines[:, 1:] = array.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if array.ndim == 2 else 2, 0, 0, 0)
    content = SIGNATURE
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b"")):
        content += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    Path(path).write_bytes(content)
