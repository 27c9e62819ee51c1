"""The effects of changes of things and groups on jobs."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING

from mock_jobs.iot import states
from mock_jobs.iot.rules.targets import group_names
from mock_jobs.iot.states import ExecutionTrigger
from mock_jobs.ports.thing_registry import ThingChange, ThingEvent, ThingRegistry

if TYPE_CHECKING:
    from mock_jobs.iot.lifecycle.executions import ExecutionLifecycle
    from mock_jobs.iot.lifecycle.jobs import JobLifecycle
    from mock_jobs.iot.records.job import Job
    from mock_jobs.iot.records.store import JobStore
    from mock_jobs.iot.rules.arns import Scope


class Membership:
    """Applies changes of the registry to jobs: joins and leaves to continuous jobs, deletions of things to all jobs.

    Source: developer guide, "Jobs key concepts" and "Jobs and job execution states": a continuous job also runs on things that
    join its groups later; a QUEUED execution becomes REMOVED when its thing leaves them (documented). Observed: a join while an
    execution is pending has no effect, not even later; an IN_PROGRESS execution continues after its thing leaves.

    Args:
        store: Keeps the jobs and their subscriptions.
        executions: Changes executions.
        jobs: Changes jobs.
        scope: Partition, region and account of the jobs and things.
        things: Returns the current registry of things.
    """

    __slots__ = ("_executions", "_jobs", "_scope", "_store", "_things")

    def __init__(
        self,
        store: JobStore,
        executions: ExecutionLifecycle,
        jobs: JobLifecycle,
        scope: Scope,
        things: Callable[[], ThingRegistry],
    ) -> None:
        self._store = store
        self._executions = executions
        self._jobs = jobs
        self._scope = scope
        self._things = things

    def things_changed(self, change: ThingChange) -> None:
        """Apply a change that the registry has already made."""
        match change.event:
            case ThingEvent.CREATED:
                self._thing_created(change)
            case ThingEvent.DELETED:
                self._thing_deleted(change)
            case ThingEvent.JOINED:
                self._things_joined(change)
            case ThingEvent.LEFT:
                self._things_left(change)

    def _thing_created(self, change: ThingChange) -> None:
        """Add a thing that was deleted and created again to the jobs that target it directly. Source: inferred."""
        for name in change.thing_names:
            for job in self._store.subscriptions.of([self._scope.arn("thing", name)]):
                self._join(job, [name])

    def _thing_deleted(self, change: ThingChange) -> None:
        """Set the pending executions of a deleted thing to REMOVED, in all jobs; the records stay.

        Source: JobProcessDetails, API reference: the number of removed things counts deleted ones (documented). That IN_PROGRESS
        executions are removed too, and that a thing that still waits in a rollout gets no execution, is inferred.
        """
        for name in change.thing_names:
            followers = self._store.subscriptions.of([self._scope.arn("thing", name), *self._arns(change)])
            concerned = {job.job_id: job for job in (*followers, *self._store.rollouts.values())}
            for job in sorted(concerned.values(), key=attrgetter("sequence")):
                job.left_targets.discard(name)
                self._jobs.withdraw(job, name)
            queue = self._store.queues.get(name)
            for execution in [] if queue is None else list(queue.pending()):
                self._executions.change_one(execution, ExecutionTrigger.DELETE_THING)

    def _things_joined(self, change: ThingChange) -> None:
        registry = self._things()
        joined_group = change.groups[0]
        for job in self._store.subscriptions.of(self._arns(change)):
            # A thing that is already in a group through a child group does not join it again (inferred).
            ways = [
                [each for each in registry.with_child_groups([name]) if each != joined_group]
                for name in group_names(job.targets)
                if name in change.groups
            ]
            self._join(
                job,
                [
                    name
                    for name in change.thing_names
                    if not all(any(registry.is_member(name, each) for each in groups) for groups in ways)
                ],
            )

    def _things_left(self, change: ThingChange) -> None:
        registry = self._things()
        for job in self._store.subscriptions.of(self._arns(change)):
            groups = registry.with_child_groups(group_names(job.targets))
            direct = set(job.targets)
            self._leave(
                job,
                [
                    name
                    for name in change.thing_names
                    if self._scope.arn("thing", name) not in direct and not any(registry.is_member(name, each) for each in groups)
                ],
            )

    def _arns(self, change: ThingChange) -> list[str]:
        return [self._scope.arn("thinggroup", name) for name in change.groups]

    def _join(self, job: Job, thing_names: list[str]) -> None:
        """Create executions for things that became targets, unless they have a pending one."""
        job.left_targets.difference_update(thing_names)
        latest = ((name, job.executions.latest(name)) for name in thing_names)
        self._jobs.queue_joiners(
            job, [name for name, execution in latest if execution is None or execution.status not in states.PENDING]
        )

    def _leave(self, job: Job, thing_names: list[str]) -> None:
        """Withdraw things that left the targets, and set their QUEUED executions to REMOVED."""
        queued = []
        for name in thing_names:
            execution = job.executions.latest(name)
            if self._jobs.withdraw(job, name):
                continue
            if execution is None:
                if job.executions.had(name):
                    self._executions.write_removed(job, name)
            elif states.next_execution_status(execution.status, ExecutionTrigger.LEAVE) is not None:
                queued.append(execution)
            elif execution.status in states.PENDING:
                job.left_targets.add(name)
        self._executions.change_some(queued, ExecutionTrigger.LEAVE)
        self._jobs.settle(job)
