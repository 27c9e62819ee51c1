"""What a test has set for Batch: how long states last, what moves jobs, and what jobs do when they run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mock_jobs.batch.scenario.empty_polls import EmptyPolls
from mock_jobs.batch.scenario.pace_stack import PaceStack
from mock_jobs.batch.scenario.plans import JobPlan
from mock_jobs.batch.scenario.polling import Polling
from mock_jobs.batch.scenario.settings import BatchSettings
from mock_jobs.batch.scenario.setups import Plan, Refusal

if TYPE_CHECKING:
    from mock_jobs.core.world import World


class Scenario:
    """Pace, settings and plans of one world, for all of its accounts and regions.

    Attributes:
        pace_stack: The pace that applies.
        settings: Latencies and switches.
        plans: The plans, last added first.
        refusals: By job id, the error that bulk requests answer instead of ending the job; those that are used up, too.
        polling: How reads move jobs.
        empty_polls: How code moves jobs that waits for a message or a line of a log.
        fallback: What new jobs without a plan do by moto's switches; None for success.
    """

    def __init__(self, world: World) -> None:
        self.pace_stack = PaceStack(world.clock, world.lock)
        self.settings = BatchSettings()
        self.plans: list[Plan] = []
        self.refusals: dict[str, Refusal] = {}
        self.polling = Polling(world.clock, self.pace_stack)
        self.empty_polls = EmptyPolls(self.polling, self.pace_stack, self.settings)
        self.fallback: JobPlan | None = None
        self._clock = world.clock
        self._lock = world.lock

    def reset(self) -> None:
        """Remove jobs and plans and restore the defaults of settings and pace, for `World.reset`.

        The settings object stays the same, so that code that holds it can still use it.
        """
        self.plans.clear()
        self.refusals.clear()
        self.polling.reset()
        self.empty_polls.reset()
        self.settings.restore()
        self.pace_stack.reset()

    def fail_after(self, seconds: int | None) -> None:
        """Make new jobs without a plan fail after some seconds, as one of moto's switches says; None makes them succeed."""
        self.fallback = None if seconds is None else JobPlan(duration=seconds, exit_code=1)

    def sleep_as_moto(self) -> None:
        """Move the clock after this submission, as moto sleeps in it, if its switch lets the job fail later."""
        if self.fallback is not None and self.fallback.duration:
            self._clock.call_soon(partial(self._sleep, round(self.fallback.duration * 1000)))

    def _sleep(self, duration_ms: int) -> None:
        self._clock.pass_to(self._clock.now_ms + duration_ms)

    def take_refusal(self, job_id: str) -> Refusal | None:
        """Return the error that a bulk request answers for a job, and count it as used; None if the request acts."""
        refusal = self.refusals.get(job_id)
        if refusal is None or refusal.times == 0:
            return None
        refusal.used += 1
        if refusal.times is not None:
            refusal.times -= 1
        return refusal

    def refuse(self, refusal: Refusal) -> None:
        """Answer with a refusal from now on. It replaces one for the same job."""
        with self._lock:
            self.refusals.pop(refusal.job_id, None)
            self.refusals[refusal.job_id] = refusal

    def forget(self, setup: Plan | Refusal) -> None:
        """Stop following a plan or a refusal. Does nothing if it is gone already."""
        with self._lock:
            if isinstance(setup, Plan):
                self.plans[:] = [each for each in self.plans if each is not setup]
            elif self.refusals.get(setup.job_id) is setup:
                del self.refusals[setup.job_id]

    def setups(self) -> list[Plan | Refusal]:
        """Return plans and refusals since the last reset, the oldest first, for `World.unused`."""
        return [*reversed(self.plans), *self.refusals.values()]

    def latency_ms(self, setting: str | None, *, at_least: bool = True) -> int:
        """Return how many milliseconds a state lasts.

        Args:
            setting: Name of the setting for this state; None if it has none.
            at_least: Whether the pace's `transition_seconds` is a lower bound.
        """
        seconds = 0.0 if setting is None else float(getattr(self.settings, setting))
        least = self.pace_stack.pace.transition_seconds
        if at_least and seconds < least:
            seconds = least
        return round(seconds * 1000) if seconds else 0
