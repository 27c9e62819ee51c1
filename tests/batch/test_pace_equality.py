"""Comparing the current pace with a pace or with its name."""

from __future__ import annotations

import pytest

from mock_jobs.batch.scenario.pace import Pace

NAMES = ("poll", "clock", "manual")
# The mode of none of these tells all about it.
UNNAMED = [Pace.every(3), Pace.timed(5), Pace("manual", transition_seconds=1), Pace("clock", reads=2)]


@pytest.mark.parametrize("name", NAMES)
def test_a_plain_pace_equals_its_name(name):
    assert Pace(name) == name
    assert name == Pace(name)
    assert (Pace(name) != name) is False
    assert hash(Pace(name)) == hash(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_plain_pace_equals_no_other_name(name):
    for other in ("immediate", "", name.upper(), *(each for each in NAMES if each != name)):
        assert Pace(name) != other
        assert other != Pace(name)


@pytest.mark.parametrize("pace", UNNAMED, ids=repr)
def test_a_pace_that_says_more_than_its_name_equals_no_name(pace):
    assert pace != pace.mode
    assert pace != Pace(pace.mode)
    assert pace not in set(NAMES)


def test_the_paces_of_moto_equal_the_names_that_mean_the_same():
    assert Pace.immediate() == "clock"
    assert Pace.timed(0) == "clock"
    assert Pace.every(1) == "poll"
    assert Pace() == "poll"


def test_paces_are_equal_when_all_their_members_are():
    assert Pace.every(3) == Pace("poll", reads=3)
    assert hash(Pace.every(3)) == hash(Pace("poll", reads=3))
    assert Pace.every(3) != Pace.every(4)
    assert Pace.timed(5) == Pace("clock", transition_seconds=5.0)
    assert Pace.timed(5) != Pace.timed(6)


@pytest.mark.parametrize(
    "other", [None, 1, ("poll", 1, 0.0), b"poll", object()], ids=["None", "number", "tuple", "bytes", "object"]
)
def test_a_pace_leaves_it_to_other_types_whether_they_are_equal(other):
    assert Pace().__eq__(other) is NotImplemented
    assert Pace() != other


def test_what_says_that_it_equals_everything_equals_a_pace():
    class Anything:
        def __eq__(self, other):
            return True

        __hash__ = None

    assert Pace() == Anything()


def test_a_pace_and_its_name_are_one_in_sets_and_dicts():
    assert len({*NAMES, *map(Pace, NAMES)}) == len(NAMES)
    assert len({*NAMES, *UNNAMED}) == len(NAMES) + len(UNNAMED)
    assert {Pace("manual"): 1}["manual"] == 1
    assert {"manual": 1}[Pace("manual")] == 1
    assert Pace("clock") in NAMES
    assert "clock" in [Pace("poll"), Pace("clock")]


@pytest.mark.parametrize("name", NAMES)
def test_the_pace_of_a_mock_is_compared_by_name(mock, name):
    mock.batch.pace = name

    assert mock.batch.pace == name
    assert [each for each in NAMES if mock.batch.pace == each] == [name]


def test_the_pace_of_a_mock_that_counts_reads_has_no_name(mock):
    mock.batch.pace = Pace.every(3)

    assert mock.batch.pace not in NAMES
