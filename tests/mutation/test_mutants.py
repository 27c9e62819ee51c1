"""The mistakes that mutation testing makes, and the list of what it is applied to."""

from __future__ import annotations

import pytest

from mutation.deciding import DECIDING, EQUIVALENT
from mutation.mutants import mutants_of
from mutation.trial import ROOT, path_of


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("a == b", ["a == b -> pass", "a == b -> a != b"]),
        ("x = a < b", ["a < b -> a <= b", "a < b -> a >= b"]),
        ("x = a and b", ["a and b -> a or b", "a and b -> b", "a and b -> a"]),
        ("x = not a", ["not a -> a"]),
        ("x = 3", ["3 -> 4 in x = 3"]),
        ("x = True", ["True -> False in x = True"]),
        ("x = a + b", ["a + b -> a - b"]),
        ("x = min(a, b)", ["min(a, b) -> max(a, b)"]),
        ("x = {a: b, c: d}", ["a: b -> no row", "a: b -> a: d", "c: d -> no row", "c: d -> c: b"]),
        ("x = {a, b}", ["{a, b} -> {b}", "{a, b} -> {a}"]),
        ("x = (a, b)", ["(a, b) -> (b,)", "(a, b) -> (a,)"]),
        ("x.y = a", ["x.y = a -> pass"]),
        ("x += a", ["x += a -> pass"]),
        ("def f():\n    return a", ["return a -> return None"]),
        ("if a:\n    pass", ["if a -> if not a"]),
        ("if TYPE_CHECKING:\n    f()", []),
        ("'text'", []),
        ("x: dict[str, 1]", []),
        ("assert a == b", []),
        ("self._a = a", []),
        ("x, y = a, b", []),
    ],
)
def test_each_kind_of_mistake_is_made_once(source, changes):
    assert [each.change for each in mutants_of(source)] == changes


def test_a_mutant_has_one_mistake():
    source = "x = a < b\ny = a < b"

    assert [(each.line, each.source) for each in mutants_of(source)] == [
        (1, "x = a <= b\ny = a < b"),
        (1, "x = a >= b\ny = a < b"),
        (2, "x = a < b\ny = a <= b"),
        (2, "x = a < b\ny = a >= b"),
    ]


@pytest.mark.parametrize("module", DECIDING)
def test_each_module_and_the_tests_that_decide_about_it_exist(module):
    assert path_of(module).is_file()
    assert [each for each in DECIDING[module] if not (ROOT / each).is_file()] == []


@pytest.mark.parametrize("module", EQUIVALENT)
def test_each_mutant_that_cannot_be_found_is_still_made(module):
    changes = {each.change for each in mutants_of(path_of(module).read_text())}

    assert set(EQUIVALENT[module]) - changes == set()
