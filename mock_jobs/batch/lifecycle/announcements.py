"""The events about jobs that AWS Batch sends to Amazon EventBridge.

Sources: user guide, "AWS Batch events" with its samples of a job event and of a blocked queue (*documented*). *Inferred*: that
`retryStrategy` and `propagateTags` are always present, with defaults if none were given, and that the first event about a child
of an array is sent when it leaves PENDING.
"""

from __future__ import annotations

import copy
from collections import deque
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, cast
from uuid import NAMESPACE_URL, uuid5

from mock_jobs.batch.records.job import ArrayJob, Attempt, Job
from mock_jobs.batch.views.jobs import job_detail
from mock_jobs.core.errors import HIDDEN
from mock_jobs.core.events import Draft, Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_jobs.batch.names import Arns
    from mock_jobs.batch.states import JobStatus, Trigger
    from mock_jobs.core.loops import Caused
    from mock_jobs.core.world import World

__tracebackhide__ = HIDDEN

STATE_CHANGE: Final = "Batch Job State Change"
QUEUE_BLOCKED: Final = "Batch Job Queue Blocked"

SOURCE: Final = "aws.batch"
_NO_RETRIES = {"attempts": 1, "evaluateOnExit": []}


class JobChange(NamedTuple):
    """A job as it was at one event.

    One is created for each event, so it holds only what can change.

    Attributes:
        arns: ARNs of its account and region.
        detail_type: `STATE_CHANGE` or `QUEUE_BLOCKED`.
        at_ms: When it happened.
        job: The job; the attributes after this one are its state at that time.
        tags: None for none.
        summary: The counts of an array and when they last changed.
    """

    arns: Arns
    detail_type: str
    at_ms: int
    job: Job
    moves: int
    status: JobStatus
    status_reason: str | None
    started_ms: int | None
    stopped_ms: int | None
    attempts: tuple[Attempt, ...]
    current: Attempt | None
    is_cancelled: bool
    is_terminated: bool
    tags: dict[str, str] | None
    summary: tuple[dict[str, int], int] | None

    def event(self) -> Event:
        """Return the event, with the envelope of EventBridge as its payload."""
        job = self.job
        return envelope(
            self.arns,
            self.at_ms,
            self.detail_type,
            resources=[job.arn, job.spec.queue.arn] if self.detail_type == QUEUE_BLOCKED else [job.arn],
            key=f"{self.moves} {self.status_reason}",
            detail=self._detail(),
        )

    def _detail(self) -> dict[str, object]:
        job = copy.copy(self.job)
        job.status = self.status
        job.status_reason = self.status_reason
        job.started_ms = self.started_ms
        job.stopped_ms = self.stopped_ms
        job.attempts = self.attempts
        job.current = self.current
        job.is_cancelled = self.is_cancelled
        job.is_terminated = self.is_terminated
        if isinstance(job, ArrayJob) and self.summary is not None:
            job.summary, job.summary_ms = self.summary
        detail = cast("dict[str, object]", job_detail(job, self.arns, legacy=False))
        del detail["eksAttempts"]
        detail.setdefault("retryStrategy", _NO_RETRIES)
        detail.setdefault("propagateTags", False)
        # AWS's sample has the ARN among the tags.
        detail["tags"] = {**(self.tags or {}), "resourceArn": job.arn}
        return detail


def envelope(arns: Arns, at_ms: int, detail_type: str, *, resources: list[str], key: str, detail: Mapping[str, object]) -> Event:
    """Return an event of AWS Batch, with the envelope of EventBridge as its payload.

    Args:
        arns: ARNs of its account and region.
        at_ms: When it happened.
        detail_type: What happened.
        resources: ARNs of what it happened to.
        key: Distinguishes it from other events of the same type, time and resources. The id is computed from all of these, so
            it is always the same.
        detail: The `detail` of the event.
    """
    payload: dict[str, object] = {
        "version": "0",
        "id": str(uuid5(NAMESPACE_URL, f"{resources} {at_ms} {detail_type} {key}")),
        "detail-type": detail_type,
        "source": SOURCE,
        "account": arns.account,
        "time": f"{datetime.fromtimestamp(at_ms // 1000, timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
        "region": arns.region,
        "resources": resources,
        "detail": detail,
    }
    return Event(at_ms, "batch", arns.account, arns.region, detail_type, payload)


class _JobOfAnyKind(Protocol):
    @property
    def spec(self) -> Caused:
        """The immutable part of the job."""
        ...


class JobDraft(Draft, Protocol):
    """An event about a job of any kind."""

    @property
    def job(self) -> _JobOfAnyKind:
        """The job."""
        ...


class Announcer:
    """Records events of one account and region and delivers them to EventBridge.

    Args:
        world: Its events, clock and ports.
        arns: ARNs of the account and region.
    """

    def __init__(self, world: World, arns: Arns) -> None:
        self._clock = world.clock
        self._note = world.events.note
        self._unlocked = world.unlocked
        self._loops = world.loops
        self._arns = arns
        self._bus = world.ports.event_bus(arns.account, arns.region)
        self._is_open = False
        self._outbox: deque[JobDraft] | None = None

    def changed(self, job: Job, before: JobStatus, trigger: Trigger) -> None:
        """Announce that a job has a new status."""
        del before, trigger
        self.announce(self._draft(STATE_CHANGE, job))

    def blocked(self, job: Job) -> None:
        """Announce that the job at the head of a queue can currently never be dispatched."""
        self.announce(self._draft(QUEUE_BLOCKED, job))

    def announce(self, draft: JobDraft) -> None:
        """Announce an event; its payload must be the whole envelope."""
        self._note(draft)
        if not self._is_open:
            # There may be very many events at one moment, so whether there are rules is checked once for all of them.
            self._is_open = True
            self._outbox = deque() if self._bus.has_rules else None
            self._clock.call_soon(self._deliver)
        if self._outbox is not None:
            self._outbox.append(draft)

    def _deliver(self) -> None:
        outbox, generation = self._outbox, self._clock.generation
        try:
            while outbox and generation is self._clock.generation:
                draft = outbox.popleft()
                payload = draft.event().payload
                # A target may be an HTTP endpoint that sends a request of its own before it answers.
                with self._loops.acting(draft.job.spec, "an event"), self._unlocked():
                    self._bus.deliver(payload)
        finally:
            if outbox and generation is self._clock.generation:
                # Something was raised, for example a warning that counts as an error. The other events are still delivered.
                self._clock.call_soon(self._deliver)
            else:
                self._is_open = False

    def _draft(self, detail_type: str, job: Job) -> JobChange:
        tags = job.spec.tags
        content = (
            self._arns,
            detail_type,
            self._clock.now_ms,
            job,
            job.moves,
            job.status,
            job.status_reason,
            job.started_ms,
            job.stopped_ms,
            job.attempts,
            job.current,
            job.is_cancelled,
            job.is_terminated,
            None if not tags or job.is_part else tags.copy(),
            (job.summary.copy(), job.summary_ms) if isinstance(job, ArrayJob) else None,
        )
        # Takes half the time of JobChange(*content), and runs for every move of every job.
        return tuple.__new__(JobChange, content)
