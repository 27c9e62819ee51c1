"""Server mode: IoT Jobs and Batch in front of moto's server, for any SDK and the AWS CLI."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

from mock_jobs.batch.scenario.pace import PaceName, check_pace_name
from mock_jobs.core import losses
from mock_jobs.core.argument_checks import check_text, check_whole
from mock_jobs.core.errors import HIDDEN, MockJobsWarning, NotActiveError, UsageError, UsageTypeError, UsageValueError
from mock_jobs.core.failures import report
from mock_jobs.handle import Handle
from mock_jobs.reporting import watched
from mock_jobs.transports.access import checked_hosts

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_jobs.core.world import World

__tracebackhide__ = HIDDEN

_DEFAULT_ACCOUNT = "123456789012"
_HIGHEST_PORT = 65535


class MockJobsServer:
    """A server in a thread of this process, for tests. Needs the extra `mock_jobs[server]`.

    Use it in a `with` block, or with `start` and `stop`. Each account has its own clock and jobs; an access key of exactly
    12 digits is the account id, and any other access key means account 123456789012.

    moto keeps one state per process. So a mock (`mock_jobs` or `mock_aws`) that starts or ends in the same process resets
    this server too, as another `MockJobsServer` does. A `MockJobsWarning` says so if the server has answered requests.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 chooses a free one.
        pace: What moves Batch jobs of all accounts: `poll`, `clock` or `manual`; None means `poll`.
        seed: Makes the ids of each account repeat, as `mock_jobs` takes it; None draws a seed for each account.
        allow_hosts: Names that clients may call the server by, if they contain a dot. `.example.test` allows all names below it.
            IP addresses, `localhost` and names without a dot are always allowed.

    Raises:
        UsageValueError: There is no such port or pace, the seed is negative, or a name is none.
        UsageTypeError: An argument has the wrong type.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        pace: PaceName | None = None,
        seed: int | None = None,
        allow_hosts: Iterable[str] = (),
    ) -> None:
        check_text("host", host)
        check_whole("port", port, 0, _HIGHEST_PORT)
        if pace is not None:
            check_pace_name(pace)
        if seed is not None:
            check_whole("seed", seed, 0)
        self._host = host
        self._port = port
        self._pace = pace
        self._seed = seed
        self._allowed_hosts = _host_names(allow_hosts)
        self._running: _Running | None = None

    def __repr__(self) -> str:
        return "<MockJobsServer not running>" if self._running is None else self._running.called

    def start(self) -> None:
        """Start listening; when this returns, requests are answered.

        Deletes the state that moto has in this process, unless a mock is active in it.

        Raises:
            OSError: The address is in use, or not of this machine.
            UsageError: The server runs already, or the extra `server` is not installed.
        """
        if self._running is not None:
            raise UsageError("this server runs already; stop it first, or make another MockJobsServer")
        with losses.collected() as lost:
            running = self._running = _Running(self._host, self._port, self._pace, self._seed, self._allowed_hosts)
        watched.begin(self, running.worlds.named)
        try:
            losses.warn(f"the start of {self!r}", lost)
        except MockJobsWarning:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop listening and delete all state. Does nothing if the server does not run.

        moto's state is left alone while a mock is active in this process.

        Raises:
            AssertionError: An assertion failed in the function of a plan, during a request. The server has stopped.
        """
        self._end(None)

    def _end(self, error: BaseException | None) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        try:
            with losses.collected() as lost:
                try:
                    watched.end(self)
                finally:
                    running.stop()
        except BaseException as other:
            report(running.worlds.take_failures(), other)
            raise
        try:
            report(running.worlds.take_failures(), error)
        finally:
            losses.warn(f"the end of {running.called}", lost)
        if running.worlds.late_warning is not None and error is None:
            raise running.worlds.late_warning

    def __enter__(self) -> MockJobsServer:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end(error)

    @property
    def host(self) -> str:
        """The address that the server listens on.

        Raises:
            NotActiveError: The server does not run.
        """
        return self._live().host

    @property
    def port(self) -> int:
        """The port that the server listens on.

        Raises:
            NotActiveError: The server does not run.
        """
        return self._live().port

    @property
    def url(self) -> str:
        """The URL of this server, for `endpoint_url` of clients and for `AWS_ENDPOINT_URL`.

        Raises:
            NotActiveError: The server does not run.
        """
        return _url(self.host, self.port)

    def account(self, account_id: str = _DEFAULT_ACCOUNT) -> Handle:
        """Return the handle of an account: its clock, faults, calls, events, `batch` and `iot`.

        Its properties raise `NotActiveError` while the server does not run.

        Args:
            account_id: 12 digits; by default moto's account, 123456789012. An account that no request has used is empty.

        Raises:
            NotActiveError: The server does not run.
            UsageValueError: The id is not 12 digits.
            UsageTypeError: The id is not a string.

        Example:
            `server.account("111122223333").clock.advance(60)`
        """
        check_text("account_id", account_id)
        if re.fullmatch("[0-9]{12}", account_id) is None:
            msg = f"account_id must be 12 digits, got {account_id!r}"
            raise UsageValueError(msg)
        self._live()
        return _AccountHandle(account_id, lambda: self._live().worlds.of(account_id))

    def _live(self) -> _Running:
        if self._running is None:
            raise NotActiveError("this server does not run: call start() first, or use it in a `with` block")
        return self._running


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _AccountHandle(Handle):
    def __init__(self, account_id: str, find: Callable[[], World]) -> None:
        self._called = f"account {account_id}"
        self._find = find

    @property
    def _world(self) -> World:
        """The state of this account, while the server runs."""
        return self._find()


def _host_names(hosts: Iterable[str]) -> frozenset[str]:
    names = () if isinstance(hosts, str) else tuple(hosts)
    if isinstance(hosts, str) or not all(isinstance(each, str) for each in names):
        raise UsageTypeError(f"allow_hosts must be a list of host names, got {hosts!r}")
    return checked_hosts(names)


class _Running:
    """A listening socket, the thread that serves it, and the worlds of its accounts."""

    def __init__(self, host: str, port: int, pace: PaceName | None, seed: int | None, allowed_hosts: frozenset[str]) -> None:
        # Heavy, and only servers need them.
        try:
            from mock_jobs.moto_adapters import core as moto_core  # noqa: PLC0415
            from mock_jobs.transports.http_application import Application  # noqa: PLC0415
            from mock_jobs.transports.http_server import HttpServer  # noqa: PLC0415
            from mock_jobs.transports.worlds import Worlds  # noqa: PLC0415

            moto_core.check_server_is_installed()
        except ImportError as error:
            raise UsageError("server mode needs more packages: pip install 'mock_jobs[server]'") from error
        # Our own socket: an address in use is found here, and a name with several addresses does not get several ports.
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(address, family=family)
        self.host: str
        self.port: int
        self.host, self.port = listening.getsockname()[:2]
        self.called = f"<MockJobsServer at {_url(self.host, self.port)}>"
        # Not before: another server need not lose its state to one that cannot start.
        self._reset_moto = moto_core.reset_unless_mocked
        self._reset_moto()
        self.worlds = Worlds(shared=False, pace=pace, server=self.called)
        try:
            self.worlds.begin_seed(seed)
            self._server = HttpServer(listening, lambda threads: Application(self.worlds, threads, allowed_hosts))
        except BaseException:
            self.worlds.leave()
            listening.close()
            raise

    def stop(self) -> None:
        self._server.stop()
        self.worlds.reset()
        self.worlds.leave()
        self._reset_moto()
