"""The check in `support.machines` that every rule of a state machine runs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from support.machines import Machine, initialize, invariant, precondition, prove, rule

TESTS = Path(__file__).parent


class Counting(Machine):
    """All of it is reached."""

    must_reach = ("two",)

    @initialize(start=st.integers(0, 1))
    def begin(self, start):
        self.number = start

    @precondition(lambda self: self.number < 3)
    @precondition(lambda self: self.number != -1)
    @rule()
    def add(self):
        self.number += 1

    @rule(step=st.just(1))
    def subtract(self, step):
        self.number -= step

    @precondition(lambda self: self.number > 1)
    @invariant()
    def is_small(self):
        assert self.number < 4
        self.reach("two")


def unreached(machine):
    with pytest.raises(AssertionError) as caught:
        prove(machine, max_examples=2, steps=5)
    never, _, counts = str(caught.value).partition("It came to:\n")
    assert never.startswith(f"{machine.__name__} tests less than it says. It never came to this:\n")
    return never.splitlines()[1:], counts.splitlines()


def test_a_machine_of_which_all_is_reached_passes():
    class Whole(Counting):
        pass

    prove(Whole, max_examples=20, steps=20)

    assert not Whole.unreached()
    assert set(Whole.counts) == {
        "initialize begin: runs",
        "rule add: runs",
        "precondition 1 of add: holds",
        "precondition 1 of add: fails",
        "precondition 2 of add: holds",
        "precondition 2 of add: fails",
        "rule subtract: runs",
        "invariant is_small: runs",
        "precondition 1 of is_small: holds",
        "precondition 1 of is_small: fails",
        "two",
    }


def test_a_rule_that_never_runs_is_named():
    class Lame(Counting):
        @precondition(lambda self: self.number == "clock")
        @rule()
        def leap(self):
            raise AssertionError

    never, counts = unreached(Lame)

    assert "    rule leap: runs" in never
    assert "    precondition 1 of leap: holds" in never
    assert any(line.startswith("    precondition 1 of leap: fails: ") for line in counts)


def test_a_precondition_that_always_holds_is_named():
    class Lax(Counting):
        @precondition(lambda self: self.number != "clock")
        @rule()
        def stay(self):
            pass

    never, _ = unreached(Lax)

    assert "    precondition 1 of stay: fails" in never
    assert "    precondition 1 of stay: holds" not in never


def test_an_invariant_that_is_never_asked_for_is_named():
    class Blind(Counting):
        @precondition(lambda self: False)
        @invariant()
        def is_large(self):
            raise AssertionError

    never, _ = unreached(Blind)

    assert "    invariant is_large: runs" in never


def test_what_a_machine_must_reach_is_named():
    class Ambitious(Counting):
        must_reach = (*Counting.must_reach, "a hundred")

    never, _ = unreached(Ambitious)

    assert "    a hundred" in never


def test_a_machine_reaches_nothing_that_it_does_not_list():
    with pytest.raises(AssertionError, match=r"'tow' is not in Counting\.must_reach"):
        Counting().reach("tow")


def test_a_failure_of_a_machine_names_its_steps():
    class Wrong(Counting):
        @rule()
        def fail(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        prove(Wrong, max_examples=20, steps=5)

    text = "\n".join(caught.value.__notes__)
    assert "state.begin(start=0)" in text
    assert "state.fail()" in text
    assert "@reproduce_failure" in text


def test_counts_of_one_run_do_not_count_for_the_next():
    class Again(Counting):
        pass

    Again.counts["rule leap: runs"] = 1
    prove(Again, max_examples=20, steps=20)

    assert "rule leap: runs" not in Again.counts


def test_every_machine_is_proven():
    bare = [
        path.name
        for path in TESTS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "hypothesis.stateful"
    ]

    assert bare == []


def test_no_failure_is_remembered_from_one_run_to_the_next():
    assert settings().database is None
    assert settings().print_blob
