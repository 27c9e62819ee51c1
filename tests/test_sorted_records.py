"""The sorted collections behind the listings, compared with plain sorted lists."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_jobs.core import sorted_records as module
from mock_jobs.core.sorted_records import SortedNames, SortedRecords


@pytest.fixture(autouse=True, scope="module")
def _small_blocks():
    original, module._BLOCK = module._BLOCK, 4
    yield
    module._BLOCK = original


class Record:
    def __init__(self, number):
        self.number = number


# Every kind of key that is used, each in the order of the numbers.
KEYS = {"int": lambda number: number, "tuple": lambda number: (number // 3, number % 3), "str": "{:05}".format}

numbers = st.integers(0, 40)
steps = st.one_of(
    st.tuples(st.just("add"), numbers),
    st.tuples(st.just("append"), numbers),
    st.tuples(st.just("remove"), numbers),
    st.tuples(st.just("remove first"), st.none()),
    st.tuples(st.just("remove last"), st.none()),
    st.tuples(st.just("add all"), st.lists(numbers, unique=True)),
    st.tuples(st.just("add all higher"), st.integers(0, 12)),
    st.tuples(st.just("clear"), st.none()),
)


def apply(collection, expected, step, argument):
    """Do a step with the collection, and with what should be in it: number to record."""
    highest = max(expected, default=-1)
    if step == "add":
        if argument not in expected:
            expected[argument] = Record(argument)
            collection.add(expected[argument])
    elif step == "append":
        expected[highest + 1 + argument] = Record(highest + 1 + argument)
        collection.append(expected[highest + 1 + argument])
    elif step.startswith("remove"):
        number = {"remove": argument, "remove first": min(expected, default=None), "remove last": highest}[step]
        if number in expected:
            collection.remove(expected.pop(number))
    elif step == "clear":
        assert collection.clear() == [expected[number] for number in sorted(expected)]
        expected.clear()
    else:
        wanted = argument if step == "add all" else range(highest + 1, highest + 1 + argument)
        new = {number: Record(number) for number in wanted if number not in expected}
        expected.update(new)
        collection.add_all(new.values())


@pytest.mark.parametrize("kind", KEYS)
@given(steps=st.lists(steps, max_size=60), bounds=st.lists(st.integers(0, 90), max_size=4))
def test_a_collection_is_always_sorted(kind, steps, bounds):
    """Whatever is added and removed, in whatever order, it holds what a sorted list would, and gives any part of it both ways."""
    key_of = KEYS[kind]
    collection = SortedRecords(lambda record: key_of(record.number))
    expected = {}
    for step, argument in steps:
        apply(collection, expected, step, argument)

        assert len(collection) == len(expected)
        assert [each.number for each in collection] == sorted(expected)

    records = [expected[number] for number in sorted(expected)]
    assert list(collection.descending()) == records[::-1]
    for bound in chain(bounds, expected):
        low = [each for each in records if key_of(each.number) < key_of(bound)]
        assert list(collection.descending(key_of(bound))) == low[::-1]
        assert list(collection.ascending(key_of(bound))) == records[len(low) :]


@pytest.mark.parametrize("count", [1, 2, 40])
def test_blocks_stay_bounded(count):
    """None is longer than allowed, however many records come at once, between those that are there."""
    collection = SortedRecords(lambda record: record.number)
    for start in range(count):
        collection.add_all([Record(start + number * count) for number in range(count)])

        assert all(0 < len(block) <= module._BLOCK for block in collection._blocks)
    assert [each.number for each in collection] == list(range(count * count))


names = st.text("ab-", max_size=3)


@given(st.lists(st.tuples(names, st.booleans())), names)
def test_names_are_listed_in_their_order(steps, since):
    """Those that are looked up after a listing, many or few, are in the next one; one that is only asked for is not."""
    collection = SortedNames(list)
    expected = set()
    for name, is_listed in steps:
        assert (name in collection) is (name in expected)
        collection[name].append(name)
        expected.add(name)
        if is_listed:
            assert list(collection.ascending(since)) == sorted(each for each in expected if each >= since)

    assert list(collection.ascending("")) == sorted(expected)
    assert all(collection[name] == [name] * len(collection[name]) for name in expected)
