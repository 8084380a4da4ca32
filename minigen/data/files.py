"""Your own images: from an .npz file, or from a folder of PNG, PGM and PPM files whose sub-folders are the labels."""

from pathlib import Path

import numpy as np

from minigen.data.images import Images
from minigen.data.netpbm import read_pnm
from minigen.data.png import read_png

READERS = {".png": read_png, ".pgm": read_pnm, ".ppm": read_pnm, ".pnm": read_pnm}
FOREIGN = {".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}  # images that would be missed if they were passed over


def from_npz(path, images="images", labels="labels"):
    """Images from the arrays ``images`` (N, H, W) uint8 and ``labels`` (N,) of an .npz file; ``labels=None`` if it has none.

    Pickles are never opened. KeyError for a missing array, ValueError for arrays of Python objects or of the wrong shape.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file; expected an .npz with the arrays {images!r} and {labels!r}")
    with np.load(path, allow_pickle=False) as archive:
        arrays = [_member(archive, key, path) if key is not None else None for key in (images, labels)]
    try:
        return Images(*arrays, name=Path(path).stem, source=f"file: {path}")
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _member(archive, key, path):
    if key not in archive.files:
        raise KeyError(
            f"{path}: no array {key!r}, it has {', '.join(archive.files) or 'none'}; "
            "say which: from_npz(path, images=…, labels=…), labels=None if there are none"
        )
    try:
        return archive[key]
    except ValueError:
        raise ValueError(
            f"{path}: {key!r} holds Python objects, which could run code when opened, and is not read; "
            "save plain numbers: np.savez(path, images=np.stack(images).astype('uint8'), labels=np.array(labels))"
        ) from None


def from_folder(path):
    """Images from the PNG, PGM and PPM files in a folder, in the order of their names, colours turned to grey.

    If the images lie in sub-folders, these in sorted order are labels 0, 1, …, and their names the classes. Hidden files and
    files that are no images are passed over. FileNotFoundError if there is no image; ValueError if an image is damaged, of a
    format that is not read, or not of the size of the rest, or if images lie both in the folder and in sub-folders.
    """
    path = Path(path)
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no such folder")
    found = {folder: _image_files(folder) for folder in [path, *sorted(p for p in path.iterdir() if _visible_folder(p))]}
    found = {folder: files for folder, files in found.items() if files}
    if not found:
        raise FileNotFoundError(f"{path}: no PNG, PGM or PPM file, neither here nor in its sub-folders")
    if path in found and len(found) > 1:
        first = found[path][0].name
        raise ValueError(f"{path}: images lie in the folder itself ({first}, …) and in sub-folders; move them into sub-folders")
    files = [(file, label) for label, folder in enumerate(found) for file in found[folder]]
    images = [to_grey(READERS[file.suffix.lower()](file)) for file, _ in files]
    _check_sizes([file for file, _ in files], [image.shape for image in images])
    labelled = path not in found
    labels = np.array([label for _, label in files]) if labelled else None
    classes = tuple(folder.name for folder in found) if labelled else ()
    return Images(np.stack(images), labels, path.resolve().name, f"folder: {path}", classes)


def to_grey(pixels):
    """Luma Y = 0.299 R + 0.587 G + 0.114 B, rounded: (H, W), (H, W, 2), (H, W, 3) or (H, W, 4) -> (H, W) uint8. Alpha is ignored.

    Source: ITU-R BT.601.
    """
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] == 2:
        return pixels[..., 0]
    weighted = pixels[..., :3] @ np.array([299, 587, 114])  # whole numbers: 255, 255, 255 stays 255
    return ((weighted + 500) // 1000).astype(np.uint8)


def _visible_folder(path):
    return path.is_dir() and not path.name.startswith(".")


def _image_files(folder):
    files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    foreign = [p for p in files if p.suffix.lower() in FOREIGN]
    if foreign:
        raise ValueError(f"{foreign[0]}: minigen reads PNG, PGM and PPM; convert this one and {len(foreign) - 1} more to PNG")
    return [p for p in files if p.suffix.lower() in READERS]


def _check_sizes(files, shapes):
    usual = max(shapes, key=shapes.count)
    odd = [f"{file} is {shape[0]}×{shape[1]}" for file, shape in zip(files, shapes) if shape != usual]
    if odd:
        more = f" and {len(odd) - 5} more" if len(odd) > 5 else ""
        listed = ", ".join(odd[:5]) + more
        raise ValueError(f"all images must be of one size; most are {usual[0]}×{usual[1]}, but {listed}; resize them first")
