"""PNG, PGM and PPM: against Pillow in both directions, every filter, and damage that is named."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image  # comes with matplotlib

from minigen.data import read_png, write_png
from minigen.data.netpbm import read_pnm
from minigen.data.png import SIGNATURE

sides = st.integers(1, 9)
shapes = st.tuples(sides, sides) | st.tuples(sides, sides, st.just(3))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(lines, width, height, depth=8, kind=0, interlaced=0, **more):
    """A PNG file around the filtered ``lines``; ``more`` are chunks that come before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    body = b"".join(chunk(name.encode(), data) for name, data in more.items())
    return SIGNATURE + chunk(b"IHDR", header) + body + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


@given(array=shapes.flatmap(lambda shape: hnp.arrays(np.uint8, shape)))
def test_what_is_written_is_read_here_and_by_pillow(array, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "written.png"
    write_png(path, array)
    np.testing.assert_array_equal(read_png(path), array)
    with Image.open(path) as image:
        image.verify()
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), array)


@given(data=st.data(), kind=st.sampled_from([0, 2, 4, 6]), height=sides, width=sides)
def test_every_filter_is_undone_as_pillow_undoes_it(data, kind, height, width, tmp_path_factory):
    row = width * {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    line = st.tuples(st.integers(0, 4), st.binary(min_size=row, max_size=row)).map(lambda pair: bytes([pair[0]]) + pair[1])
    lines = b"".join(data.draw(line) for _ in range(height))
    path = tmp_path_factory.getbasetemp() / "filtered.png"
    path.write_bytes(png(lines, width, height, kind=kind))
    with Image.open(path) as image:
        np.testing.assert_array_equal(read_png(path), np.asarray(image))


def test_at_a_tie_paeth_prefers_above_to_the_corner(tmp_path):
    path = tmp_path / "a.png"  # at the last pixel left 101, above 98, corner 100: 99 is the goal, 98 and 100 are equally near
    path.write_bytes(png(b"\0" + bytes([100, 98]) + b"\4" + bytes([1, 0]), 2, 2))
    assert read_png(path).tolist() == [[100, 98], [101, 98]]
    with Image.open(path) as image:
        np.testing.assert_array_equal(read_png(path), np.asarray(image))


@given(data=st.data(), depth=st.sampled_from([1, 2, 4]), palette=st.booleans(), height=sides, width=sides)
def test_several_pixels_in_a_byte(data, depth, palette, height, width, tmp_path_factory):
    row = -(-width * depth // 8)
    lines = b"".join(b"\0" + data.draw(st.binary(min_size=row, max_size=row)) for _ in range(height))
    path = tmp_path_factory.getbasetemp() / "bits.png"
    more = {"PLTE": bytes((7 * i) % 256 for i in range(3 * 2**depth))} if palette else {}
    path.write_bytes(png(lines, width, height, depth, 3 if palette else 0, **more))
    with Image.open(path) as image:
        np.testing.assert_array_equal(read_png(path), np.asarray(image.convert("RGB" if palette else "L")))


@pytest.mark.parametrize("channels", [(), (2,), (3,), (4,)])
def test_pillows_files_are_read(channels, tmp_path):
    ramp = np.add.outer(np.arange(20) * 7, np.arange(30) * 3)  # smooth, so that Pillow chooses among the filters
    array = np.broadcast_to(ramp.reshape(20, 30, *(1 for _ in channels)), (20, 30, *channels)).astype(np.uint8)
    Image.fromarray(array).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_png(tmp_path / "a.png"), array)


def test_chunks_of_pixels_are_joined_and_unknown_chunks_skipped(tmp_path):
    packed = zlib.compress(b"\0\1\2\0\3\4")
    header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"tEXt", b"hello"), (b"IDAT", packed[:5]), (b"IDAT", packed[5:]), (b"IEND", b"")]
    (tmp_path / "a.png").write_bytes(SIGNATURE + b"".join(chunk(*part) for part in parts) + b"what follows the end is not read")
    assert read_png(tmp_path / "a.png").tolist() == [[1, 2], [3, 4]]


GOOD = png(b"\0\1\2\0\3\4", 2, 2)
DAMAGED = {
    "empty": (b"", "begins with nothing"),
    "a JPEG": (b"\xff\xd8\xff\xe0", "ff d8 ff e0"),
    "signature alone": (SIGNATURE, "no header"),
    "no pixels": (SIGNATURE + chunk(b"IHDR", b"\0" * 13) + chunk(b"IEND", b""), "no header or no pixels"),
    "a bit flipped": (GOOD[:45] + bytes([GOOD[45] ^ 1]) + GOOD[46:], "'IDAT' has a wrong checksum"),
    "cut off": (GOOD[:50], "cut off"),
    "pixels missing": (png(b"\0\1\2\0\3", 2, 2), "5 bytes of pixels, 2×2 needs 6"),
    "not compressed": (GOOD.replace(chunk(b"IDAT", zlib.compress(b"\0\1\2\0\3\4")), chunk(b"IDAT", b"1234")), "damaged PNG"),
    "filter 5": (png(b"\5\1\2\0\3\4", 2, 2), "filter number 5"),
    "16 bits": (png(b"", 2, 2, depth=16), "16 bits"),
    "interlaced": (png(b"", 2, 2, interlaced=1), "interlaced"),
    "colour type 5": (png(b"", 2, 2, kind=5), "colour type 5"),
    "short palette": (png(b"\0\1\2\0\0\1", 2, 2, kind=3, PLTE=b"123456"), "colour 2 of a palette of 2"),
}


@pytest.mark.parametrize("row", DAMAGED)
def test_damage_is_named_together_with_the_file(row, tmp_path):
    content, message = DAMAGED[row]
    (tmp_path / "some.png").write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_png(tmp_path / "some.png")
    assert "some.png" in str(caught.value)


@pytest.mark.parametrize("shape", [(3,), (0, 3), (2, 2, 1), (2, 2, 4), (1, 2, 2, 3), (2, 2)])
def test_write_png_refuses_other_shapes_and_floats(shape, tmp_path):
    with pytest.raises(ValueError, match="expected"):
        write_png(tmp_path / "a.png", np.zeros(shape, np.float64 if shape == (2, 2) else np.uint8))
    assert list(tmp_path.iterdir()) == []


@given(array=shapes.flatmap(lambda shape: hnp.arrays(np.uint8, shape)), plain=st.booleans())
def test_pgm_and_ppm(array, plain, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "a.pnm"
    number = (2 if plain else 5) + (array.ndim == 3)
    header = f"P{number}\n# made for a test\n{array.shape[1]} {array.shape[0]}\n255\n".encode()
    path.write_bytes(header + (" ".join(map(str, array.ravel())).encode() if plain else array.tobytes()))
    np.testing.assert_array_equal(read_pnm(path), array)
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), array)


@pytest.mark.parametrize("content", [b"P5 2 1 255 ab and more", b"P2 2 1 255 97 98 99"])
def test_what_follows_the_pixels_is_not_read(content, tmp_path):
    (tmp_path / "a.pgm").write_bytes(content)
    assert read_pnm(tmp_path / "a.pgm").tolist() == [[97, 98]]


def test_a_lower_maximum_is_scaled_to_255(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P2 4 1 7 0 1 # a comment\n 6 7")
    assert read_pnm(tmp_path / "a.pgm").tolist() == [[0, 36, 219, 255]]


BAD_PNM = {
    "another format": (b"P4 8 1 \0", "not a PGM or PPM"),
    "16 bits": (b"P5 1 1 65535 12", "65535"),
    "cut off": (b"P6 2 1 255 12345", "5 numbers, 1×2 needs 6"),
    "no number": (b"P2 2 1 255 1 x", "not a number"),
    "above the maximum": (b"P2 2 1 15 1 16", "a pixel of 16"),
}


@pytest.mark.parametrize("row", BAD_PNM)
def test_pnm_damage_is_named(row, tmp_path):
    content, message = BAD_PNM[row]
    (tmp_path / "some.pgm").write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_pnm(tmp_path / "some.pgm")
    assert "some.pgm" in str(caught.value)
