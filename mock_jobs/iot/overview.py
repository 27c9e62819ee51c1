"""What reports show of AWS IoT Jobs in one account and region: records and hints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from mock_jobs.core.service_base import Row
from mock_jobs.iot import states

if TYPE_CHECKING:
    from mock_jobs.iot.records.job import Execution, Job
    from mock_jobs.iot.records.store import JobStore

JOBS: Final = "IoT jobs"
EXECUTIONS: Final = "IoT executions"


def rows(store: JobStore) -> Mapping[str, Iterable[Row]]:
    """Return the rows of all records, by their kind."""
    return {
        JOBS: (Row(job.job_id, job.job_id, job.status, job.comment, "", job.created_at_ms) for job in store.jobs),
        EXECUTIONS: (_execution_row(execution) for job in store.jobs for execution in job.executions),
        "IoT job templates": (
            Row(each.template_id, each.template_id, created_ms=each.created_at_ms) for each in store.templates.newest_first(None)
        ),
    }


def why_unfinished(store: JobStore, record_id: str) -> str | None:
    """Return what an unfinished job or execution waits for, in words.

    Args:
        store: The records.
        record_id: Id of a job, or `JOB/THING/NUMBER` of an execution.
    """
    job = store.get_job(record_id)
    if job is not None:
        return "; ".join(_why_job_waits(job)) or None if job.status in states.ACTIVE else None
    job_id, _, rest = record_id.partition("/")
    thing_name, _, number = rest.rpartition("/")
    job = store.get_job(job_id)
    execution = None if job is None or not number.isdigit() else job.executions.find(thing_name, int(number))
    return None if execution is None else _why_execution_waits(execution)


def hints(store: JobStore) -> list[str]:
    """Return what keeps the unfinished jobs and executions from moving, and what to do."""
    found = []
    rolling = sum(job.is_rolling_out for job in store.rollouts.values())
    if rolling:
        jobs = "the rollout of 1 job goes" if rolling == 1 else f"the rollouts of {rolling} jobs go"
        found.append(f"{jobs} on with the clock: mock.clock.advance() or mock.run_until_idle()")
    queued = store.count_executions().get(states.QUEUED, 0)
    if queued:
        what = (
            "1 execution is QUEUED: its device moves it" if queued == 1 else f"{queued} executions are QUEUED: devices move them"
        )
        found.append(f"{what}, with start_next_pending_job_execution or update_job_execution of iot-jobs-data")
    return found


def _execution_row(execution: Execution) -> Row:
    job_id = execution.job.job_id
    record_id = f"{job_id}/{execution.thing_name}/{execution.number}"
    return Row(record_id, execution.thing_name, execution.status, None, job_id, execution.queued_at_ms)


def _why_job_waits(job: Job) -> Iterator[str]:
    if job.status == states.SCHEDULED:
        yield "it waits for a maintenance window" if job.windows is not None else "it waits for its start time"
    if job.is_rolling_out:
        yield "its rollout is not finished"
    pending = ", ".join(f"{number} {status}" for status in states.PENDING if (number := job.executions.count(status)))
    if pending:
        yield f"its executions are not finished: {pending}"
    elif job.is_continuous and not job.has_ended:
        yield "it is continuous, and waits for things to join its targets"


def _why_execution_waits(execution: Execution) -> str | None:
    if execution.status == states.QUEUED:
        return "its device has not started it"
    if execution.status != states.IN_PROGRESS:
        return None
    deadline = "" if execution.timers is None else ", or for its timeout"
    return f"it waits for a report of its device{deadline}"
