"""The end of jobs: how they are canceled and deleted, and for how long they are kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from mock_jobs.iot import job_events, states
from mock_jobs.iot.execution_life import ExecutionLife
from mock_jobs.iot.job_events import announce_execution, announce_job
from mock_jobs.iot.jobs import Job
from mock_jobs.iot.states import ExecutionTrigger, JobTrigger

_DAY_MS: Final = 24 * 60 * 60 * 1000


class JobEnd(ExecutionLife):
    """Ends jobs, at once or as slowly as the settings say."""

    def set_status(self, job: Job, trigger: JobTrigger) -> None:
        """Let a trigger change the status of a job that it can change."""
        status = states.next_job_status(job.status, trigger)
        assert status is not None
        self.shelf(job.status).remove(job)
        job.status = status
        self.shelf(status).add(job)
        job.updated_at_ms = self.world.clock.now_ms
        if status not in states.ACTIVE:
            self._followers.remove(job)
            if job.schedule is not None:
                job.schedule.stop()
        days = self.settings.retention_days
        if days is not None and status in states.OVER:
            job.expiry = self.world.clock.call_at(job.updated_at_ms + days * _DAY_MS, partial(self._expire, job))
        self.usage.follow(job)

    def end_rollout(self, job: Job) -> None:
        """Roll out nothing more."""
        if job.rollout is not None:
            job.rollout.stop()
            job.rollout = None
            del self._rollouts[job.job_id]
            self.usage.follow(job)

    def cancel(self, job: Job, trigger: ExecutionTrigger) -> None:
        """Cancel a job at once, and those of its executions that the trigger reaches, at once or after a while.

        Source: CancelJob, API reference (documented); that the job itself is CANCELED at once, also while executions are
        left IN_PROGRESS, is inferred. The order of the events is observed.

        Args:
            job: A job that can be canceled; its comment and reason are set already.
            trigger: CANCEL or FORCE_CANCEL.
        """
        self.set_status(job, JobTrigger.CANCEL)
        job.is_force_canceled = trigger is ExecutionTrigger.FORCE_CANCEL
        announce_job(self, job, job_events.CANCELLATION_IN_PROGRESS)
        self.end_rollout(job)
        self._after(self.settings.cancellation_seconds, job, partial(self._cancel_executions, job, trigger))

    def _cancel_executions(self, job: Job, trigger: ExecutionTrigger) -> None:
        job.hold = None
        self.usage.follow(job)
        for status in states.sources(trigger):
            self.change(job.executions.shelf(status).clear(), trigger)
        announce_job(self, job, job_events.CANCELED)

    def delete(self, job: Job) -> None:
        """Delete a job and all its executions, at once or after a while.

        Source: DeleteJob, API reference (documented); the order of the events is observed.
        """
        if job.hold is not None:
            job.hold.cancel()
            job.hold = None
        self.set_status(job, JobTrigger.FORCE_DELETE)
        announce_job(self, job, job_events.DELETION_IN_PROGRESS)
        self.end_rollout(job)
        self._after(self.settings.deletion_seconds, job, partial(self._delete_executions, job))

    def _delete_executions(self, job: Job) -> None:
        for execution in job.executions:
            self.forget_execution(execution)
            announce_execution(self, execution, job_events.DELETED)
        self._forget(job)
        announce_job(self, job, job_events.DELETED)

    def _expire(self, job: Job) -> None:
        # Nobody deleted it, so that no event tells of it (inferred).
        for execution in job.executions:
            self.forget_execution(execution)
        self._forget(job)

    def _forget(self, job: Job) -> None:
        for timer in (job.hold, job.expiry):
            if timer is not None:
                timer.cancel()
        del self._jobs[job.job_id]
        self.shelf(job.status).remove(job)
        self.usage.forget(job)

    def _after(self, seconds: float, job: Job, finish: Callable[[], None]) -> None:
        if not seconds:
            finish()
            return
        job.hold = self.world.clock.call_at(self.world.clock.now_ms + round(seconds * 1000), finish)
        self.usage.follow(job)
