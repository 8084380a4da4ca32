# %% [markdown]
# # 05 Variational autoencoders I: the bound
# **Slides** "Variational Autoencoders (history)" to "Results: Moving in latent space" · **Code** `minigen.models.vae`,
# `minigen.models.linear_gaussian`, `minigen.experiments.vae_mnist` · **Time** 90 minutes · **Fast run** 20 s on two cores
#
# ## Goals
# Afterwards you can draw from a latent variable model in two steps, and say why its density $p(x)$ is so hard to compute. You can
# derive the evidence lower bound (ELBO) line by line and know what its gap is. You can compute its two terms, one by a formula
# and one by drawing, and explain why the draw is written $z = \mu + \sigma\varepsilon$. You can train the slides' network on
# handwritten digits and read its latent plane. Each of this ends in a ✓ below: the cell has checked it.
#
# ## You need
# Expectations as integrals, Bayes' rule, the Kullback–Leibler divergence, gradients (`minigen.grad`), and what an autoencoder is.
# All logarithms are natural, so densities and divergences are in nats.

# %%
import math

import numpy as np

import minigen as mg
from minigen import data, nn, optim, viz
from minigen.distributions import Bernoulli, Independent, Normal, kl_divergence, kl_monte_carlo
from minigen.experiments import vae_mnist
from minigen.lectures import begin, claim, figure
from minigen.models import VAE, GaussianVAE, LinearGaussian

FAST = begin("05")
mg.set_default_dtype(mg.float64)  # identities are checked to ten digits; training goes back to float32

# %% [markdown]
# ## 1 Sampling from p(x) in two steps
# Behind each visible $x$ with $D$ numbers we suppose something simple and hidden, $z$ with $K$ numbers. So we draw in two steps:
#
# 1. $z^{(i)} \sim p(z)$, the **prior**, here $N(0, I)$;
# 2. $x^{(i)} \sim p_\theta(x \mid z^{(i)})$, the **decoder**, here $N(\mu_x(z), \mathrm{diag}\,\sigma_x^2(z))$.
#
# $\mu_x$ and $\sigma_x$ make $D$ numbers from $K$; they will be a network with weights $\theta$. For the slide's illustration,
# $K = 1$ and $D = 2$, a formula is enough: it bends the line of the $z$ into a curve, and thickens it.
#
# *Two slips on the slides.* E1: "$p(z|x)$ goes from 2-D to images" means $p(x|z)$. E2: the second step draws $x^{(i)}$, not
# $z^{(i)}$.

# %%
def curve(z):
    """(…, 1) -> (…, 4): μ₁, μ₂, log σ₁², log σ₂², the four numbers that the decoder makes of z."""
    return mg.cat([z, mg.sin(2 * z), 0 * z - 4, z - 4], axis=-1)


mg.manual_seed(1)
z = mg.randn(500, 1)  # step 1
mu, log_var = mg.chunk(curve(z), 2, axis=-1)
x = mu + mg.exp(0.5 * log_var) * mg.randn(500, 2)  # step 2

toy = GaussianVAE(encoder=None, decoder=curve, latent_dim=1, sigma="network")
mg.manual_seed(1)
claim("the library's sample is these two steps, number by number", mg.allclose(toy.sample(500), x, rtol=0, atol=0))
claim("E1: the decoder gives p(x|z), a density over x in the plane", toy.p(z).event_shape == (2,))
claim("E2: the second step leaves the line of z for the plane of x", z.shape == (500, 1) and x.shape == (500, 2))
at, line = mg.arange(-2.0, 3.0).reshape(5, 1), mg.linspace(-3, 3, 200).reshape(200, 1)
picture = viz.two_steps(z[:, 0], x, at[:, 0], toy.p(at).mean, toy.p(at).stddev, toy.p(line).mean)
figure("05-two-steps", picture, "Left: 500 draws of z. Right: the points x along a wave, with the ellipses of five p(x|z).")

# %% [markdown]
# The ellipses stand upright: for one $z$ the two pixels are independent. All dependence between $x_1$ and $x_2$ comes from the
# $z$ that they share. That is enough: mixed over all $z$, simple densities make a complicated one.
#
# ## 2 The integral that nobody can compute
# Maximum likelihood looks for the $\theta$ under which the data are likely, so it needs
#
# $$p_\theta(x) = \int p(z)\, p_\theta(x \mid z)\, dz \;\approx\; \sum_g p(z_g)\, p_\theta(x \mid z_g)\, \Delta z.$$
#
# With one latent number the sum over a grid of points $z_g$ does it. Without a grid, one would draw $z_l$ from the prior and
# average $p(x|z_l)$. **Predict first**: of 1,000 such draws, how many matter for the point $x = (1, 0.9)$?
#
# <details><summary>Answer</summary>About a hundred, in the most harmless case: one latent number. The figure shows why: seen from
# the prior, the likelihood is a needle, across which the prior hardly changes.</details>

# %%
grid = mg.arange(-6, 6, 0.02).reshape(-1, 1)  # (G, 1)
log_prior, side = toy.prior.log_prob(grid), mg.arange(-5, 5, 0.1)
plane = mg.stack(mg.meshgrid(side, side), axis=-1).reshape(-1, 1, 2)  # every x on a grid of the plane: (10000, 1, 2)
p = (mg.exp(log_prior + toy.p(grid).log_prob(plane)) * 0.02).sum(axis=1)  # p(x): (10000,)
claim("p(x), summed over a grid of z, integrates to 1 over the plane", abs(p.sum().item() * 0.1**2 - 1) < 1e-3)

x = mg.tensor([1.0, 0.9])
prior, likelihood = mg.exp(log_prior), mg.exp(toy.p(grid).log_prob(x))
lines = {"prior p(z)": prior, "likelihood p(x|z)": likelihood, "integrand, their product": prior * likelihood}
lines = {name: (grid[150:450, 0], (y / y.max())[150:450]) for name, y in lines.items()}
picture = viz.curves(lines, "what has to be integrated for x = (1, 0.9)", xlabel="z", ylabel="scaled to maximum 1")
figure("05-integrand", picture, "The prior is a wide bell; likelihood and integrand are one narrow peak near z = 1.")
w = mg.exp(toy.p(toy.prior.sample((1000,))).log_prob(x))
effective = (w.sum() ** 2 / (w**2).sum()).item()
claim(f"1,000 draws from the prior are worth {effective:.0f}, in one dimension", effective < 250)

# %% [markdown]
# Now more dimensions, in a model whose $p(x)$ is known: $x = z + 0.3\,\varepsilon$ (`minigen.models.LinearGaussian`). The average
# over draws of the prior is unbiased in every dimension, and useless: it nearly always misses the needle, and comes out far too
# small. A grid is no way out: 600 points on each axis are $600^K$. What helps is to **know where to look**: draw $z_l$ from some
# $q$ near the needle, and divide by it, $p(x) = E_{q}[\,p(x|z)\,p(z) / q(z)\,]$. Where to look for a given $x$ is for a second
# network to say: the **encoder**.

# %%
dimensions, misses = [1, 2, 4, 8, 16, 32], {"z from the prior": [], "z from a q near the needle": []}
for k in dimensions:
    linear = LinearGaussian(np.eye(k), np.zeros(k), 0.3).requires_grad_(False)
    x = linear.sample(50)
    near = linear.posterior(x)
    q = Independent(Normal(near.mean, 1.2 * mg.sqrt(near.variance)), 1)  # a little too wide, as if it were learned
    far, close = linear.prior.sample((1000, 1)), q.sample((1000,))
    log_w = [linear.p(far).log_prob(x), linear.p(close).log_prob(x) + linear.prior.log_prob(close) - q.log_prob(close)]
    for name, w in zip(misses, log_w):
        misses[name].append((mg.logmeanexp(w, axis=0) - linear.log_prob(x)).mean().item())
lines, title = {name: (dimensions, y) for name, y in misses.items()}, "1,000 draws: estimate of log p(x), minus the truth"
picture = viz.curves(lines, title, xlabel="latent dimensions K", ylabel="nats")
figure("05-naive-monte-carlo", picture, "Draws from the prior miss log p(x) by more with every dimension.")
naive, guided = (np.array(y) for y in misses.values())
claim("naive Monte Carlo works in one dimension, and is more than 20 nats off in 32", abs(naive[0]) < 0.1 and naive[-1] < -20)
claim("with a good q the same 1,000 draws are enough in all of them", np.abs(guided) < 0.2)

# %% [markdown]
# ## 3 The bound, line by line
# The best $q$ would be the posterior $p(z|x)$, but by Bayes' rule it contains $p(x)$ again. (The slide says that it cannot be
# calculated. With networks that is so; the linear model is an exception, which is why we test on it.) So take any $q(z|x)$, such
# as $N(\mu_z(x), \mathrm{diag}\,\sigma_z^2(x))$ from an encoder with weights $\phi$, and write $E$ for the mean over
# $z \sim q(z|x)$:
#
# 1. $\log p(x) = E[\log p(x)]$, because $p(x)$ does not depend on $z$;
# 2. $= E\left[\log \frac{p(x|z)\,p(z)}{p(z|x)}\right]$, Bayes' rule;
# 3. $= E\left[\log \frac{p(x|z)\,p(z)}{p(z|x)}\,\frac{q(z|x)}{q(z|x)}\right]$, times one;
# 4. $= E[\log p(x|z)] - E\left[\log\frac{q(z|x)}{p(z)}\right] + E\left[\log\frac{q(z|x)}{p(z|x)}\right]$, logarithms;
# 5. $= E[\log p(x|z)] - \mathrm{KL}(q(z|x) \,\|\, p(z)) + \mathrm{KL}(q(z|x) \,\|\, p(z|x))$: the **ELBO**, plus a **gap**.
#
# In the model $x = Wz + \mu + \sigma\varepsilon$ all of these are normal. Their logarithms are polynomials of degree 2 in $z$,
# for which Gauss–Hermite quadrature with a few nodes is exact, so each line is a number.

# %%
model = LinearGaussian(np.array([[1.2], [0.5]]), np.array([0.3, -0.2]), 0.6).requires_grad_(False)  # K = 1, D = 2
x = mg.tensor([[1.5, 0.4]])  # (1, 2)
truth, posterior = model.log_prob(x).item(), model.posterior(x)
q = Independent(Normal(mg.tensor([[0.2]]), mg.tensor([[0.8]])), 1)  # any q; surely not the posterior
nodes, weights = np.polynomial.hermite_e.hermegauss(8)
z = q.mean + q.stddev * mg.tensor(nodes).reshape(-1, 1, 1)  # (8, 1, 1)
log_px_z, log_pz, log_pz_x, log_qz = model.p(z).log_prob(x), model.prior.log_prob(z), posterior.log_prob(z), q.log_prob(z)


def E(f):
    """E[f(z)] for z ~ q, from the values f (8, 1) at the nodes."""
    return (mg.tensor(weights / math.sqrt(2 * math.pi)) @ f).item()


derivation = [
    E(truth + 0 * z[:, 0]),
    E(log_px_z + log_pz - log_pz_x),
    E(log_px_z + log_pz - log_pz_x + log_qz - log_qz),
    E(log_px_z) - E(log_qz - log_pz) + E(log_qz - log_pz_x),
    (model.reconstruction(x, q) - kl_divergence(q, model.prior) + kl_divergence(q, posterior)).item(),  # closed forms
]
for n, value in enumerate(derivation, 1):
    claim(f"line {n}: {value:.12f} = log p(x)", abs(value - truth) < 1e-12)
claim("line 2 holds without E, too: p(x|z) p(z) / p(z|x) is p(x) at every z", mg.allclose(log_px_z + log_pz - log_pz_x, truth))
terms = [E(log_px_z), E(log_qz - log_pz), E(log_qz - log_pz_x)]
closed = [model.reconstruction(x, q), kl_divergence(q, model.prior), kl_divergence(q, posterior)]
claim("the terms of line 4 are the closed forms of line 5, one by one", np.abs(mg.cat(closed).numpy() - terms) < 1e-12)

# %% [markdown]
# A divergence is never negative, so **ELBO ≤ log p(x)** whatever $q$ is, and the gap says how far $q$ is from the posterior.
# Raising the ELBO through $\phi$ cannot change log p(x): it closes the gap. Raising it through $\theta$ lifts a floor under log
# p(x). Its two terms pull at $q$ from two sides: towards codes from which $x$ can be restored, and towards the prior.

# %%
some = Independent(Normal(2 * mg.randn(1000, 1), mg.exp(mg.randn(1000, 1))), 1)  # a thousand q, good and bad
elbo, gap = model.elbo(x, some), kl_divergence(some, posterior)
claim("ELBO ≤ log p(x) for a thousand q drawn at random", elbo <= truth)
claim("ELBO + gap = log p(x) for each of them, to ten digits", mg.allclose(elbo + gap, truth, rtol=0, atol=1e-10))
claim("with the posterior itself the bound is tight", abs(model.elbo(x, posterior).item() - truth) < 1e-12)

m, s = posterior.mean.item(), math.sqrt(posterior.variance.item())
four = Independent(Normal(mg.tensor([[0.0], [m], [m - 0.8], [m]]), mg.tensor([[1.0], [0.06], [s], [s]])), 1)
computed = {"−E log p(x|z)": -model.reconstruction(x, four), "KL(q ‖ p(z))": kl_divergence(four, model.prior)}
meant = {"−log p(x)": mg.full((4,), -truth), "gap KL(q ‖ p(z|x))": mg.clamp(kl_divergence(four, posterior), min=0)}
names, title = ["q = prior", "far too\nnarrow", "shifted", "posterior"], "−ELBO in two ways, for four q"
picture = viz.stacked_bars(names, computed, meant, total=("no q gets below −log p(x)", -truth), title=title)
figure("05-elbo-bars", picture, "Two bars of equal height for each q: reconstruction plus regulariser, and -log p(x) plus gap.")
claim("both bars are −ELBO", mg.allclose(sum(computed.values()), sum(meant.values())))

# %% [markdown]
# ## 4 The regulariser has a closed form
# For a normal $q$ with means $\mu$ and standard deviations $\sigma$, $J$ numbers each, and the prior $N(0, I)$ (`vae-kl`):
#
# $$\mathrm{KL}(q(z|x) \,\|\, p(z)) = -\tfrac12 \sum_{j=1}^{J} \left(1 + \log \sigma_j^2 - \mu_j^2 - \sigma_j^2\right).$$
#
# *E4 on "Putting it all together".* The slide lists "Cost: Regularisation $-D_{KL}$". That is a term of the ELBO, which is to be
# large; in the **cost**, $-$ELBO, it is $+D_{KL}$. With the other sign, training pushes $q$ away from the prior for ever.

# %%
def kl_standard_normal(mu, log_var):
    """The formula above: (…, J) -> (…)"""
    return -0.5 * (1 + log_var - mu**2 - mg.exp(log_var)).sum(axis=-1)


mu, log_var = mg.tensor([[0.7]], requires_grad=True), mg.tensor([[math.log(0.16)]], requires_grad=True)
q, p = Independent(Normal(mu, mg.exp(0.5 * log_var)), 1), Independent(Normal(mg.zeros(1), mg.ones(1)), 1)
by_hand, z = kl_standard_normal(mu, log_var), mg.arange(-8, 8, 0.001).reshape(-1, 1)
integral = (mg.exp(q.log_prob(z)) * (q.log_prob(z) - p.log_prob(z))).sum() * 0.001
estimate, error = kl_monte_carlo(q, p, 10_000)
claim("the formula equals the library's kl_divergence", mg.allclose(by_hand, kl_divergence(q, p), rtol=0, atol=1e-12))
claim(f"… and the integral of q log(q/p), {integral.item():.6f}", mg.allclose(by_hand, integral))
claim(f"… and 10,000 draws, {estimate.item():.3f} ± {error.item():.3f}", abs((by_hand - estimate).item()) < 4 * error.item())
slope_mu, slope_log_var = mg.grad(by_hand.sum(), [mu, log_var])
claim("∂KL/∂μ = μ, a spring that pulls μ to 0", mg.allclose(slope_mu, mu))
claim("∂KL/∂log σ² = ½(σ² − 1), a spring that pulls σ to 1", mg.allclose(slope_log_var, 0.5 * (mg.exp(log_var) - 1)))
claim("E4: with the wrong sign the cost of a q is lower the farther it is", -kl_standard_normal(10 * mu, log_var) < -by_hand)

mus, sigmas = mg.linspace(-3, 3, 121), mg.linspace(0.05, 3, 119)
across, up = mg.meshgrid(mus, sigmas, indexing="xy")  # (119, 121)
kl = kl_standard_normal(across.unsqueeze(-1), 2 * mg.log(up).unsqueeze(-1))
marks, levels = {"prior: 0": (0, 1), "the q above": (0.7, 0.4)}, [0.1, 0.5, 1, 2, 3, 4]
picture = viz.labelled_contours(mus, sigmas, kl, levels, ("μ", "σ"), marks, "KL(q ‖ N(0, 1)) in nats")
figure("05-kl-contours", picture, "Contours of the divergence over mu and sigma: a bowl around (0, 1), steep towards sigma = 0.")
claim("KL ≥ 0 everywhere on the map", kl > -1e-12)

# %% [markdown]
# ## 5 The reconstruction term: L draws
# With a network as decoder, $E[\log p(x|z)]$ has no formula. So draw $z^{(i,l)} \sim q(z|x^{(i)})$ for $l = 1 … L$ and average:
#
# $$\mathcal{L}^v(x^{(i)}) \approx -\mathrm{KL}(q(z|x^{(i)}) \,\|\, p(z)) + \frac1L \sum_{l=1}^{L} \log p(x^{(i)} | z^{(i,l)}).$$
#
# *E3:* the slide's sum runs over $i$; it must be $l$. The mean over examples $i$ belongs to the mini-batch. The estimate is
# unbiased for every $L$, and its variance is that of one draw divided by $L$. Still $L = 1$ is usual: a mini-batch averages over
# its examples anyway.

# %%
q = Independent(Normal(mg.tensor([[0.2]]), mg.tensor([[0.8]])), 1)
log_px_z = model.p(q.sample((128, 5000))).log_prob(x)[..., 0]  # 5,000 times 128 draws: (128, 5000)
Ls = np.array([1, 2, 4, 8, 16, 32, 64, 128])
variances = np.array([log_px_z[:n].mean(axis=0).var().item() for n in Ls])
off, slope = abs((log_px_z.mean() - model.reconstruction(x, q)).item()), np.polyfit(np.log(Ls), np.log(variances), 1)[0]
claim("the mean over draws is unbiased, within four standard errors", off < 4 * math.sqrt(variances[-1] / 5000))
claim(f"the variance falls like 1/L: measured exponent {slope:.2f}", abs(slope + 1) < 0.1)
picture = viz.power_law({"measured": (Ls, variances)}, {"∝ 1/L": -1}, "variance of the reconstruction term", "draws L", "nats²")
figure("05-draws", picture, "On logarithmic axes the variance falls along a straight line of slope -1.")
vae, xs = model.as_vae(), model.sample(5)  # a linear VAE whose q is the posterior
claim("E3: the mean over l leaves one number for each of 5 examples", vae.terms(xs, n_samples=16)[0].shape == (5,))
claim("drawing from the posterior, a single z gives log p(x)", mg.allclose(vae.importance_log_prob(xs, 1), model.log_prob(xs)))

# %% [markdown]
# ## 6 One last trick: reparametrisation
# We want the gradient of $E[f(z)]$, $f(z) = \log p(x|z)$, with respect to $\mu$ and $\sigma$ of $q$. A drawn number has no
# derivative. There are two ways out (exercise `vae-reparam`):
#
# * **score function**: $\nabla_\mu E[f(z)] = E[f(z)\, \nabla_\mu \log q(z)]$ with $\nabla_\mu \log q(z) = (z - \mu)/\sigma^2$. It
#   needs nothing of $f$ but its value, so it works even where $z$ is a whole number.
# * **reparametrisation**: write $z = \mu + \sigma \odot \varepsilon$, $\varepsilon \sim N(0, I)$. The noise comes from outside,
#   $z$ is a smooth function of $\mu$ and $\sigma$, and $\nabla_\mu E[f(z)] = E[f'(z)]$: backpropagation does it.
#
# **Predict first**: both are right on average. Which one scatters more, and what do more latent dimensions do to it?
#
# <details><summary>Answer</summary>The score function, by far: it multiplies by the value of f, which is large even where f is
# flat. And each coordinate is blamed for the noise of all others, so it gets worse with every dimension.</details>

# %%
scatter, n = {"score function": [], "reparametrised": []}, 4000
for k in dimensions:
    linear = LinearGaussian(np.eye(k), np.zeros(k), 0.6).requires_grad_(False)
    x, mu, sigma = mg.ones(1, k), mg.full((1, k), 0.5, requires_grad=True), 0.7
    (exact,) = mg.grad(linear.reconstruction(x, Independent(Normal(mu, sigma), 1)), [mu])
    z = mg.tensor(mu.detach() + sigma * mg.randn(n, 1, k), requires_grad=True)
    f = linear.p(z).log_prob(x)  # (n, 1)
    with_path = mg.grad(f.sum(), [z])[0]
    with_score = f.detach().unsqueeze(-1) * (z.detach() - mu.detach()) / sigma**2
    for name, g in zip(scatter, (with_score[:, 0, 0], with_path[:, 0, 0])):  # one-draw estimates of ∂/∂μ₁: (n,)
        scatter[name].append(g.std().item())
        off = abs((g.mean() - exact[0, 0]).item())
        claim(f"K = {k}, {name}: unbiased, with scatter {g.std().item():.1f}", off < 4 * g.std().item() / math.sqrt(n))
lines = {name: (dimensions, y) for name, y in scatter.items()}
picture = viz.power_law(lines, {"∝ K": 1}, "scatter of a one-draw ∂/∂μ₁", "latent dimensions K", "standard deviation")
figure("05-gradients", picture, "The score function's scatter grows with the dimension, the other stays the same.")
claim("the reparametrised scatter does not grow with K", max(scatter["reparametrised"]) < 1.2 * min(scatter["reparametrised"]))
claim("the score function's is 20 times as large for K = 32", scatter["score function"][-1] > 20 * scatter["reparametrised"][-1])

log_var = mg.tensor([math.log(0.25)], requires_grad=True)  # the network gives log σ²: σ is exp(½ log σ²), not exp(log σ²)
q = Normal(mg.zeros(1), mg.exp(0.5 * log_var))
claim("in the library, rsample carries gradients and sample does not", q.rsample().requires_grad and not q.sample().requires_grad)
claim("its draws have σ = 0.5, as log σ² = log 0.25 says", abs(q.sample((20_000,)).std().item() - 0.5) < 0.02)

# %% [markdown]
# ## 7 What the reconstruction costs
# A Gaussian decoder with $\mu_x$ and $\sigma_x$, each $D$ numbers, costs (exercise `vae-gauss-logprob`)
#
# $$-\log p(x|z) = \sum_{j=1}^{D} \tfrac12 \log 2\pi + \tfrac12 \log \sigma_{x_j}^2 + (x_j - \mu_{x_j})^2 / 2\sigma_{x_j}^2.$$
#
# *E5:* the slide leaves out ½ log 2π. No gradient notices, but the nats of a digit are then wrong by 720, and can be compared
# with nothing. With constant $\sigma_x$ only the squares depend on the network: **least squares**. For black and white pixels the
# decoder is Bernoulli, $\log p(x|z) = \sum_j x_j \log \pi_j + (1 - x_j) \log(1 - \pi_j)$; its network gives the logits
# $\log \pi_j/(1 - \pi_j)$.

# %%
target, mu, sigma = mg.rand(3, 784), mg.rand(3, 784, requires_grad=True), 0.3
slide = (0.5 * math.log(sigma**2) + (target - mu) ** 2 / (2 * sigma**2)).sum(axis=1)
nll = -Independent(Normal(mu, sigma), 1).log_prob(target)
claim("E5: the slide's cost lacks 784 · ½ log 2π = 720.5 nats", mg.allclose(nll, slide + 784 * 0.5 * math.log(2 * math.pi)))
gradient, of_squares = (mg.grad(cost.sum(), [mu])[0] for cost in (nll, (target - mu) ** 2 / (2 * sigma**2)))
claim("with constant σ the gradient is that of least squares", mg.allclose(gradient, of_squares))
logits = 3 * mg.randn(3, 784)
entropy = -(target * mg.log(mg.sigmoid(logits)) + (1 - target) * mg.log(1 - mg.sigmoid(logits))).sum(axis=1)
coins = Independent(Bernoulli(logits=logits), 1)
claim("the Bernoulli decoder costs the cross-entropy", mg.allclose(-coins.log_prob(target), entropy))

# %% [markdown]
# ## 8 Putting it all together
# Encoder 784 → 500 → 501 → ($\mu_z$, $\log \sigma_z^2$) of 2 numbers each, a draw, decoder 2 → 501 → 500 → 784 logits: that is
# `minigen.models.VAE`. Its `elbo` (exercise `vae-elbo`) does what sections 4 to 6 say, and the cost is the mean of $-$ELBO over a
# mini-batch. First we check the gradient of the whole chain on a tiny one, then we train.

# %%
tiny = VAE.fully_connected(6, hidden=(5, 4), latent_dim=2, activation=nn.Tanh)


def tiny_cost(x):
    mg.manual_seed(3)  # the same ε at every call
    return -tiny.elbo(x).mean()


report = mg.gradcheck(tiny_cost, [mg.rand(4, 6)])
claim("encoder, draw and decoder: backpropagation agrees with finite differences", report.checked == 24 and not report.wrong)

mg.set_default_dtype(mg.float32)
mg.manual_seed(5)
training, held_out = data.mnist().split(1000)
x_held, labels, shape = mg.tensor(held_out.x), held_out.labels, held_out.images.shape[1:]


def train(model, cost, steps):
    """Adam on ``cost(model, x)``; returns (steps, held-out ELBO in nats) as a curve."""
    optimizer, stream = optim.Adam(model.parameters(), lr=1e-3), data.batches(training.x, 128).forever()
    places, bounds = [], []
    for step in range(1, steps + 1):
        loss = cost(model, next(stream)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % (steps // 50) == 0 or step == 1:
            with mg.no_grad():
                places, bounds = [*places, step], [*bounds, model.elbo(x_held).mean().item()]
    return places, bounds


vae = VAE.fully_connected(784, hidden=(500, 501), latent_dim=2, activation=nn.ReLU)
places, bounds = train(vae, lambda model, x: -model.elbo(x), 500 if FAST else vae_mnist.STEPS)
with mg.no_grad():
    reconstruction, kl = vae.terms(x_held, n_samples=5)
    bound, better = reconstruction - kl, vae.importance_log_prob(x_held[:200], 200)
    codes, sigmas = vae.q(x_held).mean.numpy(), vae.q(x_held).stddev.numpy()
print(f"held out: ELBO {bound.mean().item():.1f} nats, of it KL {kl.mean().item():.2f}; mean σ of q {sigmas.mean():.3f}")
picture = viz.curves({"held-out digits": (places[1:], bounds[1:])}, "ELBO of held-out digits while learning", ylabel="nats")
figure("05-training", picture, "The bound on digits that were not trained on rises steeply at first, and then levels off.")
least = -190 if FAST else -158
claim("every weight of encoder and decoder has got a gradient", all(mg.count_nonzero(p.grad).item() for p in vae.parameters()))
claim(f"the bound on unseen digits rose by more than 300 nats, above {least}", bound.mean().item() > max(least, bounds[0] + 300))
claim("ELBO ≤ log p(x): 200 importance draws find more than the bound", better.mean().item() > bound[:200].mean().item())
claim("the plane is used: more than 2 nats a digit, q narrower than the prior", kl.mean().item() > 2 and sigmas.mean() < 0.5)

# %% [markdown]
# The slide "Results Testinput" shows a digit, where $q(z|x)$ puts it (an ellipse at two standard deviations), and what the
# decoder makes of it. "Moving in latent space" decodes 20 × 20 points of the plane. **Predict first**: what lies between the
# regions of 4 and 9?
#
# <details><summary>Answer</summary>Digits that are a bit of both: the decoder is continuous, it has to pass through everything
# between. Without the regulariser the codes could lie far apart, with nonsense between them.</details>

# %%
five = [int(np.flatnonzero(labels == digit)[0]) for digit in (0, 1, 3, 4, 6)]
with mg.no_grad():
    decoded = vae.decode(mg.tensor(codes[five])).numpy().reshape(-1, *shape)
    canvas = vae.decode(mg.tensor(viz.latent_grid(20, 3.0))).numpy().reshape(-1, *shape)
panel = viz.panel(held_out.images[five] / 255, codes[five], sigmas[five], decoded, background=codes)
figure("05-three-columns", panel, "Held-out digits, the ellipses of their q(z|x) in the latent plane, and what is decoded.")
figure("05-latent", viz.latent_scatter(codes, labels), "The codes of 1,000 unseen digits: each class gathers in a region.")
figure("05-canvas", viz.canvas(canvas, 3.0), "Digits decoded from 20 by 20 points of the plane, changing smoothly.")
centres = np.stack([codes[labels == digit].mean(axis=0) for digit in range(10)])
within, overall = codes - centres[labels], codes - codes.mean(axis=0)
claim("no label was seen, yet a class fills less than half of the plane's spread", (within**2).sum() < 0.5 * (overall**2).sum())
rows = canvas.reshape(20, 20, -1)
step, leap = np.abs(rows[:, 1:] - rows[:, :-1]).mean(), np.abs(rows[:, 10:] - rows[:, :10]).mean()
claim("neighbours on the canvas look alike: ten steps are no ten times one step", step < 0.3 * leap)

# %% [markdown]
# ## What goes wrong
# **Mean instead of sum.** Many programs average the reconstruction over pixels but not the divergence. One nat of code then costs
# as much as 784 nats of reconstruction, and the encoder saves it: $q(z|x)$ becomes the prior for every $x$ (*posterior
# collapse*), and all digits are decoded to one grey blob. Below, the same small network learns under both costs. **Also seen in
# the wild:** σ = exp(log σ²) in the draw (section 6); the wrong sign of the regulariser (E4); a sigmoid followed by a logarithm,
# which overflows; pixels in [0, 255].

# %%
def mean_over_pixels(model, x):
    reconstruction, kl = model.terms(x)
    return -reconstruction / 784 + kl


rows, nats = [held_out.images[:10] / 255], []
for cost in (lambda model, x: -model.elbo(x), mean_over_pixels):
    small = VAE.fully_connected(784, hidden=(100,), latent_dim=2, activation=nn.ReLU)
    train(small, cost, 500 if FAST else 2000)
    with mg.no_grad():
        rows.append(small.reconstruct(x_held[:10]).numpy().reshape(-1, *shape))
        nats.append(small.terms(x_held)[1].mean().item())
picture = viz.image_grid(np.concatenate(rows), 10, "digits · decoded, sum over pixels · decoded, mean over pixels", inches=0.6)
figure("05-collapse", picture, "Ten digits, their reconstructions under the sum, and the one blob under the mean.")
claim(f"the sum keeps {nats[0]:.2f} nats in the code, the mean over pixels {nats[1]:.3f}", nats[0] > 2 and nats[1] < 0.1)

# %% [markdown]
# ## Summary
# * Two steps draw from $p(x)$. Its integral is a needle in a haystack, unless someone says where to look: the encoder.
# * log p(x) = ELBO + gap for every $q$; the gap is the divergence of $q$ from the posterior.
# * ELBO = reconstruction − regulariser. The second is a formula, the first needs one draw, $z = \mu + \sigma\varepsilon$.
# * One cost, $-$ELBO, trains encoder and decoder at once, by plain backpropagation.
#
# ## Exercises
# Write the function, and put it in the place of the library's in the cell that checks it: all claims must still hold.
#
# * `vae-gauss-logprob` (●●): −log p(x|z) from $\mu_x$ and $\log \sigma_x^2$, safe for $\log \sigma_x^2 = -20$. Section 7 checks
#   it.
# * `vae-reparam` (●●): a draw from $\mu$, $\log \sigma^2$ and given noise. Section 6 checks its moments.
# * `vae-kl` (●●): the closed form for (N, J), then between any two diagonal normals. Section 4 checks it.
# * `vae-elbo` (●●●): the bound with L draws for each example. Section 3 checks it, on `minigen.models.LinearGaussian`.
#
# ## Check yourself
# 1. Why is the naive estimate of log p(x) too small, although that of p(x) is unbiased?
# 2. Which of the two steps of section 1 does the encoder replace during training?
# 3. Training stops with a gap of 3 nats. What would a richer $q$ change, and what not?
# 4. When would L = 100 be worth its price?
# 5. A decoder ignores $z$. What is the best $q$ then, and what are the two terms of the ELBO?
#
# <details><summary>Answers</summary>1 The logarithm is concave: mostly all draws miss the needle, and a rare hit cannot make up
# for it. 2 The first: z comes from q(z|x) instead of p(z). 3 The bound gets closer to log p(x), which itself changes only with
# the decoder. 4 For a precise value of the bound, or with a mini-batch of one. 5 The prior: KL = 0, and the rest is log
# p(x).</details>
#
# ## Further reading
# On the slides: [Kingma, Welling](https://arxiv.org/abs/1312.6114),
# [Rezende, Mohamed, Wierstra](https://arxiv.org/abs/1401.4082), [Gregor et al.](https://arxiv.org/abs/1310.8499) (code lengths),
# and the [demonstration](https://github.com/oduerr/dl_tutorial/blob/master/tensorflow/vae/vae_demo.ipynb). Not on the slides: the
# linear model where all is exact ([Tipping, Bishop](https://doi.org/10.1111/1467-9868.00196)), and tighter bounds from several
# draws ([Burda, Grosse, Salakhutdinov](https://arxiv.org/abs/1509.00519), `minigen.models.VAE.importance_log_prob`).
