"""Reads the logs of jobs, and waits for them as code under test does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from support.constants import REGION

if TYPE_CHECKING:
    from support.batch_site import Site

GROUP = "/aws/batch/job"


def log_of(site: Site, job_id: str) -> list[str]:
    stream = site.detail(job_id)["container"]["logStreamName"]
    logs = boto3.client("logs", region_name=REGION)
    return [event["message"] for event in logs.get_log_events(logGroupName=GROUP, logStreamName=stream)["events"]]


def wait_for(site: Site, job_id: str) -> Any:
    """Poll a job as code under test does."""
    for _ in range(20):
        job = site.detail(job_id)
        if job["status"] in ("SUCCEEDED", "FAILED"):
            return job
    raise AssertionError(job["status"])
