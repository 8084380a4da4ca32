"""Mini-batches: every example once an epoch, arrays in step, and resuming anywhere gives exactly what was left."""

import json
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import random
from minigen.data import batches
from minigen.tensor import Tensor

sizes = st.tuples(st.integers(1, 30), st.integers(1, 12), st.booleans(), st.booleans()).filter(lambda s: not s[3] or s[0] >= s[1])


def make(n, size, shuffle=True, drop_last=False, seed=7):
    return batches(np.arange(n), batch_size=size, shuffle=shuffle, drop_last=drop_last, seed=seed)


def values(tensors):
    return [np.asarray(t.data).tolist() for t in tensors]


@given(sizes)
def test_an_epoch_gives_every_example_once(row):
    n, size, shuffle, drop_last = row
    source = make(*row)
    for _ in range(2):
        epoch = values(source)
        given_out = [value for batch in epoch for value in batch]
        assert len(epoch) == len(source)
        assert all(len(batch) == size for batch in epoch[:-1])
        assert len(given_out) == len(set(given_out)) == (n - n % size if drop_last else n)
        assert set(given_out) <= set(range(n))
        assert shuffle or given_out == list(range(len(given_out)))


@given(sizes, st.integers(0, 20), st.integers(0, 8))
def test_resuming_gives_exactly_what_was_left(row, before, after):
    source = make(*row)
    stream = source.forever()
    values(islice(stream, before))
    state = json.loads(json.dumps(source.state()))
    other = make(*row, seed=99)
    other.load_state(state)
    assert values(islice(other.forever(), after)) == values(islice(stream, after))
    assert other.state() == source.state()


@given(sizes, st.integers(0, 20))
def test_after_load_state_one_loop_finishes_the_epoch_and_the_next_is_whole(row, before):
    source, other = make(*row), make(*row)
    values(islice(source.forever(), before))
    other.load_state(source.state())
    left = len(source) - before % len(source)
    expected = values(islice(source.forever(), left + len(source)))
    assert values(other) == expected[:left]
    assert values(other) == expected[left:]


def test_loops_and_the_endless_stream_agree():
    source, stream = make(10, 3), make(10, 3).forever()
    assert [values(source) for _ in range(3)] == [values(islice(stream, 4)) for _ in range(3)]


def test_a_loop_that_was_broken_off_is_followed_by_a_whole_epoch():
    source = make(10, 3, shuffle=False)
    next(iter(source))
    assert source.state() == {"seed": 7, "epoch": 0, "position": 3}
    assert values(source) == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    assert source.state() == {"seed": 7, "epoch": 2, "position": 0}


def test_after_load_state_only_the_first_loop_goes_on_in_the_middle():
    source = make(10, 3, shuffle=False)
    source.load_state({"seed": 7, "epoch": 4, "position": 3})
    assert values(islice(source, 1)) == [[3, 4, 5]]
    assert values(source) == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    assert source.state() == {"seed": 7, "epoch": 6, "position": 0}


def test_two_loops_at_once_do_not_disturb_each_other():
    source = make(12, 4)
    pairs = list(zip(source, source))
    for epoch in zip(*pairs):
        assert sorted(value for batch in values(epoch) for value in batch) == list(range(12))


def test_the_order_is_that_of_seed_and_epoch():
    source = make(50, 50)
    for epoch in range(3):
        expected = random.new_generator((7, epoch)).permutation(50)
        assert values(source) == [expected.tolist()]


def test_seeds():
    def order(seed):
        return values(make(40, 40, seed=seed))

    assert order(1) == order(1) != order(2)
    random.manual_seed(3)
    first, second = order(None), order(None)
    random.manual_seed(3)
    assert first == order(None) != second


def test_without_shuffling_no_random_number_is_drawn():
    before = random.get_state()
    values(batches(np.arange(5), 2, shuffle=False))
    assert random.get_state() == before


CALLS = {
    "size by position": lambda x, y: batches(x, 4, seed=0),
    "size by keyword": lambda x, y: batches(x, batch_size=4, seed=0),
    "NumPy's whole number": lambda x, y: batches(x, np.int64(4), seed=0),
    "a tensor": lambda x, y: batches(Tensor(x), 4, seed=0),
    "nested lists": lambda x, y: batches(x.tolist(), 4, seed=0),
}


@pytest.mark.parametrize("row", CALLS)
def test_one_array_gives_tensors(row):
    x = np.arange(20, dtype=np.float32).reshape(10, 2)
    got = list(CALLS[row](x, x))
    assert all(type(batch) is Tensor for batch in got)
    assert [batch.data.shape for batch in got] == [(4, 2), (4, 2), (2, 2)]
    assert {batch.data.dtype for batch in got} == {np.dtype(np.float32)}


def test_several_arrays_stay_in_step_and_keep_their_dtype():
    x, y, z = np.arange(10, dtype=np.float32)[:, None], np.arange(10), np.arange(10, dtype=np.uint8)
    for batch in batches(x, y, z, 3):
        assert type(batch) is tuple
        a, b, c = (t.data for t in batch)
        assert (a[:, 0] == b).all()
        assert (b == c).all()
        assert (a.dtype, b.dtype, c.dtype) == (np.float32, np.int64, np.uint8)


def test_a_batch_is_a_copy():
    x = np.zeros(4)
    for batch in batches(x, 2, shuffle=False):
        batch.data[:] = 1
    assert (x == 0).all()


REFUSED = {
    "no size": (lambda: batches(np.arange(3)), "batch_size, got None"),
    "size 0": (lambda: batches(np.arange(3), 0), "got 0"),
    "negative size": (lambda: batches(np.arange(3), -2), "got -2"),
    "size 2.0": (lambda: batches(np.arange(3), batch_size=2.0), "got 2.0"),
    "size True": (lambda: batches(np.arange(3), batch_size=True), "got True"),
    "no array": (lambda: batches(batch_size=2), r"lengths \[\]"),
    "empty array": (lambda: batches(np.zeros((0, 3)), 2), r"lengths \[0\]"),
    "a single number": (lambda: batches(np.array(3.0), batch_size=2), r"lengths \[0\]"),
    "lengths differ": (lambda: batches(np.arange(3), np.arange(4), 2), r"lengths \[3, 4\]"),
    "drop_last drops all": (lambda: batches(np.arange(3), 4, drop_last=True), "leaves nothing of 3"),
    "state: not one": (lambda: make(5, 2).load_state({"epoch": 1}), "seed, epoch, position"),
    "state: None": (lambda: make(5, 2).load_state(None), "got None"),
    "state: of more data": (lambda: make(5, 2).load_state({"seed": 1, "epoch": 0, "position": 6}), "5 examples"),
    "state: negative": (lambda: make(5, 2).load_state({"seed": 1, "epoch": -1, "position": 0}), "does not fit"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_refusals_say_what_came(row):
    act, message = REFUSED[row]
    with pytest.raises(ValueError, match=message):
        act()
