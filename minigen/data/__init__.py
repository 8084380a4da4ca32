"""Data: named sets with an embedded subset, your own files, mini-batches that resume exactly, toy densities of known entropy."""

from minigen.data.batches import Batches, batches
from minigen.data.download import DownloadError
from minigen.data.drawn_faces import DrawnFaces, drawn_faces, measured_smile
from minigen.data.files import from_folder, from_npz
from minigen.data.gif import write_gif
from minigen.data.idx import read_idx, write_idx
from minigen.data.images import Images, binarize
from minigen.data.pairs import edges, planes, tinted, tints, unzebra, zebra
from minigen.data.png import read_png, write_png
from minigen.data.sources import faces, fashion_mnist, frey_faces, mnist, old_faithful
from minigen.data.toy import Toy, checkerboard, eight_gaussians, gaussians, parabola, twenty_five_gaussians, uniform_squared
from minigen.data.toy_curves import moons, pinwheel, rings, spirals

__all__ = ["DownloadError", "Images", "faces", "fashion_mnist", "frey_faces", "mnist", "old_faithful"]  # named sets
__all__ += ["DrawnFaces", "drawn_faces", "measured_smile"]  # faces with a known smile and pose
__all__ += ["Batches", "batches", "binarize"]  # for training
__all__ += ["from_folder", "from_npz", "read_idx", "read_png", "write_gif", "write_idx", "write_png"]  # files
__all__ += ["edges", "planes", "tinted", "tints", "unzebra", "zebra"]  # pairs of images with a known rule
__all__ += ["Toy", "eight_gaussians", "gaussians", "parabola", "twenty_five_gaussians"]  # toy densities from Gaussians
__all__ += ["checkerboard", "moons", "pinwheel", "rings", "spirals", "uniform_squared"]  # toy densities of other shapes
