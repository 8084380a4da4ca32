"""Pictures made of images: a grid, named rows, a strip with captions, the canvas of a latent plane.

Images are (n, H, W) in [0, 1], 1 is white; a grid and rows take colours too, (n, H, W, 3).
"""

import math

import numpy as np

from minigen.viz.picture import Picture, numbers, styled


def tiled(images, columns, gap=1, between=0.5):
    """n images row by row as one: (n, H, W) -> (rows·(H + gap) − gap, columns·(W + gap) − gap); ``between``: the grey of the gaps.

    Colours stay the last axis: (n, H, W, 3) -> (…, …, 3).
    """
    images = pictures("images", images)
    n, height, width, *colours = images.shape
    if not n or columns < 1:
        raise ValueError(f"expected at least one image and one column, got {n} and {columns}")
    rows = math.ceil(n / columns)
    full = np.full((rows * columns, height + gap, width + gap, *colours), between, np.float32)
    full[:n, :height, :width], full[n:] = images, 1  # nothing is white, as paper
    whole = full.reshape(rows, columns, height + gap, width + gap, *colours).swapaxes(1, 2)
    whole = whole.reshape(rows * (height + gap), columns * (width + gap), *colours)
    return whole[: whole.shape[0] - gap, : whole.shape[1] - gap]


def pictures(name, images):
    """``images`` as an array (n, H, W) or (n, H, W, 3). ValueError for another shape."""
    images = np.asarray(images)
    if images.ndim != 3 and not (images.ndim == 4 and images.shape[3] == 3):
        raise ValueError(f"{name}: expected images (n, H, W) or (n, H, W, 3), got shape {images.shape}")
    return images


@styled
def image_grid(images, columns=None, title=None, inches=0.5):
    """n images, row by row, as square as can be unless ``columns`` says otherwise; each ``inches`` wide."""
    images = pictures("images", images)
    columns = columns or math.ceil(math.sqrt(len(images)))
    whole = tiled(images, columns)
    width = max(2.0, columns * inches)
    figure = Picture(width, width * whole.shape[0] / whole.shape[1] + (0.35 if title else 0.05))
    axes = figure.add_subplot()
    show(axes, whole)
    if title:
        axes.set_title(title)
    return figure


@styled
def image_rows(rows, title=None, inches=0.6):
    """Rows of images under each other, {name: images}, all equally many: originals and what became of them. Each ``inches`` wide.

    Grey and coloured rows may be mixed.
    """
    rows = {name: pictures(name, images) for name, images in rows.items()}
    sizes = {images.shape[:3] for images in rows.values()}
    if len(sizes) != 1:
        raise ValueError(f"image_rows: expected rows of equally many images of one size, got {[i.shape[:3] for i in rows.values()]}")
    ((n, height, width),) = sizes
    figure = Picture(n * inches + 1.4, len(rows) * inches * height / width + (0.35 if title else 0.05))
    for axes, (name, images) in zip(figure.subplots(len(rows), 1, squeeze=False)[:, 0], rows.items()):
        show(axes, tiled(images, n, between=1.0))
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


@styled
def image_strip(images, captions=None, title=None, inches=0.9):
    """Images (n, H, W) in one row, with a caption under each: a path through latent space, an attribute that grows."""
    images = numbers("images", images, 3)
    if captions is not None and len(captions) != len(images):
        raise ValueError(f"image_strip: {len(images)} images need as many captions, got {len(captions)}")
    n, height, width = images.shape
    figure = Picture(n * inches, inches * height / width + 0.3 * (captions is not None) + 0.35 * (title is not None))
    for i, (axes, image) in enumerate(zip(figure.subplots(1, n, squeeze=False)[0], images)):
        show(axes, image)
        if captions is not None:
            axes.set_xlabel(str(captions[i]), fontsize=9)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


@styled
def canvas(images, limit=3.0, title=None, labels=("$z_1$", "$z_2$"), inches=7.0):
    """What the decoder makes of the points of ``latent_grid(n, limit)``: n² images (n², H, W) without gaps, on axes of z.

    The first image belongs to z = (−limit, limit), top left. ``limit=None``: the points are quantiles, and the axes bear no numbers.
    """
    images = numbers("images", images, 3)
    n, height, width = math.isqrt(len(images)), *images.shape[1:]
    if n * n != len(images) or not n:
        raise ValueError(f"canvas: expected n² images, as latent_grid(n) has points, got {len(images)}")
    figure = Picture(inches, inches * height / width + 0.3)
    axes = figure.add_subplot()
    if limit is None:
        show(axes, tiled(images, n, gap=0))
    else:
        edge = limit * n / max(1, n - 1)  # half a cell beyond the outermost points
        show(axes, tiled(images, n, gap=0), extent=(-edge, edge, -edge, edge), aspect=height / width)
        ticks = np.linspace(-limit, limit, 7 if float(limit).is_integer() and limit % 3 == 0 else 5)
        axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
        axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    if title:
        axes.set_title(title)
    return figure


def show(axes, image, **keywords):
    """Draw an image, pixels as they are, without ticks."""
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest", **keywords)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
