"""The listeners for changes of status of a job, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mock_jobs.batch.lifecycle.transition import Listener, ends, leaves_runnable
from mock_jobs.batch.records.node import MultiNodeJob

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.announcements import Announcer
    from mock_jobs.batch.lifecycle.changes import Recorder
    from mock_jobs.batch.lifecycle.node_follower import NodeFollower
    from mock_jobs.batch.lifecycle.retention import Retention
    from mock_jobs.batch.lifecycle.scheduler import Scheduler
    from mock_jobs.batch.records.consumable_resources import ConsumableResources
    from mock_jobs.batch.records.job import Job
    from mock_jobs.batch.states import JobStatus, Trigger
    from mock_jobs.core.world_clock import WorldClock


def job_listeners(
    scheduler: Scheduler,
    clock: WorldClock,
    consumables: ConsumableResources,
    retention: Retention,
    announcer: Announcer,
    *,
    recorder: Recorder,
    node_follower: NodeFollower,
) -> Sequence[Listener[Job, Trigger]]:
    """Return the listeners for each change, in the order of the calls.

    1. The wait queue, which removes a job that was RUNNABLE.
    2. The listings and counts: of a child of an array, the summary of the array; of any other job, the index of its queue and the
       consumers of resources.
    3. The usage of the queue and then the retention of jobs, when a whole job has ended.
    4. The announcer, which records the job as the others have left it.
    5. The timeline, which also records nodes.
    6. The node follower, which moves the nodes of the job and so causes further changes.

    No other listener is called for a node other than the main node, because it changes with its job.
    """

    def leave_wait_queue(job: Job, before: JobStatus, trigger: Trigger) -> None:
        del before, trigger
        scheduler.remove(job)

    def update_listings(job: Job, before: JobStatus, trigger: Trigger) -> None:
        del trigger
        queue, parent = job.spec.queue, job.parent
        queue.moves += 1
        if parent is None:
            queue.index.moved(job, before, job.spec.share_identifier)
            consumables.consumers.moved(job, before)
        else:
            parent.summary[before] -= 1
            parent.summary[job.status] += 1
            parent.summary_ms = clock.now_ms
            parent.moves += 1
            parent.reads = 0

    def end_whole_job(job: Job, before: JobStatus, trigger: Trigger) -> None:
        del before, trigger
        if job.parent is None:
            job.spec.queue.usage.ended(job)
            retention.job_ended(job)

    return (
        Listener(leave_wait_queue, _leaves_runnable),
        Listener(update_listings, _is_no_node),
        Listener(end_whole_job, _ends),
        Listener(announcer.changed, _is_no_node),
        Listener(recorder.changed),
        Listener(node_follower.follow, _has_nodes),
    )


def _is_no_node(kind: type[Job], before: str, after: str) -> bool:
    del before, after
    return kind.takes_capacity


def _leaves_runnable(kind: type[Job], before: str, after: str) -> bool:
    return kind.takes_capacity and leaves_runnable(kind, before, after)


def _ends(kind: type[Job], before: str, after: str) -> bool:
    return kind.takes_capacity and ends(kind, before, after)


def _has_nodes(kind: type[Job], before: str, after: str) -> bool:
    del before, after
    return issubclass(kind, MultiNodeJob)
