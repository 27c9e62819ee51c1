"""Server mode: many connections, clients that stop in the middle, and the end of a server."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from mock_jobs import MockJobsServer
from mock_jobs.handle import world_of
from mock_jobs.transports import http_server

from support.raw_http import raw_connection
from support.server import ACCOUNT_A, authorization, client_of

_CROWD = Path(__file__).parent / "support" / "crowd.py"
_BATCH = authorization("batch")


def _can_open(files):
    if sys.platform == "win32":
        return False
    import resource

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return most == resource.RLIM_INFINITY or most >= files


@pytest.mark.usefixtures("_unmeasured")
@pytest.mark.parametrize(("held", "stalled"), [(1_000, 0), (0, 200), (1_000, 200)])
def test_eight_busy_clients_are_served_beside_idle_and_stalled_connections(held, stalled):
    if not _can_open(1_500):
        warnings.warn("the connections of a server were not tested: this process may not open 1,500 files", stacklevel=1)
        pytest.skip("needs a hard limit of 1,500 open files")
    command = [sys.executable, "-m", "mock_jobs", "server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = server.stdout.readline().rpartition(":")[2].strip()
            crowd = [sys.executable, str(_CROWD), port, str(held), str(stalled), "50"]
            ran = subprocess.run(crowd, capture_output=True, text=True, timeout=120, check=True)
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=30)

    assert ran.stdout.split() == ["400", str(held)]
    assert server.returncode == 0


@pytest.fixture
def impatient(monkeypatch):
    """A server that closes what is dead after a fraction of a second."""
    monkeypatch.setattr(http_server, "STALLED_SECONDS", 0.2)
    monkeypatch.setattr(http_server, "_SWEEP_SECONDS", 0.05)
    with MockJobsServer() as running:
        yield running


_HEAD = f"POST /v1/describejobs HTTP/1.1\r\nHost: x\r\nAuthorization: {_BATCH}\r\nContent-Length: 11\r\n\r\n"


@pytest.mark.parametrize(
    "begun", [b"POST", b"POST /v1/describejobs HTTP/1.1\r\nHost: x\r\n", _HEAD.encode(), f'{_HEAD}{{"jo'.encode()]
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_connection_that_stalls_within_a_request_is_closed_and_an_idle_one_is_kept(impatient, begun, is_first):
    with raw_connection(impatient) as idle, raw_connection(impatient) as stalled:
        assert idle.request("POST", "/v1/describejobs", b'{"jobs":[]}', Authorization=_BATCH).status == 200
        if not is_first:
            assert stalled.request("POST", "/v1/describejobs", b'{"jobs":[]}', Authorization=_BATCH).status == 200
        stalled.send(begun)

        assert stalled.is_closed()
        assert idle.request("POST", "/v1/describejobs", b'{"jobs":[]}', Authorization=_BATCH).status == 200


def test_idle_connections_are_closed_in_the_end(impatient, monkeypatch):
    monkeypatch.setattr(http_server, "IDLE_SECONDS", 0.2)
    with raw_connection(impatient) as used, raw_connection(impatient) as unused:
        assert used.request("POST", "/v1/describejobs", b'{"jobs":[]}', Authorization=_BATCH).status == 200
        assert used.is_closed()
        assert unused.is_closed()


@pytest.fixture
def waiting(impatient):
    """A server in which requests for Batch wait, an event that tells that one does, and one that lets them go on."""
    arrived, release = threading.Event(), threading.Event()
    world = world_of(impatient.account(ACCOUNT_A))

    def wait(*_):
        arrived.set()
        with world.unlocked():
            assert release.wait(20)

    world.observe(wait)
    yield impatient, arrived, release
    release.set()


def _describe_jobs(server):
    with raw_connection(server) as connection:
        connection.socket.settimeout(30)
        return connection.request("POST", "/v1/describejobs", b'{"jobs":[]}', Authorization=_BATCH).status


@pytest.fixture
def asked(waiting):
    """The server, what its waiting request answers in the end, and how to let it go on."""
    server, arrived, release = waiting
    with ThreadPoolExecutor(1) as pool:
        status = pool.submit(_describe_jobs, server)
        assert arrived.wait(10)
        yield server, status, release


def test_a_client_whose_answer_takes_long_is_not_taken_for_dead(asked):
    server, status, release = asked
    with raw_connection(server) as stalled:
        stalled.send(b"POST")
        # Both have been silent for equally long.
        assert stalled.is_closed()
    release.set()

    assert status.result(30) == 200


def test_a_server_stops_while_a_request_never_ends(asked, monkeypatch, caplog):
    server, status, release = asked
    monkeypatch.setattr(http_server, "_STOP_SECONDS", 0.1)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    stopping.join(20)

    assert not stopping.is_alive()
    with pytest.raises(OSError):  # noqa: PT011 - reset or closed, by chance
        status.result(20)
    assert caplog.records == []
    release.set()


def test_a_request_that_is_being_answered_ends_before_the_server_does(asked):
    server, status, release = asked
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    release.set()
    stopping.join(20)

    assert status.result(20) == 200


_LARGE = 20 << 20


@pytest.fixture
def large(impatient):
    """A server with a large object, and the request for it."""
    s3 = client_of(impatient, "s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"x" * _LARGE)
    return impatient, f"GET /bucket/key HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization('s3')}\r\n\r\n".encode()


def test_a_client_that_reads_slowly_gets_its_whole_answer(large, monkeypatch):
    server, request = large
    monkeypatch.setattr(http_server, "IDLE_SECONDS", 0.2)
    with raw_connection(server) as connection:
        connection.send(request)
        read = 0
        for _ in range(40):
            # Longer in all than any connection may be idle.
            threading.Event().wait(0.02)
            read += len(connection.socket.recv(_LARGE // 50))
        while read < _LARGE:
            read += len(connection.socket.recv(1 << 20))

    assert read > _LARGE


def test_a_client_that_never_reads_is_closed(large):
    server, request = large
    connections = server._running._server._state.connections
    with raw_connection(server) as connection:
        connection.send(request * 2)
        for _ in range(500):
            threading.Event().wait(0.02)
            if not [each for each in connections if each.client[1] == connection.socket.getsockname()[1]]:
                break
        else:
            pytest.fail("the connection is still open")


def test_stopping_lets_an_answer_be_read_to_its_end(large, monkeypatch):
    server, request = large
    monkeypatch.setattr(http_server, "STALLED_SECONDS", 30)
    with raw_connection(server) as connection:
        connection.send(request)
        first = connection.socket.recv(1000)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        read = len(first)
        while part := connection.socket.recv(1 << 20):
            read += len(part)
        stopping.join(20)

    assert read > _LARGE


def test_stopping_does_not_wait_for_half_a_request(impatient, monkeypatch):
    monkeypatch.setattr(http_server, "STALLED_SECONDS", 30)
    monkeypatch.setattr(http_server, "_STOP_SECONDS", 30)
    with raw_connection(impatient) as connection:
        connection.send(f'{_HEAD}{{"jo'.encode())
        assert requests.get(f"{impatient.url}/mock-jobs-api/health", timeout=10).status_code == 200
        stopping = threading.Thread(target=impatient.stop)
        stopping.start()
        stopping.join(10)
        assert not stopping.is_alive()


def test_stopping_closes_idle_connections():
    with MockJobsServer() as server, raw_connection(server) as idle:
        assert idle.request("GET", "/mock-jobs-api/health").status == 200
        server.stop()
        assert idle.is_closed()


def test_a_stopped_server_leaves_no_thread():
    before = set(threading.enumerate())
    with MockJobsServer() as server:
        requests.get(f"{server.url}/mock-jobs-api/health", timeout=10)
        started = set(threading.enumerate()) - before
    for each in started:
        each.join(10)

    assert started
    assert not any(each.is_alive() for each in started)


def test_functions_that_call_their_server_again_are_answered(impatient):
    """Sixty at once, each in a request that waits for another one."""
    inner = []

    def call():
        inner.append(requests.get(f"{impatient.url}/mock-jobs-api/calls", timeout=30).status_code)

    world = world_of(impatient.account(ACCOUNT_A))

    def call_unlocked(*_):
        with world.unlocked():
            call()

    world.observe(call_unlocked)
    clients = [threading.Thread(target=lambda: client_of(impatient, "batch").describe_jobs(jobs=["x"])) for _ in range(60)]
    for each in clients:
        each.start()
    for each in clients:
        each.join(30)

    assert inner == [200] * 60
