"""Padding: against NumPy's, whose modes have other names; the order of the numbers; cropping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.nn import functional as F
from minigen.ops import padding
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values

NAMES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}  # ours -> NumPy's


def reference(x, pad, mode, value=None):
    around = [(0, 0)] * (x.ndim - len(pad) // 2) + [pad[i : i + 2] for i in range(len(pad) - 2, -1, -2)]
    for axis, (before, after) in enumerate(around):
        x = x.take(range(max(0, -before), x.shape[axis] - max(0, -after)), axis)
    around = [(max(0, before), max(0, after)) for before, after in around]
    return np.pad(x, around, NAMES[mode], **({"constant_values": value or 0} if mode == "constant" else {}))


def padded(mode):
    def draw_it(draw):
        shape = draw(st.lists(st.integers(3, 4), min_size=1, max_size=3))
        pad = draw(st.lists(st.integers(-1, 1 if mode != "constant" else 3), max_size=2 * len(shape)))
        pad = pad[: len(pad) // 2 * 2]
        if mode != "constant":
            pad = [n + 1 if draw(st.booleans()) and min(pad[i - i % 2 : i - i % 2 + 2]) >= 0 else n for i, n in enumerate(pad)]
        more = {"value": draw(st.sampled_from([None, 0, -1.5]))} if mode == "constant" else {}
        return [values(draw(seeds), tuple(shape))], {"pad": tuple(pad), "mode": mode, **more}

    return draw_it


def copies(draw):
    """Any element of an axis may be copied to the border, any number of times."""
    size, before, after = draw(st.integers(1, 3)), draw(st.integers(0, 3)), draw(st.integers(0, 3))
    border = [draw(st.integers(0, size - 1)) for _ in range(before + after)]
    return size, before, (*border[:before], *range(size), *border[before:])


def continuations(draw):
    size, before, source = copies(draw)
    return [values(draw(seeds), (2, size, 2))], {"axis": 1, "source": source, "before": before}


def collections(draw):
    size, before, source = copies(draw)
    return [values(draw(seeds), (2, len(source), 2))], {"axis": 1, "source": source, "before": before, "size": size}


def naive_collected(x, axis, source, before, size):
    y = np.zeros((2, size, 2))
    np.add.at(y, (slice(None), list(source)), x)
    return y


ROWS = [Row(f"pad, {mode}", F.pad, reference, padded(mode)) for mode in NAMES]
ROWS += [
    Row("continued", padding.continued, lambda x, axis, source, before: x[:, source], continuations),
    Row("collected", padding.collected, naive_collected, collections),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_values_and_derivatives(row, data):
    check(row, data.draw)


def test_the_last_axis_comes_first():
    x = Tensor(np.ones((1, 1, 2, 2)))
    assert F.pad(x, (1, 2, 3, 4)).shape == (1, 1, 9, 5)  # left, right, top, bottom
    np.testing.assert_array_equal(F.pad(x[0, 0], (1, 0, 0, 1), value=7).data, [[7, 1, 1], [7, 1, 1], [7, 7, 7]])
    assert F.pad(x, ()) is x


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("constant", "00abc00"), ("replicate", "aaabccc"), ("reflect", "cbabcba"), ("circular", "bcabcab")],
)
def test_the_picture_of_the_docstring(mode, expected):
    row = F.pad(Tensor(np.array([1.0, 2, 3])), (2, 2), mode)
    assert "".join("0abc"[int(v)] for v in row.data) == expected


X = Tensor(np.ones((2, 3, 4)))
WRONG = [
    (lambda: F.pad(X, (1, 2, 3)), r"pairs of whole numbers, the last axis first: \(left, right, top, bottom\); got \(1, 2, 3\)"),
    (lambda: F.pad(X, 1), "expected pairs"),
    (lambda: F.pad(X, (1.0, 2)), "expected pairs"),
    (lambda: F.pad(X, (1,) * 8), "4 pairs for the 3 axes"),
    (lambda: F.pad(X, (1, 1), "mirror"), "unknown mode 'mirror'; known are constant, reflect"),
    (lambda: F.pad(X, (1, 1), "reflect", 3.0), 'a value is for mode "constant"'),
    (lambda: F.pad(X, (4, 0), "reflect"), "'reflect' can add at most 3 elements on a side of axis 2, which has 4"),
    (lambda: F.pad(X, (0, 5), "circular"), "'circular' can add at most 4"),
    (lambda: F.pad(X, (-2, -2)), r"\(-2, -2\) leaves nothing of the 4 elements of axis 2"),
    (lambda: F.pad(Tensor(np.ones((2, 0))), (1, 0), "replicate"), "at most 0"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_use_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
