# %% [markdown]
# # 12 Flows III: Glow
# **Slides** "Glow for image data" to "Morphing in 256x256x3 D" · **Code** `minigen.models.glow`, `minigen.bijections`,
# `minigen.evaluate.bits_per_dim`, `minigen.experiments.glow_mnist` · **Time** 90 minutes · **Fast run** 20 s on one core
#
# ## Goals
# Afterwards you can build Glow from its five parts, and give the log-determinant of each. You can say why a 1×1 convolution
# generalises a permutation, and where height × width enters. You can draw the tree of levels and count the latents. You can
# turn a log-density into bits per dimension, and name five ways in which that number is spoilt. You can lower the temperature,
# morph one image into another, and make a face smile. Each of this ends in a ✓ below: the cell has checked it.
#
# ## You need
# Change of variables and chains of maps (lecture 10), couplings (lecture 11), convolutions. Logarithms are natural; densities
# are in nats, and only bits per dimension are in bits.

# %%
import math

import numpy as np

import minigen as mg
from minigen import bijections as bij
from minigen import data, optim, viz
from minigen.bijections import ActNorm, InvertibleConv1x1, LUConv1x1, Split, Squeeze, health, watched
from minigen.distributions import Independent, Normal
from minigen.evaluate import NotComparable, bits_per_dim, direction, morph, spherical, straight
from minigen.lectures import begin, claim, figure
from minigen.models import Glow, PixelHistograms
from minigen.models.glow import GlowCoupling
from minigen.models.realnvp import RealNVP
from minigen.nn import MADE

FAST = begin("12")
mg.set_default_dtype(mg.float64)  # identities are checked to ten digits; training goes back to float32


def slogdet_of_jacobian(bijection, x):
    """log|det ∂y/∂x| the long way, for one example x (1, …): the whole matrix, (D, D), and its determinant."""
    jacobian = mg.jacobian(lambda x: bijection(x)[0], x).numpy().reshape(x.numel(), x.numel())
    return jacobian, np.linalg.slogdet(jacobian)[1]


# %% [markdown]
# ## 1 Actnorm: batch norm without the batch
# An image is now a tensor of $h \times w$ places with $c$ channels each. Every step of Glow starts with one scale and one shift
# a channel, $y_{ij} = s \odot x_{ij} + b$. The same $s$ acts at all places, so
#
# $$\log\left|\det \frac{\partial y}{\partial x}\right| = h \cdot w \cdot \sum_c \log |s_c|.$$
#
# The factor $h\,w$ is what programs forget most often. And where do $s$ and $b$ start? A first batch is sent through, and they
# are set such that it comes out with mean 0 and variance 1 in each channel: *data-dependent initialisation*. From then on they
# are ordinary weights, and an example does not depend on the others in its batch, as it does with batch norm.

# %%
x = 5 + 3 * mg.randn(16, 2, 3, 4)
actnorm = ActNorm(2).requires_grad_(False)
y, log_det = actnorm(x)  # the first batch decides
by_hand = 3 * 4 * mg.log(1 / x.std(axis=(0, 2, 3), correction=0)).sum()
claim("after the first batch each channel has mean 0", np.abs(y.numpy().mean(axis=(0, 2, 3))) < 1e-10)
claim("… and variance 1", np.abs(y.numpy().var(axis=(0, 2, 3)) - 1) < 1e-10)
claim("log|det| is h·w·Σ log s", mg.allclose(log_det, by_hand, rtol=0, atol=1e-10))
jacobian, exact = slogdet_of_jacobian(actnorm, x[:1])
claim(f"the 24×24 Jacobian agrees: {exact:.6f}", abs(exact - log_det[0].item()) < 1e-10)
before = actnorm.state_dict()
actnorm(10 * x)
claim("a second batch changes nothing", all((before[k] == v).all() for k, v in actnorm.state_dict().items()))

# %% [markdown]
# ## 2 The invertible 1×1 convolution: a permutation that is learned
# Between two couplings the channels must change places, or the same half would always stay untouched. RealNVP permutes them. A
# permutation is a matrix with one 1 in each row and column. Glow lets training choose the matrix: $y_{ij} = W x_{ij}$ for every
# pixel, and that is a convolution whose window has size 1×1. The Jacobian of the whole image holds $h\,w$ copies of $W$:
#
# $$\log\left|\det \frac{\partial y}{\partial x}\right| = h \cdot w \cdot \log |\det W|.$$
#
# *E16:* the slide says that a permutation has $\det = 1$. It is **±1**: swapping two channels turns the volume's orientation.
# The logarithm takes the absolute value, so nothing changes.

# %%
swap = np.eye(3)[[1, 0, 2]]
claim("E16: the determinant of a swap is −1", abs(np.linalg.det(swap) + 1) < 1e-12)
x, permute, mix = mg.randn(4, 3, 2, 2), *(InvertibleConv1x1(3).requires_grad_(False) for _ in range(2))
permute.weight.copy_(swap)
mix.weight.copy_(mix.weight.numpy() @ np.diag([2.0, 1.0, 0.4]))
claim("a permutation is the special case", mg.allclose(permute(x)[0], x[:, [1, 0, 2]]))
claim("… whose log|det| is 0", np.abs(permute(x)[1].numpy()) < 1e-12)
jacobians = {}
for name, layer in (("a permutation", permute), ("any invertible W", mix)):
    jacobians[name], exact = slogdet_of_jacobian(layer, x[:1])
    claim(f"{name}: h·w·log|det W| is the slogdet of the 12×12 Jacobian", abs(exact - layer(x)[1][0].item()) < 1e-10)
copies = np.kron(mix.weight.numpy(), np.eye(4))
claim("the Jacobian is h·w copies of W", np.abs(jacobians["any invertible W"] - copies) < 1e-12)
picture = viz.matrices(jacobians, "∂y/∂x of an image 2×2 with 3 channels: each entry of W, four times", inches=0.22)
figure("12-jacobians", picture, "Two 12 by 12 matrices of diagonal bands: a permutation's ones, and W's nine, four times each.")

# %% [markdown]
# A determinant costs $c^3$, and $W$ may become singular on the way. So one learns the factors of $W = P L (U + \mathrm{diag}\,
# s)$ instead: $P$ a fixed permutation, $L$ and $U$ triangular, $s > 0$. Then $\log|\det W| = \sum \log s$, and no step of the
# optimizer can make it singular. In exercise `glow-conv1x1` you write both.

# %%
lu = LUConv1x1(8).requires_grad_(False)
claim("it starts as a random rotation", mg.allclose(lu.matrix() @ lu.matrix().mT, mg.eye(8), atol=1e-10))
lu.log_s.copy_(lu.log_s.numpy() + mg.randn(8).numpy())
claim("log|det W| is a sum", abs(np.linalg.slogdet(lu.matrix().numpy())[1] - lu.log_abs_det().item()) < 1e-10)
claim("no zero on the diagonal, whatever log s is", np.abs(np.linalg.det(lu.matrix().numpy())) > 0)

# %% [markdown]
# *E18:* the slide's "IMAF" is **IAF**, the inverse autoregressive flow (and Glow's second author is Dhariwal). It is nothing
# but MAF read backwards: what MAF computes in one pass of its network, IAF needs $D$ passes for, and the other way round. Glow
# needs one pass in both directions, and that is why it can morph.

# %%
maf, v = bij.MaskedAutoregressive(MADE(4, hidden=(16,), outputs=2)).requires_grad_(False), mg.randn(3, 4)
claim("E18: IAF is MAF turned round", mg.allclose(maf.inv(v)[0], maf.inverse(v)[0]) and mg.allclose(maf(maf.inv(v)[0])[0], v))

# %% [markdown]
# ## 3 Squeeze, split, and the tree of levels
# A coupling cuts channels into two halves, and a grey image has only one. **Squeeze** makes channels out of pixels: squares of
# 2×2 become 4 channels. Nothing is computed, $\log|\det| = 0$.

# %%
numbered = mg.arange(1.0, 17.0).reshape(1, 1, 4, 4)
squeezed, log_det = Squeeze()(numbered)
picture = viz.squeeze_diagram(numbered[0, 0].numpy(), squeezed[0].numpy(), "squeeze: 4×4×1 → 2×2×4")
figure("12-squeeze", picture, "Sixteen numbered pixels, and where each of them lies in four channels of 2 by 2.")
claim("each channel holds the pixels of one corner", squeezed[0, :, 0, 0].numpy() == [1, 2, 5, 6])
claim("squeeze and back is exact", mg.allclose(Squeeze().inverse(squeezed)[0], numbered, rtol=0, atol=0))
claim("and changes no volume", log_det.item() == 0)

# %% [markdown]
# After some steps, **half of the channels leave**: they are finished latents. The others are squeezed again, and so on; that is
# the *multi-scale architecture*, from RealNVP. The early latents carry fine detail, the last ones what the image shows.
#
# **Predict first**: for images of 256×256×3 with 6 levels, how many of the numbers are latents of the first level, and how many
# are left for the last?
#
# <details><summary>Answer</summary>Half of all 196,608 leave at once, as 128×128×6. Only 6,144, one in 32, come to the last
# level: 4×4×384.</details>

# %%
tree = Glow((3, 256, 256), levels=6, steps=0).multiscale  # no steps, so no network is ever run
sizes = [h * w * c for c, h, w in tree.latent_shapes]
claim("the latents go from 128²·6 to 4²·384", tree.latent_shapes[0] == (6, 128, 128) and tree.latent_shapes[-1] == (384, 4, 4))
claim("together they are 196,608 = 256·256·3 numbers", sum(sizes) == 196_608 == 256 * 256 * 3)
picture = viz.multiscale_tree(tree.shape, tree.latent_shapes, "where the numbers of a 256×256×3 image go")
figure("12-tree", picture, "A column of six shrinking tensors, each of which sends half of its numbers to the right as latents.")
claim("28×28 needs no padding: 28 → 14 → 7", Glow(steps=0).multiscale.latent_shapes == [(2, 14, 14), (8, 7, 7)])

# %% [markdown]
# What leaves need not be $N(0, I)$ yet. Glow gives it a learned prior $p(x_2|x_1) = N(\mu(x_1), \sigma(x_1)^2)$, where $x_1$ is
# what stays. No new idea is needed for that: $z_2 = (x_2 - \mu)/\sigma$ is an affine coupling, and it makes the prior $N(0, I)$
# again.

# %%
split, x = Split(4).requires_grad_(False), mg.randn(5, 4, 2, 2)
split.net.weight.copy_(0.3 * mg.randn(*split.net.weight.shape).numpy())
z, log_det = split(x)
log_sigma, mu = mg.chunk(split.net(x[:, :2]), 2, axis=1)
prior = Independent(Normal(mu, mg.exp(4 * mg.tanh(log_sigma / 4))), 3)  # |log σ| < 4
standard = Independent(Normal(mg.zeros(2, 2, 2), mg.ones(2, 2, 2)), 3)
standardised = standard.log_prob(z[:, 2:]) + log_det
claim("the learned prior of x₂ is N(0, I) of z₂ plus log|det|", mg.allclose(prior.log_prob(x[:, 2:]), standardised))

# %% [markdown]
# ## 4 From grey values to densities, and to bits per dimension
# A pixel is a whole number $k \in \{0, …, 255\}$. Fit a density to whole numbers, and it can grow without limit: put a needle
# on each. So noise is added, $v = (k + u)/256$ with $u$ uniform on $[0, 1)$; now a bin of volume $256^{-D}$ belongs to each
# image:
#
# $$\log P(k) = \log \int_{\text{bin}} p(v)\, dv \;\ge\; E_u[\log p(v)] - D \log 256.$$
#
# Divided by $-D \log 2$ this is **bits per dimension**: what a compressed pixel would cost. Uniform noise costs 8 bits, always.
# Noise that learns where $p$ is large in each bin brings the bound closer: `minigen train dequantization`.

# %%
widths = np.array([0.3, 0.1, 0.03, 0.01, 0.003, 0.001])  # of needles on every whole number, in grey values
k = mg.tensor(data.mnist(full=False).images[:200].astype(float).reshape(-1))
u = mg.rand(len(k))


def log_needles(v, width):
    """log density, in nats a pixel of width 1, of a normal needle on each whole number, all equally likely."""
    return Normal(0.0, width).log_prob(v - mg.round(v)) - math.log(256)


bare = [(8 * math.log(2) + log_needles(k, w)).mean().item() / math.log(2) for w in widths]
noisy = [(8 * math.log(2) + log_needles(k + u, w)).mean().item() / math.log(2) for w in widths]
claim("without noise the needles gain log₂(1/width): no limit", np.diff(bare) > 1.5)
claim("with noise they gain nothing: narrower is worse", np.array(noisy) <= 0.2)


class Uniform:
    """Every grey value equally likely: p(v) = 1 on the unit cube."""

    event_shape = (28, 28)

    def log_prob(self, v):
        return mg.zeros(len(v))


digits, clothes = data.mnist(full=False), data.fashion_mnist(full=False)
claim("uniform grey values cost 8 bits each", abs(bits_per_dim(Uniform(), digits.images[:50]).mean - 8) < 1e-10)
claim("log 256 nats are what the noise costs", abs(bij.UniformDequantization()(k[:1])[1].item() - math.log(256)) < 1e-10)

# %% [markdown]
# A published number stands for nothing if it was made in another way. `minigen.evaluate.bits_per_dim` refuses: images that were
# divided by 255 before; pixels that were padded (they cost nothing, and are counted); channels that were copied; a
# dequantisation without noise, or without its log 256; a density of logits without the Jacobian; NaN that would have to be
# skipped.

# %%
def refusal(*given):
    try:
        return bits_per_dim(*given)
    except NotComparable as reason:
        return str(reason)


padded = np.pad(digits.images[:50], ((0, 0), (2, 2), (2, 2)))
for name, images in {"divided by 255": digits.x[:50].reshape(-1, 28, 28), "padded to 32×32": padded}.items():
    print(f"{name}: {refusal(Uniform(), images)}")
    claim(f"{name}: refused", isinstance(refusal(Uniform(), images), str))

# %% [markdown]
# ## 5 Training, on faces whose smile is known
# For the rest we want to measure what a latent direction does, so we need faces whose smile is known: we draw them
# (`minigen.data.drawn_faces`). `minigen.models.Glow` is sections 1 to 4, one after the other: each of its levels squeezes, goes
# through steps of *actnorm, 1×1 convolution, coupling*, and lets half of the channels leave. One loss, bits per dimension.
#
# Digits and clothes take longer: `minigen train glow-mnist`, `glow-fashion`; `cglow-mnist` draws the digit that it is asked for.

# %%
mg.set_default_dtype(mg.float32)
mg.manual_seed(1)
faces, unseen = data.drawn_faces(3000), data.drawn_faces(200, seed=1)
k, k_unseen = faces.images[:, None].astype(np.float32), unseen.images[:, None]
glow = Glow((1, 20, 20), levels=2, steps=4, hidden=32)
steps = 350 if FAST else 3000
optimizer = optim.Adamax(glow.parameters(), lr=2e-2)
schedule = optim.LinearWarmupCosine(optimizer, 20, steps)
places, losses = [], []
for step, batch in zip(range(1, steps + 1), data.batches(k, 32).forever()):
    loss = glow.loss(batch)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    places, losses = [*places, step], [*losses, loss.item()]
glow.eval()
with mg.no_grad():
    v = mg.tensor((k_unseen + 0.5) / 256, dtype=mg.float32)
    z = glow.encode(v)
found, simplest = bits_per_dim(glow, k_unseen), bits_per_dim(PixelHistograms(faces.images[:, None]), k_unseen)
print(f"unseen faces: {found.mean:.3f} ± {found.standard_error:.3f} bits/dim; independent pixel histograms {simplest.mean:.3f}")
smooth = np.convolve(losses, np.ones(10) / 10, "valid")
lines = {"mini-batches": (places[9:], smooth)}
marks = {"independent pixel histograms": simplest.mean}
picture = viz.curves(lines, "bits per dimension while learning; uniform grey values cost 8", ylabel="bits/dim", marks=marks)
figure("12-training", picture, "The loss starts near 8 bits, as uniform grey values cost, and falls below pixel histograms.")
claim("unseen faces cost at least a bit less than under pixel histograms", found.mean < simplest.mean - 1)
with mg.no_grad():
    back = glow.decode(z)
error = np.linalg.norm(back.numpy() - v.numpy()) / np.linalg.norm(v.numpy())
claim(f"encode and decode: relative error {error:.1e}, below 1e-4", error < 1e-4)
state = health(glow.bijection.inv, v[:20])
print(f"largest condition of a W {state.condition:.1f}, largest |log s| {state.log_scale:.2f} in {state.worst['log_scale']}")
claim("every W is well-conditioned, every scale far from overflow", state.condition < 1e3 and state.log_scale < 20)

# %% [markdown]
# ## 6 Temperature
# Samples at full temperature contain rare things, and a small model has not learned what is rare. Glow draws $z$ with a smaller
# spread, $z = T\,\varepsilon$ with $\varepsilon \sim N(0, I)$ and $T < 1$: more typical, and less various.
#
# *E17:* the slide writes $N(0, T \cdot 1)$, which by convention names the *variance*. Paper and demonstration scale the
# **standard deviation**, $N(0, T^2 I)$, and so does the library.

# %%
temperatures, e = [0, 0.25, 0.5, 0.7, 0.85, 1], mg.randn(8, 400)
with mg.no_grad():
    rows = [np.clip(glow.decode(t * e).numpy()[:, 0], 0, 1) for t in temperatures]
    spread = [glow.encode(glow.sample(200, temperature=t)).std().item() for t in (0.5, 0.8)]
picture = viz.image_grid(np.concatenate(rows), 8, "eight z; T = 0, 0.25, 0.5, 0.7, 0.85, 1 from top to bottom", inches=0.7)
figure("12-temperature", picture, "Rows of faces: all alike at temperature 0, more and more different further down.")
off = np.abs(np.array(spread) - (0.5, 0.8))
claim(f"E17: T = 0.5 and 0.8 give latents of standard deviation {spread[0]:.2f} and {spread[1]:.2f}", off < 0.02)
claim("at T = 0 all samples are one image", np.ptp(rows[0], axis=0).max() < 1e-3)
claim("the warmer, the more various", np.diff([row.std(axis=0).mean() for row in rows]) > 0)

# %% [markdown]
# ## 7 Morphing: in pixels, on a straight line, on the sphere
# Two images become two latents, $z_1 = g^{-1}(x_1)$ and $z_2 = g^{-1}(x_2)$; a path between them is decoded. Mixing pixels
# shows both images at once. The path may be straight, or follow the sphere. The sphere has its centre where the codes have their
# mean. For a perfect model that is 0. For one trained briefly it is not: about 0, what all codes have in common, such as a bright
# head, would grow by nearly √2 half-way, and burn the picture.
#
# **Predict first**: two independent draws of $N(0, I)$ in 400 dimensions have length about 20. How long is their mean?
#
# <details><summary>Answer</summary>About 14: independent directions are nearly orthogonal, so it is 20/√2. The density is
# higher there, but no draw ever lies there. On the sphere the length stays.</details>

# %%
a, b = mg.randn(2, 400)
lengths = [np.linalg.norm(path(a, b, [0.5]).numpy()) for path in (straight, spherical)]
claim(f"straight, the middle has length {lengths[0]:.1f}, on the sphere {lengths[1]:.1f}", lengths[0] < 16 < 18 < lengths[1])
sad, laughing = (int(i) for i in (unseen.smile.argmin(), unseen.smile.argmax()))
t = np.linspace(0, 1, 9)
centre = z.mean(axis=0)


def about_the_mean(z1, z2, t):
    return centre + spherical(z1 - centre, z2 - centre, t)


middles = [path(z[sad], z[laughing], [0.5])[0] @ centre for path in (spherical, straight)]
claim(f"about 0, what codes have in common becomes {middles[0] / middles[1]:.2f} times as large", middles[0] / middles[1] > 1.25)
strips = [straight(v[sad], v[laughing], t), *(morph(glow, v[sad], v[laughing], 9, path) for path in (straight, about_the_mean))]
strips = [np.clip(strip.numpy()[:, 0], 0, 1) for strip in strips]
picture = viz.image_grid(np.concatenate(strips), 9, "mixing pixels · straight in z · on the sphere about the mean", inches=0.7)
figure("12-morph", picture, "Three rows from a sad to a laughing face: double images for pixels, one face at a time for latents.")
off = [np.abs(strip[i] - strips[0][i]).max() for strip in strips for i in (0, -1)]
claim("both latent paths begin and end with the images", np.array(off) < 1e-3)
quarter = straight(z[sad], z[laughing], [0.25])[0]
claim("a 25/75 mix is a quarter of the way", mg.allclose(quarter, 0.75 * z[sad] + 0.25 * z[laughing], atol=1e-5))
data.write_gif("_build/figures/12-morph.gif", np.concatenate([strips[1], strips[1][::-1]]), 0.12, enlarge=8)

# %% [markdown]
# The same in the plane, where one can see everything: RealNVP on the bent Gaussian of lecture 11, and a morph from (0.6, 0.25)
# to (0.6, −0.25). The straight line in $x$ leaves the banana. The straight line in $z$ goes around with it.

# %%
mg.manual_seed(3)
banana = data.parabola()
points = banana.sample(2000).astype(np.float32)
flow = RealNVP()
adam = optim.Adam(flow.parameters(), lr=2e-3)
for _, batch in zip(range(800 if FAST else 4000), data.batches(points, 256).forever()):
    nll = -flow.log_prob(batch).mean()
    adam.zero_grad()
    nll.backward()
    adam.step()
print(f"mean −log p of the last batch {nll.item():.3f} nats; the entropy is {banana.entropy:.3f}")
ends = np.float32([[0.6, 0.25], [0.6, -0.25]])
t = np.linspace(0, 1, 15)
chord, around = straight(ends[0], ends[1], t).numpy(), morph(flow, ends[0], ends[1], 15, straight).numpy()
x1, x2 = np.linspace(-0.15, 0.95, 120), np.linspace(-0.35, 0.35, 110)
grid = np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2)
density = np.exp(banana.log_density(grid)).reshape(110, 120)
lines = {"straight in z, decoded": around, "straight in x": chord}
picture = viz.paths(x1, x2, density, lines, points[:500], "a morph in the plane")
figure("12-banana", picture, "The decoded path follows the bend of the density from arm to arm; the chord crosses the gap.")
least = [banana.log_density(path.astype(float)).min() for path in (around, chord)]
claim(f"the worst point of the decoded path has log p = {least[0]:.1f}, of the chord {least[1]:.1f}", least[0] > least[1] + 5)
claim("the decoded path never leaves the banana", least[0] > banana.log_density(points.astype(float)).min() - 3)

# %% [markdown]
# ## 8 Make them smile
# The slide's demonstration lets celebrities smile. The direction is a difference of means:
#
# $$d = \operatorname{mean}\{z : \text{smiles}\} - \operatorname{mean}\{z : \text{does not}\}, \qquad x' = g(z + c\, d).$$
#
# No network was told what a smile is; a label for each of a few hundred images is enough. With drawn faces we can *measure* the
# smile that comes out, and whether anything else changes.

# %%
with mg.no_grad():
    known = data.drawn_faces(400, seed=2)
    d = direction(glow.encode(mg.tensor((known.images[:, None] + 0.5) / 256, dtype=mg.float32)), known.smile > 0)
    neutral = np.argsort(np.abs(unseen.smile))[:8]
    amounts = [-1.2, -0.6, 0, 0.6, 1.2]
    edited = [np.clip(glow.decode(z[neutral] + c * d).numpy()[:, 0], 0, 1) for c in amounts]
smiles = np.array([data.measured_smile(faces) for faces in edited])  # (5, 8)
picture = viz.image_grid(np.concatenate(edited), 8, "z + c·d for c = −1.2, −0.6, 0, 0.6, 1.2", inches=0.7)
figure("12-smile", picture, "Eight neutral faces, one a column: sad at the top, smiling at the bottom, otherwise the same.")
print("measured smile, mean of eight faces:", ", ".join(f"{c:+.1f}: {s:+.2f}" for c, s in zip(amounts, smiles.mean(axis=1))))
claim("the more of d is added, the more they smile", np.diff(smiles.mean(axis=1)) > 0)
claim("all eight smile more at the end than at the beginning", smiles[-1] > smiles[0] + 0.15)
eyes = [faces[:, 5:10].reshape(8, -1) for faces in edited]
claim("eyes and head stay as they were", np.abs(eyes[-1] - eyes[2]).mean() < 0.05)

# %% [markdown]
# ## What goes wrong
# **Likely is not typical.** Explicit models seem made for finding outliers: small $p(x)$, an outlier. But a Glow that learned
# clothes finds *digits* more likely than clothes. It needs no Glow: independent histograms, one a pixel, say the same, because
# digits are mostly black, and where clothes are often black, black is cheap. The figure shows it. `minigen train glow-fashion`
# shows it for the flow, with two repairs (`minigen.evaluate.minus_log_ratio`, `minigen.evaluate.atypicality`).
#
# **Also seen in the wild:** a 1×1 convolution without its $h\,w$; log-determinants with the wrong sign in both directions,
# which cancel in a round trip; actnorm that starts anew after loading; the prior of the split left out; NaN from scales without
# a bound. For the last one, `minigen.bijections.watched` names the layer.

# %%
histograms = PixelHistograms(clothes.images[:4500])
costs = {"clothes, unseen": clothes.images[4500:], "digits": digits.images[:500]}
costs = {name: bits_per_dim(histograms, images).values for name, images in costs.items()}
picture = viz.histogram(costs, title="pixel histograms of clothes: what is likely?", xlabel="bits/dim: likely to the left")
figure("12-outliers", picture, "Bits per dimension: the digits lie to the left of nearly all clothes, as if likelier.")
claim("digits are cheaper than clothes, by more than a bit", costs["digits"].mean() < costs["clothes, unseen"].mean() - 1)

broken = GlowCoupling(bij.half_mask(4), lambda x: mg.log(mg.cat([x, x], axis=1) - 100))  # the logarithm of negative numbers
try:
    with watched(broken):
        broken(mg.randn(2, 4, 3, 3))
except FloatingPointError as error:
    print(error)
    claim("the layer that made the NaN is named", "GlowCoupling.forward, made NaN" in str(error))

# %% [markdown]
# ## Summary
# * A step of Glow: actnorm, a learned mixing of channels, a coupling. All log-determinants are sums; two of them carry $h\,w$.
# * Squeeze turns pixels into channels; half of the channels leave after each level, with a learned prior.
# * Grey values need noise before they have a density; bits per dimension need the log 256 that the noise costs.
# * $T$ scales the standard deviation. Paths and directions in $z$ give images in between, and attributes.
# * High density does not mean typical.
#
# ## Exercises
# Write the function, and put it in the place of the library's in the cell that checks it: all claims must still hold.
#
# * `glow-actnorm` (●●): s and b from a first batch, and nothing from a second. Section 1 checks it.
# * `glow-conv1x1` (●●●): the log-determinant of a 1×1 convolution, plain and from its factors. Section 2 checks it.
# * `glow-squeeze` (●): squeeze and back, by the pattern of the figure. Section 3 checks it.
# * `glow-split` (●●●): half of the variables leave, with a learned prior. Section 3 checks it.
# * `glow-dequant` (●●): noise, and bits per dimension with its cost. Section 4 checks it.
# * `glow-temperature` (●): samples whose standard deviation is scaled. Section 6 checks it.
# * `glow-interpolate` (●●): from one point to another on the sphere. Section 7 checks it.
#
# ## Check yourself
# 1. Which of the five parts of Glow have a Jacobian that is not triangular?
# 2. A program reports 0.7 bits/dim on MNIST with images padded to 32×32 and three equal channels. What do you ask?
# 3. Why does the first split's prior depend on what stays, and not the other way round?
# 4. T = 0 gives one image. Is it the most likely one?
# 5. Would a straight path in pixels be better if all images were blurred?
#
# <details><summary>Answers</summary>1 The 1×1 convolution's, block diagonal with W in the blocks; actnorm's is diagonal,
# squeeze's a permutation, coupling's and split's are triangular. 2 By how many numbers it was divided: 3,072 instead of 784,
# most of them free. 3 Sampling starts with the last level; what stays is known when x₂ is drawn. 4 Not in general: z = 0 is the
# most likely z, but p(x) also has the factor |det|, which may be larger elsewhere. 5 A little: blurred images overlap more, but
# a mixture of two noses is still two noses.</details>
#
# ## Further reading
# On the slides: [Glow](https://arxiv.org/abs/1807.03039), [RealNVP](https://arxiv.org/abs/1605.08803), and the notebook [fun
# with Glow](https://github.com/tensorchiefs/dl_book/blob/master/chapter_06/nb_ch06_05.ipynb), whose weights have moved. Not on
# the slides: [a note on the evaluation of generative models](https://arxiv.org/abs/1511.01844) (dequantisation),
# [Flow++](https://arxiv.org/abs/1902.00275) (learned noise, `minigen.bijections.VariationalDequantization`), [do deep
# generative models know what they don't know?](https://arxiv.org/abs/1810.09136) and [likelihood
# ratios](https://arxiv.org/abs/1906.02845) (outliers).
