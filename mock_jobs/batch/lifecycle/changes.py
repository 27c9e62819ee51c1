"""What the timeline of a world records about jobs and the resources of AWS Batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from mock_jobs.batch.records.node import Node
from mock_jobs.batch.scenario.plans import SUCCESS, plan_text
from mock_jobs.core.timeline import Cause, Change

if TYPE_CHECKING:
    from enum import Enum

    from mock_jobs.batch.names import Arns
    from mock_jobs.batch.records.job import Job
    from mock_jobs.core.world import World

SUBMITTED: Final = "it was submitted"
BLOCKED: Final = "it blocks the head of its queue"
UNBLOCKED: Final = "it no longer blocks the head of its queue"

# Names of triggers that end an attempt as a plan says
_FAILED: Final = frozenset({"ATTEMPT_FAILED", "RETRIED"})
_DECIDED_BY_PLANS: Final = _FAILED | {"EXITED_ZERO", "COMPLETED"}


class _Named(Protocol):
    @property
    def name(self) -> str:
        """Job name."""
        ...


class RecordedJob(Protocol):
    """A job of any kind, as far as the timeline shows it."""

    status: Any
    status_reason: str | None
    attempts: Any

    @property
    def spec(self) -> _Named:
        """The immutable part of the job."""
        ...

    @property
    def job_id(self) -> str:
        """Its id."""
        ...


Label = Callable[[Any], tuple[str, str]]


class JobMove(NamedTuple):
    """A job of any kind as a change has left it.

    Attributes:
        arns: ARNs of its account and region.
        at_ms: When it changed.
        job: The job; the attributes after this one are its state at that time.
        attempts: The attempts that had ended.
        label: Returns its kind, and the id of the whole job.
    """

    arns: Arns
    at_ms: int
    job: RecordedJob
    before: str | None
    after: str
    why: Enum | str
    status_reason: str | None
    attempts: tuple[Any, ...]
    label: Label
    cause: Cause

    def change(self) -> Change:
        """Return the change."""
        kind, job_id = self.label(self.job)
        arns, name = self.arns, self.job.spec.name
        why = self.why if isinstance(self.why, str) else self._why(self.why)
        return Change(
            self.at_ms,
            "batch",
            arns.account,
            arns.region,
            kind,
            job_id,
            self.job.job_id,
            name,
            self.before,
            self.after,
            why,
            self.status_reason,
            str(self.cause),
        )

    def _why(self, trigger: Enum) -> str:
        """Return the text of a trigger, with how the attempt ended and the plan that has decided it."""
        text = str(trigger.value)
        if not self.attempts or trigger.name not in _DECIDED_BY_PLANS:
            return text
        outcome = outcome_of(self.attempts) if trigger.name in _FAILED else None
        plan = getattr(self.attempts[-1], "plan", SUCCESS)
        shown = text if outcome is None else f"{text} ({outcome})"
        return shown if plan is SUCCESS else f"{shown}: {plan_text(plan)}"


def outcome_of(attempts: Sequence[Any]) -> str | None:
    """Return how the last attempt ended, if it did not succeed: exit code and reason of its container.

    Args:
        attempts: The attempts of a job that have ended.
    """
    last = attempts[-1] if attempts else None
    code, reason = getattr(last, "exit_code", None), getattr(last, "reason", None)
    parts = [*([f"exit code {code}"] if code else []), *([reason] if reason else [])]
    return ", ".join(parts) or None


def label_of_job(job: Job) -> tuple[str, str]:
    """Return the kind of a job for the timeline, and the id of the whole job."""
    if isinstance(job, Node):
        return "node", job.own_id
    if job.parent is not None:
        return "child", job.parent.own_id
    return "job", job.own_id


class Recorder:
    """Records the changes of jobs of one kind, account and region in the timeline.

    Args:
        world: Has the timeline and the clock.
        arns: ARNs of the account and region.
        label: Returns the kind of a job, and the id of the whole job.
    """

    def __init__(self, world: World, arns: Arns, label: Label) -> None:
        self._note = world.changes.note
        self._causes = world.causes
        self._clock = world.clock
        self._arns = arns
        self._label = label

    def submitted(self, job: RecordedJob) -> None:
        """Record a new job. The children of an array and the nodes of a job appear with their first change."""
        self._record(job, None, SUBMITTED)

    def changed(self, job: RecordedJob, before: str, trigger: Enum | str) -> None:
        """Record that a job has a new status, or a new reason for the one that it had."""
        self._record(job, before, trigger)

    def _record(self, job: RecordedJob, before: str | None, why: Enum | str) -> None:
        content = (
            self._arns,
            self._clock.now_ms,
            job,
            before,
            job.status,
            why,
            job.status_reason,
            job.attempts,
            self._label,
            self._causes.now,
        )
        # As for the events: this runs for every move of every job.
        self._note(tuple.__new__(JobMove, content))


class Resource(Protocol):
    """A job queue, an environment or a quota share."""

    name: Any
    status: Any
    state: Any

    @property
    def arn(self) -> str:
        """Its ARN."""
        ...


_DONE: Final = {"CREATING": "it was created", "UPDATING": "it was updated", "DELETING": "it was deleted"}
_BEGUN: Final = {"CREATING": "its creation begins", "UPDATING": "its update begins", "DELETING": "its deletion begins"}


class ResourceRecorder:
    """Records the changes of queues, environments and quota shares of one account and region in the timeline.

    Args:
        world: Has the timeline and the clock.
        arns: ARNs of the account and region.
    """

    def __init__(self, world: World, arns: Arns) -> None:
        self._note = world.changes.note
        self._causes = world.causes
        self._clock = world.clock
        self._arns = arns
        self._shown: dict[Resource, str] = {}

    def begun(self, resource: Resource) -> None:
        """Record that the creation, update or deletion of a resource takes time from now on."""
        self.changed(resource, _BEGUN[resource.status])

    def done(self, resource: Resource, change: str) -> None:
        """Record that a creation, update or deletion is complete.

        Args:
            resource: The resource.
            change: The status that it has during the change.
        """
        self.changed(resource, _DONE[change])
        if change == "DELETING":
            del self._shown[resource]

    def changed(self, resource: Resource, why: str, reason: str | None = None) -> None:
        """Record a change of a resource.

        Args:
            resource: The resource as it is now.
            why: The cause, in words.
            reason: What AWS shows as its status reason.
        """
        before = self._shown.get(resource)
        is_gone = why == _DONE["DELETING"]
        after = None if is_gone else resource.status if resource.state == "ENABLED" else f"{resource.status}, {resource.state}"
        self._shown[resource] = after or ""
        arns, (kind, name) = self._arns, _kind_and_name(resource)
        at_ms, during = self._clock.now_ms, str(self._causes.now)
        self._note(Change(at_ms, "batch", arns.account, arns.region, kind, None, name, name, before, after, why, reason, during))


def _kind_and_name(resource: Resource) -> tuple[str, str]:
    kind, _, name = resource.arn.split(":", 5)[5].partition("/")
    queue, _, share = name.partition("/quota-share/")
    return ("quota share", f"{queue}/{share}") if share else (kind.replace("-", " "), name)
