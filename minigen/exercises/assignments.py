"""The homeworks: which exercises belong together, in the order in which they build on each other."""

from typing import NamedTuple


class Assignment(NamedTuple):
    """A homework: its ``title`` and the ``ids`` of its exercises."""

    title: str
    ids: tuple


ASSIGNMENTS = {
    "hw1": Assignment(
        "Automatic differentiation and layers",
        tuple(
            """ag-mul ag-unbroadcast ag-sum-mean ag-reshape ag-topo ag-matmul ag-getitem ag-logsumexp ag-softmax nn-leaky-relu nn-init
            nn-bce-logits nn-conv2d nn-conv2d-backward nn-conv-transpose nn-batchnorm nn-batchnorm-backward nn-adam""".split()
        ),
    ),
    "hw2": Assignment(
        "Autoencoders and the variational bound",
        tuple(
            """in-mle in-kl-mc ae-pca ae-step vae-gauss-logprob vae-bernoulli vae-reparam vae-kl vae-kl-general vae-elbo vae-iwae
            vae-grid vae-train""".split()
        ),
    ),
    "hw3": Assignment(
        "Two players",
        tuple(
            """gan-d-loss gan-g-minimax gan-g-nonsat gan-optimal-d gan-step gan-shapes gan-checkerboard gan-wgan-critic gan-gp
            gan-sgan gan-cgan gan-cycle""".split()
        ),
    ),
    "hw4": Assignment(
        "Normalizing flows",
        tuple(
            """nf-change-1d nf-chain nf-affine-fit nf-triangular nf-coupling nf-coupling-inverse nf-permute nf-made-masks nf-maf-inverse
            glow-actnorm glow-conv1x1 glow-squeeze glow-split glow-dequant glow-temperature glow-interpolate""".split()
        ),
    ),
    "gc": Assignment("Bugs to be found with gradcheck", tuple(f"gc-find-{i}" for i in range(1, 7))),
    "extra": Assignment("After 2019", tuple("cmp-ood dm-forward dm-loss fm-target".split())),
}
ORDER = tuple(id for assignment in ASSIGNMENTS.values() for id in assignment.ids)
CORE = tuple(
    """ag-mul ag-unbroadcast ag-topo ag-matmul ag-softmax nn-bce-logits nn-conv2d nn-conv-transpose nn-batchnorm vae-gauss-logprob
    vae-reparam vae-kl vae-elbo gan-d-loss gan-g-nonsat gan-step gan-gp nf-change-1d nf-chain nf-triangular nf-coupling
    nf-coupling-inverse glow-conv1x1 glow-squeeze""".split()
)


def members(name):
    """The ids of an assignment, "core" included, for which the catalogue has a file. LookupError for an unknown name."""
    from minigen.exercises import catalog

    if name != "core" and name not in ASSIGNMENTS:
        raise LookupError(f"there is no assignment {name!r}; there are {', '.join([*ASSIGNMENTS, 'core'])}")
    wanted = CORE if name == "core" else ASSIGNMENTS[name].ids
    return [id for id in catalog.ids() if id in wanted]
