"""How jobs end, and what follows from it.

Sources: user guide, "Array jobs" and "Job dependencies" (*documented*).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.lifecycle.dependencies import DependencyState, dependency_state, is_waiting, released_by
from mock_jobs.batch.records.job import ArrayJob, Job
from mock_jobs.batch.states import FAILED, PENDING, Trigger

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.timers import JobTimers
    from mock_jobs.batch.lifecycle.transition import Transition

# The job that ends, why, and the status reason.
Ending = tuple[Job, Trigger, "str | None"]


class Endings:
    """Ends jobs, and the jobs that end at the same moment because of that.

    Args:
        transition: Changes the status.
        timers: Schedule what follows later.
        resolve: Moves a PENDING job whose dependencies are decided.
    """

    def __init__(self, transition: Transition[Job, Trigger], timers: JobTimers[Job], resolve: Callable[[Job], None]) -> None:
        self._transition = transition
        self._timers = timers
        self._resolve = resolve

    def finish(self, endings: Iterable[Ending]) -> None:
        """End jobs.

        An array ends with its last child. A job with a delayed stop ends with the last job that it waits for. Other dependents
        are resolved later.

        Args:
            endings: The jobs to end, none of them an array. Jobs that have ended already are skipped.
        """
        waiting = deque(endings)
        while waiting:
            job, trigger, reason = waiting.popleft()
            if job.is_terminal:
                continue
            if isinstance(job, ArrayJob):
                has_failed = job.summary[FAILED] > 0
                trigger = Trigger.CHILDREN_FAILED if has_failed else Trigger.CHILDREN_SUCCEEDED
                reason = (job.stop_reason or job.end_reason or messages.CHILD_FAILED) if has_failed else None
            self._transition.end(job, trigger, reason)
            for other in released_by(job):
                self._dependency_ended(other, waiting)
            parent = job.parent
            if parent is not None:
                parent.unfinished -= 1
                if not parent.unfinished:
                    waiting.append((parent, trigger, None))

    def resolve_later(self, job: Job) -> None:
        """Resolve a PENDING job as soon as the pace allows."""
        self._timers.set_by_setting(job, None, self._resolve)

    def _dependency_ended(self, job: Job, waiting: deque[Ending]) -> None:
        if isinstance(job, ArrayJob) and not is_waiting(job):
            # A child also waits for what its array waits for, even while the array is SUBMITTED. If the whole array is to be
            # stopped, its children wait for nothing else.
            waiting.extend(
                (child, Trigger.STOPPED, child.stop_reason)
                for child in job.children
                if child.is_stop_delayed and (job.is_stop_delayed or not is_waiting(child))
            )
        if job.status != PENDING:
            return
        if not job.is_stop_delayed:
            if dependency_state(job) is not DependencyState.WAITING:
                self.resolve_later(job)
        elif not is_waiting(job):
            # An array has its turn after its children, see above.
            waiting.append((job, Trigger.STOPPED, job.stop_reason))


def members(job: Job) -> list[Job]:
    """Return the children of an array, or a list of just the job if it is no array."""
    return job.children if isinstance(job, ArrayJob) else [job]
