"""Tests say by name what they need of botocore's models; where the installed botocore lacks it, they are skipped and counted.

A name is an operation of a service, one of its members, or a value of an enum. Lists and maps on the way are not named, and a
member may be one of the request or of the answer:

    batch CreateQuotaShare
    batch SubmitServiceJob.quotaShareName
    batch CreateComputeEnvironment.computeResources.type=ECS_MANAGED_INSTANCES

This module is a plugin of pytest too: it evaluates the marks, counts, and has the option `--lacking`.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import botocore
import pytest
from botocore.model import ListShape, MapShape

from support.constants import WRITTEN_FOR, botocore_is_at_least
from support.contract import model_of

if TYPE_CHECKING:
    from botocore.model import Shape

_NAME = re.compile(r"(?P<service>batch|iot|iot-jobs-data) (?P<operation>\w+)(?P<members>(?:\.\w+)*)(?:=(?P<value>\S+))?")


class UnknownNameError(Exception):
    """A test needs what no botocore has."""


def needs(*names: str) -> pytest.MarkDecorator:
    """Return the mark of tests that need something of botocore's models; use it as decorator, `pytestmark` or in `pytest.param`.

    Raises:
        UnknownNameError: A name is misspelt, see `has`.
    """
    for name in names:
        has(name)
    return pytest.mark.needs(*names)


def has(name: str) -> bool:
    """Return whether the installed botocore has an operation, a member or a value.

    Raises:
        UnknownNameError: The name is none, or unknown to a botocore that should know it.
    """
    parsed = _NAME.fullmatch(name)
    if parsed is None:
        raise UnknownNameError(f"{name!r} does not read 'service Operation', 'service Operation.member' or '...member=VALUE'")
    is_known = _is_known(parsed)
    if not is_known and botocore_is_at_least(WRITTEN_FOR):
        raise UnknownNameError(f"botocore {botocore.__version__} has no {name}; is it misspelt, or newer than {WRITTEN_FOR}?")
    return is_known


def _is_known(name: re.Match[str]) -> bool:
    model = model_of(name["service"])
    if name["operation"] not in model.operation_names:
        return False
    operation = model.operation_model(name["operation"])
    path = name["members"].split(".")[1:]
    if not path:
        return name["value"] is None
    ends = (_at(shape, path) for shape in (operation.input_shape, operation.output_shape))
    return any(end is not None and name["value"] in (None, *getattr(end, "enum", ())) for end in ends)


def _at(shape: Shape | None, path: list[str]) -> Shape | None:
    """Return the shape of what a path leads to, or None."""
    for step in path:
        shape = _inside(getattr(shape, "members", {}).get(step))
    return shape


def _inside(shape: Shape | None) -> Shape | None:
    """Return the shape of the elements of a list or the values of a map, however nested."""
    while isinstance(shape, (ListShape, MapShape)):
        shape = shape.member if isinstance(shape, ListShape) else shape.value
    return shape


def _lacked_by(item: pytest.Item) -> list[str]:
    names = dict.fromkeys(name for mark in item.iter_markers("needs") for name in mark.args)
    return [name for name in names if not has(name)]


# For each test that is skipped, what it needs and botocore lacks; None until something has been collected.
_LACKS = pytest.StashKey[list[list[str]] | None]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--lacking`."""
    text = "fail unless N of the selected tests are skipped for what the installed botocore lacks; works with --collect-only"
    parser.addoption("--lacking", type=int, default=None, metavar="N", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line("markers", "needs(*names): skip the test if botocore lacks one of these; see tests/support/needs.py")
    config.stash[_LACKS] = None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that need what is not there."""
    for item in items:
        lacked = _lacked_by(item)
        if lacked:
            item.add_marker(pytest.mark.skip(reason=f"botocore {botocore.__version__} has no {', no '.join(lacked)}"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Count what is skipped of the tests that are selected; a worker of xdist reports it."""
    lacks = [lacked for item in session.items if (lacked := _lacked_by(item))]
    session.config.stash[_LACKS] = lacks
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["lacks"] = lacks


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the count of a worker of xdist, which all have collected the same."""
    node.config.stash[_LACKS] = getattr(node, "workeroutput", {}).get("lacks", node.config.stash[_LACKS])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that has skipped another number of tests than was expected."""
    if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and _complaint(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what is lacking, how many tests need it, and whether that is what was expected."""
    lacks, complaint = config.stash[_LACKS] or [], _complaint(config)
    if lacks:
        terminalreporter.section(f"lacking in botocore {botocore.__version__}")
        terminalreporter.line(f"{len(lacks)} tests are skipped; a test may need several of these:")
        for name, tests in sorted(Counter(name for lacked in lacks for name in lacked).items()):
            terminalreporter.line(f"{tests:5} {name}")
    if complaint:
        terminalreporter.line(complaint, red=True)


def _complaint(config: pytest.Config) -> str:
    """Return what is wrong with the number of skipped tests, or nothing."""
    expected, lacks = config.getoption("--lacking"), config.stash[_LACKS]
    if expected is None:
        return ""
    if lacks is None:
        return f"--lacking {expected}: no tests were collected"
    return "" if len(lacks) == expected else f"--lacking {expected}: but {len(lacks)} tests are skipped"
