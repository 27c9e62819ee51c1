"""Threads that answer the requests of a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import TypeVar

ResultT = TypeVar("ResultT")

_Work = Callable[[], None]


class Threads:
    """Runs functions for one event loop in daemon threads, which are started when they are needed.

    An answer may wait for code of a test that never returns. Python waits for the threads of `concurrent.futures` before it exits, but
    not for these.

    Args:
        most: How many threads there may be.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._idle = Semaphore(0)

    async def run(self, act: Callable[..., ResultT], *arguments: object) -> ResultT:
        """Run a function in a thread, and return its result or raise its error. Only the thread of the event loop calls this."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[ResultT] = loop.create_future()

        def work() -> None:
            try:
                result = act(*arguments)
            except BaseException as error:  # noqa: BLE001 - it is raised to the caller
                _tell(loop, done, done.set_exception, error)
            else:
                _tell(loop, done, done.set_result, result)

        self._work.put(work)
        if not self._idle.acquire(blocking=False) and self._count < self._most:
            self._count += 1
            Thread(target=self._run, name=f"mock-jobs-server-{self._count}", daemon=True).start()
        return await done

    def stop(self) -> None:
        """End all threads when they have nothing to do."""
        for _ in range(self._count):
            self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work
            self._idle.release()


def _tell(loop: asyncio.AbstractEventLoop, done: asyncio.Future[ResultT], tell: Callable[..., None], what: object) -> None:
    def tell_if_awaited() -> None:
        if not done.done():
            tell(what)

    try:
        loop.call_soon_threadsafe(tell_if_awaited)
    except RuntimeError:
        # The server has stopped, and its loop is closed.
        return
