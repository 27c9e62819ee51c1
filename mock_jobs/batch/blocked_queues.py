"""`mock.batch.block()`: find the job queue, and choose the reason that the job at its head shows.

Source: user guide, "Jobs stuck in RUNNABLE" (*documented*: codes and texts). That the name of the instance type replaces
`instanceTypeName`, inside the brackets, is *inferred*.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from mock_jobs.batch import messages
from mock_jobs.batch.messages import code_of
from mock_jobs.batch.scenario.queue_block import QueueBlock
from mock_jobs.batch.service_jobs.resources import ServiceQueue
from mock_jobs.core.argument_checks import check_text
from mock_jobs.core.errors import HIDDEN, UsageValueError
from mock_jobs.core.timeline import TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from threading import RLock

    from mock_jobs.batch.records.job import Job
    from mock_jobs.batch.records.job_queue import ComputeQueue
    from mock_jobs.batch.region import AnyQueue, BatchRegion

__tracebackhide__ = HIDDEN


class _Named(Protocol):
    name: str
    arn: str


OwnerT = TypeVar("OwnerT")
NamedT = TypeVar("NamedT", bound=_Named)

_TEXTS: Final = {
    code_of(text): text
    for text in (
        messages.BLOCKED_NO_CAPACITY,
        messages.BLOCKED_JOB_RESOURCE,
        messages.BLOCKED_SERVICE_ROLE,
        messages.BLOCKED_INSTANCE_CONFIGURATION,
        messages.BLOCKED_UNDETERMINED,
    )
}
_SERVICE_TEXTS: Final = {code_of(messages.BLOCKED_SERVICE_CAPACITY): messages.BLOCKED_SERVICE_CAPACITY}
# Reasons that requests alone can cause
_BY_THEMSELVES: Final = {
    code_of(messages.BLOCKED_MAX_RESOURCE): "submit a job that needs more vCPUs than any compute environment of the queue has",
    code_of(messages.BLOCKED_DISABLED): "disable the compute environments of the queue",
    code_of(messages.BLOCKED_SERVICE_MAX): "submit a service job that needs more instances than its service environment has",
    code_of(messages.BLOCKED_QUOTA): "submit a service job that needs more instances than its quota share can have",
}


def block_queue(regions: Iterable[BatchRegion], queue: str, code: str, instance_type: str | None, lock: RLock) -> QueueBlock:
    """Block a job queue, for `BatchHandle.block`."""
    check_text("code", code)
    if instance_type is not None:
        check_text("instance_type", instance_type)
    if code in _BY_THEMSELVES:
        msg = f"{code} cannot be set with block(), because requests cause it: {_BY_THEMSELVES[code]}"
        raise UsageValueError(msg)
    if code not in _TEXTS:
        msg = f"there is no reason {code!r}; there are: {', '.join(_TEXTS)}"
        raise UsageValueError(msg)
    region, found = find_queue(regions, queue)
    if not isinstance(found, ServiceQueue):
        if instance_type is not None and "{instance_type}" not in _TEXTS[code]:
            msg = f"the text of {code} names no instance type: leave out instance_type={instance_type!r}"
            raise UsageValueError(msg)
        text = _TEXTS[code].format(instance_type=instance_type or _instance_type_of(found))
        return QueueBlock(found.blocks, text, _notice(region, found), lock)
    if code not in _SERVICE_TEXTS:
        msg = f"job queue {queue} is for service jobs, for which the only reason is {', '.join(_SERVICE_TEXTS)}; got {code!r}"
        raise UsageValueError(msg)
    if instance_type is not None:
        msg = f"the reason of service jobs names no instance type: leave out instance_type={instance_type!r}"
        raise UsageValueError(msg)
    return QueueBlock(found.blocks, _SERVICE_TEXTS[code], _notice(region, found), lock)


def _notice(region: BatchRegion, queue: AnyQueue) -> Callable[[], None]:
    """Return a function that is called when a block of a queue begins or ends."""
    lifecycle = region.service_lifecycle if isinstance(queue, ServiceQueue) else region.lifecycle

    causes = region.world.causes

    def act() -> None:
        # Whoever blocks or unblocks the queue has a name already.
        with causes.acting("QueueBlock.clear()") if causes.now is TIME else nullcontext():
            if queue.blocks:
                region.recorder.changed(queue, "the test blocks it", queue.blocks[-1].reason)
            else:
                region.recorder.changed(queue, "the last block of it ends")
            lifecycle.scheduler.look_again()

    return act


def find_queue(regions: Iterable[BatchRegion], reference: str) -> tuple[BatchRegion, AnyQueue]:
    """Return the job queue with this name or ARN, and the store of its account and region.

    Raises:
        UsageTypeError: The reference is not a string.
        UsageValueError: There is no such queue, or there are several of this name.
    """
    check_text("queue", reference)
    return the_named("job queue", reference, [(region, queue) for region in regions for queue in region.queues.values()])


def the_named(what: str, reference: str, known: Sequence[tuple[OwnerT, NamedT]]) -> tuple[OwnerT, NamedT]:
    """Return the resource with this name or ARN, with the owner it is listed with.

    Args:
        what: The kind of resource, for error texts.
        reference: Its name or ARN.
        known: All resources of this kind, each with its owner.

    Raises:
        UsageValueError: No resource has this name, or several have it.
    """
    found = [(owner, each) for owner, each in known if reference in (each.name, each.arn)]
    if len(found) > 1:
        arns = ", ".join(each.arn for _, each in found)
        raise UsageValueError(f"several {what}s are named {reference!r}; give the ARN of one: {arns}")
    if not found:
        names = ", ".join(each.name for _, each in known) or "none"
        raise UsageValueError(f"no {what} is named {reference!r}; there are: {names}")
    return found[0]


def _instance_type_of(queue: ComputeQueue[Job]) -> str:
    resources = queue.order[0][1].resources
    if resources is None:
        return "unknown"
    types = resources.get("instanceTypes")
    return types[0] if types else resources["type"]
