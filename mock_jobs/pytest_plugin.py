"""The pytest plugin: fixtures, a marker and ini options.

pytest loads it in every run, so it imports the mock, and boto3, when a test needs them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mypy_boto3_batch.client import BatchClient
    from mypy_boto3_iot.client import IoTClient
    from mypy_boto3_iot_jobs_data.client import IoTJobsDataPlaneClient

    from mock_jobs.mock import MockJobs

_MARKER = "mock_jobs"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini options."""
    parser.addini("mock_jobs_region", "Region of clients that name none, in tests that use mock_jobs.", default="us-east-1")
    parser.addini(
        "mock_jobs_pace", "What moves Batch jobs, in tests that use mock_jobs: poll (the default), clock or manual.", default=""
    )
    parser.addini(
        "mock_jobs_sleep", "`skip` lets sleeps take no time and move the mock's clock, in tests that use mock_jobs.", default=""
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(config=None, region=None, pace=None, sleep=None): mock AWS for the test, with these options.",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Request the mock's fixture for each test that has the marker."""
    if isinstance(item, pytest.Function) and item.get_closest_marker(_MARKER) and _MARKER not in item.fixturenames:
        item.fixturenames.insert(0, _MARKER)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Fail the test in which an assertion has failed inside a job, also if its mock lasts longer."""
    __tracebackhide__ = True
    outcome: Any = yield
    # Without this module there is no world.
    failures = sys.modules.get("mock_jobs.core.failures")
    if failures is None:
        return
    try:
        failures.report(failures.take_all(), outcome.excinfo and outcome.excinfo[1])
    except BaseException as error:  # noqa: BLE001 - whatever the function of the test has raised
        outcome.force_exception(error)


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = {
        "region": request.config.getini("mock_jobs_region"),
        "pace": request.config.getini("mock_jobs_pace") or None,
        "sleep": request.config.getini("mock_jobs_sleep") or None,
    }
    # From the outermost to the closest, so that the closest wins.
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        if marker.args or not marker.kwargs.keys() <= {"config", "region", "pace", "sleep"}:
            pytest.fail(
                f"@pytest.mark.{_MARKER} takes config, region, pace and sleep by name, got {marker.args} {marker.kwargs}",
                pytrace=False,
            )
        options.update(marker.kwargs)
    return options


@pytest.fixture
def mock_jobs(request: pytest.FixtureRequest) -> Iterator[MockJobs]:
    """Mock AWS for one test; returns the handle: `clock`, `faults`, `calls`, `events`, `batch`, `iot`."""
    from mock_jobs.mock import MockJobs  # noqa: PLC0415 - see above

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
