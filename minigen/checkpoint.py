"""Checkpoints: nested dictionaries of arrays, numbers and text in one .npz file, without pickle, written whole or not at all.

The file is an ordinary .npz (``numpy.load`` opens it): one entry an array, and ``manifest.json``, which holds the nesting, the
numbers, the text, and the SHA-256 of every array. Entries are stored uncompressed and dated 1980, so that equal parts give equal
bytes, and so that no entry can be larger than the file: a zip bomb is refused by its header.
"""

import hashlib
import io
import json
import math
import os
import time
import zipfile
from pathlib import Path

import numpy as np

from minigen import device

FORMAT, VERSION, MANIFEST = "minigen checkpoint", 1, "manifest.json"
PLAIN = (type(None), bool, int, float, str)
MARKS = {"$array", "$scalar", "$tuple", "$items"}  # how the manifest writes what JSON has no word for
DATE = (1980, 1, 1, 0, 0, 0)


class CheckpointError(Exception):
    """A file that cannot be used as a checkpoint, or not for this model; the message says why."""


# --- writing ------------------------------------------------------------------------------------------------------------------


def save(path, **parts):
    """Write ``parts`` to ``path``: nested dicts, lists and tuples of arrays, numbers, text and None.

    ``save("a.npz", model=model.state_dict(), optimizer=optimizer.state_dict(), step=100)``. A process killed at any moment leaves
    the old file or the new one, never half of one. TypeError for what can only be pickled.
    """
    arrays = {}
    tree = {name: _pack(part, name, arrays) for name, part in parts.items()}
    digests = {name: _digest(array) for name, array in arrays.items()}
    manifest = {"format": FORMAT, "version": VERSION, "numpy": np.__version__, "parts": tree, "sha256": digests}
    text = json.dumps(manifest, indent=1).encode()

    def write(file):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(zipfile.ZipInfo(MANIFEST, DATE), text)
            for name, array in arrays.items():
                with archive.open(zipfile.ZipInfo(f"{name}.npy", DATE), "w", force_zip64=array.nbytes > 1 << 30) as entry:
                    np.lib.format.write_array(entry, array, allow_pickle=False)

    write_file(path, write)


def write_file(path, write):
    """Let ``write(file)`` fill a temporary file beside ``path``, then put it in the place of ``path`` in one step."""
    path = Path(path)
    temporary = path.with_name(path.name + ".tmp")
    with open(temporary, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    for wait in (0.05, 0.2, 1.0, None):
        try:
            os.replace(temporary, path)
            break
        except PermissionError:  # on Windows: while an editor or a virus scanner holds the old file
            if wait is None:
                raise
            time.sleep(wait)
    if os.name == "posix":  # the new name reaches the disk, too
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _pack(value, name, arrays):
    """What stands for ``value`` in the manifest; its arrays go into ``arrays`` under names that begin with ``name``."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, dict):
        if all(type(key) is str for key in value) and not MARKS & value.keys():
            return {key: _pack(v, f"{name}/{key}", arrays) for key, v in value.items()}
        return {"$items": [[_pack(key, name, arrays), _pack(v, f"{name}/{key}", arrays)] for key, v in value.items()]}
    if isinstance(value, (list, tuple)):
        packed = [_pack(v, f"{name}/{i}", arrays) for i, v in enumerate(value)]
        return {"$tuple": packed} if isinstance(value, tuple) else packed
    if hasattr(value, "__cuda_array_interface__"):
        value = device.to_numpy(value)
    if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind not in "biufc":
        what = f"an array of dtype {value.dtype}" if isinstance(value, (np.ndarray, np.generic)) else type(value).__name__
        raise TypeError(f"checkpoint: {name} is {what}; expected dicts, lists, numeric arrays, numbers, text, as in state_dict()")
    unique, n = name, 1
    while unique in arrays:  # {"a/b": x} beside {"a": {"b": y}}
        unique, n = f"{name}~{n}", n + 1
    arrays[unique] = np.asarray(value, order="C")
    return {"$array" if isinstance(value, np.ndarray) else "$scalar": unique}


def _digest(array):
    data = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    data.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return data.hexdigest()


# --- reading ------------------------------------------------------------------------------------------------------------------


def load(path):
    """The parts that ``save`` wrote, as a dictionary.

    Nothing in the file is executed, and no more memory is taken than the file is long. FileNotFoundError if there is none;
    CheckpointError if it is no checkpoint, of another format version, truncated, damaged, or made to do harm.
    """
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: no such file; a training run writes checkpoint.npz into its folder")
    with open(path, "rb") as file:
        try:
            return _read(file)
        except CheckpointError as error:
            raise CheckpointError(f"{path}: {error}") from None
        except Exception as error:  # zipfile and json meet damage with a dozen exceptions
            why = f"{type(error).__name__}: {error}"
            raise CheckpointError(f"{path}: truncated or damaged ({why}); use an older copy or train again") from error


def _read(file):
    size = os.fstat(file.fileno()).st_size
    if file.read(4) != b"PK\x03\x04":
        raise CheckpointError(f"not a checkpoint: {'expected an .npz file that minigen wrote' if size else 'the file is empty'}")
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if MANIFEST not in names:
            raise CheckpointError(f"not a checkpoint: a zip file without {MANIFEST}, so minigen did not write it")
        if len(set(names)) < len(names):
            raise CheckpointError("refused: two entries have one name")
        if any(e.compress_type != zipfile.ZIP_STORED or e.file_size != e.compress_size for e in entries):
            raise CheckpointError("refused: compressed entries, which could unpack to terabytes; minigen stores them plainly")
        if sum(entry.file_size for entry in entries) > size:
            raise CheckpointError("refused: its entries claim more bytes than the file has")
        manifest = json.loads(archive.read(MANIFEST))
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise CheckpointError(f"not a checkpoint: its {MANIFEST} does not say {FORMAT!r}")
        if manifest["version"] != VERSION:
            raise CheckpointError(
                f"its format version is {manifest['version']}, but this minigen reads {VERSION}: use the one that wrote it"
            )
        arrays = {name[:-4]: _array(name, archive.read(name)) for name in names if name != MANIFEST}
    digests = manifest["sha256"]
    if arrays.keys() != digests.keys():
        raise CheckpointError(f"damaged: entries and manifest differ in {', '.join(sorted(arrays.keys() ^ digests.keys()))}")
    for name, array in arrays.items():
        if _digest(array) != digests[name]:
            raise CheckpointError(f"damaged: the SHA-256 of {name} does not match")
    return {name: _unpack(part, arrays) for name, part in manifest["parts"].items()}


def _array(name, data):
    """The array in the .npy entry ``data``; its header is believed only if the bytes behind it are as many as it says."""
    stream = io.BytesIO(data)
    if not name.endswith(".npy") or np.lib.format.read_magic(stream) != (1, 0):
        raise CheckpointError(f"refused: {name} is no array that minigen wrote")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.kind not in "biufc":
        raise CheckpointError(f"refused: {name} has dtype {dtype}, which could run code when read; minigen stores numbers only")
    if fortran or math.prod(shape) * dtype.itemsize != len(data) - stream.tell():
        raise CheckpointError(f"refused: {name} claims shape {shape} of {dtype}, but has {len(data) - stream.tell()} bytes")
    return np.frombuffer(data, dtype, offset=stream.tell()).reshape(shape)  # read-only; _unpack copies


def _unpack(value, arrays):
    if isinstance(value, list):
        return [_unpack(v, arrays) for v in value]
    if not isinstance(value, dict):
        return value
    mark = next(iter(value)) if len(value) == 1 else None
    if mark == "$array":
        return arrays[value[mark]].copy()
    if mark == "$scalar":
        return arrays[value[mark]][()]
    if mark == "$tuple":
        return tuple(_unpack(value[mark], arrays))
    if mark == "$items":
        return {_unpack(key, arrays): _unpack(v, arrays) for key, v in value[mark]}
    return {key: _unpack(v, arrays) for key, v in value.items()}


# --- into objects -------------------------------------------------------------------------------------------------------------


def state_of(thing):
    """``thing.state_dict()`` (models, optimizers) or ``thing.state()`` (batches). TypeError if it has neither."""
    for name in ("state_dict", "state"):
        if hasattr(thing, name):
            return getattr(thing, name)()
    raise TypeError(f"expected an object with state_dict() or state(), so that it can be saved; got {type(thing).__name__}")


def put_back(states, things):
    """Give each of ``things`` (name -> object) its state among ``states`` (name -> what ``state_of`` returned).

    CheckpointError that lists what is missing, extra or misshapen; models are compared before anything is changed.
    """
    missing = [name for name in things if name not in states]
    if missing:
        raise CheckpointError(f"the checkpoint has no {', '.join(missing)}; it holds {', '.join(states)}")
    for name, thing in things.items():
        _compare(name, state_of(thing), states[name])
    for name, thing in things.items():
        try:
            (thing.load_state_dict if hasattr(thing, "load_state_dict") else thing.load_state)(states[name])
        except (KeyError, ValueError, TypeError) as error:
            raise CheckpointError(f"the checkpoint's {name} does not fit this {type(thing).__name__}: {error}") from error


def _compare(name, expected, found):
    """Hold two flat dictionaries of arrays (a model's weights) against each other, by names and shapes."""
    if not expected or not all(isinstance(v, np.ndarray) for v in expected.values()):
        return  # an optimizer or batches: they judge for themselves
    found = found if isinstance(found, dict) else {}
    lines = {
        "missing": [f"{k} {v.shape}" for k, v in expected.items() if k not in found],
        "extra": [f"{k} {np.shape(v)}" for k, v in found.items() if k not in expected],
        "misshapen": [
            f"{k} {np.shape(found[k])} for {v.shape}" for k, v in expected.items() if k in found and np.shape(found[k]) != v.shape
        ],
    }
    if any(lines.values()):
        said = "; ".join(f"{what}: {', '.join(names[:6])}{' …' * (len(names) > 6)}" for what, names in lines.items() if names)
        raise CheckpointError(f"a checkpoint of another model: {name} does not fit. {said}")
