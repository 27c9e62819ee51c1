"""Those who sleep on one clock: which of them wakes next, and when.

Whoever sleeps moves the clock: to the moment at which the first of all sleepers wakes, maybe another one. Before each move the
others get time to do what they can.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from threading import Condition, get_ident
from typing import TYPE_CHECKING, Any, Protocol

from mock_jobs.core.errors import HIDDEN

if TYPE_CHECKING:
    from mock_jobs.sleeping.endless import EndlessSleeps
    from mock_jobs.sleeping.others import OtherThreads

__tracebackhide__ = HIDDEN


class SleptOn(Protocol):
    """The clock, as sleepers see it."""

    @property
    def now_ms(self) -> int:
        """The present moment, in milliseconds since the epoch."""
        ...

    @property
    def is_held(self) -> bool:
        """Whether this thread holds the lock of the clock's world."""
        ...

    def wake_after(self, seconds: float) -> int:
        """Return when a sleep that begins now ends."""
        ...

    def pass_to(self, moment_ms: int) -> None:
        """Move forward to a moment, if it has not passed."""
        ...


class Ended(Protocol):
    """What a task awaits until its sleep ends; as `asyncio.Future`."""

    def __await__(self) -> Generator[Any, Any, Any]: ...

    def done(self) -> bool:
        """Return whether it has ended."""
        ...

    def set_result(self, result: Any, /) -> None:
        """End it."""
        ...

    def set_exception(self, error: Any, /) -> None:
        """End it with an error."""
        ...


class Loop(Protocol):
    """An event loop, as sleepers see it. Two of the same loop are equal."""

    def create_future(self) -> Ended:
        """Return what a task awaits."""
        ...

    def call_soon_threadsafe(self, act: Callable[..., object], /, *arguments: Any) -> object:
        """Call a function in the next turn; from any thread."""
        ...

    def call_when_idle(self, act: Callable[[], object]) -> object:
        """Call a function when the tasks of the loop have done what they can."""
        ...

    def has_work(self) -> bool:
        """Return whether there is more to do since the loop was idle."""
        ...


class _Sleeper:
    """One sleep.

    Args:
        wake_ms: When it ends, in milliseconds since the epoch.
        loop: The event loop on which a task sleeps; None if a thread does.

    Attributes:
        thread: The thread that sleeps, or runs the loop.
        is_awake: Whether the clock has come to its end.
    """

    def __init__(self, wake_ms: int, loop: Loop | None = None) -> None:
        self.wake_ms = wake_ms
        self.thread = get_ident()
        self.is_awake = False
        self.loop = loop
        self.ended = None if loop is None else loop.create_future()

    def wake(self, error: BaseException | None = None) -> bool:
        """Let the sleeper go on; return False if it cannot, because its loop was closed."""
        self.is_awake = True
        if self.loop is None:
            return True
        try:
            self.loop.call_soon_threadsafe(self._end, error)
        except RuntimeError:
            return False
        return True

    def _end(self, error: BaseException | None) -> None:
        if self.ended is None or self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)


class Sleepers:
    """The sleepers of one clock.

    Args:
        clock: The clock that they move.
        endless: Counts the sleeps.
        others: Waits for other threads.
    """

    def __init__(self, clock: SleptOn, endless: EndlessSleeps, others: OtherThreads) -> None:
        self._clock = clock
        self._endless = endless
        self._others = others
        self.forget()

    def forget(self) -> None:
        """Forget all sleepers: after a fork their threads are not here."""
        self._changed = Condition()
        self._present: list[_Sleeper] = []
        self._is_choosing = False
        self._turning: set[Loop] = set()
        self.is_over = False

    def sleep(self, seconds: float) -> float:
        """Sleep in this thread.

        Returns:
            What is left of the sleep in seconds, if nobody skips sleeps any more; else 0.

        Raises:
            EndlessSleepError: Sleeping leads to nothing.
        """
        self._endless.count(seconds)
        wake_ms = self._clock.wake_after(seconds)
        if self._clock.is_held:
            # Nobody else can do anything before this thread goes on.
            self._clock.pass_to(wake_ms)
            return 0.0
        sleeper = self._add(_Sleeper(wake_ms))
        try:
            while not (sleeper.is_awake or self.is_over):
                self._wake_first()
        finally:
            self._remove(sleeper)
        return self._left_of(sleeper)

    async def sleep_task(self, seconds: float, loop: Loop) -> float:
        """Sleep in this task of a loop; as `sleep`."""
        if self.is_over:
            return seconds
        self._endless.count(seconds)
        sleeper = self._add(_Sleeper(self._clock.wake_after(seconds), loop))
        assert sleeper.ended is not None
        self._await_turn(loop)
        try:
            await sleeper.ended
        finally:
            self._remove(sleeper)
        return self._left_of(sleeper)

    def end(self) -> None:
        """Let all sleepers go, because sleeps are real again."""
        with self._changed:
            self.is_over = True
            sleeping = [each for each in self._present if not each.is_awake]
            self._changed.notify_all()
        for each in sleeping:
            each.wake()

    def _left_of(self, sleeper: _Sleeper) -> float:
        return max(0, sleeper.wake_ms - self._clock.now_ms) / 1000 if self.is_over else 0.0

    def _add(self, sleeper: _Sleeper) -> _Sleeper:
        with self._changed:
            self._present.append(sleeper)
        return sleeper

    def _remove(self, sleeper: _Sleeper) -> None:
        with self._changed:
            self._present = [each for each in self._present if each is not sleeper]
            self._changed.notify_all()

    # Waking

    def _wake_first(self, has_work: Callable[[], bool] = lambda: False) -> None:
        """Move the clock to the end of the first sleep, and wake all that have ended, or wait while another thread does so.

        Args:
            has_work: Returns whether the other threads have given work to who asks meanwhile: then nothing is moved.
        """
        first = self._choose()
        if first is not None and not has_work():
            self._clock.pass_to(first.wake_ms)
            self._wake_due()

    def _choose(self) -> _Sleeper | None:
        """Return whose sleep ends first, after the others had time; None if another thread has chosen meanwhile."""
        with self._changed:
            if self._is_choosing:
                self._changed.wait()
                return None
            self._is_choosing = True
            me = get_ident()
        try:
            self._others.settle(
                lambda: {me, *(each.thread for each in self._present if not each.is_awake and each.loop is None)},
                lambda: {each.thread for each in self._present if each.is_awake} - {me},
            )
        finally:
            with self._changed:
                self._is_choosing = False
                self._changed.notify_all()
                sleeping = [each for each in self._present if not each.is_awake]
        # The first of several that end together
        return min(sleeping, key=lambda each: each.wake_ms, default=None)

    def _wake_due(self) -> None:
        now_ms = self._clock.now_ms
        with self._changed:
            due = [each for each in self._present if not each.is_awake and each.wake_ms <= now_ms]
            for each in due:
                each.is_awake = True
            self._changed.notify_all()
        for each in sorted(due, key=lambda each: each.wake_ms):
            if not each.wake():
                self._remove(each)

    # Event loops

    def _await_turn(self, loop: Loop) -> None:
        """Wake the first sleeper from an event loop, once its other tasks have done what they can."""
        if loop not in self._turning:
            self._turning.add(loop)
            loop.call_when_idle(partial(self._take_turn, loop))

    def _take_turn(self, loop: Loop) -> None:
        mine = self._sleepers_of(loop)
        if mine:
            try:
                # A thread that has ended wakes the task that waits for it.
                self._wake_first(loop.has_work)
            except BaseException as error:  # noqa: BLE001 - the sleep raises it
                min(mine, key=lambda each: each.wake_ms).wake(error)
        self._turning.discard(loop)
        if self._sleepers_of(loop):
            self._await_turn(loop)

    def _sleepers_of(self, loop: Loop) -> list[_Sleeper]:
        return [each for each in self._present if each.loop == loop and not each.is_awake]
