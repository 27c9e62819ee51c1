"""Continuous jobs with maintenance windows, in the week from 2 June 2030, a Sunday."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.fleet import Fleet

SUNDAY = datetime(2030, 6, 2, 12, 0, tzinfo=timezone.utc)
MONDAYS = {"startTime": "0 0 18 ? * MON", "durationInMinutes": 60}


def day(number: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2030, 6, number, hour, minute, second, tzinfo=timezone.utc)


def windowed(
    fleet: Fleet,
    *things: str,
    groups: Iterable[str] = (),
    windows: Iterable[Mapping[str, Any]] = (MONDAYS,),
    start: str = "2030-06-02T13:00",
    job_id: str = "job",
    **members: Any,
) -> Any:
    schedule: dict[str, Any] = {"startTime": start, "maintenanceWindows": list(windows)}
    for name in ("endTime", "endBehavior"):
        if name in members:
            schedule[name] = members.pop(name)
    return fleet.job(*things, groups=groups, job_id=job_id, targetSelection="CONTINUOUS", schedulingConfig=schedule, **members)


def rate(per_minute: int) -> dict[str, Any]:
    return {"jobExecutionsRolloutConfig": {"maximumPerMinute": per_minute}}


def state(fleet: Fleet, job_id: str = "job") -> tuple[str, dict[str, int]]:
    return fleet.describe(job_id)["status"], fleet.counters(job_id)


def pending(fleet: Fleet, thing: str) -> list[str]:
    answer = fleet.data.get_pending_job_executions(thingName=thing)
    return [each["jobId"] for each in answer["inProgressJobs"] + answer["queuedJobs"]]
