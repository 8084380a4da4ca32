# %% [markdown]
# # 07 GAN I: two players
# **Slides** "Idea of GANs" to "Results after 20000 iterations" · **Code** `minigen.models.gan`, `minigen.models.games`,
# `minigen.models.optimal_discriminator` · **Time** 90 minutes · **Fast run** 20 s on two cores
#
# ## Goals
# Afterwards you can say what the discriminator of a GAN computes when it is at its best, and what the generator then makes small.
# You can tell the loss of the minimax slide from the one that everybody trains with, and say why. You can write the training loop
# without a library's `trainable` switch, and know what that switch hides. You can compute, for two players with one number each,
# whether training converges, circles or explodes. You can train the slides' network on digits, and notice when it has collapsed.
#
# ## You need
# Binary cross-entropy, the Kullback–Leibler divergence, eigenvalues of a 2×2 matrix, and how a training loop looks.

# %%
import itertools
import math

import numpy as np

import minigen as mg
from minigen import data, nn, optim, viz
from minigen.distributions import Normal
from minigen.evaluate import count_modes, diversity, feature_net, fid
from minigen.lectures import begin, claim, figure
from minigen.models import GAN, fully_connected
from minigen.models.dirac_gan import GAMES
from minigen.models.games import Game, alternating, behaviour, eigenvalues, extragradient, orbit, simultaneous
from minigen.models.gan import discriminator_loss, generator_loss_minimax, generator_loss_nonsaturating, glorot_init
from minigen.models.optimal_discriminator import jensen_shannon, minimax_value, optimal_discriminator, optimal_logit
from minigen.nn import functional as F

FAST = begin("07")
mg.set_default_dtype(mg.float64)  # identities are checked to ten digits; training goes back to float32

# %% [markdown]
# ## 1 Sampling without a density
# We want samples from a complicated distribution in $D$ dimensions. So draw something simple, $z \sim N(0, I)$ with $K$ numbers,
# and learn a network that makes an image of it, the **generator** $x^* = G(z)$. A VAE does that, too; but here nobody asks for a
# density $p(x)$. Instead a second network, the **discriminator** $D(x)$, looks at images and says how likely each is real. It
# wants $D(x) = 1$ for a real image $x$ and $D(x^*) = 0$ for a generated one; the generator wants $D(x^*) = 1$.
#
# These are the networks of listings 3.3 and 3.4. Ours differ in one thing: $D$ returns the **logit** $a$, and $D = \sigma(a)$ is
# left to the loss, which needs its logarithm only, $\log D = -\log(1 + e^{-a})$. That cannot overflow, a sigmoid followed by a
# logarithm can.

# %%
gan = GAN.fully_connected(in_features=784, hidden=128, latent_dim=100, slope=0.01)
print(gan)
sizes = [sum(p.numel() for p in player.parameters()) for player in (gan.generator, gan.discriminator)]
claim("listing 3.3 has 12,928 + 101,136 weights, listing 3.4 has 100,480 + 129", sizes == [12_928 + 101_136, 100_480 + 129])
claim("the generator makes images of noise: 3 of 784 pixels between −1 and 1", gan.sample(3).shape == (3, 784))
try:
    gan.log_prob(gan.sample(3))
except NotImplementedError as error:
    claim("nobody can ask a GAN for p(x)", "implicit" in str(error))

# %% [markdown]
# ## 2 The best discriminator is a likelihood ratio
# The discriminator is a classifier for two classes, trained as ever by maximum likelihood. In the mean over data $x \sim p$ and
# samples $x^* \sim q$, its log-likelihood is (the slides write $p_{data}$ for $p$; $q$ is the law of $G(z)$)
#
# $$V(D, G) = E_{x \sim p}[\log D(x)] + E_{z}[\log(1 - D(G(z)))] = \int p(x) \log D(x) + q(x) \log(1 - D(x))\, dx.$$
#
# At each point $x$ this is $p \log D + q \log(1 - D)$, largest for (exercise `gan-optimal-d`)
#
# $$D^*(x) = \frac{p(x)}{p(x) + q(x)}, \qquad \text{with the logit}\quad a^*(x) = \log p(x) - \log q(x).$$
#
# **Predict first**: below, $p = N(-1, 1)$ are the data and $q = N(1.5, 0.4^2)$ the samples. Where is $D^* = \tfrac12$? And what
# does a discriminator say at $x = -10$, where neither data nor samples ever are?
#
# <details><summary>Answer</summary>Where the two densities cross; since they differ in width that happens twice. Far out
# everything depends on the wider one: D* is 1 on both sides. A trained network does not know that: it has seen nothing
# there.</details>

# %%
p, q, x = Normal(-1.0, 1.0), Normal(1.5, 0.4), mg.linspace(-10, 10, 2001)
log_p, log_q, dx = p.log_prob(x), q.log_prob(x), 0.01
best = optimal_discriminator(mg.exp(log_p), mg.exp(log_q))
claim("its logit is the log of the likelihood ratio", mg.allclose(mg.sigmoid(optimal_logit(log_p, log_q)), best))
claim("it is ½ where the densities cross, in two places", (np.diff(np.sign((log_p - log_q).numpy())) != 0).sum() == 2)

discriminator = fully_connected(1, 32, 32, 1, activation=nn.Tanh)
optimizer = optim.Adam(discriminator.parameters(), lr=0.01)
for _ in range(300):
    real, fake = p.sample((500, 1)), q.sample((500, 1))
    loss = discriminator_loss(discriminator(real), discriminator(fake))  # −V, estimated from 500 draws of each
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with mg.no_grad():
    logit = discriminator(x.unsqueeze(1))[:, 0]
off = (mg.abs(mg.sigmoid(logit) - best) * 0.5 * (mg.exp(log_p) + mg.exp(log_q))).sum().item() * dx
claim(f"trained, a small network is D*, off by {off:.3f} in the mean over what it sees", off < 0.03)
lines = {"p, data": mg.exp(log_p), "q, samples": mg.exp(log_q), "D* = p/(p + q)": best, "trained D": mg.sigmoid(logit)}
lines = {name: (x[400:1501], y[400:1501]) for name, y in lines.items()}
picture = viz.curves(lines, "two densities, and who can tell them apart", xlabel="x", ylabel="density, probability")
figure("07-optimal-discriminator", picture, "Two bells. D* falls from 1 to 0 where they cross, and rises again far right.")

# %% [markdown]
# Put $D^*$ into $V$, and what is left for the generator to make small is a divergence between $p$ and $q$:
#
# $$V(D^*, G) = -\log 4 + 2\, \mathrm{JSD}(p, q),$$
# $$\mathrm{JSD}(p, q) = \tfrac12 \mathrm{KL}(p \| m) + \tfrac12 \mathrm{KL}(q \| m), \qquad m = \tfrac12 (p + q).$$
#
# So with a perfect discriminator the generator is best where $q = p$: then $D^* = \tfrac12$ everywhere, and $V = -\log 4$.

# %%
value, jsd = minimax_value(optimal_logit(log_p, log_q), log_p, log_q, dx), jensen_shannon(log_p, log_q, dx)
claim(f"V(D*) = {value.item():.6f} = −log 4 + 2 JSD", abs(value + math.log(4) - 2 * jsd) < 1e-10)
claim("a discriminator that always says ½ gets −log 4", abs(minimax_value(0 * x, log_p, log_q, dx) + math.log(4)) < 1e-9)
wrong = [minimax_value(optimal_logit(log_p, log_q) + 0.3 * mg.randn(2001), log_p, log_q, dx) for _ in range(100)]
claim("100 others, drawn at random, are worse than D*", mg.stack(wrong) < value)
claim("… and so is the trained one, by little", 0 < (value - minimax_value(logit, log_p, log_q, dx)).item() < 0.03)
far = [jensen_shannon(Normal(-m, 0.3).log_prob(x), Normal(m, 0.3).log_prob(x), dx).item() for m in (3.0, 4.0, 5.0)]
claim("without overlap JSD is log 2, near or far: nothing says where to go", np.abs(np.array(far) - math.log(2)) < 1e-9)

# %% [markdown]
# ## 3 What the generator descends
# The slides "minimax" let the generator lower $V$: only the second term has to do with it, $E_z[\log(1 - D(G(z)))]$. With the
# logit $a$ of one sample its derivative is $-\sigma(a)$ (exercise `gan-g-minimax`). At the start $D$ is sure of every sample,
# $a \to -\infty$: the derivative vanishes, just when there is most to learn. So Goodfellow et al. descend another loss,
# $-E_z[\log D(G(z))]$ (exercise `gan-g-nonsat`), whose derivative is $-(1 - \sigma(a))$.
#
# *E10:* the listings say "wrong labels, same as maximizing". Wrong labels, `real = 1` for samples, are cross-entropy with the
# label 1: $-\log D(G(z))$. That is the **non-saturating** loss, not the minimax loss of the slides. Both pull $a$ upward, but
# with other strengths, and the two players' losses no longer add up to zero.

# %%
a = mg.linspace(-6, 6, 241, requires_grad=True)
losses = {"minimax: log(1 − D)": F.logsigmoid(-a), "non-saturating: −log D": -F.logsigmoid(a)}
slopes = {name: mg.grad(loss.sum(), [a])[0] for name, loss in losses.items()}
saturating, strong = slopes.values()
a = a.detach()
claim("∂ minimax/∂a = −σ(a): 0.2 % of its strength where D is 99.8 % sure", mg.allclose(saturating, -mg.sigmoid(a)))
claim("∂ non-saturating/∂a = −(1 − σ(a)): at a = −6 it pulls 400 times as hard", mg.allclose(strong, -mg.sigmoid(-a)))

logits = mg.randn(50, 1)
two = (logits, logits + 1)  # what D says of 50 samples, before and after G has improved them
labels = [F.binary_cross_entropy_with_logits(a, mg.ones(50, 1)) for a in two]  # listing 3.6 says "real" of samples
minimax, of_D = [generator_loss_minimax(a) for a in two], [discriminator_loss(0 * a, a) for a in two]
claim("E10: wrong labels are the non-saturating loss", mg.allclose(labels[1], generator_loss_nonsaturating(two[1])))
claim("… and not the minimax loss, not even up to a constant", abs(labels[1] - labels[0] - minimax[1] + minimax[0]) > 0.1)
claim("minimax is a zero-sum game: what G gains, D loses", abs(of_D[1] - of_D[0] + minimax[1] - minimax[0]) < 1e-12)
claim("the game with wrong labels is not", abs(of_D[1] - of_D[0] + labels[1] - labels[0]) > 0.1)
panels = {"loss of one sample": losses, "its derivative by the logit a": slopes}
panels = {title: {name: (a, y.detach()) for name, y in lines.items()} for title, lines in panels.items()}
picture = viz.curve_panels(panels, "logit a of D(G(z)); left: D is sure it is fake", ["nats", ""])
figure("07-generator-losses", picture, "Both losses fall with the logit: one where D is fooled, the other where it is not.")

# %% [markdown]
# ## 4 The training algorithm, line by line
# The box on the slides, for points in the plane: the data are eight Gaussians on a circle, both players are small networks. The
# loop below **is** the algorithm, and it is written out because it is not the usual one: two losses, two optimizers, and between
# them a border that gradients must respect (exercise `gan-step`). Keras hides that border behind `trainable = False`. It means
# two things:
#
# * in D's step the samples are **constants**: no gradient may run back into G. Here: they are made under `mg.no_grad()`;
# * in G's step gradients must run **through** D, but D's own weights receive none. Here: `nn.frozen(discriminator)`.
#
# D learns four times as fast as G. Section 2 wants D at its best before G moves, and this is the cheap way to keep it near.

# %%
mg.set_default_dtype(mg.float32)
toy = data.eight_gaussians(radius=1.0, std=0.05)


def train(generator, discriminator, toy, steps, lr_d=2e-3, lr_g=5e-4, show=()):
    """Alternate between the players; returns {step: (samples, D on a grid)} for the steps in ``show``."""
    d_optimizer = optim.Adam(discriminator.parameters(), lr=lr_d, betas=(0.5, 0.999))
    g_optimizer = optim.Adam(generator.parameters(), lr=lr_g, betas=(0.5, 0.999))
    seen = {}
    for step in range(1, steps + 1):
        x = mg.tensor(toy.sample(256))  # 1a  a mini-batch of real examples
        with mg.no_grad():
            fake = generator(mg.randn(256, 2))  # 1b  a mini-batch of noise, and what G makes of it
        d_loss = discriminator_loss(discriminator(x), discriminator(fake))  # 1c  both classification losses
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        z = mg.randn(256, 2)  # 2a  new noise
        with nn.frozen(discriminator):
            g_loss = generator_loss_nonsaturating(discriminator(generator(z)))  # 2b  what D says of it, with the wrong labels
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
        if step in show:
            seen[step] = look(generator, discriminator)
    return seen


side = mg.linspace(-1.6, 1.6, 61)
plane = mg.stack(mg.meshgrid(side, side, indexing="xy"), axis=-1).reshape(-1, 2)


def look(generator, discriminator):
    with mg.no_grad():
        samples, d = generator(mg.randn(1000, 2)), mg.sigmoid(discriminator(plane))
    return samples.numpy(), d.numpy().reshape(61, 61)


def as_panels(seen):
    points = toy.sample(200, seed=0)
    return {f"step {step}: {count_modes(x, toy).reached} of 8 modes": (d, points, x[:200]) for step, (x, d) in seen.items()}


def players(seed):
    mg.manual_seed(seed)
    return fully_connected(2, 64, 64, 2), fully_connected(2, 64, 64, 1)


generator, discriminator = players(1)
steps = 500 if FAST else 4000
times = [steps // 25, steps // 8, steps // 3, steps]
seen = train(generator, discriminator, toy, steps, show=times)
picture = viz.discriminator_panels(side, side, as_panels(seen))
figure("07-plane", picture, "Crosses spread from the middle to eight clusters of rings; everywhere else D grows dark.")
plane_samples = seen[steps][0]
found = count_modes(plane_samples, toy)
claim(f"after {steps} steps all modes are reached: {found}", found.reached == 8 and found.quality > (0.4 if FAST else 0.7))
with mg.no_grad():
    of_data, of_samples = (mg.sigmoid(discriminator(mg.tensor(x))).mean().item() for x in (toy.sample(1000), plane_samples))
claim(f"D is not sure: it answers {of_data:.2f} to data, {of_samples:.2f} to samples", abs(of_data - of_samples) < 0.3)

# %% [markdown]
# What did the switch hide? Each player's step must not touch the other: not its weights, and not its gradients either. A frozen D
# lets the gradient pass to G. Forget it, and after G's step D's weights hold gradients of **G's** loss. Gradients accumulate: if
# nobody clears them before D's next step, D is pulled towards being fooled. `minigen.models.GAN` has the border built in.

# %%
def state(player):
    """The bytes of all weights and of their gradients."""
    return [(p.data.tobytes(), None if p.grad is None else p.grad.data.tobytes()) for p in player.parameters()]


x, z = mg.tensor(toy.sample(256)), mg.randn(256, 2)
for player in (generator, discriminator):
    player.zero_grad()
before = state(generator)
with mg.no_grad():
    fake = generator(z)
discriminator_loss(discriminator(x), discriminator(fake)).backward()
claim("D's step: every byte of G and of its gradients is as before", state(generator) == before)
before = state(discriminator)
with nn.frozen(discriminator):
    generator_loss_nonsaturating(discriminator(generator(z))).backward()
claim("G's step: every byte of D and of its gradients is as before", state(discriminator) == before)
claim("… and yet all of G's weights got a gradient, through D", all(p.grad is not None for p in generator.parameters()))

discriminator.zero_grad()
generator_loss_nonsaturating(discriminator(generator(z))).backward()  # D is not frozen
claim("forgotten: now D's weights hold a gradient of G's loss", all(p.grad is not None for p in discriminator.parameters()))
with mg.no_grad():
    fooled = discriminator(generator(z)).mean()
    optim.SGD(discriminator.parameters(), lr=0.01).step()  # D's optimizer takes it for its own
    claim("a step along it makes D take more samples for real", discriminator(generator(z)).mean() > fooled)

# %% [markdown]
# ## 5 Nash equilibrium: where do two players go?
# Ordinary learning rolls down one landscape. Here each player has a landscape of its own, which moves when the other does. A
# point from which neither can gain by moving alone is a **Nash equilibrium**. Whether training gets there is a question about the
# field
#
# $$v(\theta, \psi) = \left(-\frac{\partial L_G}{\partial\theta},\; -\frac{\partial L_D}{\partial\psi}\right),$$
#
# the direction in which both go, and about the eigenvalues of its 2×2 Jacobian at the equilibrium: a negative real part attracts,
# an imaginary part turns. The smallest zero-sum game is **bilinear**, $L_G = \theta\psi = -L_D$. **Predict first**: start at
# $(1, 0)$ and take small steps along $v = (-\psi, \theta)$. Do you arrive at the equilibrium $(0, 0)$?
#
# <details><summary>Answer</summary>No: v is at right angles to (θ, ψ) at every point, so infinitely small steps go round in a
# circle, and steps of any size leave it outward. Who lets the second player answer to the first one's step stays on an
# ellipse.</details>

# %%
mg.set_default_dtype(mg.float64)
bilinear = Game(lambda theta, psi: theta * psi, lambda theta, psi: -theta * psi)
origin, lr = mg.zeros(2), 0.1
turning = eigenvalues(bilinear.field, origin)
claim("eigenvalues of the bilinear game: ± i, it only turns", np.abs(turning[np.argsort(turning.imag)] - [-1j, 1j]) < 1e-12)
J = mg.jacobian(bilinear.field, mg.tensor([0.3, -0.2]))
claim("two players: the Jacobian is antisymmetric", mg.allclose(J, -J.mT))
together = Game(*2 * [lambda theta, psi: theta**2 + theta * psi + psi**2])
J = mg.jacobian(together.field, mg.tensor([0.3, -0.2]))
claim("one loss for both: it is symmetric, so its eigenvalues are real and nothing turns", mg.allclose(J, J.mT))

expected = {simultaneous: math.sqrt(1 + lr**2), alternating: 1.0, extragradient: math.sqrt(1 - lr**2 + lr**4)}
names = {simultaneous: "both at once", alternating: "D first, then G", extragradient: "look ahead first"}
panels = {}
for step, radius in expected.items():
    verdict, found = behaviour(bilinear, step, origin, lr)
    claim(f"{names[step]}: each step changes the distance by the factor {found:.4f}, it {verdict}", abs(found - radius) < 1e-12)
    states = orbit(bilinear, step, [1.0, 0.0], lr, 188)  # three rounds of 2π/lr steps
    grown = np.linalg.norm(states[-1]) / np.linalg.norm(states[0])
    claim(f"… and 188 steps change it by {grown:.2f}, as predicted", abs(grown - radius**188) < 0.03)
    panels[f"{names[step]}: {verdict}"] = states
picture = viz.orbits(panels, lambda w: np.stack([-w[:, 1], w[:, 0]], axis=1))
figure("07-orbits", picture, "The same game, three ways to take turns: a spiral outward, a closed ellipse, a spiral inward.")

# %% [markdown]
# Real GANs have more weights, but a piece of each behaves like this. The smallest GAN that has data (`minigen.models.dirac_gan`,
# Mescheder et al. 2018): all data are the number 0, all samples the number $\theta$, and $D(x) = \sigma(\psi x)$. At $(0, 0)$ the
# samples are right and $D$ is content. Its eigenvalues tell which of the losses bring it there by themselves: none of those
# without a penalty. With the minimax loss $\theta^2 + \psi^2$ never changes along $v$. With the non-saturating one it shrinks,
# but so slowly that the linear picture does not see it. A penalty on D's slope at the data (R1) makes it converge.

# %%
for name, game in GAMES.items():
    if name == "WGAN-GP":
        continue  # its penalty wants |ψ| = 1, so (0, 0) is no equilibrium: the next lecture
    values, verdict = eigenvalues(game.field, origin), behaviour(game, alternating, origin, lr)[0]
    print(f"{name:20} eigenvalues {values[0]:.2f} and {values[1]:.2f}: {verdict} (alternating)")
    claim(f"{name}: imaginary, unless it has a penalty", (np.abs(values.real) < 1e-6).all() == ("R1" not in name))
    claim(f"{name}: circles, unless it has a penalty", verdict == ("converges" if "R1" in name else "circles"))
w = mg.randn(100, 2) * 2
product = w[:, 0] * w[:, 1]
drift = [mg.stack([(GAMES[name].field(w_i) * w_i).sum() for w_i in w]) for name in ("minimax", "non-saturating")]
claim("minimax: the way is at right angles to the distance, everywhere", mg.abs(drift[0]) < 1e-12)
claim("non-saturating: it leads inward, at the rate ψθ tanh(ψθ/2)", mg.allclose(drift[1], -product * mg.tanh(product / 2)))
three = ("minimax", "non-saturating", "non-saturating + R1")
picture = viz.orbits({name: orbit(GAMES[name], alternating, [1.5, 0.0], 0.2, 600) for name in three})
figure("07-dirac", picture, "Minimax runs in a closed curve, the non-saturating loss creeps inward, R1 leads to the middle.")

# %% [markdown]
# ## 6 Listings 3.3 to 3.6 on digits
# The slides' networks, 100 → 128 → 784 with tanh and 784 → 128 → 1, batches of 128, Adam with its standard settings, images
# scaled to $[-1, 1]$. `train_on_batch` is a whole step, and it is called for real images and again for generated ones: D takes
# **two** steps to one of G, and its printed cost is the mean of both. *E9:* listing 3.6 is printed out of order: it stores
# `g_loss` before it has computed it, and it trains the generator by itself on labels, `generator.train_on_batch(z, real)`, which
# cannot work: it gives images. What is meant is `gan`, generator and discriminator in a row.

# %%
mg.set_default_dtype(mg.float32)
mg.manual_seed(1)
training, held_out = data.mnist().split(1000)
gan = glorot_init(GAN.fully_connected())
try:
    F.binary_cross_entropy_with_logits(gan.generator(gan.noise(128)), mg.ones(128, 1))
except ValueError as error:
    claim("E9: labels for a generator alone do not fit, it gives 784 numbers and no answer", "784" in str(error))

d_optimizer, g_optimizer = optim.Adam(gan.discriminator.parameters()), optim.Adam(gan.generator.parameters())
stream, log, steps = data.batches(2 * training.x - 1, 128).forever(), [], 400 if FAST else 20_000
for x in itertools.islice(stream, steps):
    costs, right = [], []
    for images, label in ((x, 1.0), (gan.fakes(128), 0.0)):  # train_on_batch, twice
        logit = gan.discriminator(images)
        costs.append(F.binary_cross_entropy_with_logits(logit, mg.full(logit.shape, label)))
        right.append(((logit.data > 0) == (label > 0)).mean())
        d_optimizer.zero_grad()
        costs[-1].backward()
        d_optimizer.step()
    g_loss = gan.generator_loss(128)
    g_optimizer.zero_grad()
    g_loss.backward()
    g_optimizer.step()
    log.append((0.5 * (costs[0].item() + costs[1].item()), g_loss.item(), 100 * np.mean(right)))
log = np.array(log).reshape(50, -1, 3).mean(axis=1)  # 50 points, each the mean of what happened since the last one
at = np.arange(1, 51) * steps / 50
panels = {"losses": {"D, mean of both": (at, log[:, 0]), "G": (at, log[:, 1])}, "D is right": {"accuracy": (at, log[:, 2])}}
picture = viz.curve_panels(panels, "iteration", ["nats", "% of images"], limits=[None, (40, 101)])
figure("07-listing-curves", picture, "D's loss is low while it tells all apart, and rises as G gets better; G's is above it.")
samples = 0.5 * (gan.sample(1000).numpy() + 1)
picture = viz.image_grid(samples[:16].reshape(-1, 28, 28), 4, f"after {steps:,} iterations")
figure("07-listing-samples", picture, "Sixteen samples of the listing's network.")
print("at the end D's loss, G's loss, % that D has right:", log[-1].round(2), "(in the book 0.37, 3.0, 83)")
claim("D soon tells nearly all apart: in its best time it is right for more than 95 %", log[:, 2].max() > 95)
claim("G pays more than log 2, its price where D cannot tell, from early on to the end", log[5:, 1] > math.log(2))
claim("G answers: its loss rises first, and falls by more than a nat", log[log[:, 1].argmax() :, 1].min() < log[:, 1].max() - 1)

# %% [markdown]
# "Room for improvement", says the slide. How much, a picture does not say, so we measure, with the classifier of
# `minigen.evaluate.feature_net`: the Fréchet distance between its features of held-out digits and of samples, and how many
# different digits there are among 300. (This is FID in **our** features; it cannot be compared with those in papers.)

# %%
net = feature_net("mnist")
sets = held_out.images, training.images[:1000], samples, mg.rand(1000, 784)
digits, others, made, grey = (net.features(images) for images in sets)
floor, reached, noise = (fid(digits, x) for x in (others, made, grey))
variety = diversity(digits[:300], made[:300])
print(f"FID in our own features: other digits {floor:.2f}, samples {reached:.2f}, noise {noise:.2f}; {variety}")
claim("samples are farther from the digits than other digits are", reached > 2 * floor)
if not FAST:
    claim("D and G end where they do in the book", np.abs(log[-1] - [0.37, 3.0, 83]) < [0.15, 1, 8])
    claim("20,000 iterations: closer than noise, and not all alike", reached < 0.5 * noise and not variety.collapsed)

# %% [markdown]
# ## What goes wrong
# **Mode collapse.** Back to the plane, with one change: now D learns ten times as slowly as G. In theory G meets a D that is at
# its best, $\min_G \max_D$. Here it is nearly the other way round, $\max_D \min_G$: for a D that stands still the best G puts all
# samples onto **one** point, where D is largest. When D has noticed at last, all samples jump to another mode. G's loss does not
# show it; the number of modes does, and for images `minigen.evaluate.diversity`, which training runs should print.
#
# **Also seen in the wild:** the minimax loss against a D that is far ahead (section 3: no gradient); pixels in $[0, 1]$ against a
# tanh that gives $[-1, 1]$, which D tells apart at a glance; the same noise `z` in both steps.

# %%
seen = train(*players(1), toy, 750, lr_d=1e-4, lr_g=1e-3, show=(250, 500, 750))
picture = viz.discriminator_panels(side, side, as_panels(seen))
figure("07-collapse", picture, "All crosses lie in one place, and in another one at each of three times.")
counts = [count_modes(found, toy).reached for found, _ in seen.values()]
claim(f"with a slow D at most 3 of 8 modes are reached at a time: {counts}", max(counts) <= 3)
kinds = [diversity(toy.sample(300, seed=3), x[:300]) for x in (plane_samples, *(found for found, _ in seen.values()))]
print(*kinds, sep="\n")
claim("the detector flags these, not those of section 4", [kind.collapsed for kind in kinds] == [False, True, True, True])
jumps = np.diff([found.mean(axis=0) for found, _ in seen.values()], axis=0)
claim("where they lie changes: D drives them from place to place", np.linalg.norm(jumps, axis=1).max() > 0.5)
three, many = net.features(training.images[[0, 1, 2] * 100]), net.features(training.images[:300])
flagged = [diversity(digits[:300], x).collapsed for x in (three, many)]
claim("of images it flags three digits again and again, and not 300 other digits", flagged == [True, False])

# %% [markdown]
# ## Summary
# * The discriminator estimates a likelihood ratio, $\log p - \log q$; at its best, $V = -\log 4 + 2\,\mathrm{JSD}$.
# * The generator descends $-\log D(G(z))$, which pulls hardest where $D$ is sure. That is not the minimax game of the slides.
# * Two losses, two optimizers, and a border: constants in D's step, a frozen D in G's.
# * The equilibrium of two players need not attract. Eigenvalues say so beforehand: circles, spirals, convergence.
# * Losses do not tell whether samples are good. Count modes, compare features, look.
#
# **The zoo.** What the slide's list of several hundred GANs changes: the loss (`minigen.models.WGAN`, `minigen.models.WGANGP`,
# `minigen.models.LSGAN`), the networks (`minigen.models.DCGAN`, `minigen.models.SNGAN`), or what the players are told
# (`minigen.models.SGAN`, `minigen.models.CGAN`, `minigen.models.ACGAN`, `minigen.models.Pix2Pix`, `minigen.models.CycleGAN`).
#
# ## Exercises
# Write the function, and put it in the place of the library's in the cell that checks it: all claims must still hold.
#
# * `gan-d-loss` (●): D's loss from logits, safe for ± 10,000. Sections 2 and 3 check it.
# * `gan-g-minimax` (●), `gan-g-nonsat` (●): G's two losses. Section 3 checks them.
# * `gan-optimal-d` (●●): $D^*$ from two densities. Section 2 checks it.
# * `gan-step` (●●●): one iteration of the algorithm, with its border. Section 4 checks it.
#
# ## Check yourself
# 1. D answers ½ for every image. Is the generator good?
# 2. Why may D be trained to its optimum in section 2, and why is that a bad idea with the minimax loss?
# 3. Which of the two lines breaks if `mg.no_grad()` in line 1b is forgotten: the result, or the time that it takes?
# 4. Two players circle. What does a smaller learning rate change?
# 5. D's loss is 0.1 and stays there. What do you look at next?
#
# <details><summary>Answers</summary>1 Not necessarily: D may just be bad. Only of the best D does ½ say q = p. 2 There it only
# has to be found. G learns through D's slope, and far away a perfect D is flat: the minimax gradient vanishes. 3 The time:
# gradients run back into G and are thrown away by the next zero_grad; unless it is missing. 4 The spiral outward becomes slower,
# not a convergence: the eigenvalues stay imaginary. 5 At samples, at their diversity, and at G's gradient: D is far
# ahead.</details>
#
# ## Further reading
# On the slides: [Goodfellow et al.](https://arxiv.org/abs/1406.2661), chapter 3 of
# [GANs in Action](https://www.manning.com/books/gans-in-action) with its
# [code](https://github.com/GANs-in-Action/gans-in-action), and the [zoo](https://github.com/hindupuravinash/the-gan-zoo). Not on
# the slides: [which training methods converge](https://arxiv.org/abs/1801.04406) (the games of section 5),
# [the numerics of GANs](https://arxiv.org/abs/1705.10461), and [how samples should be judged](https://arxiv.org/abs/1511.01844).
