"""A world: all state of one run of the mock, apart from that of any other run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, cast, runtime_checkable

from mock_jobs.core.call_log import CallLog
from mock_jobs.core.clock import Clock
from mock_jobs.core.events import EventLog
from mock_jobs.core.failures import Failures
from mock_jobs.core.faults import Declared, Faults
from mock_jobs.core.ids import IdSource
from mock_jobs.core.loops import Loops
from mock_jobs.core.timeline import TIME, Causes, ChangeLog

if TYPE_CHECKING:
    from mock_jobs.ports.ports import Ports


class _Stored(Protocol):
    def __init__(self, world: World, account: str, region: str) -> None: ...


class _Shared(Protocol):
    def __init__(self, world: World) -> None: ...


@runtime_checkable
class _Resettable(Protocol):
    def reset(self) -> None:
        """Restore the state of a new object."""
        ...


StoredT = TypeVar("StoredT", bound=_Stored)
SharedT = TypeVar("SharedT", bound=_Shared)
KindT = TypeVar("KindT")


class Call(NamedTuple):
    """One request for IoT Jobs or Batch that was answered, from `mock.calls`.

    Attributes:
        at_ms: When it arrived, in milliseconds since the epoch, on the mock's clock. The answer of a read that moves jobs may
            show a later time.
        service: Its name in boto3: `iot`, `iot-jobs-data` or `batch`.
        operation: Its name in the API, for example `CancelJob`.
        account: Account id.
        region: Region.
        parameters: The arguments of the operation in snake case. Empty if an injected fault or a rate limit answered, if the
            request could not be read, or if mock_jobs does not emulate the operation.
        error: Code of the error that was answered; None if the request succeeded.
    """

    at_ms: int
    service: str
    operation: str
    account: str
    region: str
    parameters: Mapping[str, object]
    error: str | None


class Answered(Protocol):
    """The HTTP response to an operation, as observers see it."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers."""
        ...

    @property
    def body(self) -> bytes:
        """Body, maybe empty."""
        ...

    @property
    def error(self) -> Exception | None:
        """The service's error that was answered; None if there was none, or if a fault was injected."""
        ...


# Called with each operation that was answered, with the lock of the world held
Observer = Callable[[Call, Answered], None]


class World:
    """Clock, ids, stores, faults, calls, events and changes behind one lock.

    Args:
        declared: Looks up which errors an operation declares, for `faults`.
        ports: The services that moto keeps.
        lock: Held whenever anything here is read or changed. Worlds that can reach each other share one.
        seed: Makes all generated ids repeatable.

    Attributes:
        endpoint: Scheme, host and port by which the present request reached a server; None for the hosts of AWS. URLs in
            answers begin with it.
        resets: How often all this was deleted.
    """

    def __init__(self, *, declared: Declared, ports: Ports, lock: RLock | None = None, seed: int | None = None) -> None:
        self.ports = ports
        self.endpoint: str | None = None
        self.resets = 0
        self.lock = RLock() if lock is None else lock
        self.failures = Failures()
        self.causes = Causes()
        self.clock = Clock(self.lock, self.failures, self.causes)
        self.loops = Loops(self.clock)
        self.ids = IdSource(seed)
        self.faults = Faults(declared, self.lock)
        self.calls: CallLog[Call] = CallLog()
        self.events = EventLog()
        self.changes = ChangeLog()
        self._stores: dict[tuple[type, str, str], object] = {}
        self._shared: dict[type, object] = {}
        self._observers: tuple[Observer, ...] = ()

    def store(self, kind: type[StoredT], account: str, region: str) -> StoredT:
        """Return the object of this class for an account and region; the first call makes it."""
        key = (kind, account, region)
        found = self._stores.get(key)
        if found is None:
            with self.lock:
                found = self._stores.get(key) or self._stores.setdefault(key, kind(self, account, region))
        return cast("StoredT", found)

    def stores(self, kind: type[KindT]) -> list[KindT]:
        """Return the objects of a class, or of its subclasses, of all accounts and regions, oldest first."""
        return [each for each in self._stores.values() if isinstance(each, kind)]

    def shared(self, kind: type[SharedT]) -> SharedT:
        """Return the object of this class for the whole world; the first call makes it.

        It survives resets, which call its `reset()` if it has one.
        """
        found = self._shared.get(kind)
        if found is None:
            with self.lock:
                found = self._shared.get(kind) or self._shared.setdefault(kind, kind(self))
        return cast("SharedT", found)

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call an observer with each operation that is answered from now on; it survives resets.

        An error that it raises replaces the answer.

        Returns:
            A function that removes it.
        """
        with self.lock:
            self._observers += (observer,)

        def remove() -> None:
            with self.lock:
                # If it was added twice, one of the two
                left = list(self._observers)
                left.remove(observer)
                self._observers = tuple(left)

        return remove

    def record(self, call: Call, answer: Answered, size: int) -> None:
        """Add an operation that was answered to the calls, and pass it to the observers.

        Args:
            call: What was asked.
            answer: What was answered.
            size: Length of the request, in bytes.
        """
        self.calls.append(call, size)
        for observer in self._observers:
            observer(call, answer)

    @contextmanager
    def acting(self, call: str) -> Iterator[None]:
        """Let a call of the test act inside a `with` block: alone, at one moment, and answerable for failed assertions.

        Args:
            call: What the timeline calls it, for example `mock.batch.step()`.
        """
        with self.failures.raised(), self.lock, self.causes.acting(call), self.clock.pinned():
            yield

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Release the lock inside a `with` block, so that other threads can act. State must be consistent.

        For code of a test that the world calls: it may wait for another thread, as it does in a server.

        Raises:
            RuntimeError: This thread does not hold the lock.
        """
        # moto takes this lock as well, so only the lock itself knows how often this thread holds it.
        lock: Any = self.lock
        cause, self.causes.now = self.causes.now, TIME
        depth = lock._release_save()  # noqa: SLF001 - as threading.Condition does
        try:
            yield
        finally:
            lock._acquire_restore(depth)  # noqa: SLF001
            self.causes.now = cause

    def reset(self) -> None:
        """Delete all state of the services, all timers, faults, calls, events and changes.

        What a report may still show is replaced, not emptied.
        """
        with self.lock:
            self.resets += 1
            self._stores = {}
            self.clock.reset()
            self.loops.reset()
            for each in self._shared.values():
                if isinstance(each, _Resettable):
                    each.reset()
            self.faults.clear()
            self.calls = CallLog()
            self.events = EventLog()
            self.changes = ChangeLog()
