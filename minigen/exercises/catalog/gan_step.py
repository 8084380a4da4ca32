"""gan-step: one turn of each player."""

import numpy as np

from minigen import nn, optim, random
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Values
from minigen.models.gan import gan_step
from minigen.tensor import Tensor

TURNS, N, K, D = 2, 3, 2, 2


def players():
    """Two small networks with batch normalization, always the same."""
    with random.fork(7):
        generator = nn.Sequential(nn.Linear(K, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, D))
        return generator, nn.Sequential(nn.Linear(D, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, 1))


def play(x, z):
    """(G, D, what they paid in the last turn) after two turns on the same images with the noise z, one batch after the other."""
    generator, discriminator = players()
    batches = iter(z.data)
    d_optimizer, g_optimizer = (optim.SGD(p.parameters(), lr=0.5) for p in (discriminator, generator))
    for _ in range(TURNS):
        paid = gan_step(generator, discriminator, x, lambda n: Tensor(next(batches)[:n]), d_optimizer, g_optimizer)
    return generator, discriminator, paid


def state(module):
    """All weights and statistics in one row."""
    return np.concatenate([np.ravel(v) for v in module.state_dict().values()])


def weights(x, z):
    """The discriminator and the generator after two turns."""
    generator, discriminator, _ = play(x, z)
    return state(discriminator), state(generator)


def losses(x, z):
    """What they paid in the last turn."""
    return play(x, z)[2]


def gradients(x, z):
    """The gradients that lie in the discriminator's weights when both have played."""
    return np.concatenate([np.ravel(p.grad.data) for p in play(x, z)[1].parameters()])


CASES = [
    {"x": np.sin(np.arange(6.0) + i).reshape(N, D), "z": 2 * np.cos(np.arange(24.0) * (i + 1)).reshape(2 * TURNS, N, K)}
    for i in (0, 1)
]  # fmt: skip

EXERCISE = Exercise(
    id="gan-step",
    lecture="07",
    section="Training loop",
    title="One turn of each player",
    difficulty=3,
    points=4,
    target="minigen.models.gan:gan_step",
    names="no_grad, frozen, discriminator_loss, generator_loss_nonsaturating",
    needs=("gan-d-loss", "gan-g-nonsat"),
    teaches="the algorithm box line by line, and the border between the two players",
    task=r"""
Write one round of the game, as in the box on the slide:

1. **The discriminator's turn.** Generate as many images as there are real ones in `x`; `noise(n)` draws n rows of z. They are constants
   to D: nothing of G may change, no weight, no gradient, no running statistic. Compute `discriminator_loss` from D's logits of the real
   images (first) and of the fakes (then), clear D's old gradients, go backward, let `d_optimizer` step.
2. **The generator's turn.** Draw **new** noise, let G make images, let D judge them. D is frozen, gradients only pass through it. The
   loss is `generator_loss_nonsaturating`; clear G's old gradients, go backward, let `g_optimizer` step.

`with frozen(module):` makes the parameters of a module constants, and what its layers note about batches is forgotten at the end;
`with no_grad():` records nothing. Return the two losses.
""",
    free=("shape",),
    checks=(
        Values(probe=losses, cases=CASES, points=1, title="what both paid in the second turn"),
        Values(probe=weights, cases=CASES, points=1.5, title="weights and statistics of D and G after two turns"),
        Values(probe=gradients, cases=CASES, points=1, title="D's gradients are those of its own turn"),
        Property(
            probe=weights,
            cases=CASES,
            points=0.5,
            title="both have learned",
            holds=lambda d, g, x, z: np.abs(d - state(players()[1])).max() > 0 and np.abs(g - state(players()[0])).max() > 0,
        ),
    ),
    mutants=(
        Mutant(
            "traces-in-G",
            "D's turn leaves a trace in G: its layers have noted the batch, and its weights have gradients; generate with G frozen",
            replace=("with no_grad(), frozen(generator):", "if True:"),
        ),
        Mutant(
            "D-not-frozen",
            "D is not frozen in G's turn: its weights collect gradients of G's loss, and its statistics follow G's images",
            replace=("with frozen(discriminator):", "if True:"),
        ),
        Mutant(
            "stale-gradients",
            "D's old gradients are not cleared: they add up from turn to turn",
            replace=("d_optimizer.zero_grad()", "pass"),
        ),
        Mutant(
            "same-noise",
            "the generator's turn needs new noise: it would learn from the images that D has just seen",
            body="""
                z = noise(len(x))
                with no_grad(), frozen(generator):
                    fake = generator(z)
                d_loss = discriminator_loss(discriminator(x), discriminator(fake))
                d_optimizer.zero_grad()
                d_loss.backward()
                d_optimizer.step()
                with frozen(discriminator):
                    g_loss = generator_loss_nonsaturating(discriminator(generator(z)))
                g_optimizer.zero_grad()
                g_loss.backward()
                g_optimizer.step()
                return d_loss, g_loss
            """,
        ),
        Mutant(
            "swapped",
            "real and fake are swapped in D's loss",
            replace=("(discriminator(x), discriminator(fake))", "(discriminator(fake), discriminator(x))"),
        ),
        Mutant("G-does-not-step", "the generator never takes its step", replace=("g_optimizer.step()", "pass")),
        Mutant("D-does-not-step", "the discriminator never takes its step", replace=("d_optimizer.step()", "pass")),
        Mutant(
            "minimax",
            "that is the minimax loss; here the non-saturating one is wanted",
            body="""
                from minigen.models.gan import generator_loss_minimax
                with no_grad(), frozen(generator):
                    fake = generator(noise(len(x)))
                d_loss = discriminator_loss(discriminator(x), discriminator(fake))
                d_optimizer.zero_grad()
                d_loss.backward()
                d_optimizer.step()
                with frozen(discriminator):
                    g_loss = generator_loss_minimax(discriminator(generator(noise(len(x)))))
                g_optimizer.zero_grad()
                g_loss.backward()
                g_optimizer.step()
                return d_loss, g_loss
            """,
        ),
    ),
    variants=(
        Variant(
            "in-other-words",
            body="""
                with frozen(generator):
                    fake = generator(noise(x.shape[0])).detach()
                real_logits = discriminator(x)
                d_loss = discriminator_loss(real_logits, discriminator(fake))
                d_optimizer.zero_grad()
                d_loss.backward()
                d_optimizer.step()

                with frozen(discriminator):
                    g_loss = generator_loss_nonsaturating(discriminator(generator(noise(x.shape[0]))))
                    g_optimizer.zero_grad()
                    g_loss.backward()
                g_optimizer.step()
                return d_loss, g_loss
            """,
        ),
    ),
    hints=(
        "During D's turn: what of G could change although nobody calls g_optimizer.step()? And the other way round?",
        'Lecture 07, "The training loop", lines 1a to 2b, and "What did the switch hide?".',
        "fake: like x, from noise(len(x)), no graph. Logits: (N, 1) each. New noise, D frozen: logits (N, 1). Each turn ends with "
        "zero_grad, backward, step.",
        """
            with no_grad(), frozen(generator):
                fake = generator(noise(len(x)))
            d_loss = discriminator_loss(discriminator(x), discriminator(fake))
            d_optimizer.zero_grad()
            d_loss.backward()
            d_optimizer.step()
            with frozen(discriminator):
                g_loss = …
            g_optimizer.zero_grad()
            g_loss.backward()
            g_optimizer.step()
            return d_loss, g_loss
        """,
    ),
)
