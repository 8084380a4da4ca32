"""Download a file from the first mirror that has it whole: checked against its SHA-256, and never left half-written."""

import hashlib
import http.client
import os
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from minigen.data.idx import unpack
from minigen.data.places import say

TIMEOUT = 30  # seconds without a byte


class DownloadError(OSError):
    """No mirror gave the file; the message has one line a mirror and the ways out."""


def fetch(name, sha256, mirrors, folder):
    """Download ``name`` from one of ``mirrors`` (base URLs, tried in order) into ``folder`` and return its path.

    ``sha256`` is of the unpacked content, because mirrors compress differently. DownloadError if no mirror has it.
    """
    failures = []
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{name}"
        say(f"downloading {url}")
        try:
            content = get(url)
            found = hashlib.sha256(unpack(content, url)).hexdigest()
            if found != sha256:
                raise ValueError(f"wrong content: SHA-256 {found[:12]}…, expected {sha256[:12]}…")
        except (OSError, http.client.HTTPException, ValueError) as error:
            failures.append(f"  {url}: {error or type(error).__name__}")
            continue
        return write_atomically(Path(folder) / name, content)
    raise DownloadError(
        f"{name} could not be downloaded:\n" + "\n".join(failures or ["  (no mirror was given)"]) + "\nWays out: "
        "(1) get the file elsewhere, and set MINIGEN_DATA to the folder that holds mnist/ and fashion-mnist/; "
        "(2) name another mirror: mirrors=['https://…']; (3) use the embedded training images: full=False."
    )


def get(url):
    """The bytes at ``url``. OSError or HTTPException if it cannot be reached, refuses, or breaks off."""
    request = urllib.request.Request(url, headers={"User-Agent": "minigen"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
        return response.read()  # IncompleteRead if fewer bytes come than the server announced


def write_atomically(path, content):
    """Write ``content`` beside ``path`` and rename: whoever looks sees the old file, or the whole new one, or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:  # a full disk, or Ctrl-C
        os.unlink(temporary)
        raise
    return path
