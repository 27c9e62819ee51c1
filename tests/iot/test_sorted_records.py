"""The sorted collection behind the listings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_jobs.core import sorted_records as module
from mock_jobs.core.sorted_records import Shelf


@pytest.fixture(autouse=True, scope="module")
def _small_blocks():
    original, module._BLOCK = module._BLOCK, 2
    yield
    module._BLOCK = original


class Record:
    def __init__(self, number):
        self.number = number


def key(record):
    return (record.number,)


numbers = st.integers(0, 40)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), numbers),
            st.tuples(st.just("remove"), numbers),
            st.tuples(st.just("add all"), st.lists(numbers, unique=True)),
            st.tuples(st.just("clear"), st.none()),
        )
    ),
    st.none() | numbers,
)
def test_a_shelf_is_always_sorted(steps, below):
    shelf = Shelf(key)
    expected = {}
    for step, argument in steps:
        if step == "add" and argument not in expected:
            expected[argument] = Record(argument)
            shelf.add(expected[argument])
        elif step == "remove" and argument in expected:
            shelf.remove(expected.pop(argument))
        elif step == "add all":
            new = {number: Record(number) for number in argument if number not in expected}
            expected.update(new)
            shelf.add_all(new.values())
        elif step == "clear":
            assert shelf.clear() == [expected[number] for number in sorted(expected)]
            expected = {}

        assert len(shelf) == len(expected)
        assert list(shelf) == [expected[number] for number in sorted(expected)]

    wanted = [number for number in sorted(expected, reverse=True) if below is None or number < below]
    assert list(shelf.downwards(None if below is None else (below,))) == [expected[number] for number in wanted]
