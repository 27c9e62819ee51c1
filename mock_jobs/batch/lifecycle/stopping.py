"""Cancelling and terminating jobs.

Sources: API reference, CancelJob, TerminateJob and JobSummary (*documented*); user guide, "Array jobs" (*documented*). That
TerminateJob, too, waits for the dependencies of a PENDING job is *observed*. *Inferred*: which of two requests for one job
counts, and that a PENDING child of a sequential array ends at once when its whole array is cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import not_allowed
from mock_jobs.batch.lifecycle.dependencies import is_waiting
from mock_jobs.batch.records.job import ArrayJob, Job
from mock_jobs.batch.records.node import MultiNodeJob, Node
from mock_jobs.batch.states import (
    PENDING,
    RUNNABLE,
    RUNNING,
    STOP_EFFECTS,
    SUBMITTED,
    StopEffect,
    StopRequest,
    Trigger,
)

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.attempts import Attempts
    from mock_jobs.batch.lifecycle.endings import Ending, Endings
    from mock_jobs.batch.scenario.settings import BatchSettings

_NOT_STARTED = frozenset({SUBMITTED, PENDING, RUNNABLE})


class Stopper:
    """Carries out CancelJob and TerminateJob.

    Args:
        endings: Ends jobs.
        attempts: Stops containers.
        settings: Set how long containers take to stop, and whether TerminateJob waits for dependencies.
    """

    def __init__(self, endings: Endings, attempts: Attempts, settings: BatchSettings) -> None:
        self._endings = endings
        self._attempts = attempts
        self._settings = settings

    def stop(self, job: Job, request: StopRequest, reason: str) -> None:
        """Cancel or terminate a job, an array with all of its children, or one child.

        The main node represents its whole job (inferred).

        Raises:
            ClientException: The job is another node.
        """
        if isinstance(job, Node):
            if not job.is_main:
                raise not_allowed(messages.NODE_NOT_STOPPED)
            job = job.whole
        if isinstance(job, ArrayJob):
            self._stop_array(job, request, reason)
        else:
            self._stop_one(job, request, reason, is_waiting=job.status == PENDING and is_waiting(job))

    def _stop_one(self, job: Job, request: StopRequest, reason: str, *, is_waiting: bool) -> None:
        if is_waiting and request is StopRequest.TERMINATE and self._settings.terminate_pending_immediately:
            is_waiting = False
        effect = STOP_EFFECTS[job.status, is_waiting, request]
        if effect is StopEffect.NOTHING:
            return
        is_stopping = job.is_terminated
        _accept(job, request, reason)
        if effect is StopEffect.FAIL_NOW:
            self._endings.finish([(job, Trigger.STOPPED, job.stop_reason)])
        elif effect is StopEffect.FAIL_LATER:
            job.is_stop_delayed = True
        else:
            grace_ms = round(self._settings.terminate_grace_seconds * 1000)
            if job.status != RUNNING or not grace_ms:
                self._attempts.stop_container(job)
            elif not is_stopping:
                self._attempts.end_later(job, grace_ms)

    def _stop_array(self, array: ArrayJob, request: StopRequest, reason: str) -> None:
        if array.is_terminal:
            return
        waits = array.status == PENDING and is_waiting(array)
        if request is StopRequest.TERMINATE and self._settings.terminate_pending_immediately:
            waits = False
        is_early = array.status == SUBMITTED
        _accept(array, request, reason)
        array.is_stop_delayed = waits
        endings: list[Ending] = []
        for child in array.children:
            if child.is_terminal:
                continue
            if waits:
                _accept(child, request, reason)
                child.is_stop_delayed = True
            elif child.status in _NOT_STARTED and (is_early or not _waits_for_another_array(child)):
                _accept(child, request, reason)
                endings.append((child, Trigger.STOPPED, child.stop_reason))
            else:
                self._stop_one(child, request, reason, is_waiting=child.status == PENDING)
        self._endings.finish(endings)


def _waits_for_another_array(child: Job) -> bool:
    return child.status == PENDING and any(not array.children[child.index].is_terminal for array in child.spec.n_to_n)


def _accept(job: Job, request: StopRequest, reason: str) -> None:
    """Record an accepted request on a job, and on its nodes that have not ended.

    The first reason is kept, unless a termination follows a cancellation and replaces it (inferred).
    """
    if job.stop_reason is None or (request is StopRequest.TERMINATE and not job.is_terminated):
        job.stop_reason = reason
    if request is StopRequest.TERMINATE:
        job.is_terminated = True
    else:
        job.is_cancelled = True
    for node in job.others if isinstance(job, MultiNodeJob) else ():
        if not node.is_terminal:
            _accept(node, request, reason)
