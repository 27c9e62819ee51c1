"""The handle: clock, faults, calls, events and services of one world, for tests."""

from __future__ import annotations

import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING

from mock_jobs.core.errors import DroppedEventsWarning, NotActiveError
from mock_jobs.core.events import EVENT_LOG_LENGTH
from mock_jobs.core.moments import in_iso
from mock_jobs.core.summary import counts

if TYPE_CHECKING:
    from mock_jobs.batch.handle import BatchHandle
    from mock_jobs.batch.scenario.scenario import Scenario
    from mock_jobs.core.calls import Calls
    from mock_jobs.core.clock import Clock
    from mock_jobs.core.events import Event
    from mock_jobs.core.faults import Faults
    from mock_jobs.core.setups import SetUp
    from mock_jobs.core.world import World
    from mock_jobs.iot.handle import IoTHandle
    from mock_jobs.reporting.timeline import Timeline


class Handle(ABC):
    """Controls of one world: its clock, faults, calls, events and services.

    A world is all state of one run of the mock. In process there is one; a server has one for each account. `MockJobs` is the
    handle of the mock in process, `MockJobsServer.account()` returns that of an account.

    Each property of an inactive `MockJobs` raises `NotActiveError`.
    """

    _called = "mock_jobs"
    _why_absent = "not active"

    @property
    @abstractmethod
    def _world(self) -> World:
        """The state that this handle controls."""

    def __repr__(self) -> str:
        try:
            world = self._world
        except NotActiveError:
            return f"<{self._called}, {self._why_absent}>"
        return f"<{'; '.join([f'{self._called} at {in_iso(world.clock.now)}', *self._shown_pace(), *counts(world)])}>"

    def _shown_pace(self) -> list[str]:
        # Without this module nobody has set a pace, and there are no jobs of Batch. What a world has not made yet is not made here:
        # that would wait for a thread that holds the world.
        module = sys.modules.get("mock_jobs.batch.handle")
        if module is None:
            return []
        scenario: Scenario | None = self._world.shared_if_made(module.Scenario)
        return [f"pace {'poll' if scenario is None else scenario.pace_stack.pace.mode}"]

    @property
    def clock(self) -> Clock:
        """The clock, which a test reads, moves forward and freezes."""
        return self._world.clock

    @property
    def seed(self) -> int:
        """The seed of the ids and of the faults with a `probability`: as given, or drawn. Give it to repeat a run."""
        return self._world.seed

    @property
    def faults(self) -> Faults:
        """What the test lets go wrong with operations: errors, lost answers, delays."""
        return self._world.faults

    @property
    def unused(self) -> tuple[SetUp, ...]:
        """The plans, faults and refusals that nothing has used so far, without optional ones.

        Each has a `name`, `used`, `optional` and `remove()`. If there are any at the end of a mock in process, it raises
        `UnusedError`. A server raises nothing.

        Example:
            `assert not mock.unused` checks in the middle of a test what the end of the mock checks.
        """
        return self._world.unused()

    @property
    def calls(self) -> Calls:
        """The requests for IoT Jobs and Batch that were answered, for example `mock.calls.of("batch", "submit_job")`.

        Use them to check what the code under test asked for. A copy, in the order of the answers, of at most the last 10,000, whose
        requests and answers have at most 16 MiB in all. Requests that moto answered are not among them.
        """
        from mock_jobs.core.calls import Calls  # noqa: PLC0415 - costs nothing until asked for
        from mock_jobs.transports.services import find_operation  # noqa: PLC0415

        world = self._world
        with world.lock:
            return Calls(tuple(world.calls), find_operation)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that AWS IoT would publish and AWS Batch would send.

        Check them, or pass them to event handlers under test. A copy, oldest first, of at most the last 10,000. One array of
        10,000 children makes 40,000 events. The first read after older events were discarded gives a `DroppedEventsWarning`, once
        until the next reset.

        Example:
            `[each.topic for each in mock.events if each.service == "iot"]`
        """
        world = self._world
        with world.lock:
            dropped = world.events.unreported_dropped()
            if dropped:
                what = "1 event was" if dropped == 1 else f"{dropped:,} events were"
                text = (
                    f"{what} dropped: `events` holds the last {EVENT_LOG_LENGTH:,} only. Read it earlier, "
                    "before so many jobs have moved, or use fewer jobs."
                )
                warnings.warn(text, DroppedEventsWarning, stacklevel=2)
            return tuple(event._replace(payload=deepcopy(event.payload)) for event in world.events.all())

    def run_until_idle(self) -> None:
        """Move all jobs of AWS Batch and AWS IoT Jobs, and the clock, until nothing changes by itself any more, at every pace.

        Batch jobs end as `batch.run_all` ends them. For IoT Jobs, schedules start and end, rollouts finish, executions in
        progress time out, and delayed cancellations and deletions are done. What needs a device stays as it is. So does a Batch
        job whose plan never ends and that has no timeout.

        The clock stops at the last such change. It does not move for the deletion of ended jobs after a retention time, nor for
        maintenance windows that have nothing left to roll out; they happen if they are due before the last change.

        Raises:
            EndlessLoopError: Jobs cause one another without end, even if that takes time.
            AssertionError: An assertion failed in the function of a plan.

        Example:
            `mock.run_until_idle()` lets everything happen before the test looks at the result.
        """
        self._world.run_until_idle()

    @property
    def timeline(self) -> Timeline:
        """What has changed: each change of a job, an execution or a resource, when and why.

        `print(mock.timeline)` shows it as a table. A copy, oldest first, of at most the last 10,000 changes.
        """
        from mock_jobs.reporting.snapshot import content, snapshot  # noqa: PLC0415 - costs nothing until asked for
        from mock_jobs.reporting.timeline import Timeline  # noqa: PLC0415

        world = self._world
        with world.lock:
            shot = snapshot(world, self._called)

            def read_rest() -> Mapping[str, object]:
                with world.lock:
                    return content(shot)

            return Timeline(world.changes.all(), read_rest)

    @property
    def batch(self) -> BatchHandle:
        """The controls of AWS Batch, that is pace, plans, steps, blocked queues and settings.

        Example:
            `mock.batch.plan("nightly", exit_code=1)`
        """
        from mock_jobs.transports.services import batch  # noqa: PLC0415 - costs nothing until asked for

        return self._world.shared(batch().handle)

    @property
    def iot(self) -> IoTHandle:
        """The controls of AWS IoT Jobs, that is its settings.

        Example:
            `mock.iot.run_until("firmware-7", "IN_PROGRESS")`
        """
        from mock_jobs.transports.services import iot  # noqa: PLC0415 - costs nothing until asked for

        return self._world.shared(iot().handle)


def world_of(handle: Handle) -> World:
    """Return the state that a handle controls, for the package itself. It may change in any release.

    Raises:
        NotActiveError: The handle is that of a mock that is not active, or of a server that does not run.
    """
    return handle._world  # noqa: SLF001 - the one place
