"""`mock.iot`: settings of AWS IoT Jobs, and moving time until a job or an execution has a status."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mock_jobs.core.argument_checks import check_text, check_whole
from mock_jobs.core.errors import HIDDEN
from mock_jobs.core.summary import counts
from mock_jobs.iot.scenario import IoTScenario
from mock_jobs.iot.waiting import ExecutionStatus, JobStatus, WaitForExecution, WaitForJob, check_status, the_job

if TYPE_CHECKING:
    from mock_jobs.core.world import World
    from mock_jobs.iot.waiting import Wait

__tracebackhide__ = HIDDEN


class IoTHandle:
    """Controls of AWS IoT Jobs, in all accounts and regions of a mock.

    Attributes:
        settings: Quotas, rates, latencies and switches: set its members, or several at once with `change`.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        scenario = world.shared(IoTScenario)
        self._stores = scenario.stores
        self.settings = scenario.settings

    def __repr__(self) -> str:
        shown = "; ".join(counts(self._world, "IoT"))
        return f"<iot: {shown or 'no jobs'}>"

    def run_until(self, job_id: str, status: JobStatus) -> None:
        """Move the clock, and everything that is due on the way, until a job has a status.

        Batch jobs move too, at every pace. It does nothing if the job has the status already.

        Args:
            job_id: Id of the job; its ARN if several accounts or regions have a job with this id.
            status: `SCHEDULED`, `IN_PROGRESS`, `COMPLETED`, `CANCELED` or `DELETION_IN_PROGRESS`.

        Raises:
            UsageValueError: There is no such status or job, or several jobs have the id; then nothing has moved. Or the job ended
                in another status, was deleted, or waits for something that time does not bring, for example a device; the
                text says for what.
            UsageTypeError: An argument is not a string.
            EndlessLoopError: Batch jobs cause one another without end, and nothing else is due that could end it.
            AssertionError: An assertion failed in the function of a plan.

        Example:
            `mock.iot.run_until("firmware-7", "IN_PROGRESS")` waits for the start of a scheduled job.
        """
        check_text("job_id", job_id)
        check_status(status, JobStatus)
        self._run_until("run_until", lambda: WaitForJob(*the_job(self._stores, job_id), status))

    def run_execution_until(
        self, job_id: str, thing_name: str, status: ExecutionStatus, *, execution_number: int | None = None
    ) -> None:
        """Move the clock, and everything that is due on the way, until the execution of a thing has a status.

        Batch jobs move too, at every pace. It does nothing if the execution has the status already. A rollout or a schedule may
        still have to create the execution.

        Args:
            job_id: Id of the job; its ARN if several accounts or regions have a job with this id.
            thing_name: Name of the thing.
            status: `QUEUED`, `IN_PROGRESS`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `REJECTED`, `REMOVED` or `CANCELED`.
            execution_number: Which execution of the thing; None means the latest one now, or the first one if there is none yet.

        Raises:
            UsageValueError: There is no such status or job, several jobs have the id, or the thing is no target of the job; then
                nothing has moved. Or the execution ended in another status, was deleted, or waits for something that time
                does not bring, for example its device; the text says for what.
            UsageTypeError: An argument has the wrong type.
            EndlessLoopError: Batch jobs cause one another without end, and nothing else is due that could end it.
            AssertionError: An assertion failed in the function of a plan.

        Example:
            `mock.iot.run_execution_until("firmware-7", "pump-1", "TIMED_OUT")` waits for the timeout of an execution in progress.
        """
        check_text("job_id", job_id)
        check_text("thing_name", thing_name)
        check_status(status, ExecutionStatus)
        if execution_number is not None:
            check_whole("execution_number", execution_number, 1)
        self._run_until(
            "run_execution_until", lambda: WaitForExecution(*the_job(self._stores, job_id), status, thing_name, execution_number)
        )

    def _run_until(self, name: str, look_up: Callable[[], Wait]) -> None:
        world = self._world
        with world.lock, world.failures.raised(f"mock.iot.{name}()"), world.clock.pinned():
            wait = look_up()
            world.clock.run_due()
            with world.clock.searching():
                while not wait.is_over():
                    if not world.clock.run_next_awaited():
                        raise wait.stuck()
