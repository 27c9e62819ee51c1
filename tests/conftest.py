from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from hypothesis import settings

from mock_jobs import MockJobs, mock_jobs
from mock_jobs.core.world import World

from support import contract
from support.constants import NO_RETRIES, REGION
from support.lending import Kept

if TYPE_CHECKING:
    from mypy_boto3_batch.client import BatchClient
    from mypy_boto3_iot.client import IoTClient
    from mypy_boto3_iot_jobs_data.client import IoTJobsDataPlaneClient

pytest_plugins = ["pytester", "support.needs"]

# A failure depends on nothing that an earlier run has left behind, and says how to repeat it. How long an example takes tells of
# the machine.
settings.register_profile("mock_jobs", database=None, print_blob=True, deadline=None)
settings.load_profile("mock_jobs")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark of long tests."""
    config.addinivalue_line("markers", "long: takes seconds, and begins early so that no process has to wait for it at the end")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long tests."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test leave this machine, whatever it gets wrong."""
    # In server mode some versions of moto make clients of their own, which would look for credentials there.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    connect = socket.socket.connect

    def connect_locally(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else address
        if self.family in (socket.AF_INET, socket.AF_INET6) and host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect_locally)


@pytest.fixture
def _unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure no lines in child processes, which run nothing that the tests beside do not run as well."""
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)


@pytest.fixture(autouse=True, scope="session")
def _contract() -> Iterator[None]:
    """Check every answer, in all tests, against the service model."""
    make = World.__init__

    def make_observed(world: World, **arguments: Any) -> None:
        make(world, **arguments)
        world.observe(contract.check)

    with pytest.MonkeyPatch.context() as patch:
        # In process there is one world for all tests, in a server one for each account.
        patch.setattr(World, "__init__", make_observed)
        yield


@pytest.fixture(scope="session")
def kept_clients() -> dict[str, Kept]:
    """The clients that all tests share, made before any test changes the environment."""
    session = boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    with mock_jobs(region=REGION):
        return {name: Kept(session.client(name, config=NO_RETRIES)) for name in ("batch", "iot", "iot-jobs-data")}


@pytest.fixture
def mock() -> Iterator[MockJobs]:
    with mock_jobs(region=REGION) as active:
        yield active


@pytest.fixture
def iot(mock: MockJobs, kept_clients: dict[str, Kept]) -> Iterator[IoTClient]:
    with kept_clients["iot"].lent() as client:
        yield client


@pytest.fixture
def iot_data(mock: MockJobs, kept_clients: dict[str, Kept]) -> Iterator[IoTJobsDataPlaneClient]:
    with kept_clients["iot-jobs-data"].lent() as client:
        yield client


@pytest.fixture
def batch(mock: MockJobs, kept_clients: dict[str, Kept]) -> Iterator[BatchClient]:
    with kept_clients["batch"].lent() as client:
        yield client
