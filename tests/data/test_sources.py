"""The named sets: which copy is taken, what is said about it, and what the errors offer."""

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from minigen.data import faces, fashion_mnist, frey_faces, mnist, old_faithful, places, sources, write_idx

USERS_DATA = os.environ.get("MINIGEN_DATA")  # read before the fixture hides it
SETS = {"mnist": (mnist, 10_000), "fashion-mnist": (fashion_mnist, 5_000)}


def put(folder, split="train", n=3, suffix=".gz", seed=0):
    """Write a small set of IDX files into ``folder`` and return its images."""
    folder.mkdir(parents=True, exist_ok=True)
    images = np.full((n, 28, 28), seed, np.uint8)
    for name, array in zip(sources.FILES[split], (images, np.arange(n, dtype=np.uint8))):
        write_idx(folder / f"{name}{suffix}", array)
    return images


@pytest.mark.parametrize("key", SETS)
def test_without_the_full_set_the_embedded_one_is_taken_and_named_once(key, capsys):
    load, n = SETS[key]
    images = load()
    assert images.images.shape == (n, 28, 28)
    assert images.labels.shape == (n,)
    assert set(images.labels) == set(range(10))
    assert len(images.classes) == 10
    assert images.source == f"embedded: first {n:,} training images"
    load()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("embedded") == said.err.count("\n") == 1
    assert "download=True" in said.err


@pytest.mark.parametrize("key", SETS)
def test_full_false_takes_the_embedded_set_silently_even_beside_the_full_one(key, capsys, tmp_path, monkeypatch):
    load, n = SETS[key]
    put(tmp_path / key)
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path))
    assert len(load()) == 3
    assert len(load(full=False)) == n
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("key", SETS)
@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("place", ["root", "variable", "cache"])
def test_a_users_copy_is_found(key, suffix, split, place, tmp_path, monkeypatch):
    base = {"root": tmp_path / "r", "variable": tmp_path / "v", "cache": places.cache_folder()}[place]
    images = put(base / key, split, suffix=suffix)
    if place == "variable":
        monkeypatch.setenv("MINIGEN_DATA", str(base))
    got = SETS[key][0](split, root=base if place == "root" else None, full=True)
    np.testing.assert_array_equal(got.images, images)
    assert got.labels.tolist() == [0, 1, 2]
    assert got.source == f"full: {base / key}, {split}"


def test_the_order_of_places(tmp_path, monkeypatch):
    (tmp_path / "v").mkdir()
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path / "v"))
    for n, base in enumerate([places.cache_folder(), tmp_path / "v", tmp_path / "r"], start=1):
        put(base / "mnist", n=n)
        assert len(mnist(root=base if n == 3 else None)) == n
    put(tmp_path / "v" / "mnist", "test", n=7)
    assert len(mnist("test")) == 7
    put(places.cache_folder() / "mnist", "test")
    with pytest.raises(FileNotFoundError):  # root alone counts, where it is given
        mnist("test", root=tmp_path / "r")


def test_half_a_copy_is_not_a_copy(tmp_path):
    put(tmp_path / "mnist")
    (tmp_path / "mnist" / "train-labels-idx1-ubyte.gz").unlink()
    assert len(mnist(root=tmp_path)) == 10_000


ERRORS = {
    "no test image": (lambda: mnist("test"), FileNotFoundError, ["test", "MINIGEN_DATA", "download=True", "full=False"]),
    "no embedded test image": (lambda: mnist("test", full=False), FileNotFoundError, ["embedded subset", "no test image"]),
    "full": (lambda: fashion_mnist(full=True), FileNotFoundError, ["train", "fashion-mnist/", "download=True", "full=False"]),
    "split": (lambda: mnist("validation"), ValueError, ["'validation'", '"train" or "test"']),
    "root": (lambda: mnist(root="nowhere"), FileNotFoundError, ["root=nowhere", "no such folder"]),
    "path": (lambda: frey_faces("nowhere.npz"), FileNotFoundError, ["nowhere.npz"]),
}


@pytest.mark.parametrize("row", ERRORS)
def test_errors_name_the_ways_out(row):
    act, error, words = ERRORS[row]
    with pytest.raises(error) as caught:
        act()
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_mistyped_variable_is_an_error_not_a_missing_set(monkeypatch):
    monkeypatch.setenv("MINIGEN_DATA", "no/such/folder")
    with pytest.raises(FileNotFoundError, match="MINIGEN_DATA=no/such/folder"):
        mnist()


def test_frey_faces_are_found_or_replaced_and_that_is_said(tmp_path, monkeypatch, capsys):
    stand_in = frey_faces()
    assert stand_in.images.shape == (100, 25, 25)
    assert stand_in.name == "LFW faces"
    assert "100 embedded faces" in capsys.readouterr().err
    np.savez(tmp_path / "freyfaces.npz", images=np.zeros((4, 28, 20), np.uint8))
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path))
    for got in (frey_faces(), frey_faces(tmp_path / "freyfaces.npz")):
        assert (got.name, got.images.shape, got.labels) == ("Frey faces", (4, 28, 20), None)
    assert capsys.readouterr().err == ""


def test_faces():
    images = faces()
    assert (images.images.shape, images.labels) == ((100, 25, 25), None)
    assert images.images.std() > 30


def test_old_faithful():
    data = old_faithful()
    assert (data.shape, data.dtype) == ((272, 2), np.float64)
    np.testing.assert_allclose(data.mean(axis=0), [3.487783, 70.897059], atol=1e-6)  # R: colMeans(faithful)
    np.testing.assert_allclose(data.std(axis=0, ddof=1), [1.141371, 13.594974], atol=1e-6)  # R: sapply(faithful, sd)


CACHES = {
    "linux": ({"XDG_CACHE_HOME": "/x"}, "/x/minigen"),
    "linux, no variable": ({"XDG_CACHE_HOME": "", "HOME": "/home/a"}, "/home/a/.cache/minigen"),
    "darwin": ({"HOME": "/Users/a"}, "/Users/a/Library/Caches/minigen"),
    "win32": ({"LOCALAPPDATA": "/local"}, "/local/minigen"),
    "win32, no variable": ({"LOCALAPPDATA": "", "HOME": "/users/a"}, "/users/a/AppData/Local/minigen"),
}


@pytest.mark.skipif(os.name == "nt", reason="the table's paths are POSIX paths")
@pytest.mark.parametrize("row", CACHES)
def test_cache_folder(row, monkeypatch):
    variables, expected = CACHES[row]
    monkeypatch.setattr(places.sys, "platform", row.split(",")[0])
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert places.cache_folder() == Path(expected)


@pytest.mark.skipif(not USERS_DATA, reason="needs the full sets: MINIGEN_DATA is not set")
@pytest.mark.parametrize("key", SETS)
def test_the_full_sets_have_the_known_hashes_and_begin_with_the_embedded_ones(key, monkeypatch):
    monkeypatch.setenv("MINIGEN_DATA", USERS_DATA)
    load, n = SETS[key]
    if places.find(sum(sources.FILES.values(), ()), [Path(USERS_DATA) / key]) is None:
        pytest.skip(f"needs the full set: MINIGEN_DATA has no {key}/")
    for path in places.find(sum(sources.FILES.values(), ()), [Path(USERS_DATA) / key]):
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        assert hashlib.sha256(content).hexdigest() == sources.SHA256[key][path.name.removesuffix(".gz")]
    full, embedded, test = load(full=True), load(full=False), load("test")
    assert (len(full), len(test)) == (60_000, 10_000)
    assert (full.images[:n] == embedded.images).all()
    assert (full.labels[:n] == embedded.labels).all()
