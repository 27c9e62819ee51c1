"""Requests to a server byte by byte, as no HTTP library sends them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mock_jobs import MockJobsServer


class RawAnswer(NamedTuple):
    """An answer: status, headers with lower-case names, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class RawConnection:
    """A connection to a server; reads time out after 10 seconds."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=10)

    def send(self, content: bytes) -> None:
        self.socket.sendall(content)

    def request(self, method: str, target: str, body: bytes = b"", **headers: str) -> RawAnswer:
        """Send a request with a Host header, and return the answer."""
        named = {"Host": "127.0.0.1", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body:
            named["Content-Length"] = str(len(body))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items()), "", ""]
        self.send("\r\n".join(lines).encode("latin-1") + body)
        return self.answer(method)

    def answer(self, method: str = "GET") -> RawAnswer:
        """Read one answer, and nothing after it."""
        # http.client reads ahead; byte by byte it leaves the next answer where it is.
        response = HTTPResponse(_Unbuffered(self.socket), method=method)  # type: ignore[arg-type]
        try:
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return RawAnswer(response.status, headers, response.read())
        finally:
            response.close()

    def is_closed(self) -> bool:
        """Wait until the server closes the connection or sends something; return whether it closed."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.socket.close()


class _Unbuffered:
    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected

    def makefile(self, _mode: str) -> object:
        return self._connected.makefile("rb", buffering=0)


@contextmanager
def raw_connection(server: MockJobsServer) -> Iterator[RawConnection]:
    connection = RawConnection(server.host, server.port)
    try:
        yield connection
    finally:
        connection.close()
