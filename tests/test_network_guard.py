"""Ways past the hook: while a mock is active, nothing of this process reaches AWS, and everything else is as it was."""

from __future__ import annotations

import _socket
import asyncio
import contextlib
import errno
import http.client
import json
import pickle
import re
import smtplib
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import urllib.request

import aiohttp
import boto3
import boto3.s3.transfer
import botocore.exceptions
import httpcore
import httpx
import pytest
import requests
import urllib3
from botocore.config import Config
from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher

from mock_jobs import UnmockedRequestError, mock_jobs
from mock_jobs.transports import network_guard
from mock_jobs.wire.loader import shared_loader

from support.constants import NO_RETRIES, REGION
from support.threads import serving

HOST = f"batch.{REGION}.amazonaws.com"
PATIENCE = 10

_SOCKET = socket.socket
_GUARDED = [
    (_socket, "getaddrinfo"),
    *((socket, name) for name in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr")),
    *((_SOCKET, name) for name in ("connect", "connect_ex")),
    *((http.client.HTTPConnection, name) for name in ("set_tunnel", "putrequest")),
    (httpcore.HTTP11Connection, "handle_request"),
    (httpcore.AsyncHTTP11Connection, "handle_async_request"),
    (aiohttp.ClientRequest, "send"),
]


def _in_place():
    return [vars(owner).get(name) for owner, name in _GUARDED]


@pytest.fixture(autouse=True)
def _everything_is_put_back(_no_network):
    before = _in_place()
    yield
    assert _in_place() == before


@pytest.fixture
def looked_up():
    """The names that reach the resolver of the system, which answers none."""
    names = []

    def resolve(host, *_, **__):
        names.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_socket, "getaddrinfo", resolve)
        yield names


def _causes(error):
    """Generate an error and all that it came from."""
    waiting, seen = [error], set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]


def _stopped(act, *arguments):
    """Return the error of the guard that a call ends with, whatever its library made of it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each library has its own
        act(*arguments)
    (error,) = {id(each): each for each in _causes(caught.value) if isinstance(each, UnmockedRequestError)}.values()
    return error


# Look-ups and connects


def _by(name):
    def look_up(host):
        getattr(socket, name)(host)

    return look_up


def _connect(host):
    with socket.socket() as tried:
        tried.connect((host, 443))


def _connect_ex(host):
    with socket.socket() as tried:
        tried.connect_ex((host, 443))


def _connect_tls(host):
    with ssl.create_default_context().wrap_socket(socket.socket(), server_hostname=host) as tried:
        tried.connect((host, 443))


def _http_client(host):
    with contextlib.closing(http.client.HTTPSConnection(host, timeout=PATIENCE)) as connection:
        connection.request("GET", "/")


def _urllib(host):
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{host}/", timeout=PATIENCE)


def _urllib3(host):
    with urllib3.PoolManager() as pool:
        pool.request("GET", f"https://{host}/", retries=False, timeout=PATIENCE)


def _urllib3_plain(host):
    with urllib3.PoolManager() as pool:
        pool.request("GET", f"http://{host}/", retries=1, timeout=PATIENCE)


def _httpx(host):
    with httpx.Client(trust_env=False) as client:
        client.get(f"https://{host}/")


def _httpx_async(host):
    async def get():
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"https://{host}/")

    asyncio.run(get())


def _aiohttp(host):
    async def get():
        async with aiohttp.ClientSession() as session, session.get(f"https://{host}/"):
            pass

    asyncio.run(get())


def _streams(host):
    asyncio.run(asyncio.open_connection(host, 443))


def _loop_look_up(host):
    async def look_up():
        await asyncio.get_running_loop().getaddrinfo(host, 443)

    asyncio.run(look_up())


def _loop_connect(host):
    async def connect():
        with socket.socket() as tried:
            tried.setblocking(False)
            await asyncio.get_running_loop().sock_connect(tried, (host, 443))

    asyncio.run(connect())


def _thread(host):
    errors = []

    def look_up():
        try:
            socket.getaddrinfo(host, 443)
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=look_up)
    thread.start()
    thread.join()
    raise errors[0]


def _smtp(host):
    smtplib.SMTP(host, 587, local_hostname="localhost", timeout=PATIENCE)


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(lambda host: socket.getaddrinfo(host, 443), id="getaddrinfo"),
        pytest.param(lambda host: socket.getaddrinfo(host=host, port=None), id="getaddrinfo by names"),
        *(pytest.param(_by(name), id=name) for name in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr")),
        pytest.param(lambda host: socket.create_connection((host, 443), timeout=PATIENCE), id="create_connection"),
        _connect,
        _connect_ex,
        _connect_tls,
        _http_client,
        _urllib,
        _urllib3,
        _urllib3_plain,
        _httpx,
        _httpx_async,
        _aiohttp,
        _streams,
        _loop_look_up,
        _loop_connect,
        _thread,
        _smtp,
    ],
)
def test_no_way_leads_to_aws(way):
    with mock_jobs():
        error = _stopped(way, HOST)

    assert isinstance(error, socket.gaierror)
    assert f"Nothing reaches {HOST} while a mock is active" in str(error)


def _hosts():
    for partition in shared_loader().load_data("partitions")["partitions"]:
        outputs = partition["outputs"]
        yield f"sqs.{outputs['implicitGlobalRegion']}.{outputs['dnsSuffix']}"
        yield f"sqs.{outputs['implicitGlobalRegion']}.{outputs['dualStackDnsSuffix']}"


@pytest.mark.parametrize(
    "host",
    [
        *_hosts(),
        "amazonaws.com",
        "db.c1a2b3.eu-west-1.rds.amazonaws.com",
        f"{HOST}.",
        HOST.upper(),
        HOST.encode(),
        bytearray(HOST, "ascii"),
        HOST.replace(".", "\u3002"),
    ],
)
def test_hosts_of_all_partitions_are_stopped_however_they_are_written(host, looked_up):
    with mock_jobs():
        _stopped(socket.getaddrinfo, host, 443)
        if not isinstance(host, bytearray):
            _stopped(_connect, host)

    assert looked_up == []


def test_the_error_is_a_failed_look_up_that_says_what_to_do():
    with mock_jobs(), pytest.raises(socket.gaierror) as caught:
        socket.getaddrinfo(HOST, 443)

    error = caught.value
    assert isinstance(error, UnmockedRequestError)
    assert error.errno == socket.EAI_NONAME
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (type(error), str(error))


def _advice(error):
    return json.loads(re.search(r"mock_jobs\(config=(.*?)\)\.$", str(error)).group(1))


def test_the_setting_that_the_error_names_lets_the_look_up_out(looked_up):
    with mock_jobs():
        error = _stopped(socket.getaddrinfo, HOST, 443)
    with mock_jobs(config=_advice(error)), pytest.raises(socket.gaierror, match="no such name"):
        socket.getaddrinfo(HOST, 443)

    assert looked_up == [HOST]


@pytest.mark.parametrize(
    ("passthrough", "host", "is_out"),
    [
        ({"services": ["batch"]}, HOST, True),
        ({"services": ["batch"]}, f"{HOST}.", True),
        ({"services": ["batch"]}, f"batch.{REGION}.api.aws", True),
        ({"services": ["batch"]}, f"sqs.{REGION}.amazonaws.com", False),
        ({"services": ["iot-jobs-data"]}, f"data.jobs.iot.{REGION}.amazonaws.com", True),
        ({"services": ["iot"]}, f"a1b2-ats.iot.{REGION}.amazonaws.com", True),
        ({"services": ["s3"]}, "bucket.s3.amazonaws.com", True),
        ({"urls": [r"https://bucket\.s3\.amazonaws\.com/folder/.*"]}, "bucket.s3.amazonaws.com", True),
        ({"urls": [r"https://bucket\.s3\.amazonaws\.com/folder/.*"]}, "other.s3.amazonaws.com", False),
        ({"urls": [r"https://bucket\.s3\.amazonaws\.com:8443/"]}, "bucket.s3.amazonaws.com", True),
        ({"urls": [r"https://s3\.amazonaws\.com/"]}, "s3.amazonaws.com.cn", False),
        ({"urls": [r".*sqs.*\.com/$"], "services": []}, f"sqs.{REGION}.amazonaws.com", True),
        ({"urls": [], "services": []}, HOST, False),
    ],
)
def test_passthrough_lets_look_ups_out(passthrough, host, is_out, looked_up):
    with mock_jobs(config={"core": {"passthrough": passthrough}}), pytest.raises(socket.gaierror) as caught:
        socket.getaddrinfo(host, 443)

    assert isinstance(caught.value, UnmockedRequestError) is not is_out
    assert looked_up == [host] * is_out


# Proxies, and connections from before


class _Proxy(socketserver.TCPServer):
    """A proxy that refuses everything, and keeps the first line of each request.

    It serves one connection after the other.
    """

    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _ProxyHandler)
        self.heard = []
        self.address = self.server_address
        self.url = "http://{}:{}".format(*self.address)


class _ProxyHandler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline().decode()
        if line:
            self.server.heard.append(line.split()[1])
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture
def proxy():
    server = _Proxy()
    with serving(server):
        yield server


def _urllib_by(proxy, url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy.url, "https": proxy.url}))
    opener.open(url, timeout=PATIENCE)


def _urllib3_by(proxy, url):
    with urllib3.ProxyManager(proxy.url) as pool:
        pool.request("GET", url, retries=False, timeout=PATIENCE)


def _http_client_by(proxy, url):
    scheme, _, host = url.rstrip("/").partition("://")
    with contextlib.closing(http.client.HTTPConnection(*proxy.address, timeout=PATIENCE)) as connection:
        if scheme == "https":
            connection.set_tunnel(host, 443)
        connection.request("GET", "/" if scheme == "https" else url)
        connection.getresponse()


def _http_connect_by(proxy, url):
    with contextlib.closing(http.client.HTTPConnection(*proxy.address, timeout=PATIENCE)) as connection:
        connection.request("CONNECT", f"{url.rstrip('/').partition('://')[2]}:443")
        connection.getresponse()


def _httpx_by(proxy, url):
    with httpx.Client(proxy=proxy.url, trust_env=False) as client:
        client.get(url)


def _httpx_async_by(proxy, url):
    async def get():
        async with httpx.AsyncClient(proxy=proxy.url, trust_env=False) as client:
            await client.get(url)

    asyncio.run(get())


def _aiohttp_by(proxy, url):
    async def get():
        async with aiohttp.ClientSession() as session, session.get(url, proxy=proxy.url):
            pass

    asyncio.run(get())


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "way", [_urllib_by, _urllib3_by, _http_client_by, _http_connect_by, _httpx_by, _httpx_async_by, _aiohttp_by]
)
def test_no_proxy_hides_a_host_of_aws(way, scheme, proxy):
    with mock_jobs():
        error = _stopped(way, proxy, f"{scheme}://{HOST}/")
        with contextlib.suppress(Exception):
            way(proxy, f"{scheme}://example.com/")

    assert isinstance(error, socket.gaierror)
    assert [url.removeprefix("http://").removesuffix("/").removesuffix(":443") for url in proxy.heard] == ["example.com"]


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://[fd00:ec2::254]/"])
@pytest.mark.parametrize("way", [_urllib_by, _urllib3_by, _http_client_by, _httpx_by, _httpx_async_by, _aiohttp_by])
def test_no_proxy_is_asked_for_metadata(way, url, proxy):
    with mock_jobs(), pytest.raises(Exception) as caught:  # noqa: PT011 - each library has its own
        way(proxy, url)

    assert [each.errno for each in _causes(caught.value) if isinstance(each, ConnectionRefusedError)] == [errno.ECONNREFUSED]
    assert proxy.heard == []


def test_a_client_that_was_stopped_many_times_still_works(proxy):
    """Connections that were stopped do not fill its pool."""
    limits = httpx.Limits(max_connections=1)
    with mock_jobs(), httpx.Client(proxy=proxy.url, trust_env=False, limits=limits, timeout=PATIENCE) as client:
        for _ in range(3):
            _stopped(client.get, f"https://{HOST}/")
        assert client.get("http://example.com/").status_code == 502


def test_an_asynchronous_client_that_was_stopped_many_times_still_works(proxy):
    async def get():
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(proxy=proxy.url, trust_env=False, limits=limits, timeout=PATIENCE) as client:
            for _ in range(3):
                with pytest.raises(UnmockedRequestError):
                    await client.get(f"https://{HOST}/")
            return (await client.get("http://example.com/")).status_code

    with mock_jobs():
        assert asyncio.run(get()) == 502


_LATE = """
import asyncio, sys
from mock_jobs import UnmockedRequestError, mock_jobs
proxy, url = sys.argv[1:]
mock = mock_jobs()
mock.start()
assert not {"httpcore", "aiohttp"} & set(sys.modules)
import aiohttp, httpx

async def get():
    async with aiohttp.ClientSession() as session, session.get(url, proxy=proxy):
        pass

try:
    httpx.get(url, proxy=proxy)
except UnmockedRequestError:
    print("httpx")
try:
    asyncio.run(get())
except aiohttp.ClientOSError as error:
    print("aiohttp", isinstance(error.__cause__, UnmockedRequestError))
mock.stop()
"""


def test_clients_that_are_imported_under_the_mock_are_guarded_too(proxy):
    done = subprocess.run([sys.executable, "-c", _LATE, proxy.url, f"https://{HOST}/"], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("httpx\naiohttp True\n", "")
    assert proxy.heard == []


@pytest.mark.parametrize("tunnel", [None, HOST])
def test_a_connection_from_before_is_stopped(tunnel):
    ours, theirs = socket.socketpair()
    connection = http.client.HTTPConnection("127.0.0.1" if tunnel else HOST)
    if tunnel:
        connection.set_tunnel(tunnel)
    connection.sock = ours
    with ours, theirs:
        with mock_jobs():
            _stopped(connection.request, "GET", "/")
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


# Metadata

METADATA = ["169.254.169.254", "::ffff:169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"]


@pytest.mark.parametrize("address", METADATA)
def test_nothing_connects_to_metadata_or_credentials(address):
    with mock_jobs(), socket.socket() as tried:
        with pytest.raises(ConnectionRefusedError, match=re.escape(address.removeprefix("::ffff:"))):
            tried.connect((address, 80))
        assert tried.connect_ex((address, 80)) == errno.ECONNREFUSED


def test_the_sdk_finds_no_credentials_there_and_goes_on(monkeypatch):
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED", raising=False)
    with mock_jobs():
        assert InstanceMetadataFetcher(timeout=PATIENCE, num_attempts=2, env={}).retrieve_iam_role_credentials() == {}
        with pytest.raises(botocore.exceptions.MetadataRetrievalError):
            ContainerMetadataFetcher(sleep=lambda _: None).retrieve_uri("/credentials")


def test_the_metadata_of_moto_stays():
    with mock_jobs():
        assert requests.get("http://169.254.169.254/latest/meta-data/iam", timeout=PATIENCE).status_code == 200


def test_metadata_can_be_let_out():
    reached = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_SOCKET, "connect", lambda _, address: reached.append(address))
        with mock_jobs(config={"core": {"passthrough": {"services": ["instance_metadata"]}}}):
            _connect("169.254.169.254")

    assert reached == [("169.254.169.254", 443)]


# What stays


@pytest.mark.parametrize(
    "host", ["example.com", "localhost", "notamazonaws.com", "amazonaws.com.example.com", "", None, b"host", "\u00e9" * 64]
)
def test_other_names_are_looked_up(host, looked_up):
    with mock_jobs(), pytest.raises(socket.gaierror, match="no such name"):
        socket.getaddrinfo(host, 80)

    assert looked_up == [host]


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_this_machine_is_reached(name, proxy):
    with mock_jobs():
        connection = http.client.HTTPConnection(name, proxy.address[1], timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", "/path")
            assert connection.getresponse().status == 502
        with contextlib.suppress(botocore.exceptions.ClientError):
            boto3.client("sqs", region_name=REGION, endpoint_url=proxy.url, config=NO_RETRIES).list_queues()

    assert proxy.heard == ["/path", "/"]


def test_sockets_without_a_host_are_connected(tmp_path):
    with mock_jobs(), socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        assert client.connect_ex(str(tmp_path / "socket")) == 0


def test_wrong_arguments_are_wrong_as_ever():
    with mock_jobs(), socket.socket() as tried:
        for arguments in ((), (()), ((HOST,),)):
            with pytest.raises((TypeError, UnmockedRequestError)):
                tried.connect(*arguments)
        with pytest.raises(TypeError):
            socket.getaddrinfo()


# Begin and end


def test_nested_and_overlapping_mocks_put_back_everything_at_the_end():
    before = _in_place()
    first, second = mock_jobs(), mock_jobs()
    first.start()
    second.start()
    first.stop()
    _stopped(socket.getaddrinfo, HOST, 443)
    second.stop()

    assert _in_place() == before


def test_an_error_in_the_block_puts_back_everything():
    before = _in_place()
    with contextlib.suppress(LookupError), mock_jobs():
        raise LookupError

    assert _in_place() == before


def test_a_mock_that_fails_to_start_puts_back_everything():
    before = _in_place()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network_guard, "_socket_class", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            mock_jobs().start()
    assert _in_place() == before

    with mock_jobs():
        _stopped(socket.getaddrinfo, HOST, 443)


class _ReachedError(Exception):
    """A connect went as far as the system."""


@pytest.fixture
def system():
    """The connect of the system, which raises."""

    def connect(*_):
        raise _ReachedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_SOCKET, "connect", connect)
        yield connect


def _lay_over(patch, heard):
    below = _SOCKET.connect

    def lying_over(tried, address):
        heard.append(address[0])
        return below(tried, address)

    patch.setattr(_SOCKET, "connect", lying_over)
    return lying_over


@pytest.mark.parametrize("ended_by", ["a call", "another mock"])
def test_a_patch_that_outlasts_the_mock_stays_and_brings_nothing_back(ended_by, system):
    heard = []
    with pytest.MonkeyPatch.context() as patch:
        with mock_jobs():
            over = _lay_over(patch, heard)
            _stopped(_connect, HOST)
        assert _SOCKET.connect is over
        with pytest.raises(_ReachedError):
            _connect(HOST)

    if ended_by == "a call":
        with pytest.raises(_ReachedError):
            _connect(HOST)
    else:
        with mock_jobs():
            _stopped(_connect, HOST)
    assert _SOCKET.connect is system
    assert heard == [HOST, HOST]


def test_a_patch_that_lies_over_one_mock_and_under_the_next_is_undone_as_well(system):
    with pytest.MonkeyPatch.context() as patch:
        with mock_jobs():
            over = _lay_over(patch, [])
        with mock_jobs():
            _stopped(_connect, HOST)
        assert _SOCKET.connect is over
    with pytest.raises(_ReachedError):
        _connect(HOST)

    assert _SOCKET.connect is system


def test_a_patch_that_ends_and_takes_the_guard_with_it_does_so_until_the_next_mock(system):
    with mock_jobs():
        _SOCKET.connect = system
        with mock_jobs():
            _stopped(_connect, HOST)

    assert _SOCKET.connect is system


def test_a_function_in_place_of_sockets_is_left_there(system):
    def refuse(*_):
        raise AssertionError

    tried = socket.socket()
    with tried, pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", refuse)
        with mock_jobs():
            _stopped(tried.connect, (HOST, 443))
        assert socket.socket is refuse


def test_sockets_of_another_kind_are_guarded():
    """As those of gevent, which has no class of Python's below it."""

    class Other:
        def connect(self, address):
            return address

        def connect_ex(self, address):
            return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", Other)
        patch.setattr(ssl, "SSLSocket", Other)
        with mock_jobs():
            _stopped(Other().connect, (HOST, 443))
            assert Other().connect_ex(("169.254.169.254", 80)) == errno.ECONNREFUSED
            assert Other().connect(("127.0.0.1", 80)) == ("127.0.0.1", 80)


_FORK = """
import os, signal, threading
from mock_jobs.transports.network_guard import network_guard

held, done = threading.Event(), threading.Event()

def hold():
    with network_guard._lock:
        held.set()
        done.wait()

thread = threading.Thread(target=hold)
thread.start()
held.wait()
child = os.fork()
if child == 0:
    signal.alarm(10)
    network_guard.open()
    network_guard.close()
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
done.set()
thread.join()
"""


def test_a_fork_while_another_thread_starts_a_mock_does_not_hang():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", _FORK], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_test_that_answers_look_ups_itself_gets_on_with_that():
    with mock_jobs(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda *_, **__: ["answered"])
        assert socket.getaddrinfo(HOST, 443) == ["answered"]


def test_a_look_up_that_was_imported_before_is_stopped_too():
    from socket import getaddrinfo

    with mock_jobs():
        _stopped(getaddrinfo, HOST, 443)


_BESIDE = """
import socket
import pytest
import pytest_socket
from mock_jobs import UnmockedRequestError, mock_jobs

AWS = ("sqs.us-east-1.amazonaws.com", 443)
OTHER = ("192.0.2.1", 443)
ORIGINAL = socket.getaddrinfo, socket.gethostbyname, socket.socket, socket.socket.connect

def blocked(act, *arguments):
    with pytest.warns(UserWarning), pytest.raises((pytest_socket.SocketBlockedError, pytest_socket.SocketConnectBlockedError)):
        act(*arguments)

def stopped(act, *arguments):
    with pytest.raises(UnmockedRequestError):
        act(*arguments)

@pytest.fixture(scope="module", params=["no mock outside", "a mock outside"], autouse=True)
def outside(request):
    if request.param == "no mock outside":
        yield
        return
    with mock_jobs():
        yield

@pytest.fixture
def mock():
    # Ends after pytest-socket, unlike a with block in a test.
    with mock_jobs() as mock:
        yield mock

@pytest.mark.disable_socket
def test_disabled(mock):
    blocked(socket.socket)
    blocked(socket.getaddrinfo, "example.com", 443)
    blocked(socket.gethostbyname, "example.com")

@pytest.mark.disable_socket
def test_enabled_under_the_mock(mock):
    pytest_socket.enable_socket()
    stopped(socket.getaddrinfo, *AWS)
    with mock_jobs(), socket.socket() as tried:
        stopped(tried.connect, AWS)
        stopped(socket.gethostbyname, AWS[0])

@pytest.mark.allow_hosts(["127.0.0.1"])
def test_allowed_hosts(mock):
    stopped(socket.getaddrinfo, *AWS)
    with socket.socket() as tried:
        stopped(tried.connect, AWS)
        blocked(tried.connect, OTHER)

def test_allowed_under_the_mock(mock):
    pytest_socket.socket_allow_hosts(["127.0.0.1"])
    stopped(socket.getaddrinfo, *AWS)
    with socket.socket() as tried:
        blocked(tried.connect, OTHER)

def test_without_it(mock):
    stopped(socket.getaddrinfo, *AWS)
    with socket.socket() as tried:
        stopped(tried.connect, AWS)
"""

_AFTER = """
from test_beside import ORIGINAL
import socket

def test_all_is_put_back():
    assert (socket.getaddrinfo, socket.gethostbyname, socket.socket, socket.socket.connect) == ORIGINAL
"""


@pytest.mark.long
def test_works_beside_pytest_socket(pytester):
    pytester.makepyfile(test_beside=_BESIDE, test_later=_AFTER)

    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:xdist", "-q")

    result.assert_outcomes(passed=11)


def test_code_that_talks_to_a_server_of_moto_is_guarded_too(monkeypatch):
    monkeypatch.setattr("moto.settings.TEST_SERVER_MODE", True)
    monkeypatch.setenv("MOTO_CALL_RESET_API", "false")
    before = _in_place()

    with mock_jobs():
        _stopped(_urllib3, HOST)
    assert _in_place() == before


def test_a_proxy_of_moto_is_asked_for_aws(monkeypatch, proxy):
    monkeypatch.setenv("TEST_PROXY_MODE", "true")
    monkeypatch.setenv("MOTO_CALL_RESET_API", "false")
    monkeypatch.setenv("MOTO_PROXY_PORT", str(proxy.address[1]))
    # moto writes the proxy into it.
    config = Config(retries={"max_attempts": 0})
    with mock_jobs():
        batch = boto3.client("batch", region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b", config=config)
        with contextlib.suppress(botocore.exceptions.ProxyConnectionError):
            batch.describe_jobs(jobs=["x"])

    assert proxy.heard == [f"{HOST}:443"]


# Transfers


def test_transfers_do_not_use_the_client_that_no_python_code_sees(monkeypatch, tmp_path):
    def use_it(*_):
        raise AssertionError("CRT")

    transfer = boto3.s3.transfer
    monkeypatch.setattr(network_guard, "HAS_CRT", True)
    monkeypatch.setattr(transfer, "_should_use_crt", lambda _: True)
    monkeypatch.setattr(transfer, "create_crt_transfer_manager", use_it, raising=False)
    before = transfer._should_use_crt
    (tmp_path / "file").write_text("text")

    with mock_jobs():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="bucket")
        s3.upload_file(str(tmp_path / "file"), "bucket", "key")
        assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == b"text"
    assert transfer._should_use_crt is before
