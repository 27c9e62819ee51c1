"""Multi-node parallel jobs, and what answers show of their nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.batch_site import Site


def submit_nodes(site: Site, name: str = "mnp", **more: Any) -> str:
    return site.submit(name, jobDefinition=more.pop("jobDefinition", "m"), **more)


def states(site: Site, job_id: str, count: int = 3) -> list[str]:
    """Return the status of the job, then those of its nodes."""
    return [site.status(job_id), *(node["status"] for node in site.nodes(job_id, count))]


def reasons(site: Site, job_id: str, count: int = 3) -> list[str | None]:
    return [each.get("statusReason") for each in (site.detail(job_id), *site.nodes(job_id, count))]


def codes(site: Site, job_id: str, count: int = 3) -> list[list[int | None]]:
    """Return the exit codes of all attempts of each node."""
    return [[attempt["container"].get("exitCode") for attempt in node["attempts"]] for node in site.nodes(job_id, count)]
