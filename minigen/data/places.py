"""Where data lie: the folder the user names, $MINIGEN_DATA, the user's cache, and the subsets that come with minigen."""

import os
import sys
from pathlib import Path

EMBEDDED = Path(__file__).parent / "embedded"

_said = set()  # the lines already printed in this process


def cache_folder():
    """The folder for downloads: %LOCALAPPDATA%, ~/Library/Caches, or $XDG_CACHE_HOME (~/.cache), each with /minigen."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "minigen"


def search_folders(root=None):
    """The folders to look in, in order: ``root`` alone if given, else $MINIGEN_DATA and the cache.

    FileNotFoundError if a folder that the user named is not there: a typing error should not look like missing data.
    """
    named = root or os.environ.get("MINIGEN_DATA")
    if named and not Path(named).is_dir():
        what = "root=" if root else "MINIGEN_DATA="
        raise FileNotFoundError(f"{what}{named}: no such folder; name the one that holds mnist/, fashion-mnist/ or freyfaces.npz")
    if root:
        return [Path(root)]
    return [Path(named), cache_folder()] if named else [cache_folder()]


def find(names, folders):
    """The paths of all ``names`` in the first of ``folders`` that has every one of them, plain or .gz; None if none has."""
    for folder in folders:
        found = [next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None) for name in names]
        if all(found):
            return found
    return None


def say(line):
    """Print ``line`` on standard error, once in a process: the user learns what data these are, and is not told again."""
    if line not in _said:
        _said.add(line)
        print(f"minigen: {line}", file=sys.stderr)
