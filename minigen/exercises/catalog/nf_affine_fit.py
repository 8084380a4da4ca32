"""nf-affine-fit: maximum likelihood through a flow."""

import math

import numpy as np

from minigen import optim
from minigen.bijections import Affine
from minigen.device import as_array
from minigen.distributions import Normal, TransformedDistribution
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Train, Values
from minigen.exercises.draws import draws, real
from minigen.experiments.affine_flow import Parts, most_likely, the_books_draws
from minigen.experiments.lines import waiting_times
from minigen.tensor import Tensor


def parts(a, b):
    """What the experiment trains with: a flow a z + b."""
    found = Parts.__new__(Parts)
    found.model = TransformedDistribution(Normal(0.0, 1.0), Affine(a, b))
    return found


def loss(x, a, b):
    """The function itself."""
    return parts(a, b).loss(x)


def best_line_of(which):
    """The loss of the best a z + b for the draws in the book, or for the geyser Old Faithful."""
    x = np.asarray({"book": the_books_draws, "geyser": waiting_times}[which](), float)
    return parts(x.std(), x.mean()).loss(Tensor(x)), most_likely(x)


def trained():
    """(a, b) after 400 steps of Adam on the draws in the book."""
    x, flow = Tensor(as_array(the_books_draws(), np.float32)), parts(1.0, 0.0)
    optimizer = optim.Adam(flow.model.parameters(), lr=0.1)
    for _ in range(400):
        value = flow.loss(x)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return flow.model.bijection.a, flow.model.bijection.b


def nll(a, b):
    """The loss of these weights, by the formula for N(b, a²)."""
    x = the_books_draws()
    return float(np.mean(0.5 * ((x - b) / a) ** 2) + math.log(abs(a)) + 0.5 * math.log(2 * math.pi))


CASES = draws(10, x=real("N", -4, 8), a=real("", 0.25, 3), b=real("", -1, 5))

EXERCISE = Exercise(
    id="nf-affine-fit",
    lecture="10",
    section="Learning to flow",
    title="Maximum likelihood through a flow",
    difficulty=2,
    points=3,
    target="minigen.experiments.affine_flow:Parts.loss",
    needs=("nf-change-1d",),
    teaches="one number says how well a flow fits: what it would have thought of the data",
    task=r"""
The smallest flow that can learn: $x = a z + b$ with $z \sim N(0, 1)$. Which $a$ and $b$ fit the data $x_1, \dots, x_N$? Those under which
the data are most likely, $\prod_i p(x_i) \to \max$. A product of a thousand numbers leaves the range of floating point, so one
descends the *negative log-likelihood*, averaged over the data,

$$\mathrm{NLL} = -\frac1N \sum_i \log p(x_i), \qquad \log p(x) = \log p_z(z) + \log\left|\frac{dz}{dx}\right|, \quad z = \frac{x - b}{a}.$$

Return it for `x` of shape $(N,)$: one number, in nats. `self.model` is the flow: `self.model.log_prob(x)` is $\log p$ of each $x_i$, (N,).
Whoever wants to build it from its parts finds them as `self.model.base` and `self.model.bijection`.

Draws of $N(5, 0.2^2)$ lead to $a = 0.2$, $b = 5$; there the NLL is −0.187, and it may be negative: a *density* may exceed 1.
""",
    checks=(
        Shape(probe=loss, cases=CASES, points=0.25, says="(N,) -> ()"),
        Values(probe=loss, cases=CASES, points=0.75),
        Gradient(probe=loss, cases=CASES, points=0.75, title="gradients for a and b, which training follows"),
        Property(
            probe=best_line_of,
            cases=[{"which": "book"}, {"which": "geyser"}],
            points=0.5,
            title="at the best a and b: log σ̂ + ½ log 2πe, −0.1873 for the book's draws, 4.0268 for Old Faithful",
            holds=lambda y, least, which: np.isclose(y, least, atol=1e-9) & (abs(y - {"book": -0.18727, "geyser": 4.0268}[which]) < 1e-4),
        ),
        Train(probe=trained, loss=nll, points=0.75, margin=0.01, title="400 steps of Adam find a = 0.2, b = 5"),
    ),
    mutants=(
        Mutant(
            "likelihood",
            "that is the log-likelihood: an optimizer goes downhill, so the loss is its negative",
            body="return self.model.log_prob(x).mean()",
        ),
        Mutant(
            "sum",
            "that is the sum over the data: it grows with their number, and the learning rate with it; average",
            body="return -self.model.log_prob(x).sum()",
        ),
        Mutant(
            "no-jacobian",
            "log|dz/dx| is missing: without it the flow puts all data at z = 0, with ever larger a, and calls that likely",
            body="""
                z, log_det = self.model.bijection.inverse(x)
                return -self.model.base.log_prob(z).mean()
            """,
        ),
        Mutant(
            "sign-of-the-jacobian",
            "the sign of log|dz/dx|: inverse returns that of the map from x to z, which is added to log p_z(z)",
            body="""
                z, log_det = self.model.bijection.inverse(x)
                return -(self.model.base.log_prob(z) - log_det).mean()
            """,
        ),
        Mutant(
            "log-of-the-mean",
            "the logarithm of the average density: the average of the logarithms is wanted, each datum counts by itself",
            body="return -self.model.log_prob(x).exp().mean().log()",
        ),
        Mutant("each-by-itself", "one number for each datum: average them", body="return -self.model.log_prob(x)"),
        Mutant(
            "squares",
            "that is the mean squared error: it knows nothing of a, the spread",
            body="return ((x - self.model.bijection.b) ** 2).mean() + 0 * self.model.bijection.a",
        ),
        Mutant(
            "forward",
            "x was sent on through the flow: data come from it, and go back to z by inverse",
            body="""
                z, log_det = self.model.bijection.forward(x)
                return -(self.model.base.log_prob(z) + log_det).mean()
            """,
        ),
    ),
    variants=(
        Variant(
            "from-its-parts",
            body="""
                z, log_det = self.model.bijection.inverse(x)
                return -(self.model.base.log_prob(z) + log_det).mean()
            """,
        ),
        Variant("sum-over-n", body="return self.model.log_prob(x).sum() / -len(x)"),
    ),
    hints=(
        "How likely were the data under N(0, 1), if all of them are near 5? In which direction would you move b, and what would that do "
        "to the number that you return?",
        'Lecture 10, "Learning to flow": the logarithm of a product is a sum, and its negative mean is the loss.',
        "log_prob(x): (N,). Its mean: (). The sign: smaller is better.",
        "return -….mean()",
    ),
)
