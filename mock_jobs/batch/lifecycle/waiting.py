"""How jobs wait before their first attempt.

They are SUBMITTED until the scheduler looks at them, PENDING while they wait for dependencies, then RUNNABLE.

Source: user guide, "Job states" and "Array jobs" (*documented*).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.lifecycle.dependencies import DependencyState, dependency_state
from mock_jobs.batch.lifecycle.endings import members
from mock_jobs.batch.records.job import ArrayJob, Job
from mock_jobs.batch.states import PENDING, SUBMITTED, Trigger

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.endings import Endings
    from mock_jobs.batch.lifecycle.transition import Transition


class WaitingJobs:
    """Moves jobs up to RUNNABLE.

    Args:
        transition: Changes the status.
        endings: Ends the jobs that have a failed dependency.
        enqueue: Hands a RUNNABLE job to the scheduler, after the latency of the setting with this name.
    """

    def __init__(self, transition: Transition[Job, Trigger], endings: Endings, enqueue: Callable[[Job, str], None]) -> None:
        self._transition = transition
        self._endings = endings
        self._enqueue = enqueue

    def evaluate(self, job: Job) -> None:
        """Move a SUBMITTED job to PENDING or RUNNABLE, according to its dependencies."""
        if job.status != SUBMITTED:
            return
        state = dependency_state(job)
        is_ready = state is DependencyState.READY
        self._transition.move(job, Trigger.EVALUATED_READY if is_ready else Trigger.EVALUATED_WAITING)
        if state is DependencyState.FAILED:
            self._endings.resolve_later(job)
        elif is_ready:
            if isinstance(job, ArrayJob):
                self._release_children(job)
            else:
                self._enqueue(job, "runnable_seconds")

    def resolve(self, job: Job) -> None:
        """Move a PENDING job once its dependencies are decided.

        A job with a delayed stop is left to that stop.
        """
        if job.status != PENDING or job.is_stop_delayed or (job.parent is not None and job.parent.status == SUBMITTED):
            return
        state = dependency_state(job)
        if state is DependencyState.FAILED:
            if isinstance(job, ArrayJob):
                job.end_reason = messages.DEPENDENCY_FAILED
            self._endings.finish(
                (each, Trigger.DEPENDENCY_FAILED, messages.DEPENDENCY_FAILED) for each in members(job) if not each.is_stop_delayed
            )
        elif state is DependencyState.READY:
            if isinstance(job, ArrayJob):
                self._release_children(job)
            else:
                self._transition.move(job, Trigger.DEPENDENCIES_SUCCEEDED)
                self._enqueue(job, "runnable_seconds")

    def _release_children(self, array: ArrayJob) -> None:
        # The children become RUNNABLE while the parent is PENDING (documented for the parent).
        for child in array.children:
            self.resolve(child)
