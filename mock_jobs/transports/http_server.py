"""An HTTP server in a thread: connections by uvicorn's protocol, on an event loop of its own.

uvicorn's own server is not used: it looks for its end every 0.1 s, and handles signals of the process.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from mock_jobs.transports.http_application import LOSE
from mock_jobs.transports.threads import Threads

if TYPE_CHECKING:
    from mock_jobs.transports.http_application import Application

IDLE_SECONDS: Final = 600.0
"""An idle connection is closed after this time."""

STALLED_SECONDS: Final = 60.0
"""A connection in the middle of a request, or of an answer, is closed after this time without progress."""

MOST_HEAD_BYTES: Final = 64 << 10
"""About how many bytes the headers of a request may have. One read may bring more."""

_SWEEP_SECONDS: Final = 5.0
_STOP_SECONDS: Final = 5.0
_BACKLOG: Final = 2048
_THREADS: Final = 512
_HEAD_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_UPGRADE: Final = re.compile(rb"\r\nUpgrade:", re.IGNORECASE)


class _Connection(HttpToolsProtocol):
    """A connection that knows when its client was heard of last."""

    def __init__(self, config: Config, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config, state, {}, loop)
        # The application writes its own line for each request.
        self.access_log = False
        self._heard_at = loop.time()
        self._unsent = 0
        self._head_bytes = 0
        self._is_at_end = False
        self.is_silent = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn has it so
        super().connection_made(transport)
        connected: socket.socket | None = transport.get_extra_info("socket")
        if connected is not None:
            # asyncio does this only for sockets that were made with the number of the protocol.
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Any = self.scope
        scope["extensions"] = {LOSE: self._lose}

    def _lose(self, *, closes: bool) -> None:
        """Close the connection without an answer, or give none until the client closes it."""
        self.is_silent = True
        if closes or self._is_at_end:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self._heard_at = self.loop.time()
        if b"pgrade" in data and not self.is_within_request:
            data = _without_upgrade(data)
        super().data_received(data)
        self._head_bytes = self._head_bytes + len(data) if self._is_within_head else 0
        if self._head_bytes > MOST_HEAD_BYTES:
            self.transport.write(_HEAD_TOO_LARGE)
            self.transport.close()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn closes the connection
        """Keep the connection of a client that has sent all that it will send, until it has its answer."""
        cycle: Any = self.cycle
        self._is_at_end = True
        is_awaited = not self.is_silent and cycle is not None and not cycle.response_complete and not cycle.more_body
        if is_awaited:
            cycle.keep_alive = False
        return is_awaited

    @property
    def _is_within_head(self) -> bool:
        """Whether the headers of a request have begun, and are incomplete."""
        cycle: Any = self.cycle  # None before the first request
        scope: Any = self.scope  # None before the first request, and that of a request whose headers are incomplete
        return scope is not None and (cycle is None or cycle.scope is not scope)

    @property
    def is_within_request(self) -> bool:
        """Whether a request has begun and has not been read to its end."""
        cycle: Any = self.cycle
        return self._is_within_head or (cycle is not None and cycle.more_body)

    def close_if_dead(self, now: float) -> None:
        """Close the connection if its client has been silent for too long."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent:
            # The client reads its answer.
            self._unsent = unsent
            self._heard_at = now
        cycle: Any = self.cycle
        if not unsent and cycle is not None and not cycle.response_complete and not cycle.more_body:
            # The application has yet to answer.
            return
        if now - self._heard_at > (STALLED_SECONDS if unsent or self.is_within_request else IDLE_SECONDS):
            self.transport.abort()


def _without_upgrade(data: bytes) -> bytes:
    """Return the begin of a request without the offer to speak another protocol, for which its parser would leave out the body."""
    head, end, body = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\r\nX-Upgrade:", head) + end + body


class HttpServer:
    """Serves an application on a listening socket, in a thread of its own, until it is stopped.

    Args:
        listening: The socket. The server closes it.
        make_application: Makes the application from the threads that answer.
    """

    def __init__(self, listening: socket.socket, make_application: Callable[[Threads], Application]) -> None:
        self._threads = Threads(_THREADS)
        self._config = Config(
            make_application(self._threads),
            http=HttpToolsProtocol,
            ws="none",
            lifespan="off",
            proxy_headers=False,
            interface="asgi3",
            log_config=None,
            timeout_keep_alive=int(IDLE_SECONDS),
        )
        self._config.load()
        self._state = ServerState()
        self._listening = listening
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = Thread(target=self._run, name=f"mock-jobs-server-{listening.getsockname()[1]}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, let requests that are being answered end within 5 seconds, and close all connections."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._threads.stop()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await self._loop.create_server(self._connect, sock=self._listening, backlog=_BACKLOG)
        while not self._stopping.is_set():
            for connection in self._connections():
                connection.close_if_dead(self._loop.time())
            await _wait(self._stopping, _SWEEP_SECONDS)
        server.close()
        for connection in self._connections():
            if connection.is_within_request or connection.is_silent:
                connection.transport.abort()
            else:
                connection.shutdown()
        await self._ends(_STOP_SECONDS)
        for connection in self._connections():
            connection.transport.abort()
        # The connections learn that they are closed before the requests in them are cancelled.
        await asyncio.sleep(0)
        left = set(self._state.tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _ends(self, seconds: float) -> None:
        """Wait until all answers are made and sent, for some seconds at most."""
        end = self._loop.time() + seconds
        if self._state.tasks:
            await asyncio.wait(set(self._state.tasks), timeout=seconds)
        await asyncio.sleep(0)
        while self._state.connections and self._loop.time() < end:  # noqa: ASYNC110 - uvicorn tells nobody when a connection ends
            await asyncio.sleep(0.01)

    def _connect(self) -> _Connection:
        return _Connection(self._config, self._state, self._loop)

    def _connections(self) -> list[Any]:
        return list(self._state.connections)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except asyncio.TimeoutError:
        return
