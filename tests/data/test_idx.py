"""IDX files: what is written is read, the layout is the published one, and damage is named."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigen.data import read_idx, write_idx
from minigen.data.idx import DTYPES, parse_idx

dtypes = st.sampled_from([np.dtype(code).newbyteorder(order) for code in DTYPES.values() for order in "<>"])


shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


@given(array=hnp.arrays(dtypes, shapes), suffix=st.sampled_from(["", ".gz"]))
def test_round_trip(array, suffix, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / f"file{suffix}"
    write_idx(path, array)
    again = read_idx(path)
    np.testing.assert_array_equal(again, array)
    assert again.dtype == array.dtype.newbyteorder("=")
    assert again.dtype.isnative
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == (suffix == ".gz")


LAYOUTS = {
    "bytes": (b"\0\0\x08\x02" + b"\0\0\0\x02\0\0\0\x01" + b"\x03\xff", np.array([[3], [255]], np.uint8)),
    "int16": (b"\0\0\x0b\x01" + b"\0\0\0\x02" + b"\x01\x02\xff\xfe", np.array([258, -2], np.int16)),
    "float32": (b"\0\0\x0d\x01" + b"\0\0\0\x01" + b"\x3f\x80\0\0", np.array([1], np.float32)),
}


@pytest.mark.parametrize("row", LAYOUTS)
def test_the_layout_is_the_published_one(row, tmp_path):
    content, array = LAYOUTS[row]
    np.testing.assert_array_equal(parse_idx(content, row), array)
    write_idx(tmp_path / "file", array)
    assert (tmp_path / "file").read_bytes() == content


GOOD = LAYOUTS["bytes"][0]
DAMAGED = {
    "empty": (b"", "begins with nothing"),
    "a web page": (b"<!DOCTYPE html>", "3c 21 44 4f"),
    "unknown type": (b"\0\0\x07\x01\0\0\0\0", "00 00 07 01"),
    "no zeros in front": (b"\1\0" + GOOD[2:], "01 00 08 02"),
    "three bytes": (GOOD[:3], "not an IDX file"),
    "no lengths": (GOOD[:7], "7 of 12 bytes"),
    "numbers missing": (GOOD[:-1], r"needs 14 bytes, it has 13"),
    "bytes left over": (GOOD + b"12", "2 bytes follow"),
    "lengths beyond all files": (b"\0\0\x08\x03" + b"\xff" * 12, "cut off"),
    "gzip cut off": (gzip.compress(GOOD)[:-9], "gzip"),
    "gzip damaged": (gzip.compress(GOOD)[:-8] + b"\0" * 8, "gzip"),
    "gzip of something else": (gzip.compress(b"hello, world"), "not an IDX file"),
}


@pytest.mark.parametrize("row", DAMAGED)
def test_damage_is_named_together_with_the_file(row, tmp_path):
    content, message = DAMAGED[row]
    path = tmp_path / "some-images"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert "some-images" in str(caught.value)


@given(cut=st.integers(0, len(GOOD) - 1))
def test_no_cut_passes_unnoticed(cut):
    with pytest.raises(ValueError, match="file"):
        parse_idx(GOOD[:cut], "file")


def test_a_dtype_that_idx_lacks(tmp_path):
    with pytest.raises(TypeError, match="int64"):
        write_idx(tmp_path / "file", np.zeros(3, np.int64))
