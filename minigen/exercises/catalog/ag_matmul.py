"""ag-matmul: the rule of a product of matrices, for the factor on the right."""

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Exact, Gradient, Second, Shape, Values
from minigen.exercises.draws import draws
from minigen.ops.products import matmul, matmul_vjp_b


def rule(g, a, b):
    """The rule itself."""
    return matmul_vjp_b(g, None, a, b)


def product(a, b):
    """What the engine makes of it."""
    return matmul(a, b)


def shapes(pick, *kinds):
    """Shapes of a, of b and of a @ b."""
    b, m, k, n = (pick.size(letter) for letter in "BMKN")
    return {
        "matrices": ((m, k), (k, n), (m, n)),
        "stacks": ((b, m, k), (b, k, n), (b, m, n)),
        "row": ((k,), (k, n), (n,)),
        "column": ((m, k), (k,), (m,)),
        "vectors": ((k,), (k,), ()),
        "one b for all": ((b, m, k), (k, n), (b, m, n)),
        "one a for all": ((m, k), (b, k, n), (b, m, n)),
        "rows": ((k,), (b, k, n), (b, n)),
    }[pick.choice(*kinds)]


def matrices(pick):
    """g, a and b: matrices or as many of each."""
    a, b, g = shapes(pick, "matrices", "stacks")
    return {"g": pick.real(g), "a": pick.real(a), "b": pick.real(b)}


def pairs(pick):
    """a and b of the same number of axes."""
    a, b, _ = shapes(pick, "matrices", "stacks")
    return {"a": pick.real(a), "b": pick.real(b)}


def vectors(pick):
    """a and b, one of them a vector."""
    a, b, _ = shapes(pick, "row", "column", "vectors", "rows")
    return {"a": pick.real(a), "b": pick.real(b)}


def broadcast(pick):
    """a and b, one of them used for a whole stack."""
    a, b, _ = shapes(pick, "one b for all", "one a for all")
    return {"a": pick.real(a), "b": pick.real(b)}


def column(pick):
    """A matrix and a vector on its right."""
    a, b, _ = shapes(pick, "column")
    return {"a": pick.real(a), "b": pick.real(b)}


SIZES = {"B": (2, 3), "M": (1, 2, 5), "K": (3, 2), "N": (1, 4, 7)}
MATRICES = draws(12, build=matrices, sizes=SIZES)

EXERCISE = Exercise(
    id="ag-matmul",
    lecture="02",
    section="Matrix products",
    title="The rule of a matrix product",
    difficulty=2,
    points=3,
    target="minigen.ops.products:matmul_vjp_b",
    needs=("ag-unbroadcast", "ag-reshape"),
    teaches="transposed, and on the other side: the shapes leave no choice",
    stub_docstring="∂L/∂b of y = a b, with g = ∂L/∂y",
    task=r"""
The engine has computed $y = a\,b$, `a @ b`, and received $g = \partial L/\partial y$, of the shape of $y$. Return $\partial L/\partial b$.
For matrices, $y_{mn} = \sum_k a_{mk} b_{kn}$; collect everything that $b_{kn}$ has an influence on.

`a` and `b` may also be stacks of matrices, (B, M, K) and (B, K, N). Where one matrix serves the whole stack, return one gradient for each
of its uses, or their sum: the engine undoes broadcasting by itself. Finally, like NumPy's `@`, a vector on the left is a row and its axis
disappears in $y$; a vector on the right is a column: (M, K) @ (K,) -> (M,). Get matrices right first, then the vectors.

The rule is called with arrays or with tensors. Both have `.ndim`, `.mT` (the last two axes exchanged), `@`, `*` and `[:, None]`.
""",
    checks=(
        Shape(probe=rule, cases=MATRICES, points=0.25, says="g (…, M, N), a (…, M, K), b (…, K, N) -> (…, K, N)"),
        Values(probe=rule, cases=MATRICES, points=0.5, title="matrices and stacks of matrices"),
        Exact(probe=product, cases=draws(8, build=pairs, sizes=SIZES), points=0.5, title="gradient to the last digits"),
        Gradient(probe=product, cases=draws(10, build=broadcast, sizes=SIZES), points=0.5, title="gradient where one serves many"),
        Gradient(probe=product, cases=draws(5, build=column, sizes=SIZES), points=0.25, title="gradient of a column, (M, K) @ (K,)"),
        Gradient(probe=product, cases=draws(16, build=vectors, sizes=SIZES), points=0.5, title="gradient of vectors on either side"),
        Second(probe=product, cases=draws(4, build=pairs, sizes=SIZES), points=0.5),
    ),
    mutants=(
        Mutant(
            "vectors-forgotten",
            "right for matrices; but a vector has no transpose: a row a (K,) gives a[:, None] * g, a column b (K,) aᵀ times g as a column",
            body="return a.mT @ g",
        ),
        Mutant(
            "all-axes-reversed",
            "transpose reverses all axes, also that of the stack: exchange the last two only, a.mT",
            body="""
                if a.ndim == 1:
                    return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]
                if b.ndim == 1:
                    return (a.mT @ g[..., None])[..., 0]
                return a.T @ g
            """,
        ),
        Mutant(
            "not-transposed",
            "a must be transposed: (M, K) and (M, N) do not fit, (K, M) and (M, N) do",
            body="""
                if a.ndim == 1:
                    return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]
                return (a @ g[..., None])[..., 0] if b.ndim == 1 else a @ g
            """,
        ),
        Mutant(
            "wrong-side",
            "gᵀ a is the transpose of what is wanted: the gradient has the shape of b, (K, N)",
            body="""
                if a.ndim == 1:
                    return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]
                return (a.mT @ g[..., None])[..., 0] if b.ndim == 1 else g.mT @ a
            """,
        ),
        Mutant(
            "other-factor",
            "that is g bᵀ, the gradient of a: this rule is about b",
            body="""
                if b.ndim == 1:
                    return g[..., None] * b
                if a.ndim == 1:
                    return (b @ g[..., None])[..., 0]
                return g @ b.mT
            """,
        ),
        Mutant(
            "mean",
            "divided by the number of rows: b is used in every row, and the gradients of all its uses add up",
            body="""
                if a.ndim == 1:
                    return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]
                return (a.mT @ g[..., None])[..., 0] / a.shape[-2] if b.ndim == 1 else a.mT @ g / a.shape[-2]
            """,
        ),
        Mutant(
            "local-only",
            "the gradient g from above is missing: that is the derivative of Σ y",
            body="""
                if a.ndim == 1:
                    return a * (0 * g + 1) if b.ndim == 1 else a[:, None] * (0 * g + 1)[..., None, :]
                one = 0 * g + 1
                return (a.mT @ one[..., None])[..., 0] if b.ndim == 1 else a.mT @ one
            """,
        ),
    ),
    variants=(
        Variant(
            "always-matrices",
            body="""
                if b.ndim == 1:
                    return a * g[..., None]
                row = a[None, :] if a.ndim == 1 else a
                return row.mT @ (g[..., None, :] if a.ndim == 1 else g)
            """,
        ),
        Variant(
            "without-the-short-cut",
            body="""
                if a.ndim == 1:
                    return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]
                return (a.mT @ g[..., None])[..., 0] if b.ndim == 1 else a.mT @ g
            """,
        ),
    ),
    hints=(
        "Which elements of y change if b[k, n] grows by δ, and by how much does each of them?",
        'Lecture 02, "Matrix products": ∂L/∂b[k, n] = Σₘ a[m, k] g[m, n], the product aᵀ g. Check it by its shape, (K, M) @ (M, N).',
        "matrices: a.mT (…, K, M), g (…, M, N) -> (…, K, N). a (K,), b (K, N), g (N,): the outer product a[:, None] * g. "
        "a (M, K), b (K,), g (M,): a.mT @ g as a column, or a * g[..., None], whose rows the engine adds up. Two vectors: g is a number.",
        """
            if a.ndim == 1:
                return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]
            if b.ndim == 1:
                return (a.mT @ g[..., None])[..., 0]
            return …
        """,
    ),
)
