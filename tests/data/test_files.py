"""Your own images: .npz files and folders, what is refused and how the refusal helps."""

import numpy as np
import pytest

from minigen.data import from_folder, from_npz, write_png
from minigen.data.files import to_grey

PIXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def test_from_npz(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, images=PIXELS, labels=np.array([5, 6], np.uint8), x=PIXELS + 1)
    images = from_npz(path)
    np.testing.assert_array_equal(images.images, PIXELS)
    assert (images.labels.tolist(), images.name, images.source) == ([5, 6], "mine", f"file: {path}")
    other = from_npz(path, images="x", labels=None)
    np.testing.assert_array_equal(other.images, PIXELS + 1)
    assert other.labels is None


BAD_NPZ = {
    "objects": ({"images": np.array([PIXELS, None], object), "labels": [0, 1]}, {}, ValueError, "Python objects"),
    "objects as labels": ({"images": PIXELS, "labels": np.array(["a", 1], object)}, {}, ValueError, "'labels' holds Python obj"),
    "no labels": ({"images": PIXELS}, {}, KeyError, "it has images; .*labels=None"),
    "wrong name": ({"x": PIXELS, "y": [0, 1]}, {"images": "X"}, KeyError, "no array 'X', it has x, y"),
    "floats": ({"images": PIXELS / 255, "labels": [0, 1]}, {}, ValueError, "uint8.*float64"),
    "colour": ({"images": np.zeros((2, 3, 4, 3), np.uint8)}, {"labels": None}, ValueError, r"\(2, 3, 4, 3\)"),
    "too few labels": ({"images": PIXELS, "labels": [0]}, {}, ValueError, "expected 2"),
}


@pytest.mark.parametrize("row", BAD_NPZ)
def test_npz_refusals_name_the_file(row, tmp_path):
    arrays, keywords, error, message = BAD_NPZ[row]
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(error, match=message) as caught:
        from_npz(tmp_path / "mine.npz", **keywords)
    assert "mine.npz" in str(caught.value)


def fill(folder, files):
    """Write {path: shape of a PNG, or bytes}; the pixels of the i-th file are all i."""
    for i, (name, what) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(what, bytes):
            path.write_bytes(what)
        else:
            write_png(path, np.full(what, i, np.uint8))


PGM = b"P5 3 2 255\n" + bytes([7] * 6)
FOLDERS = {  # files -> the grey value of each image in order, labels, classes
    "flat": ({"b.png": (2, 3), "a.png": (2, 3)}, [1, 0], None, ()),
    "sub-folders": ({"cat/b.png": (2, 3), "cat/a.png": (2, 3), "ant/z.png": (2, 3)}, [2, 1, 0], [0, 1, 1], ("ant", "cat")),
    "formats mixed": ({"a.PNG": (2, 3), "b.pgm": PGM, "c.png": (2, 3, 3)}, [0, 7, 2], None, ()),
    "others ignored": ({"a.png": (2, 3), ".b.png": b"", "c.txt": b"hello", ".hidden/d.png": b"", "empty/e": b""}, [0], None, ()),
}


@pytest.mark.parametrize("row", FOLDERS)
def test_from_folder(row, tmp_path):
    files, greys, labels, classes = FOLDERS[row]
    fill(tmp_path / "mine", files)
    images = from_folder(tmp_path / "mine")
    assert images.images.shape == (len(greys), 2, 3)
    assert images.images[:, 0, 0].tolist() == greys
    assert (None if images.labels is None else images.labels.tolist()) == labels
    assert (images.classes, images.name) == (classes, "mine")


BAD_FOLDERS = {
    "empty": ({"notes.txt": b""}, FileNotFoundError, "no PNG, PGM or PPM"),
    "jpeg": ({"a.png": (2, 3), "b.jpg": b""}, ValueError, "b.jpg.*convert"),
    "here and below": ({"a.png": (2, 3), "cat/b.png": (2, 3)}, ValueError, "a.png.*sub-folders"),
    "sizes": ({"a.png": (2, 3), "b.png": (4, 3), "c.png": (2, 3)}, ValueError, "most are 2×3, but .*b.png is 4×3; resize"),
    "many sizes": ({f"{i}.png": (2 + i, 3) for i in range(9)}, ValueError, "5.png is 7×3 and 3 more"),
    "damaged": ({"a.png": b"\x89PNG"}, ValueError, "a.png: not a PNG"),
}


@pytest.mark.parametrize("row", BAD_FOLDERS)
def test_folder_refusals_name_the_file(row, tmp_path):
    files, error, message = BAD_FOLDERS[row]
    fill(tmp_path, files)
    with pytest.raises(error, match=message):
        from_folder(tmp_path)


def test_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        from_folder(tmp_path / "mine")


GREYS = {
    "grey": ([[7]], 7),
    "grey, alpha": ([[[7, 0]]], 7),
    "white": ([[[255, 255, 255]]], 255),
    "red": ([[[255, 0, 0]]], 76),
    "green": ([[[0, 255, 0]]], 150),
    "blue": ([[[0, 0, 255]]], 29),
    "blue, transparent": ([[[0, 0, 255, 0]]], 29),
}


@pytest.mark.parametrize("row", GREYS)
def test_to_grey(row):
    pixels, grey = GREYS[row]
    got = to_grey(np.array(pixels, np.uint8))
    assert (got.tolist(), got.dtype) == ([[grey]], np.uint8)
