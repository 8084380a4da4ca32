"""ag-topo: in which order the gradients walk back."""

from types import SimpleNamespace

import numpy as np

from minigen.autograd import grad, visit_all
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Shape, Values
from minigen.exercises.draws import draws, real
from minigen.tensor import Tensor


def gradient(x, edges, roots):
    """∂(Σ roots)/∂x in a graph of sums and products: node k + 1 is made of the two nodes in edges[k], node 0 is x."""
    x = Tensor(x.data, requires_grad=True)
    nodes = [x]
    for k, (p, q) in enumerate(edges):
        nodes.append(nodes[p] + nodes[q] if k % 2 else nodes[p] * nodes[q])
    outputs = [nodes[r] for r in roots]
    return grad(outputs, [x], [Tensor(np.ones(x.shape, x.dtype))] * len(roots), retain_graph=True)[0]


def visits(edges, roots):
    """(what arrives at node 0, the leaf; how often each node is visited), where every node k + 1 is the sum of those in edges[k]."""
    nodes, arrived, counts = [None], [], [0] * (len(edges) + 1)
    for k, inputs in enumerate(edges):
        nodes.append(SimpleNamespace(serial=10 + k, inputs=[nodes[p] for p in inputs], number=k + 1))

    def visit(node, g):
        counts[node.number] += 1
        arrived.extend(g for a in node.inputs if a is None)
        return [(a, g) for a in node.inputs if a is not None]

    visit_all({nodes[r].serial: [nodes[r], 1.0] for r in roots}, visit)
    return np.array(sum(arrived)), np.array(counts)


def chain(x, n):
    """x · 1 · 1 · … · 1: n nodes, one behind the other."""
    x = Tensor(x.data, requires_grad=True)
    y = x
    for _ in range(n):
        y = y * 1.0
    return grad(y, x, Tensor(np.ones(x.shape, x.dtype)))[0]


def graphs(pick):
    """A graph, and one or two of its nodes to begin with."""
    n = pick.choice(2, 3, 4, 5, 6)
    edges = tuple((pick.choice(*range(k + 1)), pick.choice(*range(k + 1))) for k in range(n))
    return {"edges": edges, "roots": tuple(sorted({n, pick.choice(*range(1, n + 1))}))}


def paths(edges, roots):
    """How many ways lead from the roots to the leaf: all of them, one after the other."""
    return sum(1 if node == 0 else paths(edges, edges[node - 1]) for node in roots)


def reached(edges, roots):
    """Which nodes the roots depend on, themselves included."""
    found, ahead = set(), list(roots)
    while ahead:
        node = ahead.pop()
        if node and node not in found:
            found.add(node)
            ahead += edges[node - 1]
    return np.array([float(k in found) for k in range(len(edges) + 1)])


SHARED = {"edges": ((0, 0), (0, 0), (1, 1), (1, 2), (4, 3)), "roots": (5,)}  # a + b hands both the same array, while a still waits
TWO_ROOTS = {"edges": ((0, 0), (1, 1), (1, 0)), "roots": (2, 3)}
X = {"x": np.array([0.5, -1.25])}
GRAPHS = draws(30, build=graphs, examples=(SHARED, TWO_ROOTS))
VALUES = draws(20, build=graphs, x=real("2", -1.5, 1.5), examples=({**SHARED, **X}, {**TWO_ROOTS, **X}))

EXERCISE = Exercise(
    id="ag-topo",
    lecture="02",
    section="The graph",
    title="The order of the visits",
    difficulty=3,
    points=4,
    target="minigen.autograd:visit_all",
    names="heapify, heappop, heappush",
    needs=("ag-reshape",),
    teaches="a node passes its gradient on when it has heard from everybody who used it; gradients of several uses add up",
    stub_docstring="Carry the gradients of the nodes in ``pending`` back to the leaves, visiting every node once.",
    task=r"""
Every result of an operation is a node. It knows its inputs and has a serial number `node.serial`; numbers are given in the order in which
the operations ran. If a node $a$ was used by several others, its gradient is the sum over its uses,

$$\frac{\partial L}{\partial a} = \sum_{y \text{ made from } a} \frac{\partial L}{\partial y}\,\frac{\partial y}{\partial a},$$

and only when that sum is complete may $a$ hand its own inputs theirs. So every node must be visited **once**, after all nodes that used it.

* `pending` is a dictionary `{serial: [node, gradient so far]}` of those that wait for a visit; at first it holds the outputs.
* `visit(node, g)` applies the rules of the node's operation to its gradient `g`. It gives the leaves among the inputs theirs, and returns a
  list of `(input, gradient)` for those inputs that are nodes themselves.

Return nothing. Two traps: a chain of 10,000 nodes must not exhaust Python's stack, and a rule may hand the *same array* to two inputs
(that of $a + b$ does), so a sum must not be written into an array that came from a rule.
""",
    checks=(
        Shape(probe=gradient, cases=VALUES, points=0.25, says="the gradient has the shape of x"),
        Values(probe=gradient, cases=VALUES, points=1, title="gradients of sums and products"),
        Property(
            probe=visits,
            cases=GRAPHS,
            points=0.75,
            title="in a graph of sums, the gradient is the number of paths",
            holds=lambda g, counts, edges, roots: g == paths(edges, roots),
        ),
        Property(
            probe=visits,
            cases=GRAPHS,
            points=1,
            title="every node that matters is visited once",
            holds=lambda g, counts, edges, roots: (counts == reached(edges, roots))[1:],
        ),
        Values(probe=chain, cases=[{"x": np.array([2.0]), "n": 10_000}], points=1, title="a chain of 10,000 nodes"),
    ),
    mutants=(
        Mutant(
            "overwritten",
            "what reaches a node on a second path replaces the first: both count, add them",
            replace=("entry[1] = entry[1] + ga", "entry[1] = ga"),
        ),
        Mutant(
            "in-place",
            "the sum is written into an array that came from a rule, and another node may hold the same one: entry[1] = entry[1] + ga, "
            "not entry[1] += ga",
            replace=("entry[1] = entry[1] + ga", "entry[1] += ga"),
        ),
        Mutant(
            "first-come",
            "a node is visited as soon as something reaches it, before its gradient is complete, and again later: "
            "take the node with the largest serial number, the latest one",
            body="""
                while pending:
                    node, g = pending.pop(next(iter(pending)))
                    for a, ga in visit(node, g):
                        _, so_far = pending.get(a.serial, (a, 0))
                        pending[a.serial] = [a, so_far + ga]
            """,
        ),
        Mutant(
            "recursive",
            "you follow every path to its end: a node is visited once for each path, and a long chain exhausts the stack; "
            "let it wait in pending until it has heard from all",
            body="""
                def descend(node, g):
                    for a, ga in visit(node, g):
                        descend(a, ga)

                for node, g in pending.values():
                    descend(node, g)
            """,
        ),
        Mutant(
            "one-root",
            "you begin with one of the outputs only: all that are in pending at first must be visited",
            replace=("queue = [-serial for serial in pending]", "queue = [-max(pending)]"),
        ),
    ),
    variants=(
        Variant(
            "without-a-heap",
            body="""
                while pending:
                    node, g = pending.pop(max(pending))
                    for a, ga in visit(node, g):
                        _, so_far = pending.get(a.serial, (a, 0))
                        pending[a.serial] = [a, so_far + ga]
            """,
        ),
    ),
    hints=(
        "In y = a · b with b = a + 1: who has to be visited before a? Which of the three got its serial number last?",
        'Lecture 02, "The graph": what was computed later cannot have been used by what was computed earlier. '
        "So the serial numbers, read backwards, are an order in which every node comes after all that used it.",
        "As long as somebody waits: take the entry with the largest serial number out of pending; visit it; for each input: "
        "one that waits already gets entry[1] + ga, another one begins to wait as [a, ga]. "
        "max(pending) finds the largest number, a heap of −serial finds it faster.",
        """
            while pending:
                node, g = pending.pop(max(pending))
                for a, ga in visit(node, g):
                    if a.serial in pending:
                        …
                    else:
                        pending[a.serial] = [a, ga]
        """,
    ),
)
