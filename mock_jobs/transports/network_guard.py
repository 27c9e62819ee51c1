"""The guard of the network: while it is open, the Python code of this process looks up no host of AWS and connects to none.

The hook answers botocore and the library `requests`. The guard stops what passes them by, at Python's look-ups and connects, and
at the HTTP clients to which a proxy or a connection from before gives a way without a look-up. moto's `passthrough` lets out.
"""

from __future__ import annotations

import _socket
import errno
import functools
import http.client
import os
import re
import socket
import ssl
import sys
from collections.abc import Callable
from threading import RLock
from typing import Any

from botocore.compat import HAS_CRT

from mock_jobs.core.errors import HIDDEN, UnmockedRequestError
from mock_jobs.moto_adapters.core import lets_host_out
from mock_jobs.wire.origin import is_aws_host

__tracebackhide__ = HIDDEN

# Where EC2 serves metadata, ECS and EKS serve credentials. Source: documentation of the AWS SDKs.
_METADATA = frozenset({"169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
_MAPPED = "::ffff:"
_ABSOLUTE = re.compile(r"[a-z]+://(?:[^/?#]*@)?(?P<host>[^/?#]*)", re.IGNORECASE)

_Check = Callable[..., Any]


class UnmockedHostError(UnmockedRequestError, socket.gaierror):
    """A look-up of a host of AWS, or a request to it, was stopped. Clients treat it as a failed look-up."""


class _Guarded:
    """A function that is checked while the guard is open.

    Another patch may lie over ours when the guard closes. Then ours stays below it and checks nothing. When the other one is undone
    and brings ours back, ours goes at its next call or with the next mock.

    Args:
        guard: Says whether it is open.
        owner: Module or class of the function.
        name: Name of the function.
        check: Gets the arguments. It raises, returns what is returned in place of the function's answer, or returns None.
        only_over: What is replaced; anything else is left. None replaces whatever is there.
    """

    def __init__(self, guard: NetworkGuard, owner: Any, name: str, check: _Check, only_over: object = None) -> None:
        self._guard = guard
        self._owner = owner
        self._name = name
        self._check = check
        self._only_over = only_over
        self._original: Callable[..., Any] | None = None
        self._ours: Callable[..., Any] | None = None
        # Ours to what it replaced: None if the class only inherited it.
        self._replaced: dict[object, object] = {}

    def put(self) -> None:
        found = vars(self._owner).get(self._name)
        if found in self._replaced or (self._only_over is not None and found is not self._only_over):
            return
        original = getattr(self._owner, self._name)
        if original is not self._original:
            self._original, self._ours = original, self._checked(original)
        self._replaced[self._ours] = found
        setattr(self._owner, self._name, self._ours)

    def put_back(self) -> None:
        while (found := vars(self._owner).get(self._name)) in self._replaced:
            replaced = self._replaced.pop(found)
            if replaced is None:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, replaced)

    def _checked(self, original: Callable[..., Any]) -> Callable[..., Any]:
        guard, check = self._guard, self._check

        @functools.wraps(original)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if guard.is_watching(self):
                stand_in = check(*args, **kwargs)
                if stand_in is not None:
                    return stand_in
            return original(*args, **kwargs)

        return checked


class NetworkGuard:
    """Stops look-ups of AWS's hosts and connections to them in this process.

    Uses are counted. The last `close` puts everything back.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._opened = 0
        self._known: dict[tuple[object, str], _Guarded] = {}
        self._put: list[_Guarded] = []
        self._awaited: list[str] = []

    def open(self) -> None:
        """Begin to stop look-ups and connections."""
        if HAS_CRT:
            import boto3.s3.transfer  # noqa: F401, PLC0415 - slow, and without CRT nothing is to be done there
        with self._lock:
            self._opened += 1
            try:
                if self._opened == 1:
                    self._put_all()
                else:
                    # What another patch has ended meanwhile.
                    for each in self._put:
                        each.put()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """End one use; the last one puts back what was replaced."""
        with self._lock:
            self._opened -= 1
            if self._opened == 0:
                while self._put:
                    self._put.pop().put_back()

    def is_watching(self, guarded: _Guarded) -> bool:
        """Return whether the guard is open when a function is called. A function that outlived it is put back."""
        if self._opened:
            self._guard_clients()
            return True
        with self._lock:
            if not self._opened:
                guarded.put_back()
        return False

    def renew_lock(self) -> None:
        """Free the child of a fork from a lock that another thread of its parent held."""
        self._lock = RLock()

    def _put_all(self) -> None:
        # `socket.getaddrinfo` calls this one. A test that replaces `socket.getaddrinfo` gets on with its own.
        self._replace(_socket, "getaddrinfo", _check_look_up)
        for name in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
            # pytest-socket compares them when it ends.
            self._replace(socket, name, _check_look_up, getattr(_socket, name))
        owner = _socket_class()
        self._replace(owner, "connect", _check_connect)
        self._replace(owner, "connect_ex", _check_connect_ex)
        self._replace(http.client.HTTPConnection, "set_tunnel", _check_tunnel)
        self._replace(http.client.HTTPConnection, "putrequest", _check_request)
        if HAS_CRT:
            # It has an HTTP client of its own, which no Python code sees.
            self._replace(sys.modules["boto3.s3.transfer"], "_should_use_crt", _choose_no_crt)
        self._awaited = [*_CLIENTS]
        self._guard_clients()

    def _guard_clients(self) -> None:
        """Guard the clients that have been imported. They look up or connect before they send."""
        for name in [*self._awaited]:
            module = sys.modules.get(name)
            points = [(getattr(module, owner, None), method, check) for owner, method, check in _CLIENTS[name]]
            if all(hasattr(owner, method) for owner, method, _ in points):
                with self._lock:
                    if name in self._awaited and self._opened:
                        self._awaited.remove(name)
                        for owner, method, check in points:
                            self._replace(owner, method, check)

    def _replace(self, owner: Any, name: str, check: _Check, only_over: object = None) -> None:
        guarded = self._known.get((owner, name))
        if guarded is None:
            guarded = self._known[owner, name] = _Guarded(self, owner, name, check, only_over)
        guarded.put()
        self._put.append(guarded)


def _socket_class() -> Any:
    """Return Python's class of sockets, also while a test has a subclass or a function in its place."""
    for found in (socket.socket, ssl.SSLSocket):
        for each in getattr(found, "__mro__", ()):
            if _socket.socket in each.__bases__:
                return each
    return socket.socket


# Checks


def _check_host(host: object) -> None:
    """Stop what would reach a host of AWS.

    Raises:
        UnmockedHostError: The name belongs to AWS.
        ConnectionRefusedError: The address serves metadata or credentials inside AWS.
    """
    name = _name_of(host)
    _check_name(name)
    address = name.removeprefix(_MAPPED)
    if address in _METADATA and not lets_host_out(address):
        raise ConnectionRefusedError(
            errno.ECONNREFUSED, f"Nothing asks {address} for metadata or credentials of AWS while a mock is active"
        )


def _check_name(name: str) -> None:
    if is_aws_host(name) and not lets_host_out(name):
        raise UnmockedHostError(
            socket.EAI_NONAME,
            f"Nothing reaches {name} while a mock is active: mock_jobs and moto answer only botocore, aiobotocore and the library requests. "
            f"Use one of them, stub this call in the test, send it to a MockJobsServer, or let it out on purpose with moto's "
            f'setting mock_jobs(config={{"core": {{"passthrough": {{"urls": ["https://{name}/"]}}}}}}).',
        )


def _name_of(host: object) -> str:
    """Return the name of a host without brackets, port and last dot, in lower case; empty if there is none."""
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return ""
    name = host.lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    try:
        return (name if name.isascii() else name.encode("idna").decode()).rstrip(".")
    except UnicodeError:
        return name


def _check_look_up(host: object = None, *_: Any, **__: Any) -> None:
    _check_name(_name_of(host))


def _check_connect(_: Any, address: object = None, *__: Any) -> None:
    if isinstance(address, tuple) and address:
        _check_host(address[0])


def _check_connect_ex(connection: Any, address: object = None, *_: Any) -> int | None:
    try:
        _check_connect(connection, address)
    except ConnectionRefusedError as error:
        return error.errno
    return None


def _check_tunnel(_: Any, host: object = None, *__: Any, **___: Any) -> None:
    _check_host(host)


def _check_request(connection: http.client.HTTPConnection, method: str = "", url: str = "", *_: Any, **__: Any) -> None:
    if connection.sock is not None:
        # A connection from before made its look-up before.
        _check_host(getattr(connection, "_tunnel_host", None) or connection.host)
    _check_target(method, url)


def _check_target(method: str, target: str) -> None:
    """Check what a request asks a proxy for."""
    if method == "CONNECT":
        _check_host(target)
    elif absolute := _ABSOLUTE.match(target):
        _check_host(absolute["host"])


def _check_httpcore(connection: Any, request: Any) -> None:
    try:
        _check_httpcore_request(request)
    except OSError:
        # Open, it would keep its place in its pool.
        connection.close()
        raise


def _check_async_httpcore(connection: Any, request: Any) -> Any:
    try:
        _check_httpcore_request(request)
    except OSError as error:
        return _refuse(connection, error)
    return None


def _check_httpcore_request(request: Any) -> None:
    _check_host(request.url.host)
    _check_target(request.method.decode("ascii"), request.url.target.decode("ascii", "replace"))


async def _refuse(connection: Any, error: OSError) -> None:
    await connection.aclose()
    raise error


def _check_aiohttp(request: Any, *_: Any) -> None:
    _check_host(request.url.host)


def _choose_no_crt(_: Any) -> bool:
    return False


_HTTPCORE: tuple[tuple[str, str, _Check], ...] = (
    ("HTTP11Connection", "handle_request", _check_httpcore),
    ("AsyncHTTP11Connection", "handle_async_request", _check_async_httpcore),
)

# httpx sends with httpcore, and httpx2 with httpcore2.
_CLIENTS: dict[str, tuple[tuple[str, str, _Check], ...]] = {
    "httpcore": _HTTPCORE,
    "httpcore2": _HTTPCORE,
    "aiohttp": (("ClientRequest", "send", _check_aiohttp),),
}

network_guard = NetworkGuard()
"""The guard of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=network_guard.renew_lock)
