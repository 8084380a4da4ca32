"""The named data sets: MNIST, Fashion-MNIST, faces, Old Faithful. What is not on this machine comes from the embedded subset."""

import numpy as np

from minigen.data.download import fetch
from minigen.data.idx import read_idx
from minigen.data.images import Images
from minigen.data.places import EMBEDDED, cache_folder, find, say, search_folders

FILES = {  # split -> images, labels
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
SHA256 = {  # of the unpacked files
    "mnist": {
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
}
MIRRORS = {
    "mnist": ("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist"),
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",  # serves no https; the SHA-256 vouches for the content
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    ),
}
CLASSES = {
    "mnist": tuple("0123456789"),
    "fashion-mnist": ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
}
SUBSETS = {
    "mnist": ("mnist_10k.npz", "embedded: first 10,000 training images"),
    "fashion-mnist": ("fashion_5k.npz", "embedded: first 5,000 training images"),
}


def mnist(split="train", *, full=None, download=False, root=None, mirrors=None):
    """MNIST, handwritten digits 28×28: 60,000 training and 10,000 test images (split "train", "test").

    ``full=None`` takes the whole split where it is on this machine and else the embedded first 10,000 training images, and says
    so; ``True`` insists on the whole split; ``False`` on the embedded subset. The four IDX files, plain or .gz, are looked for in
    ``mnist/`` under ``root``, or else under $MINIGEN_DATA and the user's cache. ``download=True`` fetches what is missing (into
    ``root`` or the cache), from ``mirrors`` (base URLs) if given. Returns Images. FileNotFoundError if the split is not
    there, DownloadError if no mirror has it. Source: Y. LeCun, C. Cortes, C. Burges, http://yann.lecun.com/exdb/mnist
    """
    return _idx_set("mnist", "MNIST", split, full, download, root, mirrors)


def fashion_mnist(split="train", *, full=None, download=False, root=None, mirrors=None):
    """Fashion-MNIST, clothes 28×28: 60,000 training and 10,000 test images.

    All as for ``mnist``, from the folder ``fashion-mnist/``; the first 5,000 training images are embedded.
    Source: H. Xiao, K. Rasul, R. Vollgraf, 2017. https://arxiv.org/abs/1708.07747
    """
    return _idx_set("fashion-mnist", "Fashion-MNIST", split, full, download, root, mirrors)


def frey_faces(path=None):
    """Frey faces, 1,965 images 28×20 of one man, from ``path`` or freyfaces.npz under $MINIGEN_DATA or the cache.

    Where that file is not found, the 100 faces that come with minigen (25×25) stand in, and a line says so. Returns Images
    without labels. FileNotFoundError if ``path`` is given and missing. Source: B. Frey, https://cs.nyu.edu/~roweis/data.html
    """
    found = [path] if path else find(["freyfaces.npz"], search_folders())
    if found is None:
        say("Frey faces: not found, 100 embedded faces stand in (set MINIGEN_DATA to a folder with freyfaces.npz)")
        return faces()
    with np.load(found[0], allow_pickle=False) as archive:
        return Images(archive["images"], None, "Frey faces", f"full: {found[0]}")


def faces():
    """100 faces 25×25, no labels. Source: scikit-image's lfw_subset, from Labeled Faces in the Wild, http://vis-www.cs.umass.edu/lfw"""
    with np.load(EMBEDDED / "faces_lfw100.npz", allow_pickle=False) as archive:
        return Images(archive["images"], None, "LFW faces", "embedded: 100 faces of scikit-image's lfw_subset")


def old_faithful():
    """272 eruptions of the geyser Old Faithful: (272, 2) float64, columns duration and waiting time, both in minutes.

    Source: A. Azzalini, A. Bowman, Applied Statistics 39, 1990; R's data set ``faithful``.
    """
    return np.loadtxt(EMBEDDED / "old_faithful.csv", delimiter=",", skiprows=1)


def _idx_set(key, name, split, full, download, root, mirrors):
    if split not in FILES:
        raise ValueError(f'{name}: expected split "train" or "test", got {split!r}')
    folders = [] if full is False else [folder / key for folder in search_folders(root)]
    paths = find(FILES[split], folders)
    if paths is None and folders and download:
        target = folders[0] if root else cache_folder() / key
        mirrors = MIRRORS[key] if mirrors is None else mirrors
        paths = [fetch(f"{file}.gz", SHA256[key][file], mirrors, target) for file in FILES[split]]
    if paths:
        return Images(*map(read_idx, paths), name, f"full: {paths[0].parent}, {split}", CLASSES[key])
    if split == "test" or full:
        looked = " or ".join(map(str, folders)) or "the embedded subset"
        raise FileNotFoundError(
            f"{name}: the whole {split} set is not in {looked}, and no test image is embedded. Ways out: "
            f"(1) set MINIGEN_DATA to a folder that holds {key}/ with the IDX files {' and '.join(FILES[split])}, plain or .gz; "
            "(2) download=True; (3) the embedded training images: split='train', full=False, and .split(n)."
        )
    file, source = SUBSETS[key]
    if full is None:
        say(f"{name}: {source} (the whole set: download=True, or set MINIGEN_DATA)")
    with np.load(EMBEDDED / file, allow_pickle=False) as archive:
        return Images(archive["images"], archive["labels"], name, source, CLASSES[key])
