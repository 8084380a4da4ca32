"""Which function answers for a pair of distributions, and what happens for a pair that nobody knows."""

import numpy as np
import pytest
from scipy.integrate import quad

from minigen import distributions as D
from minigen import random
from minigen.distributions import kl
from minigen.tensor import Tensor
from tests.distributions.families import log_p

T = lambda a: Tensor(np.asarray(a, float))  # noqa: E731


def test_the_most_specific_pair_answers(monkeypatch):
    monkeypatch.setattr(kl, "_registry", dict(kl._registry))
    monkeypatch.setattr(kl, "_found", {})

    class Shifted(D.Normal):
        pass

    p, q = Shifted(T(0), T(1)), D.Normal(T(1), T(1))
    assert D.kl_divergence(p, q).item() == 0.5  # inherited

    @D.register_kl(Shifted, D.Normal)
    def left(p, q):
        return "left"

    assert D.kl_divergence(p, q) == "left"
    assert D.kl_divergence(q, p).item() == 0.5

    @D.register_kl(D.Normal, Shifted)
    def right(p, q):
        return "right"

    with pytest.raises(TypeError, match="none is nearest"):
        D.kl_divergence(p, p)

    @D.register_kl(Shifted, Shifted)
    def both(p, q):
        return "both"

    assert D.kl_divergence(p, p) == "both"
    with pytest.raises(TypeError, match="two classes of distributions"):
        D.register_kl(Shifted, 3)


def test_an_unknown_pair_suggests_monte_carlo():
    p, q = D.Logistic(T(0), T(1)), D.Logistic(T(1), T(1))
    with pytest.raises(NotImplementedError, match=r"Logistic ‖ Logistic.*kl_monte_carlo"):
        D.kl_divergence(p, q)
    with random.fork(0):
        estimate, error = D.kl_monte_carlo(p, q, 20_000)
    log_ratio = lambda x: log_p(p)(x) - log_p(q)(x)  # noqa: E731
    exact = quad(lambda x: np.exp(log_p(p)(np.array(x))) * log_ratio(np.array(x)), -40, 40)[0]
    assert abs(estimate.item() - exact) < 6 * error.item()
    assert 0 < error.item() < 0.02
    with pytest.raises(ValueError, match="at least 2"):
        D.kl_monte_carlo(p, q, 1)
