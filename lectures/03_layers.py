# %% [markdown]
# # 03 Layers and training
# **Slides** "Listing 4.3", "Key layer: transposed convolutions", "Listing 4.4", and all networks on the others · **Code**
# `minigen.nn`, `minigen.ops.convolution`, `minigen.optim` · **Time** 90 minutes · **Fast run** 15 s on one core
#
# ## Goals
# Afterwards you can write each layer of the lecture's networks and its derivative on one line, and say what it costs. You can
# compute the size that a convolution makes of an image, in both directions, and know why the transposed one is no inverse. You
# know where the chequered patterns in generated images come from, what batch normalization does differently in training and in
# use, why deep networks fall silent from a careless start, and what Adam's first step is. Each of this ends in a ✓ below: the
# cell has checked it.
#
# ## You need
# Gradients by backpropagation (`minigen.grad`), matrices and their transposes, mean and variance.

# %%
import math

import numpy as np

import minigen as mg
from minigen import data, nn, optim, viz
from minigen.lectures import begin, claim, figure
from minigen.models import DCGAN
from minigen.nn import functional as F
from minigen.ops.windows import overlap_counts

FAST = begin("03")
mg.set_default_dtype(mg.float64)  # identities are checked to ten digits; training goes back to float32


def close(a, b):
    return mg.allclose(a, b, rtol=1e-10, atol=1e-10)


# %% [markdown]
# ## 1 Linear layers, and what stands between them
# A linear layer has a matrix $W$ (out, in) and a vector $b$ (out): $y = x W^T + b$ for a batch $x$ (N, in). If $g = \partial
# L/\partial y$ arrives from above, three products of matrices pass it on:
#
# $$\partial L/\partial x = g W, \qquad \partial L/\partial W = g^T x, \qquad \partial L/\partial b = \textstyle\sum_n g_n.$$
#
# Two linear layers are one: $W_2 (W_1 x) = (W_2 W_1) x$. So something bent has to stand between them, an **activation**. How well
# a gradient gets through it depends on its slope. The **sigmoid** $\sigma(x) = 1/(1 + e^{-x})$ has at most ¼: ten of them leave a
# millionth. **Relu**, max(0, x), has 1 or 0: what is 0 for all inputs learns no more. **Leaky relu**, max(x, 0.01 x), is the
# slides' choice for discriminators: no input is without slope.

# %%
x, w, b = (mg.randn(*shape, requires_grad=True) for shape in ((5, 4), (3, 4), (3,)))
g = mg.randn(5, 3)
found = mg.grad(F.linear(x, w, b), [x, w, b], g)
claim("the three rules of the linear layer, by hand", all(close(a, e) for a, e in zip(found, (g @ w, g.mT @ x, g.sum(axis=0)))))
second = mg.randn(2, 3)
claim("two linear layers are one", close(F.linear(F.linear(x, w), second), F.linear(x, second @ w)))

line = mg.linspace(-4, 4, 801, requires_grad=True)
bends = {"sigmoid": mg.sigmoid, "tanh": mg.tanh, "relu": F.relu, "leaky relu": F.leaky_relu}
slopes = {name: mg.grad(bend(line).sum(), [line])[0] for name, bend in bends.items()}
s = mg.sigmoid(line)
claim("σ' = σ(1 − σ) ≤ ¼", close(slopes["sigmoid"], s * (1 - s)) and slopes["sigmoid"].max() <= 0.25)
left = mg.stack([slopes["relu"], slopes["leaky relu"]])[:, line < 0]
claim("on the left relu passes nothing, leaky relu a hundredth", abs(left - mg.tensor([[0.0], [0.01]])) < 1e-12)
curves = {name: (line.detach(), s) for name, s in slopes.items()}
picture = viz.curves(curves, "what passes through: the slope of the activation", "x", "dy/dx")
figure("03-slopes", picture, "Slopes: the sigmoid's stays below a quarter, tanh's reaches 1 at 0 only, relu's jumps from 0 to 1.")

# %% [markdown]
# ## 2 The last layer: one number that means yes or no
# A discriminator ends in one **logit** $l$; the probability of "real" is $\sigma(l)$, and the cost for the truth $t$ (1 or 0) is
# the binary cross-entropy $-t \log \sigma(l) - (1 - t) \log(1 - \sigma(l))$. Listing 4.4 ends in a sigmoid, and its logarithm is
# taken later. That is one rounding too early: from $l = 37$ on $\sigma(l)$ is 1 to the last bit (in float32 from 17), and log 0
# follows. Cross out before computing:
#
# $$\mathrm{BCE}(l, t) = \max(l, 0) - l\,t + \log(1 + e^{-|l|}), \qquad \partial\,\mathrm{BCE} / \partial l = \sigma(l) - t.$$
#
# The logit that is confident and wrong costs $|l|$, and its gradient stays 1 (exercise `nn-bce-logits`).

# %%
l, t = mg.tensor([-800.0, -3.0, 0.0, 2.0, 800.0], requires_grad=True), mg.tensor([1.0, 0.0, 1.0, 1.0, 0.0])
cost = mg.maximum(l, 0) - l * t + mg.log1p(mg.exp(-abs(l)))
claim("the stable form is the library's", close(cost, F.binary_cross_entropy_with_logits(l, t, reduction="none")))
claim("confident and wrong costs |l| = 800, not infinity", close(cost[[0, 4]], mg.tensor([800.0, 800.0])))
claim("its gradient is σ(l) − t", close(mg.grad(cost.sum(), [l])[0], mg.sigmoid(l) - t))
claim("sigmoid first, logarithm later: 1 − σ(37) is 0 in float64", (1 - mg.sigmoid(mg.tensor(37.0))).item() == 0)

# %% [markdown]
# ## 3 Convolution is a matrix
# An image has a structure that a linear layer ignores: what an edge looks like does not depend on where it is. So let each output
# look at a small window, with the same weights everywhere. With kernel size $k$, stride $s$ and padding $p$ (zeros around the
# image):
#
# $$y_{oij} = b_o + \sum_{c,a,b} w_{ocab}\; x_{c,\,s i + a - p,\,s j + b - p}, \qquad n' = \lfloor (n + 2p - k)/s \rfloor + 1.$$
#
# Every $y$ is a linear function of all $x$: there is a matrix $C$ with $y = C x$, mostly zeros, in which the same few weights
# return in every row. **Predict first**: a 28×28 image, 3×3 kernel, stride 2, padding 1. How large is $C$, and how many different
# numbers does it hold?
#
# <details><summary>Answer</summary>196 × 784, and besides 0 only nine: those of the kernel.</details>

# %%
def matrix(w, n, s, p):
    """C for one channel, from the formula: (n′ n′, n n)"""
    k, m = len(w), (n + 2 * p - len(w)) // s + 1
    c = np.zeros((m, m, n, n))
    for i, j, a, b in np.ndindex(m, m, k, k):
        row, column = s * i + a - p, s * j + b - p
        if 0 <= row < n and 0 <= column < n:
            c[i, j, row, column] = w[a, b]
    return c.reshape(m * m, n * n)


w, x = mg.randn(3, 3), mg.randn(28, 28)
c = mg.tensor(matrix(w.numpy(), 28, 2, 1))
claim("conv2d(x) = C x", close(F.conv2d(x[None, None], w[None, None], stride=2, padding=1).flatten(), c @ x.flatten()))
claim("C is 196 × 784 and holds nine numbers, and 0", c.shape == (196, 784) and len(np.unique(c.numpy())) == 10)

# %% [markdown]
# To compute it, nobody builds $C$. The other way round is better: lay the windows beside each other as the columns of a matrix
# (**im2col**, in the library `unfold`), then one product with the kernel as a matrix (out, $c\,k\,k$) does everything (exercise
# `nn-conv2d`). A 3×3 kernel makes the image nine times as large, which is why the library does it for a few images at a time
# (`minigen.ops.columns`).

# %%
x, w = mg.randn(2, 3, 6, 6), mg.randn(4, 3, 3, 3)
columns, y = F.unfold(x, 3, padding=1, stride=2), F.conv2d(x, w, stride=2, padding=1)  # (2, 27, 9): 27 numbers, 9 windows
claim("im2col, then a product with the kernel, is the convolution", close((w.flatten(1) @ columns).reshape(y.shape), y))
claim("the sum of the formula, at one place", close(y[1, 2, 1, 1], (w[2] * x[1, :, 1:4, 1:4]).sum()))
small, nine = mg.arange(1.0, 17).reshape(1, 1, 4, 4), np.arange(1.0, 10).reshape(3, 3)
both = {"C: a row for each output": matrix(nine, 4, 1, 0), "im2col of 1 … 16": F.unfold(small, 3)[0].numpy()}
picture = viz.matrices(both, values=True, inches=0.26)
figure("03-matrices", picture, "A 4 by 16 matrix with the kernel in every row, and the 9 by 4 matrix of windows.")
picture = viz.conv_arithmetic(6, 3, stride=2, padding=1, places=[(0, 0), (0, 1), (1, 1), (2, 2)])
figure("03-conv-6-3", picture, "A 3 by 3 kernel moves in steps of two over a padded 6 by 6 image and makes 3 by 3 outputs.")

# %% [markdown]
# ## 4 The transposed convolution: the way up
# A generator has to make more pixels than it gets. The tool is $C^T$: the **transposed convolution**. It takes $n'$ to $n$, each
# input stamps the kernel onto the output, and stamps that overlap add up (exercises `nn-conv2d-backward`, `nn-conv-transpose`):
#
# $$x = C^T y, \qquad \langle C x, y\rangle = \langle x, C^T y\rangle, \qquad n = (n' - 1)\,s - 2p + k + \text{output\_padding}.$$
#
# It is also the gradient of the convolution: $\partial L/\partial x = C^T g$. As stride $s$ maps $s$ different sizes to the same
# $n'$, `output_padding` has to say which one is meant on the way back.
#
# *E7: "Convolution is reversible".* It is not: $C$ has fewer rows than columns, so it forgets. $C^T$ is the **adjoint**, not the
# inverse; it restores the shape, not the image. *E6: "Need to go from 6×6 to 3×3".* That is the way down, of the discriminator.
# The generator goes from 7 to 14. **Predict first**: with $k = 3$, $s = 2$, $p = 1$: what `output_padding` leads from 7 to 14?
#
# <details><summary>Answer</summary>(7 − 1) · 2 − 2 + 3 = 13, so 1. Keras's padding="same" makes 14 without being asked.</details>

# %%
x, y, w = mg.randn(1, 1, 14, 14, requires_grad=True), mg.randn(1, 1, 7, 7), mg.randn(1, 1, 3, 3)
c = mg.tensor(matrix(w[0, 0].numpy(), 14, 2, 1))  # (49, 196)


def down(x):
    return F.conv2d(x, w, stride=2, padding=1)


def up(y, output_padding=1):
    return F.conv_transpose2d(y, w, stride=2, padding=1, output_padding=output_padding)


claim("7×7 → 14×14: conv_transpose2d(y) = Cᵀ y", up(y).shape == x.shape and close(up(y).flatten(), c.mT @ y.flatten()))
claim("adjoint: ⟨C x, y⟩ = ⟨x, Cᵀ y⟩", close((down(x) * y).sum(), (x * up(y)).sum()))
claim("the gradient of a convolution is the transposed convolution", close(mg.grad(down(x), [x], y)[0], up(y)))
claim("E7: Cᵀ C x has the shape of x, and is another image", (up(down(x)) - x).std() > 0.5 * x.std())
claim("E7: no matrix brings back x: C has rank 49, x 196 numbers", np.linalg.matrix_rank(c.numpy()) == 49)
claim("E6: 6 → 3 is the way down, 3 → 6 the way up", down(x[..., :6, :6]).shape == y[..., :3, :3].shape)
claim("13 and 14 both become 7", down(x).shape == down(x[..., :13, :13]).shape == y.shape)
claim("output_padding chooses on the way back", [up(y, extra).shape[-1] for extra in (0, 1)] == [13, 14])
picture = viz.conv_arithmetic(7, 3, 2, 1, output_padding=1, transposed=True, places=[(0, 0), (5, 6), (13, 13)])
figure("03-conv-7-14", picture, "7 by 7 inputs with zeros between and around them; the turned kernel makes 14 by 14 outputs.")
figure("03-arithmetic", viz.conv_gallery(), "The fifteen pictures of convolution arithmetic, from the library's own answers.")

# %% [markdown]
# The networks of listings 4.3 and 4.4 are `minigen.models.DCGAN`. *E8:* the book's comment says that the last convolution makes
# 3×3×128. It is $\lfloor (7 + 2 - 3)/2 \rfloor + 1 = 4$, as Keras's "same", $\lceil 7/2 \rceil$: the last layer has 2,048 inputs.

# %%
def sizes(net, x):
    """The height of what every layer returns."""
    found = []
    for layer in net:
        x = layer(x)
        found += [x.shape[-1]] * isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))
    return found, x


gan = DCGAN()
upwards, fake = sizes(gan.generator, mg.randn(2, 100))
downwards, logit = sizes(gan.discriminator, fake)
claim("Listing 4.3: 7 → 14 → 14 → 28", upwards == [14, 14, 28])
claim("E8, Listing 4.4: 28 → 14 → 7 → 4, and 4 · 4 · 128 = 2,048", downwards == [14, 7, 4] and logit.shape == (2, 1))

# %% [markdown]
# ## 5 Chequered images
# Stamps of width 3 at distance 2 overlap: some outputs collect from one input, some from two, in the plane from 1, 2 or 4. A
# generator has to learn to undo that pattern, and mostly does not quite. The pattern is the transposed convolution of ones with a
# kernel of ones. It is even inside exactly if $s$ divides $k$ (exercise `gan-checkerboard`). Ways out: $k = 4$, $s = 2$; or
# enlarge first (`nn.Upsample`), then an ordinary convolution.

# %%
overlaps = lambda k, s, n=6: np.outer(*[overlap_counts(n, k, s)] * 2)  # noqa: E731  how many of n × n inputs reach each output
stamps = F.conv_transpose2d(mg.ones(1, 1, 6, 6), mg.ones(1, 1, 3, 3), stride=2)[0, 0]
claim("it is the transposed convolution of ones with a kernel of ones", np.abs(stamps.numpy() - overlaps(3, 2)) < 1e-5)
grids = {(k, s): overlaps(k, s, 12)[k:-k, k:-k] for k in range(1, 8) for s in range(1, k + 1)}
even = [(inside.min() == inside.max()) == (k % s == 0) for (k, s), inside in grids.items()]
claim("even inside exactly where s divides k, for all k < 8", even)
claim("inside: 1, 2 or 4 for k = 3, s = 2", np.unique(grids[3, 2]) == [1, 2, 4])
enlarged = F.conv2d(F.interpolate(mg.ones(1, 1, 6, 6), scale_factor=2), mg.ones(1, 1, 3, 3))[0, 0].numpy()
claim("enlarging first: every output collects from nine", enlarged == 9)
both = {"k = 3, s = 2": overlaps(3, 2), "k = 4, s = 2": overlaps(4, 2)}
picture = viz.matrices(both, values=True, inches=0.22)
figure("03-checkerboard", picture, "Overlaps: 1, 2 and 4 in a checkerboard for kernel 3, all 4 inside for kernel 4.")

# %% [markdown]
# ## 6 Batch normalization
# For each channel, over all $m$ numbers of it in the batch, $\bar x$ the mean and $v$ the mean square deviation:
#
# $$\hat x = \frac{x - \bar x}{\sqrt{v + \epsilon}}, \qquad y = w\,\hat x + b.$$
#
# How large the layer before made its numbers no longer matters. The derivative has three paths: through $x$ itself, through the
# mean, and through the variance (exercises `nn-batchnorm`, `nn-batchnorm-backward`):
#
# $$\frac{\partial L}{\partial x} = \frac{w}{\sqrt{v + \epsilon}} \left(g - \bar g - \hat x \cdot \overline{g \hat x}\right).$$
#
# In **use** there may be only one image. So training keeps running means of $\bar x$ and $v$, and `eval()` uses these; $v$ counts
# there as $v \cdot m/(m-1)$, the unbiased estimate.

# %%
x, w, b = mg.randn(8, 3, 2, 2, requires_grad=True), mg.rand(3) + 0.5, mg.randn(3)
g, column = mg.randn(8, 3, 2, 2), (1, 3, 1, 1)
mean_of = lambda a: a.mean(axis=(0, 2, 3), keepdims=True)  # noqa: E731
v = mean_of((x - mean_of(x)) ** 2)
hat = (x - mean_of(x)) / mg.sqrt(v + 1e-5)
y = F.batch_norm(x, None, None, w, b, training=True)
claim("y = w x̂ + b", close(y, w.reshape(column) * hat + b.reshape(column)))
by_hand = w.reshape(column) / mg.sqrt(v + 1e-5) * (g - mean_of(g) - hat * mean_of(g * hat))
claim("three paths back", close(mg.grad(y, [x], g)[0], by_hand))
ones = mg.grad(F.batch_norm(x, None, None, w, b, training=True).sum(), [x])[0]
claim("the sum of all y does not depend on x: a gradient of ones is stopped", abs(ones) < 1e-12)
louder = F.batch_norm(100 * x + 7, None, None, w, b, training=True)
claim("a louder layer before changes nothing", mg.allclose(louder, y, atol=1e-4))

norm = nn.BatchNorm2d(3)
for _ in range(200):
    norm(2 + 3 * mg.randn(8, 3, 2, 2))
off = max(abs(norm.running_mean - 2).max().item(), abs(norm.running_var - 9).max().item() / 4)
claim("the running statistics have found N(2, 9)", off < 0.8)
x = 2 + 3 * mg.randn(8, 3, 2, 2)
claim("eval: an image does not depend on its batch", close(norm.eval()(x[:1]), norm(x)[:1]))
claim("train: it does", abs(norm.train()(x[:4])[:1] - norm(x)[:1]).max() > 0.05)
once = nn.BatchNorm1d(1, momentum=1.0)  # remembers the last batch alone
y = once(mg.tensor([[1.0], [2.0], [6.0]]))
off = abs(y[2].item() - 3 / math.sqrt(14 / 3 + 1e-5)), abs(once.running_var.item() - 7)
claim("v of 1, 2, 6: 14/3 in the batch, 7 for use", np.array(off) < 1e-10)

# %% [markdown]
# ## 7 How weights begin
# With independent weights of variance $q$, an output has $\text{fan\_in} \cdot q$ times the mean square of its inputs. Thirty
# layers raise that to the power of thirty. $q = 1/\text{fan\_in}$ keeps it (Xavier); relu throws one half away, so it needs $q =
# 2/\text{fan\_in}$ (He). **Predict first**: what is left of the mean square after 30 relu layers that begin with
# $1/\text{fan\_in}$?
#
# <details><summary>Answer</summary>One half, thirty times: a billionth.</details>

# %%
def spread(start, norm=False, depth=30, width=256):
    """The root mean square of the signal behind every layer, for weights from ``start``."""
    x, found = mg.randn(256, width), []
    for _ in range(depth):
        x = F.linear(x, start(mg.zeros(width, width)))
        x = F.relu(F.batch_norm(x, None, None, training=True) if norm else x)
        found.append(math.sqrt((x * x).mean().item()))
    return np.array(found)


with mg.no_grad():
    signals = {
        "N(0, 0.01²)": spread(lambda w: nn.init.normal_(w, 0, 0.01)),
        "1 / fan_in": spread(lambda w: nn.init.kaiming_normal_(w, nonlinearity="linear")),
        "He: 2 / fan_in": spread(lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu")),
        "N(0, 0.01²), batch norm": spread(lambda w: nn.init.normal_(w, 0, 0.01), norm=True),
    }
depths = np.arange(1, 31)
factor = {name: (s[-1] / s[0]) ** (2 / 29) for name, s in signals.items()}  # of the mean square, from layer to layer
claim(f"1/fan_in: the mean square is halved by every layer, {factor['1 / fan_in']:.2f}", abs(factor["1 / fan_in"] - 0.5) < 0.05)
claim(f"He keeps it, {factor['He: 2 / fan_in']:.2f}", abs(factor["He: 2 / fan_in"] - 1) < 0.1)
claim("N(0, 0.01²) multiplies it by 256 · 0.01² / 2 = 0.0128", abs(factor["N(0, 0.01²)"] / 0.0128 - 1) < 0.1)
claim("with batch norm even that start keeps the signal", abs(signals["N(0, 0.01²), batch norm"] - math.sqrt(0.5)) < 0.05)
lines = {name: (depths, np.log10(s)) for name, s in signals.items()}
picture = viz.curves(lines, "the signal behind each of 30 relu layers, four starts", "layer", "log₁₀ of its root mean square")
figure("03-depth", picture, "Small weights lose a factor of nine a layer, 1/fan_in one of 1.4; He and batch norm stay level.")

# %% [markdown]
# ## 8 Steps downhill
# With the gradient $g_t$ of the cost, learning rate η:
#
# * **SGD**: $\theta \leftarrow \theta - \eta g$ needs $\eta < 2/\lambda$ for every curvature λ, and crawls along flat axes.
# * **Momentum**: $u \leftarrow \beta u + g$, $\theta \leftarrow \theta - \eta u$: gradients that agree add up to $g/(1 - \beta)$.
# * **Adam**: $m$ and $v$ are running means of $g$ and $g^2$, and
#   $\theta \leftarrow \theta - \eta\,\hat m / (\sqrt{\hat v} + \epsilon)$, each axis with a step length of its own.
#
# $m$ and $v$ begin at 0, so they are too small at first; $\hat m = m / (1 - \beta_1^t)$ and $\hat v = v/(1 - \beta_2^t)$ make up
# for that. At $t = 1$: $\hat m = g$, $\hat v = g^2$. **Predict first**: how long is Adam's first step for a gradient of 0.001,
# and of 1,000? (exercise `nn-adam`)
#
# <details><summary>Answer</summary>η both times: the first step is −η · sign(g).</details>

# %%
for size in (1e-3, 1.0, 1e3):
    p = nn.Parameter(mg.tensor([1.0, 1.0]))
    (p * mg.tensor([size, -size])).sum().backward()
    optim.Adam([p], lr=0.1).step()
    claim(f"Adam's first step is −η sign(g), for |g| = {size:g}", abs(p.detach() - mg.tensor([0.9, 1.1])) < 1e-5)

curvature = mg.tensor([1.0, 25.0])


def descend(make, steps=30):
    """The path of an optimizer down the valley ½ (θ₁² + 25 θ₂²): (steps + 1, 2)"""
    p, path = nn.Parameter(mg.tensor([-4.0, 1.0])), []
    optimizer = make([p])
    for _ in range(steps):
        path.append(p.detach().numpy().copy())
        optimizer.zero_grad()
        (0.5 * curvature * p * p).sum().backward()
        optimizer.step()
    return np.array([*path, p.detach().numpy()])


paths = {
    "SGD, η = 0.03": descend(lambda p: optim.SGD(p, lr=0.03)),
    "SGD, η = 0.078": descend(lambda p: optim.SGD(p, lr=0.078)),
    "momentum 0.8": descend(lambda p: optim.SGD(p, lr=0.03, momentum=0.8)),
    "Adam, η = 0.4": descend(lambda p: optim.Adam(p, lr=0.4)),
}
ends = [np.linalg.norm(path[-1]) for path in paths.values()]
plain, rate = paths["SGD, η = 0.03"], np.array([1 - 0.03, 1 - 25 * 0.03])
claim("SGD by formula: θ_t = (1 − ηλ)ᵗ θ₀ on each axis", np.isclose(plain, plain[0] * rate ** np.arange(31)[:, None]))
claim("just above 2/25 = 0.08 SGD climbs out of the valley", abs(descend(lambda p: optim.SGD(p, lr=0.081))[-1, 1]) > 1)
claim("after 30 steps momentum and Adam are nearer to the bottom than the first SGD", max(ends[2:]) < ends[0])
xs, ys = np.linspace(-4.5, 1.5, 121), np.linspace(-1.4, 1.4, 81)
valley = 0.5 * xs**2 + 12.5 * ys[:, None] ** 2
picture = viz.descents(xs, ys, valley, [0.1, 0.5, 1.5, 4, 8, 14, 22], paths, "30 steps down a valley, curvatures 1 and 25")
figure("03-paths", picture, "SGD crawls or bounces between the walls; momentum and Adam go along the valley and overshoot.")

# %% [markdown]
# ## 9 All of it at once
# A small convolutional classifier, trained on digits with and without batch normalization: two steps of the discriminator's kind
# (stride 2), and a linear layer for ten classes. The learning rate is high on purpose.

# %%
mg.set_default_dtype(mg.float32)
training, held_out = data.mnist().split(1000)
x_held, y_held = mg.tensor(held_out.images[:, None] / np.float32(255)), held_out.labels


def classifier(norm):
    """Two convolutions with stride 2, ``norm`` behind each, and ten logits."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, 2, 1), norm(8), nn.LeakyReLU(0.01), nn.Conv2d(8, 16, 3, 2, 1), norm(16), nn.LeakyReLU(0.01),
        nn.Flatten(), nn.Linear(16 * 7 * 7, 10),
    )  # fmt: skip


def train(net, steps, batch=64):
    optimizer, losses = optim.Adam(net, lr=3e-3), []
    for _ in range(steps):
        i = mg.randint(0, len(training.images), (batch,)).numpy()
        loss = F.cross_entropy(net(mg.tensor(training.images[i][:, None] / np.float32(255))), mg.tensor(training.labels[i]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses)


@mg.no_grad()
def accuracy(net):
    return (net.eval()(x_held).data.argmax(axis=1) == y_held).mean()


steps = 150 if FAST else 1000
nets = {"with batch norm": classifier(nn.BatchNorm2d), "without": classifier(nn.Identity)}
losses = {name: train(net, steps) for name, net in nets.items()}
right = {name: accuracy(net) for name, net in nets.items()}
claim(f"{right['with batch norm']:.1%} of unseen digits are right after {steps} steps", right["with batch norm"] > 0.9)
normed, plain = losses.values()
claim("batch norm learns faster: a lower cost in steps 10 to 50", normed[10:50].mean() < plain[10:50].mean())
smooth = {name: (np.arange(4, steps - 5), np.convolve(found, np.ones(10) / 10, "valid")) for name, found in losses.items()}
picture = viz.curves(smooth, "cost in training, mean of ten steps", ylabel="nats")
figure("03-training", picture, "Both costs fall; the one with batch norm falls faster.")

# %% [markdown]
# ## What goes wrong
# **Forgotten `eval()`.** A network with batch norm, asked in training mode, answers about an image *and the company it comes in*.
# Below a fully connected one gets unseen digits of one class at a time, as from a sorted test set. What they have in common is
# their class, and it goes out with the mean. **Also seen in the wild:** a checkpoint of the weights without the running
# statistics; a bias before a batch norm, which is subtracted again; all weights equal at the start, so that all units stay equal;
# the gradient not set back to zero.

# %%
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.01), nn.Linear(64, 10))
train(net, steps)
digits, lines = np.arange(10), {}
for name, mode in (("after eval()", net.eval), ("in training mode", net.train)):
    mode()
    with mg.no_grad():
        answers = [net(x_held[mg.tensor(y_held == digit)]).data.argmax(axis=1) for digit in digits]
    lines[name] = digits, np.array([(found == digit).mean() for digit, found in zip(digits, answers)])
picture = viz.curves(lines, "one class at a time: the share that is right", "digit", "accuracy", limits=(0, 1.02))
figure("03-forgotten-eval", picture, "After eval() nine of ten are right; in training mode, one class in the batch, one of six.")
good, wrong = (share.mean() for _, share in lines.values())
claim(f"sorted by class: {good:.0%} right after eval(), {wrong:.0%} in training mode", good > 0.85 and wrong < 0.35)

# %% [markdown]
# ## Summary
# * A layer is a function and the rule that carries a gradient back through it; most are products of matrices.
# * Convolution is a sparse matrix $C$, im2col makes it a dense product, $C^T$ is its gradient and the way up. It is no inverse.
# * Sizes: $\lfloor (n + 2p - k)/s \rfloor + 1$ down, $(n' - 1)s - 2p + k + \text{output\_padding}$ up.
# * Batch norm makes the scale of the layer before irrelevant, and has two modes.
# * Weights begin with variance 2/fan_in before a relu. Adam's first step has the length η.
#
# ## Exercises
# Write the function, and put it in the place of the library's in the cell that checks it: all claims must still hold.
#
# * `nn-bce-logits` (●●): section 2; `nn-conv2d`, `nn-conv2d-backward` (●●●): sections 3 and 4.
# * `nn-conv-transpose` (●●●●): section 4; `gan-shapes`, `gan-checkerboard` (●): sections 4 and 5.
# * `nn-batchnorm` (●●●), `nn-batchnorm-backward` (●●●●): section 6. `nn-adam` (●●): section 8.
#
# ## Check yourself
# 1. Why is the first layer of a discriminator cheaper than the second, although its image is larger?
# 2. Which convolution has a $C$ that is square and invertible?
# 3. Why does a constant upstream gradient not test the rule of batch norm?
# 4. A network's mean square grows by 4 with every relu layer. With what variance did its weights begin?
# 5. What does Adam do along an axis whose gradient is always the same? And of alternating sign?
#
# <details><summary>Answers</summary>1 It costs in · out channels for each output pixel: 1 · 32 against 32 · 64, on four times as
# many. 2 The 1×1 convolution with an invertible matrix, which Glow uses. 3 The right gradient is 0, and so is that of many wrong
# rules. 4 8/fan_in. 5 Steps of length η; steps of about 0, as m averages them away.</details>
#
# ## Further reading
# On the slides: [Dumoulin, Visin](https://arxiv.org/abs/1603.07285) with their
# [animations](https://github.com/vdumoulin/conv_arithmetic/). Not on the slides: [checkerboard
# artifacts](https://distill.pub/2016/deconv-checkerboard/), [batch norm](https://arxiv.org/abs/1502.03167), [He's
# initialisation](https://arxiv.org/abs/1502.01852), [Adam](https://arxiv.org/abs/1412.6980), [why momentum
# works](https://distill.pub/2017/momentum/).
