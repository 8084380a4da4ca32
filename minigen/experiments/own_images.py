"""What the image experiments share: the images of ``--data``, the size of an image in a run's configuration, means on held-out images."""

from pathlib import Path

import numpy as np

from minigen import data, random
from minigen.autograd import no_grad
from minigen.data.places import find
from minigen.data.sources import FILES
from minigen.device import to_numpy

EVERY = 100  # steps between two looks at the held-out images


def load_images(path, default):
    """The Images of ``path``, or ``default()`` if it is None.

    ``path``: an .npz file (``images``, perhaps ``labels``), a folder with MNIST's or Fashion-MNIST's training files (IDX, plain or .gz,
    there or in mnist/), or a folder of PNG, PGM and PPM images.
    """
    if path is None:
        return default()
    path = Path(path)
    if path.is_dir():
        files = find(FILES["train"], [path, path / "mnist"])
        return data.Images(*map(data.read_idx, files), path.name, f"full: {files[0].parent}") if files else data.from_folder(path)
    with np.load(path, allow_pickle=False) as archive:
        names = archive.files
    return data.from_npz(path, labels="labels" if "labels" in names else None)


def remember_shape(run, images):
    """Write the (height, width) of the images into the run's configuration: ``load`` and ``sample`` need it, the data may be gone then."""
    if run.folder is not None and "image_shape" not in run.config.get("options", {}):
        run.set_options(image_shape=list(images.images.shape[1:]))


def held_out(model, x, n_samples=1):
    """{"elbo", "reconstruction", "kl"}: means over the rows of ``x`` in nats, always with the same noise: curves of it are smooth."""
    with no_grad(), random.fork(0):
        reconstruction, kl = (term.mean().item() for term in model.terms(x, n_samples))
    return {"elbo": reconstruction - kl, "reconstruction": reconstruction, "kl": kl}


def as_images(x, shape):
    """Rows of pixels, the means of a decoder, as images: (n, H·W) tensor -> (n, H, W) NumPy array in [0, 1]"""
    return np.clip(to_numpy(x.detach().data), 0, 1).reshape(-1, *shape)


def averaged(steps, losses):
    """The ELBO on the mini-batches as a curve: (places, means) over stretches of EVERY steps, without a last one that is cut off."""
    n = len(losses) // EVERY
    means = -np.reshape(losses[: n * EVERY], (n, EVERY)).mean(axis=1) if n else np.empty(0)
    return np.asarray(steps[: n * EVERY : EVERY]) + EVERY / 2, means


def late_limits(curves):
    """Limits (low, high) of y that leave out the first plunge, for curves {name: (x, y)}; None if they are too short for that."""
    late = np.concatenate([np.asarray(y, float)[len(y) // 10 + 1 :] for _, y in curves.values()])
    if len(late) < 5:
        return None
    return np.nanmin(late) - 2, np.nanmax(late) + 2
