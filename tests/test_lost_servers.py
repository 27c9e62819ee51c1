"""A server of this process that loses its state because moto was reset: whoever does that is warned."""

from __future__ import annotations

import warnings

import pytest
import requests
from moto import mock_aws

from mock_jobs import MockJobsServer, MockJobsWarning, NotActiveError, mock_jobs

from support.server import client_of

LOST = r"has deleted the state of <MockJobsServer at http://127\.0\.0\.1:{port}>: .*`mock-jobs server`"


@pytest.fixture
def server():
    with MockJobsServer() as running:
        yield running


@pytest.fixture
def touched(server):
    """Return a server that holds state."""
    touch(server)
    return server


def touch(server):
    client_of(server, "iot").create_thing_group(thingGroupName="group")


def start_and_end(context):
    with context:
        pass


@pytest.mark.parametrize(
    ("causes", "named"),
    [
        (lambda: start_and_end(mock_jobs()), "the start of mock_jobs"),
        (lambda: start_and_end(mock_aws()), "mock_aws, or a reset of moto,"),
        (lambda: start_and_end(MockJobsServer()), "the start of <MockJobsServer at http://127.0.0.1:"),
    ],
    ids=["mock_jobs", "mock_aws", "server"],
)
def test_who_deletes_the_state_of_a_server_is_warned_once_at_his_own_line(touched, causes, named):
    with pytest.warns(MockJobsWarning, match=LOST.format(port=touched.port)) as caught:
        causes()

    (warning,) = caught
    assert str(warning.message).startswith(named)
    assert warning.filename == __file__


def test_the_end_of_a_mock_that_began_first_warns_too():
    mock, server = mock_jobs(), MockJobsServer()
    mock.start()
    with server:
        touch(server)
        with pytest.warns(MockJobsWarning, match="the end of mock_jobs has deleted the state"):
            mock.stop()


def test_a_server_that_holds_nothing_loses_nothing(server):
    client_of(server, "iot").meta.events  # noqa: B018 - made, and not used
    requests.get(f"{server.url}/mock-jobs-api/health", timeout=10)
    with mock_jobs():
        pass


def test_a_client_may_reset_its_server(touched):
    requests.post(f"{touched.url}/moto-api/reset", timeout=10)
    with mock_jobs():
        pass


def test_a_mock_does_not_start_if_the_warning_is_an_error(touched):
    mock = mock_jobs()
    with pytest.raises(MockJobsWarning, match="the start of mock_jobs"):
        mock.start()
    with pytest.raises(NotActiveError):
        mock.stop()
    touch(touched)
    warnings.simplefilter("ignore")
    with mock_jobs() as mock:
        assert repr(mock).startswith("<mock_jobs at ")


def test_a_server_raises_at_its_end_what_must_not_interrupt_moto():
    running = MockJobsServer()
    running.start()
    touch(running)
    with mock_aws():
        pass

    with pytest.raises(MockJobsWarning, match="mock_aws"):
        running.stop()
    assert repr(running) == "<MockJobsServer not running>"
