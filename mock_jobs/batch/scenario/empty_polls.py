"""The pace `poll` for code that reads no job, but waits for a message in SQS or for a line of a log.

A poll that finds nothing counts as a read of all unfinished jobs. The next equal poll moves them before the answer, unless a job was
read in between: then reads move the jobs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from mock_jobs.batch.scenario.pace_stack import PaceStack
    from mock_jobs.batch.scenario.polling import Polling
    from mock_jobs.batch.scenario.settings import BatchSettings

# At most this many polls are remembered. Beyond that, the one that was made longest ago is removed.
_MOST_POLLS: Final = 1000


class _Poll(NamedTuple):
    """What the last poll with the same name found.

    Attributes:
        shown: What it found; empty for nothing.
        turn: How much had been read and moved until then.
        empty: How often in a row it has found nothing new, with nothing read or moved in between.
    """

    shown: str
    turn: tuple[int, int]
    empty: int


_NEVER_POLLED: Final = _Poll("", (-1, -1), 0)


class EmptyPolls:
    """Moves all unfinished jobs when code waits without reading them.

    Args:
        polling: Moves jobs, and counts reads.
        pace_stack: The pace that applies; at paces other than `poll`, polls move nothing.
        settings: Turn it off.
    """

    def __init__(self, polling: Polling, pace_stack: PaceStack, settings: BatchSettings) -> None:
        self._polling = polling
        self._pace_stack = pace_stack
        self._settings = settings
        self._last: dict[str, _Poll] = {}
        self._moves = 0

    def reset(self) -> None:
        """Forget all polls."""
        self._last.clear()

    def before(self, poll: str) -> None:
        """Move all unfinished jobs, if the last equal poll found nothing new, and nothing was read since."""
        last = self._last.get(poll, _NEVER_POLLED)
        if last.turn == self._turn and last.empty >= self._pace_stack.pace.reads:
            self.move()

    def after(self, poll: str, shown: str) -> None:
        """Note what a poll has found."""
        last = self._last.pop(poll, _NEVER_POLLED)
        is_news = bool(shown) and shown != last.shown
        before = last.empty if last.turn == self._turn else 0
        self._last[poll] = _Poll(shown, self._turn, 0 if is_news else before + 1)
        if len(self._last) > _MOST_POLLS:
            del self._last[next(iter(self._last))]

    def move(self) -> bool:
        """Move all unfinished jobs to their next change; return whether there was one."""
        if self._pace_stack.pace.mode != "poll" or not self._settings.poll_on_empty:
            return False
        has_moved = self._polling.move_all()
        self._moves += has_moved
        return has_moved

    @property
    def _turn(self) -> tuple[int, int]:
        return self._polling.reads, self._moves
