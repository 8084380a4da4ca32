"""Bijections of numbers beside those of torch.distributions.transforms: images and log-determinants in both directions."""

import numpy as np
import pytest

from minigen import bijections as B
from minigen import distributions as D
from minigen.tensor import Tensor

torch = pytest.importorskip("torch")
T = torch.distributions.transforms
X = np.array([[0.2, 0.9, 0.5], [0.7, 0.1, 0.4]])

PAIRS = [
    (B.Affine(-2.0, 0.5), T.AffineTransform(0.5, -2.0)),
    (B.Exp(), T.ExpTransform()),
    (B.Power(2.5), T.PowerTransform(2.5)),
    (B.Square(), T.PowerTransform(2.0)),
    (B.Softplus(), T.SoftplusTransform()),
    (B.Sigmoid(), T.SigmoidTransform()),
    (B.Logit(), T.SigmoidTransform().inv),
    (B.Tanh(), T.TanhTransform()),
    (B.CDF(D.Normal(0.25, 1.5)), T.CumulativeDistributionTransform(torch.distributions.Normal(0.25, 1.5))),
    (
        B.Chain(B.Softplus(), B.Affine(3.0, 1.0), B.Log()),
        T.ComposeTransform([T.SoftplusTransform(), T.AffineTransform(1.0, 3.0), T.ExpTransform().inv]),
    ),
]


@pytest.mark.parametrize(("b", "transform"), PAIRS, ids=[type(b).__name__ for b, _ in PAIRS])
def test_like_torch(b, transform):
    x = torch.tensor(X)
    y, slope = transform(x), transform.log_abs_det_jacobian(x, transform(x)).sum(dim=1)
    image, up = b.to("float64").forward(Tensor(X))
    back, down = b.inverse(Tensor(y.numpy()))
    np.testing.assert_allclose(image.data, y, rtol=1e-7)
    np.testing.assert_allclose(up.data, slope, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(back.data, X, rtol=1e-6)
    np.testing.assert_allclose(down.data, -slope, rtol=1e-6, atol=1e-9)
