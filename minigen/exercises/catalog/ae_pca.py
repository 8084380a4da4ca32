"""ae-pca: the best linear autoencoder."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Inverse, Property, Shape, Values
from minigen.exercises.draws import draws
from minigen.models.pca import PCA
from minigen.tensor import Tensor


def fitted(x, k):
    """What fit has found, without the arbitrary signs: x̄, VᵀV, the variances, their total."""
    pca = PCA(k).fit(Tensor(x) if isinstance(x, np.ndarray) else x)
    v = pca.components.data
    return pca.mean.data, v.T @ v, pca.explained_variance.data, pca.total_variance.data


def parts(x, k):
    """All that fit has found."""
    pca = PCA(k).fit(x.data)  # as an array; the others are tensors
    return pca.mean, pca.components, pca.explained_variance, pca.total_variance


def restored(x, k):
    """x̂ and V"""
    pca = PCA(k).fit(x)
    return pca.reconstruct(x), pca.components.data


def all_directions(x):
    """With as many directions as there are, nothing is lost."""
    return PCA().fit(x).reconstruct(x)


def cloud(pick, spread=True):
    """Points in a plane that lies askew in space, with noise, away from the origin, and the number k of directions."""
    rng, n, d = pick.generator(), pick.size("N"), pick.size("D")
    x = rng.standard_normal((n, d)) * np.linspace(3, 0.5, d) + 2 * rng.standard_normal(d)
    return {"x": np.round(x @ np.linalg.qr(rng.standard_normal((d, d)))[0], 3), "k": pick.choice(1, 2)}


def points(pick):
    """Only the points."""
    return {"x": cloud(pick)["x"]}


SIZES = {"N": (8, 11), "D": (3, 4, 5)}
CLOUDS = draws(8, build=cloud, sizes=SIZES)

EXERCISE = Exercise(
    id="ae-pca",
    lecture="04",
    section="Principal components",
    title="The best linear autoencoder",
    difficulty=2,
    points=3,
    target="minigen.models.pca:PCA.fit",
    names="np, as_array, Buffer, Tensor, _signs",
    free=("shape",),
    teaches="no linear encoder and decoder of K numbers loses less than the first K right singular vectors",
    task=r"""
Find the $K$ directions that keep as much of the centred data as possible: with $x - \bar x = U S V$, the singular value decomposition,
they are the first $K$ rows of $V$. Set

- `self.mean` $= \bar x$, $(D,)$, and `self.components`, the rows of $V$, $(K, D)$;
- `self.explained_variance` $(K,)$, $s_k^2/(N - 1)$, and `self.total_variance` $()$, the sum of all of them, also of those left out;

each as a `Buffer`, and return `self`. `x` is a tensor or an array $(N, D)$: `as_array(x.data if isinstance(x, Tensor) else x)` makes an
array of both. `self._number(variance)` says what $K$ is, given the variances of all directions; `_signs(v)` is ±1 for each row.
""",
    checks=(
        Shape(probe=parts, cases=CLOUDS, points=0.5, says="x (N, D) -> mean (D,), components (K, D), variances (K,) and ()"),
        Values(probe=fitted, cases=CLOUDS, points=1.5, rtol=1e-7, title="mean, subspace, variances (the signs are free)"),
        Inverse(probe=all_directions, cases=draws(4, build=points, sizes=SIZES), points=0.5, title="with all directions nothing is lost"),
        Property(
            probe=restored,
            cases=CLOUDS,
            points=0.5,
            title="the rows of V are orthonormal",
            holds=lambda y, v, x, k: np.allclose(v @ v.T, np.eye(len(v)), atol=1e-9),
        ),
    ),
    mutants=(
        Mutant(
            "not-centred",
            "subtract the mean first: otherwise the first direction points from the origin to the cloud",
            replace=("np.linalg.svd(x - mean, full_matrices=False)", "np.linalg.svd(x, full_matrices=False)"),
        ),
        Mutant(
            "columns",
            "svd returns V with the directions as rows: you took columns",
            replace=(
                "_, s, v = np.linalg.svd(x - mean, full_matrices=False)",
                "_, s, v = np.linalg.svd(x - mean, full_matrices=False)\nv = v.T",
            ),
        ),
        Mutant(
            "last",
            "those are the last directions: svd sorts them by falling singular value, the first are the long ones",
            replace=("Buffer(v[:k] * _signs(v[:k]))", "Buffer(v[-k:] * _signs(v[-k:]))"),
        ),
        Mutant("standard-deviation", "variances are squares: s² / (N − 1)", replace=("s * s / (len(x) - 1)", "s / (len(x) - 1) ** 0.5")),
        Mutant("divisor-n", "the divisor is N − 1, as of an unbiased variance", replace=("s * s / (len(x) - 1)", "s * s / len(x)")),
        Mutant(
            "total-of-k",
            "the total counts the directions that were left out, too",
            replace=("Buffer(variance.sum())", "Buffer(variance[:k].sum())"),
        ),
        Mutant(
            "scaled",
            "the directions are unit vectors: do not multiply them by the singular values",
            replace=("Buffer(v[:k] * _signs(v[:k]))", "Buffer(v[:k] * s[:k, None])"),
        ),
    ),
    variants=(
        Variant(
            "eigenvectors",
            body="""
                x = as_array(x.data if isinstance(x, Tensor) else x)
                mean = x.mean(axis=0)
                values, vectors = np.linalg.eigh((x - mean).T @ (x - mean) / (len(x) - 1))
                variance = values[::-1]
                k = self._number(variance)
                self.mean, self.components = Buffer(mean), Buffer(vectors[:, ::-1][:, :k].T.copy())
                self.explained_variance, self.total_variance = Buffer(variance[:k].copy()), Buffer(variance.sum())
                return self
            """,
        ),
        Variant("no-signs", replace=("v[:k] * _signs(v[:k])", "v[:k].copy()")),
    ),
    hints=(
        "A cloud far from the origin: which direction would an SVD of the uncentred points find first?",
        'Lecture 04, "Principal components": x − x̄ = U S V. The rows of V are the directions, S² the squares along them.',
        "mean: (D,). svd(x − mean, full_matrices=False) gives (N, m), (m,), (m, D), m = min(N, D). variance: (m,). Keep the first k rows.",
        """
            x = as_array(x.data if isinstance(x, Tensor) else x)
            mean = x.mean(axis=0)
            _, s, v = np.linalg.svd(x - mean, full_matrices=False)
            variance = …
            k = self._number(variance)
            self.mean, self.components = Buffer(mean), Buffer(v[:k] * _signs(v[:k]))
            self.explained_variance, self.total_variance = Buffer(variance[:k]), Buffer(variance.sum())
            return self
        """,
    ),
)
