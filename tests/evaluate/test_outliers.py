"""Outlier scores: the area under the curve by counting pairs, and what turns the likelihood's verdict round."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.evaluate import atypicality, auroc, minus_log_ratio
from tests.checking import few

scores = st.lists(st.integers(-5, 5), min_size=1, max_size=12)


@few
@given(scores, scores)
def test_auroc_counts_pairs(a, b):
    pairs = [(x < y) + 0.5 * (x == y) for x in a for y in b]
    assert auroc(a, b) == pytest.approx(np.mean(pairs))
    assert auroc(b, a) == pytest.approx(1 - np.mean(pairs))


def test_what_is_too_likely_is_not_typical():
    rng = np.arange(100) / 100
    training, clothes, digits = -1000 + 50 * rng, -1000 + 50 * rng, -400 + 50 * rng
    assert auroc(-clothes, -digits) == 0  # likelihood alone
    assert auroc(atypicality(clothes, training), atypicality(digits, training)) == 1
    assert auroc(minus_log_ratio(clothes, -1600), minus_log_ratio(digits, -600)) == 1


def test_nan_has_no_rank():
    with pytest.raises(ValueError, match="without NaN"):
        auroc([1.0, np.nan], [2.0])
