"""The Numerics of GANs. L. Mescheder, S. Nowozin, A. Geiger, 2017. https://arxiv.org/abs/1705.10461

Two players with one number each, θ for the generator and ψ for the discriminator: small enough to compute where training goes.
"""

import numpy as np

from minigen.autograd import enable_grad, grad
from minigen.derivatives import jvp
from minigen.device import to_numpy
from minigen.ops import eye, stack
from minigen.tensor import Tensor


class Game:
    """θ descends ``generator_loss(θ, ψ)``, ψ descends ``discriminator_loss(θ, ψ)``: each sees the other's number, and changes its own.

    The losses take and return tensors of shape (), each made of both numbers. In a zero-sum game one is minus the other. A state
    w = (θ, ψ) has shape (2,).
    """

    def __init__(self, generator_loss, discriminator_loss):
        self.generator_loss, self.discriminator_loss = generator_loss, discriminator_loss

    def field(self, w):
        """v(w) = (−∂L_G/∂θ, −∂L_D/∂ψ), where both want to go: (2,) -> (2,). No potential: its Jacobian is not symmetric."""
        with enable_grad():
            recorded, w = w.requires_grad, w if w.requires_grad else w.detach().requires_grad_()
            theta, psi = w[0], w[1]
            losses = (self.generator_loss(theta, psi), theta), (self.discriminator_loss(theta, psi), psi)
            return stack([-grad(loss, [own], create_graph=recorded)[0] for loss, own in losses])


# --- one step of training: (game, state, learning rate) -> state ---------------------------------------------------------------------


def simultaneous(game, w, lr):
    """Both players step at once: w + h v(w)"""
    return w + lr * game.field(w)


def alternating(game, w, lr):
    """First the discriminator, then the generator, who sees the new discriminator: the training algorithm of the lecture."""
    w = stack([w[0], w[1] + lr * game.field(w)[1]])
    return stack([w[0] + lr * game.field(w)[0], w[1]])


def extragradient(game, w, lr):
    """Look one step ahead, and go from here in the direction found there: w + h v(w + h v(w))         [Korpelevich 1976]"""
    return w + lr * game.field(w + lr * game.field(w))


# --- what happens, and what was to be expected -------------------------------------------------------------------------------------


def orbit(game, step, start, lr, steps):
    """The states of training from ``start``: (steps + 1, 2), as an array."""
    w = start if isinstance(start, Tensor) else Tensor(np.asarray(start, np.float64))
    states = [to_numpy(w.data)]
    for _ in range(steps):
        w = step(game, w, lr)
        states.append(to_numpy(w.data))
    return np.stack(states)


def eigenvalues(func, w):
    """The eigenvalues of the Jacobian J of ``func``: (2,) -> (2,) at ``w``, as complex numbers (2,).

    The columns of J are its products with (1, 0) and (0, 1), by our own ``jvp``. Of the field v: a negative real part attracts, an
    imaginary part turns. Of a step: those of ``behaviour``.
    """
    columns = [to_numpy(jvp(func, w, e)[1].data) for e in eye(2, dtype=w.dtype, device=w.device)]
    return np.linalg.eigvals(np.stack(columns, axis=1))


def behaviour(game, step, w, lr):
    """What steps do near an equilibrium w: ("converges", "circles" or "diverges", spectral radius ρ of the step's Jacobian).

    Distances change by the factor ρ with each step. On the border, ρ = 1, the linear picture knows only circles: whether the orbit
    slowly closes in or runs away is then decided by what is left out of it.
    """
    radius = np.abs(eigenvalues(lambda w: step(game, w, lr), w)).max()
    return "circles" if abs(radius - 1) < 1e-9 else "converges" if radius < 1 else "diverges", float(radius)
