"""Downloads against a server on this machine: success, every kind of failure, and nothing half-written afterwards."""

import gzip
import hashlib
import http.server
import os
import socket
import threading

import numpy as np
import pytest

from minigen.data import DownloadError, download, mnist, places, sources
from minigen.data.download import fetch

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PACKED = gzip.compress(CONTENT, mtime=0)


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


TEST_SET = dict(zip(sources.FILES["test"], (idx(np.full((5, 28, 28), 9, np.uint8)), idx(np.arange(5, dtype=np.uint8)))))


class Mirror(http.server.BaseHTTPRequestHandler):
    """The first part of the path says how the mirror behaves."""

    def do_GET(self):
        kind, name = self.path.strip("/").split("/")
        body = {
            "good": PACKED,
            "otherwise-packed": gzip.compress(CONTENT, 1, mtime=123),
            "not-packed": CONTENT,
            "wrong": gzip.compress(CONTENT[:-1] + b"?"),
            "damaged": PACKED[:-12] + b"\0" * 12,
            "page": b"<html>please log in</html>",
            "set": gzip.compress(TEST_SET.get(name.removesuffix(".gz"), b"")),
        }.get(kind, PACKED)
        if kind == "gone":
            self.send_error(404)
            return
        self.send_response(200)
        if kind != "cut-unannounced":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if kind.startswith("cut") else body)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def closed_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, but nobody listens
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"


@pytest.mark.parametrize("kind", ["good", "otherwise-packed", "not-packed"])
def test_success(kind, server, tmp_path, capsys):
    path = fetch("file.gz", SHA256, [f"{server}/{kind}/"], tmp_path / "new" / "folder")
    content = path.read_bytes()
    assert (content if kind == "not-packed" else gzip.decompress(content)) == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["file.gz"]
    assert f"downloading {server}/{kind}/file.gz" in capsys.readouterr().err


FAILURES = {
    "wrong": "wrong content",
    "damaged": "damaged",
    "page": "wrong content",
    "gone": "404",
    "cut": "IncompleteRead",
    "cut-unannounced": "cut off",
}


@pytest.mark.parametrize("kind", FAILURES)
def test_failure_leaves_nothing_and_offers_ways_out(kind, server, tmp_path):
    with pytest.raises(DownloadError, match=FAILURES[kind]) as caught:
        fetch("file.gz", SHA256, [f"{server}/{kind}"], tmp_path / "folder")
    for words in (f"{server}/{kind}/file.gz", "MINIGEN_DATA", "mirrors=", "full=False"):
        assert words in str(caught.value)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("kind", FAILURES)
def test_the_next_mirror_takes_over(kind, server, closed_port, tmp_path):
    path = fetch("file.gz", SHA256, [closed_port, f"{server}/{kind}", f"{server}/good"], tmp_path)
    assert path.read_bytes() == PACKED
    assert list(tmp_path.iterdir()) == [path]


def test_no_network_lists_every_mirror(closed_port, tmp_path):
    mirrors = [f"{closed_port}/a", f"{closed_port}/b"]
    with pytest.raises(DownloadError) as caught:
        fetch("file.gz", SHA256, mirrors, tmp_path)
    assert all(f"{mirror}/file.gz" in str(caught.value) for mirror in mirrors)


def test_no_mirror(tmp_path):
    with pytest.raises(DownloadError, match="no mirror was given"):
        fetch("file.gz", SHA256, [], tmp_path)


def test_a_failed_write_keeps_the_old_file_and_leaves_no_other(server, tmp_path, monkeypatch):
    (tmp_path / "file.gz").write_bytes(b"old")

    def full_disk(*args):
        raise OSError("no space left")

    monkeypatch.setattr(download.os, "replace", full_disk)
    with pytest.raises(OSError, match="no space left"):
        fetch("file.gz", SHA256, [f"{server}/good"], tmp_path)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("file.gz", b"old")]


@pytest.fixture
def _small_test_set(monkeypatch):
    for name, content in TEST_SET.items():
        monkeypatch.setitem(sources.SHA256["mnist"], name, hashlib.sha256(content).hexdigest())


@pytest.mark.usefixtures("_small_test_set")
@pytest.mark.parametrize("to_root", [True, False])
def test_mnist_downloads_what_is_missing_once(to_root, server, closed_port, tmp_path):
    root = tmp_path if to_root else None
    images = mnist("test", download=True, root=root, mirrors=[f"{server}/set"])
    folder = (tmp_path if to_root else places.cache_folder()) / "mnist"
    assert sorted(os.listdir(folder)) == sorted(f"{name}.gz" for name in sources.FILES["test"])
    assert images.labels.tolist() == [0, 1, 2, 3, 4]
    again = mnist("test", download=True, root=root, mirrors=[closed_port])  # found: the mirror is not asked
    assert (again.images == images.images).all()
    assert len(mnist("test", root=root)) == 5


def test_a_download_that_fails_is_an_error_not_the_embedded_set(closed_port):
    with pytest.raises(DownloadError):
        mnist(download=True, mirrors=[closed_port])


def test_without_download_no_mirror_is_asked(monkeypatch):
    def asked(url):
        raise AssertionError(f"{url} was asked for")

    monkeypatch.setattr(download, "get", asked)
    assert len(mnist()) == 10_000
    assert len(mnist(full=False, download=True)) == 10_000
