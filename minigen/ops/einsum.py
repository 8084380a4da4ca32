"""Einstein's summation: any sum of products of tensors, written as an equation of their axes; the rule of one is another one."""

import math
from string import ascii_letters

import numpy as np

from minigen.autograd import primitive
from minigen.device import device_of
from minigen.ops.diagonals import diagonal
from minigen.ops.shape import broadcast_to, reshape


def einsum(equation, *operands):
    """y = the sum of products that ``equation`` names: "ij,jk->ik" is yᵢₖ = Σⱼ aᵢⱼ bⱼₖ, a product of matrices.

    One letter an axis. Letters that are missing after "->" are summed over; a letter that comes twice in an operand walks along
    its diagonal, so "ii->" is the trace; "..." stands for any number of axes, which broadcast. Without "->" the result has the
    letters that come once, in the order of the alphabet. ValueError that names the letter or operand that does not fit.
    [torch.einsum]
    """
    operands = list(operands[0] if len(operands) == 1 and isinstance(operands[0], (tuple, list)) else operands)
    terms, output = _explicit(equation, [x.shape for x in operands])
    for i, term in enumerate(terms):
        if len(set(term)) < len(term):
            terms[i], operands[i] = _diagonal(term, operands[i])
    return contract(*operands, equation=f"{','.join(terms)}->{output}")


@primitive
def contract(*operands, equation):
    """y = ``einsum`` of an equation that is written in full: with "->", without "...", no letter twice in an operand."""
    if len({device_of(x) for x in operands}) > 1:
        raise ValueError("different devices")  # CuPy would copy the others to its GPU, unasked
    lengths = {c: n for term, x in zip(equation.split(","), operands) for c, n in zip(term, x.shape)}
    large = math.prod(lengths.values()) > 30_000  # from here on the search for matrix products, 12 µs, pays
    return np.einsum(equation, *operands, optimize=large and len(operands) > 1)


@contract.vjp
def contract_vjp(g, y, *operands, equation, i):
    """∂L/∂aᵢ: g takes the place of aᵢ, and the letters of aᵢ that of the result; along a letter of aᵢ alone it is repeated."""
    terms, output = equation.split("->")
    terms, x = terms.split(","), operands[i]
    rest, others = terms[:i] + terms[i + 1 :], operands[:i] + operands[i + 1 :]
    found = "".join(c for c in terms[i] if c in output or any(c in term for term in rest))
    g = contract(g, *others, equation=f"{','.join([output, *rest])}->{found}")
    lengths = iter(g.shape)
    g = reshape(g, tuple(next(lengths) if c in found else 1 for c in terms[i]))
    return broadcast_to(g, tuple(m if n == 1 else n for n, m in zip(g.shape, x.shape)))


def _diagonal(term, x):
    """(the letters of ``term`` once each, x along the diagonal of those that came twice)"""
    i = next(i for i, c in enumerate(term) if c in term[i + 1 :])
    j = term.index(term[i], i + 1)
    term, x = term[:i] + term[i + 1 : j] + term[j + 1 :] + term[i], diagonal(x, axis1=i, axis2=j)
    return _diagonal(term, x) if len(set(term)) < len(term) else (term, x)


def _explicit(equation, shapes):
    """(the letters of each operand, the letters of the result), with letters in the place of "..."; the shapes must fit."""
    left, arrow, output = equation.replace(" ", "").replace("...", ".").partition("->")
    terms = left.split(",")
    _check_letters(equation, terms, output, shapes)
    spare = [c for c in ascii_letters if c not in equation]
    hidden = [len(shape) - len(term) + 1 if "." in term else 0 for term, shape in zip(terms, shapes)]
    dots = "".join(spare[: max(hidden, default=0)])
    terms = [term.replace(".", dots[len(dots) - n :]) for term, n in zip(terms, hidden)]
    if not arrow:
        once = sorted(c for c in set(left) if c.isalpha() and left.count(c) == 1)
        output = "." + "".join(once)
    lengths = {}  # letter -> (an operand that has it, its length); length 1 broadcasts
    for k, (term, shape) in enumerate(zip(terms, shapes)):
        own = {}
        for c, n in zip(term, shape):
            before, m = (k, own[c]) if c in own else lengths.get(c, (k, n))
            if n != m and (c in own or 1 not in (n, m)):
                what = f"the axis {c!r}" if c in equation else "an axis of '...'"
                raise ValueError(f"einsum {equation!r}: {what} has length {m} in operand {before}, but {n} in operand {k}")
            own[c], lengths[c] = n, (k, n) if m == 1 else (before, m)
    return terms, output.replace(".", dots)


def _check_letters(equation, terms, output, shapes):
    if len(terms) != len(shapes):
        raise ValueError(f"einsum {equation!r}: the equation has {len(terms)} operands, but {len(shapes)} came")
    for k, (term, shape) in enumerate(zip(terms, shapes)):
        letters = term.replace(".", "", 1)
        if any(c not in ascii_letters for c in letters):
            raise ValueError(f"einsum {equation!r}: an operand is written with letters and at most one '...', got {terms[k]!r}")
        if len(letters) > len(shape) or ("." not in term and len(letters) < len(shape)):
            named = f"{term.replace('.', '...')!r} names {len(letters)} axes"
            raise ValueError(f"einsum {equation!r}: {named}, but operand {k} has shape {shape}")
    for c in output.replace(".", "", 1):
        if not any(c in term for term in terms) or output.count(c) > 1:
            raise ValueError(f"einsum {equation!r}: {c!r} in the result must come once there and in an operand")
