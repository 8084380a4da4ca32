"""Neural Spline Flows, coupling transform. C. Durkan et al., 2019. https://arxiv.org/abs/1906.04032: SplineCoupling."""

from minigen.bijections.coupling import Coupling
from minigen.bijections.spline import rational_quadratic_spline
from minigen.ops import movedim


class SplineCoupling(Coupling):
    """yᵢ = fᵢ(xᵢ) for the elements that move, fᵢ a monotone rational-quadratic spline whose knots are net(what passes).

        log|det ∂y/∂x| = Σ log fᵢ′(xᵢ)                                                                             [sec. 3.1–3.2]

    A spline bends where an affine coupling only stretches: two of them can cut one hump into several. ``bins`` K pieces fill [−``bound``,
    ``bound``]; outside y = x. ``net`` gives 3K − 1 numbers for each element that moves: all first widths, …, all last slopes, see
    ``rational_quadratic_spline``; ``mask``, ``conditional``: see ``Coupling``.
    """

    def __init__(self, mask, net, conditional=False, bins=8, bound=3.0):
        super().__init__(mask, net, conditional)
        self.bins, self.bound, self.per_element = bins, float(bound), 3 * bins - 1

    def transform(self, x, theta):
        return rational_quadratic_spline(x, *self._pieces(theta), self.bound)

    def restore(self, y, theta):
        return rational_quadratic_spline(y, *self._pieces(theta), self.bound, inverse=True)

    def _pieces(self, theta):
        """(widths, heights, slopes): (N, 3K − 1, k, …) -> (N, k, …, K), (N, k, …, K), (N, k, …, K − 1)"""
        theta, k = movedim(theta, 1, -1), self.bins
        return theta[..., :k], theta[..., k : 2 * k], theta[..., 2 * k :]
