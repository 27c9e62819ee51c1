"""The seam to moto's SQS and CloudWatch Logs: calls of code that waits for a message or for a line of a log.

A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from typing import Any, Final, Protocol

from mock_jobs.core.process import registry_lock

# What code changes from poll to poll although it waits for the same.
_NOT_IN_NAME: Final = ("self", "start_time", "end_time")
_Replacements = Iterator[tuple[Any, str, Callable[..., Any]]]


class Listener(Protocol):
    """Who hears of polls, and may let time go on."""

    def before_poll(self, account: str, poll: str) -> None:
        """Act before moto answers a poll.

        Args:
            account: Account id of what is polled.
            poll: Names the call, with its arguments.
        """
        ...

    def after_poll(self, account: str, poll: str, shown: str) -> None:
        """Note what moto has answered; empty if that was nothing."""
        ...

    def while_waiting(self, account: str) -> bool:
        """Return whether something may have happened, so that a long poll need not wait but looks again."""
        ...


class MustWaitError(Exception):
    """A long poll has found nothing yet, and its caller must not be blocked meanwhile.

    Args:
        seconds: How long the poll waits in all.
        has_news: Returns whether another look may find something.

    Attributes:
        seconds: As given.
        has_news: As given.
    """

    def __init__(self, seconds: float, has_news: Callable[[], bool]) -> None:
        super().__init__()
        self.seconds = seconds
        self.has_news = has_news


class _Looking(local):
    """How this thread makes a long poll.

    Attributes:
        in_turn: Whether it looks once, so that others have their turn before it looks again.
        is_last: Whether time is up: it looks once more and answers.
        seconds: How long the poll waits in all.
    """

    in_turn = False
    is_last = False
    seconds = 0.0

    @contextmanager
    def set(self, *, in_turn: bool, is_last: bool = False) -> Iterator[None]:
        """Change it inside a `with` block."""
        before = self.in_turn, self.is_last, self.seconds
        self.in_turn, self.is_last = in_turn, is_last
        try:
            yield
        finally:
            self.in_turn, self.is_last, self.seconds = before


_looking = _Looking()


class _Nobody:
    """A listener that does nothing."""

    def before_poll(self, account: str, poll: str) -> None:
        pass

    def after_poll(self, account: str, poll: str, shown: str) -> None:
        pass

    def while_waiting(self, account: str) -> bool:  # noqa: ARG002 - as `Listener` has it
        return False


class _Seam:
    """Methods of moto that are replaced as long as somebody listens.

    Args:
        replacements: Generates class, name and replacement of each method, from the listeners.
    """

    def __init__(self, replacements: Callable[[list[Listener]], _Replacements]) -> None:
        self._replacements = replacements
        self._listeners: list[Listener] = []
        self._kept: list[tuple[Any, str, Any]] = []

    def watch(self, listener: Listener) -> Callable[[], None]:
        """Call a listener until the function that is returned is called."""
        with registry_lock:
            if not self._listeners:
                self._open()
            self._listeners.append(listener)

        def end() -> None:
            with registry_lock:
                self._listeners.remove(listener)
                if not self._listeners:
                    self._close()

        return end

    def _open(self) -> None:
        # All of them are found before one is replaced, since finding them may fail.
        for owner, name, replacement in list(self._replacements(self._listeners)):
            self._kept.append((owner, name, getattr(owner, name)))
            setattr(owner, name, replacement)

    def _close(self) -> None:
        while self._kept:
            owner, name, kept = self._kept.pop()
            setattr(owner, name, kept)


def _methods_of_queues(listeners: list[Listener]) -> _Replacements:
    from moto.sqs.models import Queue, SQSBackend  # noqa: PLC0415 - only queues need it

    wait = Queue.wait_for_messages

    def wait_or_move(queue: Any, timeout: int) -> None:
        # moto calls it again and again while a long poll finds nothing.
        if _has_moved(tuple(listeners), queue.account_id):
            return
        if _looking.in_turn:
            raise MustWaitError(_looking.seconds, lambda: bool(queue.messages))
        wait(queue, timeout)

    yield Queue, "wait_for_messages", wait_or_move
    yield SQSBackend, "receive_message", _polling(_looking_once(SQSBackend.receive_message), listeners, lambda messages: messages)


def _looking_once(receive: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Return `receive_message`, which inside `looking_once` tells for how long it has to wait."""
    signature = inspect.signature(receive)

    @functools.wraps(receive)
    def receive_or_tell(*args: Any, **kwargs: Any) -> list[Any]:
        if not _looking.in_turn:
            return receive(*args, **kwargs)
        given = signature.bind(*args, **kwargs)
        _looking.seconds = given.arguments["wait_seconds_timeout"]
        if _looking.is_last:
            given.arguments["wait_seconds_timeout"] = 0
        return receive(*given.args, **given.kwargs)

    return receive_or_tell


def _has_moved(listeners: tuple[Listener, ...], account: str) -> bool:
    # A function of a plan may poll, and waits as it likes.
    with _looking.set(in_turn=False):
        return any(each.while_waiting(account) for each in listeners)


def _methods_of_logs(listeners: list[Listener]) -> _Replacements:
    from moto.logs.exceptions import ResourceNotFoundException  # noqa: PLC0415 - only logs need it
    from moto.logs.models import LogsBackend  # noqa: PLC0415

    # The group and the stream come with the first line.
    not_yet = (ResourceNotFoundException,)
    for name in ("get_log_events", "filter_log_events"):
        yield LogsBackend, name, _polling(getattr(LogsBackend, name), listeners, lambda answered: answered[0], not_yet)


def _polling(
    method: Callable[..., Any],
    listeners: list[Listener],
    found: Callable[[Any], list[Any]],
    not_yet: tuple[type[Exception], ...] = (),
) -> Callable[..., Any]:
    """Return a method of a backend that tells the listeners of each call.

    Args:
        method: The method.
        listeners: Who is told.
        found: Returns from its result what was found.
        not_yet: Errors that mean that there is nothing yet.
    """
    signature = inspect.signature(method)

    def poll(backend: Any, *args: Any, **kwargs: Any) -> Any:
        given = signature.bind(backend, *args, **kwargs).arguments
        asked = {name: value for name, value in given.items() if name not in _NOT_IN_NAME}
        call = f"{backend.region_name} {method.__name__} {asked}"
        account, told = backend.account_id, tuple(listeners)
        with _looking.set(in_turn=False):
            for listener in told:
                listener.before_poll(account, call)
        try:
            result = method(backend, *args, **kwargs)
        except not_yet:
            _tell(told, account, call, "")
            raise
        _tell(told, account, call, _shown(found(result)))
        return result

    return poll


def _tell(listeners: tuple[Listener, ...], account: str, poll: str, shown: str) -> None:
    for listener in listeners:
        listener.after_poll(account, poll, shown)


def _shown(found: list[Any]) -> str:
    """Return a text that changes when there is more to be found; empty for nothing."""
    return f"{len(found)} {found[0]} {found[-1]}" if found else ""


_queues = _Seam(_methods_of_queues)
_logs = _Seam(_methods_of_logs)


def watch_queues(listener: Listener) -> Callable[[], None]:
    """Call a listener for each ReceiveMessage, until the function that is returned is called."""
    return _queues.watch(listener)


@contextmanager
def looking_once(*, is_last: bool) -> Iterator[None]:
    """Make ReceiveMessage look once inside a `with` block of this thread, in place of waiting.

    Args:
        is_last: Whether it answers what it finds. Else it raises `MustWaitError` if it finds nothing and has to wait.
    """
    _always.open()
    with _looking.set(in_turn=True, is_last=is_last):
        yield


class _Always:
    """Keeps the methods of queues replaced from the first look on, though nobody else listens."""

    def __init__(self) -> None:
        self._end: Callable[[], None] | None = None

    def open(self) -> None:
        if self._end is None:
            with registry_lock:
                if self._end is None:
                    self._end = watch_queues(_Nobody())

    def close(self) -> None:
        with registry_lock:
            end, self._end = self._end, None
            if end is not None:
                end()


_always = _Always()
stop_looking = _always.close
"""Put back what the first `looking_once` has replaced."""


def watch_logs(listener: Listener) -> Callable[[], None]:
    """Call a listener for each GetLogEvents and FilterLogEvents, until the function that is returned is called."""
    return _logs.watch(listener)
