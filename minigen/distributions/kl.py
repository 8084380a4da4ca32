"""The Kullback–Leibler divergence: who computes it for which pair of families, and what to do for the other pairs."""

import math

from minigen.autograd import no_grad
from minigen.distributions.distribution import Distribution

_registry = {}  # (family of p, family of q) -> function(p, q)
_found = {}  # (type of p, type of q) -> the function that kl_divergence uses for them


def register_kl(p, q):
    """``@register_kl(P, Q)`` above a function of (p, q) makes it the ``kl_divergence`` of every P and Q, subclasses included."""
    for family in (p, q):
        if not (isinstance(family, type) and issubclass(family, Distribution)):
            raise TypeError(f"register_kl: expected two classes of distributions, got {family!r}")

    def register(function):
        _registry[p, q] = function
        _found.clear()
        return function

    return register


def kl_divergence(p, q):
    """KL(p ‖ q) = E_p[log p(x) − log q(x)] ≥ 0 in nats, by the closed form of the pair. Shape: the batch shapes of p and q, broadcast.

    0 only for p = q, and ∞ where p gives some probability to what q calls impossible. NotImplementedError for a pair without a
    closed form; ``kl_monte_carlo`` estimates any. [Kullback, Leibler 1951; Bishop 2006, eq. 1.113]
    """
    pair = type(p), type(q)
    function = _found.get(pair)
    if function is None:
        function = _found[pair] = _most_specific(*pair)
    return function(p, q)


def _most_specific(p, q):
    """The function registered for the nearest ancestors of the types p and q. TypeError if two pairs are equally near."""
    known = [(p.__mro__.index(a), q.__mro__.index(b), a, b) for a, b in _registry if issubclass(p, a) and issubclass(q, b)]
    if not known:
        raise NotImplementedError(
            f"KL({p.__name__} ‖ {q.__name__}) has no registered closed form; estimate it with kl_monte_carlo(p, q, n), "
            f"or write one and mark it @register_kl({p.__name__}, {q.__name__})"
        )
    best = [k for k in known if all(k[0] <= other[0] and k[1] <= other[1] for other in known)]
    if not best:
        told = ", ".join(f"({a.__name__}, {b.__name__})" for _, _, a, b in known)
        raise TypeError(f"KL({p.__name__} ‖ {q.__name__}): {told} are registered and none is nearest; register the pair itself")
    return _registry[best[0][2:]]


def kl_monte_carlo(p, q, n=1000):
    """(estimate, standard error) of KL(p ‖ q) from n ≥ 2 draws xᵢ ~ p; without gradient. Shapes: the batch shape.

        estimate = (1/n) Σ dᵢ,   dᵢ = log p(xᵢ) − log q(xᵢ),   standard error = std(d) / √n
    """
    if n < 2:
        raise ValueError(f"kl_monte_carlo: a standard error needs at least 2 draws, got n={n}")
    with no_grad():
        x = p.sample((n,))
        d = p.log_prob(x) - q.log_prob(x)
        return d.mean(axis=0), d.std(axis=0) / math.sqrt(n)
