"""The lifecycle of jobs: start, rollout and end, and the effects of these on their executions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from mock_jobs.core.timers import never
from mock_jobs.iot import messages, states
from mock_jobs.iot.lifecycle import changes, job_events, quotas
from mock_jobs.iot.rules import abort
from mock_jobs.iot.rules.retry import next_retries
from mock_jobs.iot.rules.rollout import Rollout, rate_per_minute
from mock_jobs.iot.rules.targets import Target, expand
from mock_jobs.iot.states import ExecutionTrigger, JobTrigger

if TYPE_CHECKING:
    from mock_jobs.core.world_clock import WorldClock
    from mock_jobs.iot.lifecycle.executions import ExecutionLifecycle
    from mock_jobs.iot.lifecycle.job_events import Announcer
    from mock_jobs.iot.records.job import Execution, Job
    from mock_jobs.iot.records.store import JobStore
    from mock_jobs.iot.settings import IoTSettings
    from mock_jobs.ports.thing_registry import ThingRegistry

_DAY_MS: Final = 24 * 60 * 60 * 1000


class JobLifecycle:
    """Applies changes to jobs, and updates a job when its executions end or are deleted.

    The caller has checked that a change is allowed.

    Args:
        store: Keeps the jobs.
        executions: Changes their executions, and calls back when one of them ended or was deleted.
        settings: Quotas, latencies and the retention time.
        clock: The clock of the world.
        things: Returns the current registry of things.
        announcer: Records the events.
        recorder: Records the timeline.
    """

    __slots__ = ("_announcer", "_clock", "_executions", "_recorder", "_settings", "_store", "_things")

    def __init__(
        self,
        store: JobStore,
        executions: ExecutionLifecycle,
        *,
        settings: IoTSettings,
        clock: WorldClock,
        things: Callable[[], ThingRegistry],
        announcer: Announcer,
        recorder: changes.Recorder,
    ) -> None:
        self._store = store
        self._executions = executions
        self._settings = settings
        self._clock = clock
        self._things = things
        self._announcer = announcer
        self._recorder = recorder
        executions.listener = self

    def add(self, job: Job, targets: list[Target]) -> None:
        """Store a new job, and begin its rollout now or at the start of its schedule."""
        self._store.add(job)
        self._recorder.job_changed(job, None, changes.CREATED)
        if job.schedule is not None:
            job.schedule.arm(self._clock, partial(self._start, job, targets), partial(self._end, job))
        if job.status == states.IN_PROGRESS:
            self._begin_rollout(job, targets, self._things())

    def _start(self, job: Job, targets: list[Target]) -> None:
        """Start a scheduled job, now or when the first of its maintenance windows opens.

        Source: developer guide, "Job scheduling configuration" (documented).
        """
        if job.windows is None:
            self._begin(job, targets)
        else:
            opened, closed = partial(self._open, job, targets), partial(self._close, job)
            job.windows.watch(self._clock, opened, closed, lambda: job.waits_for_window)

    def _open(self, job: Job, targets: list[Target]) -> None:
        """Begin or resume the rollout when a maintenance window opens."""
        if job.status == states.SCHEDULED and job.rollout is None:
            self._begin(job, targets)
            return
        if job.rollout is not None:
            self.set_status(job, JobTrigger.START)
            job.rollout.resume(self._clock.now_ms)
            self._roll_out(job)
        assert job.windows is not None
        pending_joins, job.windows.pending_joins = job.windows.pending_joins, {}
        self.queue_joiners(job, list(pending_joins))

    def _close(self, job: Job) -> None:
        """Pause the rollout until the next maintenance window.

        Source: developer guide, "Jobs and job execution states" (documented); that a job whose rollout is finished stays
        IN_PROGRESS is inferred.
        """
        if job.rollout is not None:
            job.rollout.stop()
            self.set_status(job, JobTrigger.PAUSE)

    def _begin(self, job: Job, targets: list[Target]) -> None:
        """Start a job for the things that its targets include now.

        Source: developer guide, "Job scheduling configuration" (documented); that deleted targets are skipped is inferred. If the
        quota of concurrent jobs is used up, the job is canceled: developer guide, "Job limits" (documented).
        """
        reason = quotas.why_not_start(self._settings, self._store.usage)
        if reason is not None:
            job.comment = messages.NOT_STARTED_COMMENT.format(reason=reason)
            self.cancel(job, ExecutionTrigger.CANCEL, changes.NO_ROOM)
            return
        self.set_status(job, JobTrigger.START)
        registry = self._things()
        self._begin_rollout(job, [each for each in targets if each.is_group or registry.has_thing(each.name)], registry)

    def _end(self, job: Job) -> None:
        """End the creation of executions; then complete the job, cancel it, or let its remaining executions run.

        Source: SchedulingConfig, API reference; developer guide, "Job scheduling configuration" (documented). That the job is
        CANCELED by an end that cancels its executions, and COMPLETED if all of them are terminal already, is inferred.
        """
        schedule = job.schedule
        assert schedule is not None
        schedule.has_ended = True
        if job.rollout is not None:
            self.end_rollout(job)
            job.updated_at_ms = self._clock.now_ms
        if job.status == states.SCHEDULED:
            # It waited for a maintenance window, which no longer matters.
            self.set_status(job, JobTrigger.START)
        self.settle(job)
        if schedule.end_trigger is not None and job.status == states.IN_PROGRESS:
            assert job.scheduling_config is not None
            time, behavior = job.scheduling_config["endTime"], job.scheduling_config["endBehavior"]
            job.comment = messages.END_COMMENT.format(time=time, behavior=behavior)
            self.cancel(job, schedule.end_trigger, changes.ENDED)

    def settle(self, job: Job) -> None:
        """Complete a job if nothing is left to do.

        Source: developer guide, "Jobs and job execution states" (documented): a snapshot job is COMPLETED when all its
        executions are in a terminal status; a continuous one never before its end time. A snapshot job without executions is
        COMPLETED at once (inferred).
        """
        if job.is_continuous and not job.has_ended:
            return
        executions = job.executions
        if job.rollout is not None or any(executions.count(status) for status in states.PENDING):
            return
        if states.next_job_status(job.status, JobTrigger.COMPLETE) is not None:
            self.set_status(job, JobTrigger.COMPLETE)
            job.completed_at_ms = self._clock.now_ms
            self._announcer.announce_job(job, job_events.COMPLETED)

    # Rollout

    def _begin_rollout(self, job: Job, targets: list[Target], registry: ThingRegistry) -> None:
        if job.is_continuous:
            self._store.subscriptions.add(job, job.targets)
        job.rollout = Rollout(expand(targets, registry), self._clock.now_ms)
        self._store.rollouts[job.job_id] = job
        self._store.usage.follow(job)
        self._roll_out(job)

    def _roll_out(self, job: Job) -> None:
        rollout = job.rollout
        assert rollout is not None
        if job.windows is not None and job.windows.closing_after_ms(self._clock.now_ms) is None:
            # The window closes at this very moment; the rollout continues at the next opening.
            return
        per_minute = rate_per_minute(job.configs.rollout, rollout.notified, job.executions.count(states.SUCCEEDED))
        self._executions.queue(job, rollout.take(per_minute), changes.ROLLOUT)
        if rollout.is_finished:
            self._finish_rollout(job)
        else:
            rollout.timer = self._clock.call_at(rollout.next_tick_ms, partial(self._roll_out, job), name="rollout")

    def _finish_rollout(self, job: Job) -> None:
        self.end_rollout(job)
        job.updated_at_ms = self._clock.now_ms
        self.settle(job)

    def withdraw(self, job: Job, thing_name: str) -> bool:
        """Drop a thing from what is still to be rolled out; return whether it still waited."""
        if not job.withdraw(thing_name):
            return False
        # A job that waits for a maintenance window finishes its rollout when the window opens.
        if job.rollout is not None and job.rollout.is_finished and job.status == states.IN_PROGRESS:
            self._finish_rollout(job)
        return True

    def queue_joiners(self, job: Job, thing_names: list[str]) -> None:
        """Create executions for things that became targets later, unless they still wait for the rollout.

        Source: developer guide, "Job rollout configuration": the rate applies only to the things at creation (documented);
        nothing is created after the end time (documented). While the maintenance windows of the job are closed, the things
        wait (inferred).
        """
        if job.has_ended:
            return
        rollout = job.rollout
        new = [name for name in thing_names if rollout is None or not rollout.waits(name)]
        if job.windows is not None and not job.windows.is_open:
            job.windows.pending_joins.update(dict.fromkeys(new, True))
        else:
            self._executions.queue(job, new, changes.JOINED)

    # Effects of executions on their job

    def execution_ended(self, execution: Execution) -> None:
        """Complete or abort the job of an execution that ended, or queue a retry.

        Source: completion comes before the abort criteria (observed), and these before a retry is queued (inferred). There is no
        retry once the job is canceled or its end has come: developer guide, "Job executions retry configuration" (documented);
        nor for a thing that has left the targets of a continuous job (documented). A REMOVED execution counts for the abort
        criteria, but does not cause a check of them (inferred).
        """
        job = execution.job
        is_over = job.has_ended or execution.thing_name in job.left_targets
        retries = None if is_over else next_retries(job.configs.retry, execution.retries, execution.status)
        if retries is None:
            self.settle(job)
        if execution.status != states.REMOVED:
            self._check_abort(job)
        if retries is not None and job.status in states.ACTIVE:
            self._executions.queue_retry(execution, retries)

    def execution_deleted(self, job: Job) -> None:
        """Complete the job of an execution that was deleted, or check its abort criteria. Source: observed."""
        self.settle(job)
        self._check_abort(job)

    def _check_abort(self, job: Job) -> None:
        """Cancel a job, without force, if an abort criterion is met.

        Source: developer guide, "Job abort configuration" (documented); the reason and the comment are observed.
        """
        if job.configs.abort is None or job.status not in states.ACTIVE:
            return
        met = abort.find_met_criterion(job.configs.abort, job.executions.counts())
        if met is not None:
            job.reason_code = abort.REASON_CODE
            job.comment = met.comment
            self.cancel(job, ExecutionTrigger.CANCEL, changes.ABORTED)

    # The end

    def set_status(self, job: Job, trigger: JobTrigger, why: str | None = None) -> None:
        """Apply a trigger to a job whose status it can change.

        Args:
            job: The job.
            trigger: The trigger.
            why: What the timeline says in its place.
        """
        before = job.status
        status = states.next_job_status(job.status, trigger)
        assert status is not None
        self._store.with_status(job.status).remove(job)
        job.status = status
        self._store.with_status(status).add(job)
        job.updated_at_ms = self._clock.now_ms
        if status not in states.ACTIVE:
            self._store.subscriptions.remove(job)
            if job.schedule is not None:
                job.schedule.stop()
        days = self._settings.retention_days
        if days is not None and status in states.OVER:
            due_ms = job.updated_at_ms + days * _DAY_MS
            job.expiry = self._clock.call_at(due_ms, partial(self._expire, job), is_awaited=never, name="retention")
        self._store.usage.follow(job)
        self._recorder.job_changed(job, before, why or trigger)

    def end_rollout(self, job: Job) -> None:
        """Stop the rollout for good."""
        if job.rollout is not None:
            job.rollout.stop()
            job.rollout = None
            del self._store.rollouts[job.job_id]
            self._store.usage.follow(job)

    def cancel(self, job: Job, trigger: ExecutionTrigger, why: str | None = None) -> None:
        """Cancel a job at once, and the executions that the trigger can change after `cancellation_seconds`.

        Source: CancelJob, API reference (documented); that the job itself is CANCELED at once, even while executions are
        left IN_PROGRESS, is inferred. The order of the events is observed.

        Args:
            job: A job that can be canceled; its comment and reason are already set.
            trigger: CANCEL or FORCE_CANCEL.
            why: What cancels it, for the timeline; None for CancelJob.
        """
        self.set_status(job, JobTrigger.CANCEL, why)
        job.is_force_canceled = trigger is ExecutionTrigger.FORCE_CANCEL
        self._announcer.announce_job(job, job_events.CANCELLATION_IN_PROGRESS)
        self.end_rollout(job)
        self._after("cancellation", self._settings.cancellation_seconds, job, partial(self._cancel_executions, job, trigger))

    def _cancel_executions(self, job: Job, trigger: ExecutionTrigger) -> None:
        job.finishing_timer = None
        self._store.usage.follow(job)
        for status in states.sources(trigger):
            self._executions.change(job.executions.with_status(status).clear(), trigger)
        self._announcer.announce_job(job, job_events.CANCELED)

    def delete(self, job: Job) -> None:
        """Delete a job and all its executions after `deletion_seconds`.

        Source: DeleteJob, API reference (documented); the order of the events is observed.
        """
        if job.finishing_timer is not None:
            job.finishing_timer.cancel()
            job.finishing_timer = None
        self.set_status(job, JobTrigger.FORCE_DELETE)
        self._announcer.announce_job(job, job_events.DELETION_IN_PROGRESS)
        self.end_rollout(job)
        self._after("deletion", self._settings.deletion_seconds, job, partial(self._delete_executions, job))

    def _delete_executions(self, job: Job) -> None:
        for execution in job.executions:
            self._executions.remove_from_thing(execution)
            self._announcer.announce_execution(execution, job_events.DELETED)
        self._remove(job, changes.DELETED)
        self._announcer.announce_job(job, job_events.DELETED)

    def _expire(self, job: Job) -> None:
        # No request deleted it, so there is no event (inferred).
        for execution in job.executions:
            self._executions.remove_from_thing(execution)
        self._remove(job, changes.RETENTION)

    def _remove(self, job: Job, why: str) -> None:
        for timer in (job.finishing_timer, job.expiry):
            if timer is not None:
                timer.cancel()
        self._store.remove(job)
        self._recorder.job_changed(job, job.status, why, is_gone=True)

    def _after(self, name: str, seconds: float, job: Job, finish: Callable[[], None]) -> None:
        if not seconds:
            finish()
            return
        job.finishing_timer = self._clock.call_at(self._clock.now_ms + round(seconds * 1000), finish, name=name)
        self._store.usage.follow(job)
