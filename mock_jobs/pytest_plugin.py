"""The pytest plugin: fixtures, a marker and ini options.

pytest loads it in every run, so it imports the mock, and boto3, when a test needs them.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mypy_boto3_batch.client import BatchClient
    from mypy_boto3_iot.client import IoTClient
    from mypy_boto3_iot_jobs_data.client import IoTJobsDataPlaneClient

    from mock_jobs.mock import MockJobs

_MARKER = "mock_jobs"
_WHEN = ("failed", "always", "never")
_REPORTED = pytest.StashKey[bool]()
_OPTIONS = ("config", "region", "pace", "sleep", "seed", "strict")


class _RunningTest:
    """A test that pytest runs, and whether it has already failed, or was skipped."""

    def __init__(self, item: pytest.Item) -> None:
        self.item = item
        self.has_not_passed = False

    @property
    def is_expected_to_fail(self) -> bool:
        """Whether a mark says so. Conditions that are texts count as met."""
        if self.item.config.getoption("runxfail", default=False):
            return False
        return any(map(_is_met, self.item.iter_markers("xfail")))


def _is_met(mark: pytest.Mark) -> bool:
    conditions = (mark.kwargs["condition"],) if "condition" in mark.kwargs else mark.args
    return not conditions or any(map(bool, conditions))


# More than one while a test runs pytest inside
_running: list[_RunningTest] = []
_scopes: list[str] = []
_begun = 0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    parser.getgroup("mock_jobs").addoption(
        "--mock-jobs-report",
        choices=_WHEN,
        help="Which tests get a section about their mock in the report: failed (the default), always or never.",
    )
    parser.addini("mock_jobs_report", "The same as --mock-jobs-report.", default=_WHEN[0])
    parser.addini("mock_jobs_region", "Region of clients that name none, in tests that use mock_jobs.", default="us-east-1")
    parser.addini(
        "mock_jobs_pace", "What moves Batch jobs, in tests that use mock_jobs: poll (the default), clock or manual.", default=""
    )
    parser.addini(
        "mock_jobs_sleep", "`skip` lets sleeps take no time and move the mock's clock, in tests that use mock_jobs.", default=""
    )
    parser.addini("mock_jobs_seed", "Makes ids repeat, in tests that use mock_jobs: a whole number.", default="")
    parser.addini(
        "mock_jobs_strict",
        "Whether plans, faults and refusals that nothing has used fail the test, in tests that use mock_jobs.",
        type="bool",
        default=True,
    )


def running_test() -> object:
    """Return what stands for the running test, or between tests how many have begun; for `core.running_test`."""
    return _running[-1] if _running else _begun


def is_in_wide_fixture() -> bool:
    """Return whether a fixture that may outlast the test is being set up; for `core.running_test`."""
    return bool(_scopes) and _scopes[-1] != "function"


def is_excused() -> bool:
    """Return whether the running test has failed, was skipped, or is expected to fail; for `core.running_test`."""
    return bool(_running) and (_running[-1].has_not_passed or _running[-1].is_expected_to_fail)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Note which test is running."""
    global _begun  # noqa: PLW0603 - counts over all runs
    _begun += 1
    _running.append(_RunningTest(item))
    yield
    _running.pop()


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
    """Note how long the fixture lasts that is being set up."""
    _scopes.append(fixturedef.scope)
    yield
    _scopes.pop()


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Note what becomes of the running test, and add what its mock holds to the report if it has failed."""
    outcome: Any = yield
    if outcome.excinfo is not None:
        return
    report: pytest.TestReport = outcome.get_result()
    if _running:
        _running[-1].has_not_passed = _running[-1].has_not_passed or not report.passed
    _add_section(item, report)


def _add_section(item: pytest.Item, report: pytest.TestReport) -> None:
    # Without this module there is no mock.
    watched = sys.modules.get("mock_jobs.reporting.watched")
    if watched is None:
        return
    when = item.config.getoption("--mock-jobs-report") or item.config.getini("mock_jobs_report")
    is_wanted = when == "always" or (when == "failed" and report.failed)
    if is_wanted and not item.stash.get(_REPORTED, False) and (text := _text(watched)):
        item.stash[_REPORTED] = True
        report.sections.append((_MARKER, text))
    # A test may run pytest inside.
    if report.when == "teardown" and len(_running) <= 1:
        watched.forget()


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and check the options."""
    when = config.getini("mock_jobs_report")
    if when not in _WHEN:
        raise pytest.UsageError(f"mock_jobs_report must be one of {', '.join(_WHEN)}, got {when!r}")
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(config=None, region=None, pace=None, sleep=None, seed=None, strict=True): mock AWS for the test, with these options.",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Request the mock's fixture for each test that has the marker."""
    if isinstance(item, pytest.Function) and item.get_closest_marker(_MARKER) and _MARKER not in item.fixturenames:
        item.fixturenames.insert(0, _MARKER)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Begin a test, maybe again, and fail it if an assertion has failed inside a job meanwhile."""
    __tracebackhide__ = True
    item.stash[_REPORTED] = False
    if _running:
        _running[-1].has_not_passed = False
    yield from _failing_with_jobs()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Fail the test in which an assertion has failed inside a job, also if its mock lasts longer."""
    __tracebackhide__ = True
    yield from _failing_with_jobs()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fail the test in whose teardown an assertion has failed inside a job, and warn of a mock that it leaves active."""
    __tracebackhide__ = True
    outcome = yield from _failing_with_jobs()
    mock = sys.modules.get("mock_jobs.mock")
    if mock is not None and _running and mock.is_left_by(_running[-1]):
        try:
            item.warn(mock.left_warning())
        except Warning as error:
            outcome.force_exception(error)


def _failing_with_jobs() -> Generator[None, Any, Any]:
    __tracebackhide__ = True
    outcome: Any = yield
    # Without this module there is no world.
    failures = sys.modules.get("mock_jobs.core.failures")
    if failures is not None:
        try:
            failures.report(failures.take_all(), outcome.excinfo and outcome.excinfo[1])
        except BaseException as error:  # noqa: BLE001 - whatever the function of the test has raised
            outcome.force_exception(error)
    return outcome


def _text(watched: Any) -> str:
    try:
        text: str = watched.text()
    except Exception as error:  # noqa: BLE001 - a defect of ours must not hide what has failed
        return f"mock_jobs cannot describe its state: {error!r}"
    return text


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = {
        "region": request.config.getini("mock_jobs_region"),
        "pace": request.config.getini("mock_jobs_pace") or None,
        "sleep": request.config.getini("mock_jobs_sleep") or None,
        "seed": _seed(request.config.getini("mock_jobs_seed")),
        "strict": request.config.getini("mock_jobs_strict"),
    }
    # From the outermost to the closest, so that the closest wins.
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        if marker.args or not marker.kwargs.keys() <= set(_OPTIONS):
            pytest.fail(
                f"@pytest.mark.{_MARKER} takes {', '.join(_OPTIONS[:-1])} and {_OPTIONS[-1]} by name, got {marker.args} {marker.kwargs}",
                pytrace=False,
            )
        options.update(marker.kwargs)
    return options


def _seed(text: str) -> int | None:
    if text and not text.isdecimal():
        pytest.fail(f"the ini option mock_jobs_seed must be a whole number, got {text!r}", pytrace=False)
    return int(text) if text else None


@pytest.fixture
def mock_jobs(request: pytest.FixtureRequest) -> Iterator[MockJobs]:
    """Mock AWS for one test; returns the handle: `clock`, `faults`, `calls`, `timeline`, `batch`, `iot` and others."""
    from mock_jobs.mock import MockJobs  # noqa: PLC0415 - see above

    __tracebackhide__ = True
    with MockJobs(**_options(request)) as mock:
        yield mock


def _client(service: str, mock: MockJobs) -> Any:
    import boto3  # noqa: PLC0415 - see above

    return boto3.client(service, region_name=mock.region)  # type: ignore[call-overload]


@pytest.fixture
def mock_jobs_iot(mock_jobs: MockJobs) -> IoTClient:
    """Return a boto3 client of `iot`, and mock AWS for the test."""
    client: IoTClient = _client("iot", mock_jobs)
    return client


@pytest.fixture
def mock_jobs_iot_jobs_data(mock_jobs: MockJobs) -> IoTJobsDataPlaneClient:
    """Return a boto3 client of `iot-jobs-data`, the device plane, and mock AWS for the test."""
    client: IoTJobsDataPlaneClient = _client("iot-jobs-data", mock_jobs)
    return client


@pytest.fixture
def mock_jobs_batch(mock_jobs: MockJobs) -> BatchClient:
    """Return a boto3 client of `batch`, and mock AWS for the test."""
    client: BatchClient = _client("batch", mock_jobs)
    return client
