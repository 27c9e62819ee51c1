"""A world: all state of one run of the mock, apart from that of any other run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from mock_jobs.core.call_log import CallLog
from mock_jobs.core.events import EventLog
from mock_jobs.core.failures import Failures
from mock_jobs.core.ids import IdSource
from mock_jobs.core.loops import Loops
from mock_jobs.core.seed import Seed
from mock_jobs.core.setups import HasSetUps
from mock_jobs.core.timeline import TIME, Causes, ChangeLog
from mock_jobs.core.world_clock import WorldClock
from mock_jobs.core.world_faults import WorldFaults

if TYPE_CHECKING:
    from mock_jobs.core.calls import Call
    from mock_jobs.core.faults import Declared
    from mock_jobs.core.setups import SetUp
    from mock_jobs.ports.ports import Ports


class _Stored(Protocol):
    def __init__(self, world: World, account: str, region: str) -> None: ...


class _Shared(Protocol):
    def __init__(self, world: World) -> None: ...


StoredT = TypeVar("StoredT", bound=_Stored)
SharedT = TypeVar("SharedT", bound=_Shared)
KindT = TypeVar("KindT")


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

    @property
    def failure(self) -> str | None:
        """The injected failure of transport by which the answer was lost; None if it was not."""
        ...


# Called with each operation that was answered, with the lock of the world held
Observer = Callable[["Call", Answered], None]


class World:
    """Clock, ids, stores, faults, calls, events and changes behind one lock.

    Args:
        declared: Looks up which errors an operation declares, for `faults`.
        ports: The services that moto keeps.
        lock: Held whenever anything here is read or changed. Worlds that can reach each other share one.
        seed: Makes all generated ids repeatable, and faults that have a probability; None draws one.

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
        self.causes = Causes()
        self.failures = Failures(self.causes)
        self.clock = WorldClock(self.lock, self.failures, self.causes)
        self.loops = Loops(self.clock)
        self._seed = Seed(seed)
        self.ids = IdSource(self.seed)
        self.faults = WorldFaults(declared, self.lock, self.failures)
        self.faults.begin(self.seed)
        self.calls = CallLog()
        self.events = EventLog()
        self.changes = ChangeLog(self.causes)
        self._stores: dict[tuple[type, str, str], object] = {}
        self._shared: dict[type, object] = {}
        self._observers: tuple[Observer, ...] = ()
        # Unused set-ups that a test has heard of, or accepts
        self._told: list[SetUp] = []

    @property
    def seed(self) -> int:
        """The seed of the ids and of the faults that have a probability: as it was given, or drawn since no one has given any."""
        return self._seed.value

    def choose_seed(self, seed: int | None) -> None:
        """Draw from a seed: at once if it is not the present one, and from its begin after each reset.

        The present one goes on, so that no id repeats which state that was kept may have.

        Args:
            seed: The seed; None keeps the present one until the next reset, and each reset draws one.
        """
        with self.lock:
            if self._seed.choose(seed):
                self._begin_seed()

    def _begin_seed(self) -> None:
        self.ids.begin(self.seed)
        self.faults.begin(self.seed)

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

    def shared_if_made(self, kind: type[SharedT]) -> SharedT | None:
        """Return the object of this class for the whole world, None if it was not made yet. It never waits for the lock."""
        return cast("SharedT | None", self._shared.get(kind))

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

    def tell_observers(self, call: Call, answer: Answered) -> None:
        """Pass an operation that was answered to the observers.

        Args:
            call: What was asked.
            answer: What was answered.
        """
        for observer in self._observers:
            observer(call, answer)

    def unused(self) -> tuple[SetUp, ...]:
        """Return the plans, faults and refusals since the last reset that nothing has used and that are not optional."""
        with self.lock:
            kept = [self.faults.all_added(), *(each.setups() for each in self._shared.values() if isinstance(each, HasSetUps))]
            return tuple(setup for setups in kept for setup in setups if setup.is_unused)

    def take_unused(self) -> tuple[SetUp, ...]:
        """Return those of `unused` that were neither accepted nor returned by this method before."""
        with self.lock:
            found = self._without(self._told)
            self._told += found
            return found

    @contextmanager
    def accepting_unused(self) -> Iterator[None]:
        """Accept what is set up inside a `with` block, so that `take_unused` does not return it."""
        before = self.unused()
        try:
            yield
        finally:
            with self.lock:
                self._told += self._without([*self._told, *before])

    def _without(self, others: Sequence[SetUp]) -> tuple[SetUp, ...]:
        return tuple(setup for setup in self.unused() if not any(setup is each for each in others))

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

    def run_until_idle(self) -> None:
        """Move all jobs of AWS Batch and AWS IoT Jobs, and the clock, until nothing changes by itself any more, at every pace.

        What this leaves alone, `Handle.run_until_idle` says.

        Raises:
            EndlessLoopError: Jobs cause one another without end, even if that takes time.
            AssertionError: An assertion failed in the function of a plan.
        """
        with self.lock, self.failures.raised("mock.run_until_idle()"), self.clock.pinned():
            self.clock.run_due()
            with self.clock.searching():
                while self.clock.run_next_awaited():
                    pass

    def reset(self) -> None:
        """Delete all state of the services, all timers, faults, calls, events and changes, and begin the seed anew.

        What a report may still show is replaced, not emptied.
        """
        with self.lock:
            self.resets += 1
            self._stores = {}
            self._seed.reset()
            self._begin_seed()
            self.clock.reset()
            self.loops.reset()
            for each in self._shared.values():
                reset: Callable[[], None] | None = getattr(each, "reset", None)
                if reset is not None:
                    reset()
            self.faults.clear()
            self._told.clear()
            self.calls = CallLog()
            self.events = EventLog()
            self.changes = ChangeLog(self.causes)
