"""GIF: what was written is what a decoder reads, frame by frame; LZW against a reader of its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from minigen.data import write_gif
from minigen.data.gif import compress
from minigen.random import new_generator
from tests.checking import few


def read_frames(path):
    """(frames (n, H, W), milliseconds of each) as Pillow reads them."""
    with Image.open(path) as image:
        frames, times = [], []
        for i in range(image.n_frames):
            image.seek(i)
            frames.append(np.asarray(image.convert("L")))
            times.append(image.info["duration"])
        return np.stack(frames), times, image.info.get("loop")


def expand(packed):
    """LZW backwards, by the book: bytes -> bytes"""
    bits = int.from_bytes(packed, "little")
    size, table, previous, out = 9, None, None, b""
    while True:
        code, bits = bits & ((1 << size) - 1), bits >> size
        if code == 256:
            table, size, previous = {i: bytes([i]) for i in range(256)} | {256: b"", 257: b""}, 9, None
            continue
        if code == 257:
            return out
        string = table[code] if code in table else previous + previous[:1]
        out += string
        if previous is not None and len(table) < 4096:
            table[len(table)] = previous + string[:1]
            if len(table) == 1 << size and size < 12:
                size += 1
        previous = string


PICTURES = {
    "one pixel": np.full((1, 1, 1), 200, np.uint8),
    "noise": new_generator(0).integers(0, 256, (3, 40, 50)).astype(np.uint8),
    "noise that fills the table often": new_generator(1).integers(0, 256, (1, 200, 150)).astype(np.uint8),
    "all black": np.zeros((2, 70, 30), np.uint8),
    "two greys": (255 * new_generator(2).integers(0, 2, (2, 90, 90))).astype(np.uint8),
    "ramps": np.arange(256, dtype=np.uint8).reshape(1, 1, 256).repeat(30, axis=1),
}


@pytest.mark.parametrize("name", PICTURES)
def test_what_was_written_is_read(name, tmp_path):
    frames = PICTURES[name]
    path = write_gif(tmp_path / "a.gif", frames, seconds=0.07)
    got, times, loop = read_frames(path)
    np.testing.assert_array_equal(got, frames)
    assert set(times) == {70}
    assert loop == 0


def test_floats_enlarged_with_times_of_their_own(tmp_path):
    frames = np.linspace(0, 1, 2 * 3 * 4).reshape(2, 3, 4)
    got, times, _ = read_frames(write_gif(tmp_path / "a.gif", frames, seconds=[0.5, 0.1], enlarge=3))
    np.testing.assert_array_equal(got[:, ::3, ::3], (255 * frames).round())
    np.testing.assert_array_equal(got[:, 2::3, 2::3], (255 * frames).round())
    assert times == [500, 100]


@few
@given(st.binary(max_size=400), st.integers(1, 60))
def test_lzw_there_and_back(data, times):
    assert expand(compress(data * times)) == data * times


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        (np.zeros((4, 5)), r"expected frames \(n, H, W\)"),
        (np.zeros((1, 4, 5), int), "of int64"),
        (np.full((1, 4, 5), 3.0), r"must lie in \[0, 1\], got 3 … 3"),
        (np.full((1, 4, 5), np.nan), "must lie in"),
    ],
)
def test_errors_teach(frames, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        write_gif(tmp_path / "a.gif", frames)
