"""Checkpoints come back as they were, or are refused with a sentence: cut off, damaged, hostile, of another model."""

import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigen import checkpoint
from minigen.checkpoint import CheckpointError, load, put_back, save
from minigen.tensor import Tensor

dtypes = st.sampled_from(["f4", "f8", "f2", "i8", "i4", "u1", "?", "c8", ">f4"])
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | arrays | arrays.map(lambda a: a.T)
leaves |= st.floats(width=32).map(np.float32)
keys = st.text(max_size=3) | st.integers(0, 3) | st.sampled_from(["$array", "$items", "a/b", "weight"])
nested = lambda t: st.lists(t, max_size=3) | st.dictionaries(keys, t, max_size=3) | st.tuples(t, t)  # noqa: E731
trees = st.recursive(leaves, nested, max_leaves=6)


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return repr(a) == repr(b)  # also of nan and −0.0


PARTS = {"model": {"0.weight": np.arange(6, dtype=np.float32).reshape(2, 3)}, "optimizer": {"state": {0: {"step": 7}}}, "step": 7}


@pytest.fixture
def path(tmp_path):
    save(tmp_path / "c.npz", **PARTS)
    return tmp_path / "c.npz"


@given(parts=st.dictionaries(st.sampled_from(["model", "optimizer", "data"]), trees))
@settings(max_examples=80)
def test_parts_come_back_as_they_were(parts, tmp_path):
    save(tmp_path / "c.npz", **parts)
    assert same(load(tmp_path / "c.npz"), parts)
    first = (tmp_path / "c.npz").read_bytes()
    save(tmp_path / "c.npz", **parts)
    assert (tmp_path / "c.npz").read_bytes() == first, "equal parts must give equal bytes"


def test_arrays_whose_names_meet_are_kept_apart(tmp_path):
    parts = {"model": {"a/b": np.zeros(1), "a": {"b": np.ones(2)}, "a/b~1": np.full(3, 2.0)}}
    save(tmp_path / "c.npz", **parts)
    assert same(load(tmp_path / "c.npz"), parts)


def test_numpy_opens_it_without_pickle(path):
    with np.load(path, allow_pickle=False) as archive:
        assert same(archive["model/0.weight"], PARTS["model"]["0.weight"])
    assert load(path)["model"]["0.weight"].flags.writeable


# --- damage -------------------------------------------------------------------------------------------------------------------


def test_every_truncation_is_refused(path):
    whole = path.read_bytes()
    for n in range(len(whole)):
        path.write_bytes(whole[:n])
        with pytest.raises(CheckpointError, match=r"c\.npz"):
            load(path)


def test_a_flipped_bit_is_refused_or_harmless(path):
    whole = path.read_bytes()
    refused = 0
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ (1 << i % 8)]) + whole[i + 1 :])
        try:
            assert same(load(path), PARTS), f"byte {i}: the flip was not noticed"
        except CheckpointError:
            refused += 1
    assert refused > len(whole) * 0.6  # the rest are dates and attributes, which nobody reads


def rebuild(path, change, **how):
    """Write the archive at ``path`` again, its entries {name: bytes} changed by a hostile hand, so that the CRCs are right."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries = change(entries) or entries
    with zipfile.ZipFile(path, "w", **how) as archive:
        for name, data in entries.items() if isinstance(entries, dict) else entries:
            archive.writestr(name, data)


def npy(array=None, header=None):
    stream = io.BytesIO()
    if header is not None:
        text = header.encode().ljust(117) + b"\n"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
    np.lib.format.write_array(stream, array, allow_pickle=True)
    return stream.getvalue()


def manifest(**changes):
    def change(entries):
        entries["manifest.json"] = json.dumps({**json.loads(entries["manifest.json"]), **changes}).encode()

    return change


def entry(data, name="model/0.weight.npy"):
    return lambda entries: {**entries, name: data}


class Bomb:
    def __reduce__(self):
        return os.abort, ()


ABSURD = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000, 1000000), }"
OBJECTS = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
HOSTILE = [
    ("object array", entry(npy(np.array([Bomb()], object))), {}, "dtype object"),
    ("pickle inside an entry", entry(npy(header=OBJECTS) + pickle.dumps([Bomb()])), {}, "dtype object"),
    ("pickle as an entry", entry(pickle.dumps(Bomb())), {}, "damaged"),
    ("absurd shape", entry(npy(header=ABSURD) + bytes(8)), {}, "claims shape"),
    ("negative shape", entry(npy(header=ABSURD.replace("1000000,", "-1,")) + bytes(8)), {}, "claims shape|damaged"),
    ("code in the header", entry(npy(header="__import__('os').abort()")), {}, "damaged"),
    ("Fortran order", entry(npy(np.ones((2, 3), np.float32, order="F"))), {}, "refused"),
    ("text array", entry(npy(np.array(["x"]))), {}, "dtype"),
    ("structured array", entry(npy(np.zeros(2, [("a", "f4")]))), {}, "dtype"),
    ("other values", entry(npy(np.zeros((2, 3), np.float32))), {}, "SHA-256"),
    ("other shape, same bytes", entry(npy(np.arange(6, dtype=np.float32).reshape(3, 2))), {}, "SHA-256"),
    ("extra entry", entry(npy(np.zeros(3)), "extra.npy"), {}, "entries and manifest differ in extra"),
    ("foreign entry", entry(b"#!/bin/sh", "../../run.sh"), {}, "no array"),
    ("missing entry", lambda entries: {k: v for k, v in entries.items() if k != "model/0.weight.npy"}, {}, r"differ in model/0\.weight"),
    ("twice the same name", lambda entries: [*entries.items(), ("twice.npy", b""), ("twice.npy", b"")], {}, "one name"),
    ("zip bomb", entry(npy(np.zeros(10_000_000))), {"compression": zipfile.ZIP_DEFLATED}, "compressed"),
    ("other version", manifest(version=2), {}, "format version is 2"),
    ("other format", manifest(format="something"), {}, "not a checkpoint"),
    ("no manifest", lambda entries: {"a.npy": npy(np.zeros(3))}, {}, "without manifest"),
    ("manifest is a list", entry(b"[1]", "manifest.json"), {}, "not a checkpoint"),
    ("manifest is deep", entry(b"[" * 100_000, "manifest.json"), {}, "damaged"),
    ("manifest is not JSON", entry(b"\xff\xfe", "manifest.json"), {}, "damaged"),
    ("parts are a number", manifest(parts=3), {}, "damaged"),
    ("no digests", manifest(sha256=None), {}, "damaged"),
    ("unknown array", manifest(parts={"model": {"$array": "nothing"}}), {}, "damaged"),
    ("array is a list", manifest(parts={"model": {"$array": [1]}}), {}, "damaged"),
]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("change", "how", "said"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_hostile_files_are_refused_cheaply(path, change, how, said):
    rebuild(path, change, **how)
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match=said):
            load(path)
        assert tracemalloc.get_traced_memory()[1] < 30e6
    finally:
        tracemalloc.stop()


def test_sizes_beyond_the_file_are_refused(path):
    whole = bytearray(path.read_bytes())
    at = whole.index(b"PK\x01\x02")
    whole[at + 20 : at + 28] = struct.pack("<II", 2**31, 2**31)  # compressed and plain size in the central directory
    path.write_bytes(whole)
    with pytest.raises(CheckpointError, match="more bytes than the file has"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", pickle.dumps([1]), b"\x93NUMPY"], ids=repr)
def test_what_is_no_checkpoint(tmp_path, content):
    (tmp_path / "c.npz").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"not a checkpoint|damaged"):
        load(tmp_path / "c.npz")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.npz")


@pytest.mark.parametrize("thing", [object(), Tensor(1.0), {1, 2}, np.array([None]), np.array(["a"]), len, b"bytes"], ids=repr)
def test_what_only_pickle_could_store_is_not_saved(tmp_path, thing):
    with pytest.raises(TypeError, match=r"model/x is .* state_dict"):
        save(tmp_path / "c.npz", model={"x": thing})
    assert not list(tmp_path.iterdir())


# --- another model ------------------------------------------------------------------------------------------------------------


class Weights:
    def __init__(self, **shapes):
        self.state = {name: np.zeros(shape) for name, shape in shapes.items()}

    def state_dict(self):
        return {name: a.copy() for name, a in self.state.items()}

    def load_state_dict(self, state):
        if any(np.isnan(a).any() for a in state.values()):
            raise ValueError("not a number")
        self.state = state


OTHERS = [
    ({"a": (2, 3), "b": 4}, {"a": (2, 3)}, r"missing: b \(4,\)$"),
    ({"a": (2, 3)}, {"a": (2, 3), "c": 5}, r"extra: c \(5,\)$"),
    ({"a": (2, 3)}, {"a": (3, 2)}, r"misshapen: a \(3, 2\) for \(2, 3\)$"),
    ({"a": 2, "b": 3}, {"a": 3, "c": 1}, "missing: b .*extra: c .*misshapen: a"),
    ({f"w{i}": 1 for i in range(9)}, {}, "w5 .* …$"),
]


@pytest.mark.parametrize(("here", "there", "said"), OTHERS)
def test_another_model_is_refused_with_a_list_and_nothing_is_changed(here, there, said):
    first, model = Weights(x=1), Weights(**here)
    states = {"first": {"x": np.ones(1)}, "model": Weights(**there).state_dict()}
    with pytest.raises(CheckpointError, match=said):
        put_back(states, {"first": first, "model": model})
    assert not first.state["x"].any()


def test_parts_that_are_not_there_or_do_not_fit():
    with pytest.raises(CheckpointError, match=r"no ema; it holds model$"):
        put_back({"model": {}}, {"ema": Weights(x=1)})
    with pytest.raises(CheckpointError, match="model does not fit this Weights: not a number"):
        put_back({"model": {"x": np.array([np.nan])}}, {"model": Weights(x=1)})
    with pytest.raises(TypeError, match="state_dict"):
        checkpoint.state_of(3)


# --- whole or not at all ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dies_in", ["fsync", "replace"])
def test_death_while_writing_leaves_the_old_file(path, monkeypatch, dies_in):
    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as m, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        m.setattr(os, dies_in, die)
        save(path, step=8)
    assert load(path)["step"] == 7
    save(path, step=9)
    assert load(path)["step"] == 9
    assert [p.name for p in path.parent.iterdir()] == ["c.npz"], "no temporary file stays behind"


def test_a_file_that_is_held_open_elsewhere_is_tried_again(path, monkeypatch):
    real, calls = os.replace, []

    def held(*names):
        calls.append(names)
        if len(calls) < 3:
            raise PermissionError
        real(*names)

    monkeypatch.setattr(os, "replace", held)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    save(path, step=8)
    assert load(path)["step"] == 8
    assert len(calls) == 3
    monkeypatch.setattr(os, "replace", lambda *names: (_ for _ in ()).throw(PermissionError("held")))
    with pytest.raises(PermissionError):
        save(path, step=9)
