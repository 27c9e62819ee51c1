"""The event loop of trio, as far as sleepers need one: in the form of asyncio's."""

from __future__ import annotations

from collections.abc import Callable, Generator
from types import ModuleType
from typing import Any


class TrioLoop:
    """The run of trio in this thread. Two of the same run are equal.

    Args:
        trio: The module.
    """

    def __init__(self, trio: ModuleType) -> None:
        self._trio = trio
        self._token = trio.lowlevel.current_trio_token()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TrioLoop) and other._token is self._token

    def __hash__(self) -> int:
        return hash(self._token)

    def create_future(self) -> _TrioFuture:
        """Return what one task can await."""
        return _TrioFuture(self._trio.Event())

    def call_soon_threadsafe(self, act: Callable[..., object], *arguments: object) -> None:
        """Call a function in the next turn; from any thread.

        Raises:
            RuntimeError: The run has ended.
        """
        self._token.run_sync_soon(act, *arguments)

    def call_when_idle(self, act: Callable[[], object]) -> None:
        """Call a function when all tasks wait for something."""
        self._trio.lowlevel.spawn_system_task(self._call_when_idle, act)

    def has_work(self) -> bool:
        """Return whether another thread has given this one something to do."""
        return bool(self._trio.lowlevel.current_statistics().run_sync_soon_queue_size)

    async def _call_when_idle(self, act: Callable[[], object]) -> None:
        from trio.testing import wait_all_tasks_blocked  # noqa: PLC0415 - whoever sleeps has trio

        await wait_all_tasks_blocked()
        act()


class _TrioFuture:
    def __init__(self, event: Any) -> None:
        self._event = event
        self._error: BaseException | None = None

    def done(self) -> bool:
        return bool(self._event.is_set())

    def set_result(self, _: object) -> None:
        self._event.set()

    def set_exception(self, error: BaseException) -> None:
        self._error = error
        self._event.set()

    def __await__(self) -> Generator[Any, Any, None]:
        yield from self._event.wait().__await__()
        if self._error is not None:
            raise self._error
