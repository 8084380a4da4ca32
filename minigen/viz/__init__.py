"""Pictures: each function takes arrays and returns a Figure; ``save`` writes it. The only folder that imports matplotlib."""

from minigen.viz.games import curve_panels, discriminator_panels, orbits
from minigen.viz.glow import multiscale_tree, paths, squeeze_diagram
from minigen.viz.images import canvas, image_grid, image_rows, image_strip
from minigen.viz.latent import latent_grid, latent_scatter, panel
from minigen.viz.mass import density_chain, mass_map
from minigen.viz.matrices import matrices
from minigen.viz.picture import Picture, save
from minigen.viz.planes import density_maps, scattered
from minigen.viz.plots import curves, density_contours, histogram
from minigen.viz.teaching import descents, labelled_contours, power_law, stacked_bars, two_steps
from minigen.viz.windows import arithmetic, conv_arithmetic, conv_gallery

__all__ = [
    "Picture", "arithmetic", "canvas", "conv_arithmetic", "conv_gallery", "curve_panels", "curves", "density_chain",
    "density_contours", "density_maps", "descents", "discriminator_panels", "histogram", "image_grid", "image_rows", "image_strip",
    "labelled_contours", "latent_grid", "latent_scatter", "mass_map", "matrices", "multiscale_tree", "orbits", "panel", "paths",
    "power_law", "save", "scattered", "squeeze_diagram", "stacked_bars", "two_steps",
]  # fmt: skip
