"""Probabilistic Principal Component Analysis. M. E. Tipping, C. M. Bishop, 1999. https://doi.org/10.1111/1467-9868.00196"""

import math

import numpy as np

from minigen import nn
from minigen.device import as_array, create, device_of
from minigen.distributions import Independent, MultivariateNormal, Normal, kl_divergence
from minigen.linalg import inv
from minigen.models.vae import GaussianVAE
from minigen.nn import Buffer, Module, Parameter
from minigen.ops import cat, diagonal, eye, log, square, trace
from minigen.tensor import Tensor


class LinearGaussian(Module):
    """x = W z + μ + σ ε,  z ~ N(0, I),  ε ~ N(0, I): the one VAE in which every integral has a closed form.          [eq. 2]

        p(x)   = N(μ, C),                  C = W Wᵀ + σ² I                                                          [eq. 5]
        p(z|x) = N(M⁻¹ Wᵀ (x − μ), σ² M⁻¹),  M = Wᵀ W + σ² I                                                        [eq. 6]

    So log p(x) = ELBO + KL(q ‖ p(z|x)) can be seen to the last digit. W (D, K), μ (D,), σ > 0 a number. All in nats.
    """

    def __init__(self, W, mu, sigma):
        W, mu, sigma = (as_array(v.data if isinstance(v, Tensor) else v) for v in (W, mu, sigma))
        if W.ndim != 2 or mu.shape != W.shape[:1] or sigma.shape != () or not sigma > 0:
            raise ValueError(f"LinearGaussian: expected W (D, K), mu (D,) and a number sigma > 0, got {W.shape}, {mu.shape}, {sigma}")
        self.W, self.mu, self.sigma = Parameter(W), Parameter(mu), Parameter(sigma.astype(W.dtype))
        zeros, ones = (Buffer(create(name, W.shape[1], W.dtype, device=device_of(W))) for name in ("zeros", "ones"))
        self.prior = Independent(Normal(zeros, ones), 1)

    @classmethod
    def fit(cls, x, latent_dim):
        """The most likely W, μ, σ² for data ``x`` (N, D), from the eigenvalues λ and eigenvectors U of their covariance (divisor N):

            σ² = mean of the D − K smallest λ,   W = U_K (Λ_K − σ² I)^½                                             [eq. 7, 8]

        Its columns are orthogonal, so the exact posterior is diagonal: an encoder of a VAE can be it.
        """
        x = as_array(x.data if isinstance(x, Tensor) else x)
        if x.ndim != 2 or not 0 < latent_dim < min(x.shape):
            raise ValueError(f"LinearGaussian.fit: expected data (N, D) and 0 < latent_dim < min(N, D), got {x.shape} and {latent_dim}")
        mu = x.mean(axis=0)
        values, vectors = np.linalg.eigh((x - mu).T @ (x - mu) / len(x))  # rising
        noise = values[:-latent_dim].mean()
        W = vectors[:, : -latent_dim - 1 : -1] * np.sqrt(values[: -latent_dim - 1 : -1] - noise)
        return cls(W, mu, np.sqrt(noise))

    # --- exact distributions --------------------------------------------------------------------------------------------------

    @property
    def M(self):
        """Wᵀ W + σ² I, (K, K)"""
        k = self.W.shape[1]
        return self.W.mT @ self.W + square(self.sigma) * eye(k, dtype=self.W.dtype, device=self.W.device)

    def p(self, z):
        """p(x|z) = N(W z + μ, σ² I): (…, K) -> distributions of (D,)"""
        return Independent(Normal(z @ self.W.mT + self.mu, self.sigma), 1)

    def marginal(self):
        """p(x) = N(μ, W Wᵀ + σ² I)"""
        d = self.W.shape[0]
        C = self.W @ self.W.mT + square(self.sigma) * eye(d, dtype=self.W.dtype, device=self.W.device)
        return MultivariateNormal(self.mu, covariance_matrix=C, validate_args=False)

    def log_prob(self, x):
        """log p(x), exactly, in nats: (N, D) -> (N,)"""
        return self.marginal().log_prob(x)

    def posterior(self, x):
        """p(z|x), exactly: (N, D) -> N distributions of (K,), correlated if the columns of W are not orthogonal"""
        M_inv = inv(self.M)
        return MultivariateNormal((x - self.mu) @ self.W @ M_inv.mT, covariance_matrix=square(self.sigma) * M_inv, validate_args=False)

    # --- the bound ------------------------------------------------------------------------------------------------------------

    def reconstruction(self, x, q):
        """E_q[log p(x|z)] in closed form, for N normal distributions ``q`` of (K,) with means m and covariances S: (N,)

            −[|x − μ − W m|² + tr(Wᵀ W S)] / 2σ² − D log σ − ½ D log 2π
        """
        WW, d = self.W.mT @ self.W, self.W.shape[0]
        miss = square(x - self.mu - q.mean @ self.W.mT).sum(axis=1)
        if isinstance(q, MultivariateNormal):
            spread = trace(WW @ q.covariance_matrix)  # the posterior has one covariance for all x
        else:
            spread = q.variance @ diagonal(WW)
        return -0.5 * (miss + spread) / square(self.sigma) - d * log(self.sigma) - 0.5 * d * math.log(2 * math.pi)

    def elbo(self, x, q):
        """E_q[log p(x|z)] − KL(q ‖ p(z)) in closed form, for any normal ``q``: (N,). It is log p(x) − KL(q ‖ p(z|x))."""
        return self.reconstruction(x, q) - kl_divergence(q, self.prior)

    def sample(self, n):
        """n points in two steps, z ~ p(z), then x ~ p(x|z): (n, D)"""
        return self.p(self.prior.sample((n,))).sample()

    def as_vae(self):
        """The same density as a VAE with a linear decoder, and a linear encoder with the mean and the variances of p(z|x).

        With orthogonal columns of W its q(z|x) is the exact posterior and its bound is tight.
        """
        (d, k), M_inv = self.W.shape, inv(self.M).detach()
        encoder, decoder = nn.Linear(d, 2 * k, dtype=self.W.dtype), nn.Linear(k, d, dtype=self.W.dtype)
        A = M_inv @ self.W.mT.detach()  # μ_z = A (x − μ)
        log_var = log(square(self.sigma.detach()) * diagonal(M_inv))
        encoder.load_state_dict({"weight": cat([A, A * 0]), "bias": cat([-(A @ self.mu.detach()), log_var])})
        decoder.load_state_dict({"weight": self.W, "bias": self.mu})
        vae = GaussianVAE(encoder, decoder, k, sigma=self.sigma.item()).to(self.W.device, self.W.dtype)
        nn.init.constant_(vae.log_sigma, math.log(self.sigma.item()))  # again, now with all digits
        return vae
