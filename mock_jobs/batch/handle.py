"""What a test author holds of AWS Batch: pace, settings, plans, and the moving of jobs by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, cast, get_args

from mock_jobs.batch.blocked_queues import block_queue, find_queue, the_named
from mock_jobs.batch.region import BatchRegion
from mock_jobs.batch.scenario.pace_stack import as_pace
from mock_jobs.batch.scenario.plans import JobPlan
from mock_jobs.batch.scenario.scenario import Refusal, Scenario
from mock_jobs.core.argument_checks import check_text, check_whole
from mock_jobs.core.errors import HIDDEN, UsageValueError

if TYPE_CHECKING:
    from mock_jobs.batch.manual_steps import Steppable
    from mock_jobs.batch.scenario.job_run import JobFunction
    from mock_jobs.batch.scenario.pace import Pace, PaceName
    from mock_jobs.batch.scenario.plans import LogLine
    from mock_jobs.batch.scenario.queue_block import QueueBlock
    from mock_jobs.batch.scenario.settings import BatchSettings
    from mock_jobs.batch.service_jobs.states import ServiceJobStatus
    from mock_jobs.batch.states import JobStatus
    from mock_jobs.core.world import World

__tracebackhide__ = HIDDEN

_SHOWN = 10

# Source: API reference, CancelJobs (documented).
RefusalCode = Literal["ValidationException", "ClientException", "ThrottlingException", "ServerException", "AccessDenied"]


class BatchHandle:
    """Steers the jobs of AWS Batch in one world, over all of its accounts and regions."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._scenario = world.shared(Scenario)

    @property
    def _regions(self) -> list[BatchRegion]:
        # It only tells which stores are meant.
        return self._world.stores(BatchRegion)  # type: ignore[type-abstract]

    @property
    def settings(self) -> BatchSettings:
        """Latencies and other knobs; set its members."""
        return self._scenario.settings

    # Pace

    @property
    def pace(self) -> Pace:
        """How queued jobs come to move; may be set to `'poll'`, `'clock'`, `'manual'` or a `Pace`."""
        return self._scenario.pace_stack.pace

    @pace.setter
    def pace(self, pace: Pace | PaceName) -> None:
        self._scenario.pace_stack.set(pace)

    @contextmanager
    def paced(self, pace: Pace | PaceName) -> Iterator[None]:
        """Set the pace for the length of a `with` block; blocks may end in any order.

        At the end everything about the pace is as it was at the beginning, whatever was set inside, moto's transition
        included.

        Args:
            pace: As `pace` takes it.

        Raises:
            UsageValueError: There is no such pace.
        """
        owner = object()
        self._scenario.pace_stack.begin(owner, as_pace(pace))
        try:
            yield
        finally:
            self._scenario.pace_stack.end(owner)

    # Plans

    def plan(
        self,
        job_name: str = "*",
        *,
        queue: str | None = None,
        definition: str | None = None,
        array_index: int | None = None,
        attempt: int | None = None,
        node_index: int | None = None,
        duration: float | None = 0.0,
        exit_code: int | None = None,
        reason: str | None = None,
        host_lost: bool = False,
        start_failure: str | None = None,
        logs: Sequence[LogLine] = (),
        run: JobFunction | None = None,
    ) -> JobPlan:
        """Plan what matching jobs do when they run; of several plans that match, the one added last counts.

        Without a plan a job succeeds as soon as it runs. A plan is looked up when an attempt's container starts.

        A service job has no container: its training job lasts as long and ends as well as a container would, `reason` and
        `start_failure` are what SageMaker says about it, and it writes no logs. Plans with `definition`, `array_index`,
        `node_index` or `run` are not for service jobs.

        Args:
            job_name: Pattern of the job name, with `*`, `?` and `[...]`.
            queue: Name or ARN of the job queue; None matches all.
            definition: Name or ARN of the job definition, with or without revision; None matches all.
            array_index: Index of an array child; None matches all jobs.
            attempt: Number of the attempt, from 1; None matches all.
            node_index: Index of a node of a multi-node parallel job; None matches all jobs and nodes.
            duration: Seconds from RUNNING to the end; None or infinity hangs until a timeout or TerminateJob.
            exit_code: Exit code of the container, 0 to 255; None means 0, success, unless `host_lost` or `start_failure` is given.
            reason: The reason of the container, for example "OutOfMemoryError: Container killed due to memory usage".
            host_lost: Whether the host disappears after `duration`, as with a Spot reclaim.
            start_failure: Why the container cannot start, for example "CannotPullContainerError: ...".
            logs: What the container writes into its log stream: lines, or pairs of the seconds after its start and a line.
            run: A function that stands for the container. It is called with a `JobRun` when the container starts; None or 0 is success,
                another number the exit code, an exception exit code 1; what it prints goes into the log stream. It may make
                requests; the time that passes by them counts as the container's.

        Returns:
            The plan.

        Raises:
            UsageValueError: A value is impossible.
            UsageTypeError: A value has the wrong type.
        """
        made = JobPlan(
            job_name,
            queue=queue,
            definition=definition,
            array_index=array_index,
            attempt=attempt,
            node_index=node_index,
            duration=float("inf") if duration is None else duration,
            exit_code=exit_code,
            reason=reason,
            host_lost=host_lost,
            start_failure=start_failure,
            logs=logs,
            run=run,
        )
        with self._world.lock:
            self._scenario.plans.insert(0, made)
        return made

    # Blocked queues

    def block(self, queue: str, code: str, *, instance_type: str | None = None) -> QueueBlock:
        """Block a job queue as a failure on AWS's side would: nothing is dispatched from it until the block is cleared.

        The job at the head of the queue shows the reason, and the queue's jobStateTimeLimitActions act on it. What runs goes on.

        Args:
            queue: Name or ARN of a job queue.
            code: `CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY`, `MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT`,
                `MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS`, `MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED` or
                `UNDETERMINED`.
            instance_type: What the first of these says is missing; by default the first that the queue asks for.

        Returns:
            The block, which lasts until its `clear()`, `unblock()` or the end of a `with` block.

        Raises:
            UsageValueError: There is no such queue or code, or the queue can be brought to this by itself.
            UsageTypeError: An argument is no string.
        """
        with self._world.lock, self._world.clock.pinned():
            self._world.clock.run_due()
            return block_queue(self._regions, queue, code, instance_type, self._world.lock)

    def invalidate(self, compute_environment: str, reason: str) -> None:
        """Make a compute environment INVALID, as a role that AWS Batch cannot assume does.

        No job is dispatched to it any more; what runs goes on. An update repairs it.

        Args:
            compute_environment: Its name or ARN.
            reason: Its statusReason, for example `CLIENT_ERROR - Not authorized to perform sts:AssumeRole`.

        Raises:
            UsageValueError: There is no such environment, or it is being deleted.
            UsageTypeError: An argument is no string.
        """
        check_text("compute_environment", compute_environment)
        check_text("reason", reason)
        with self._world.lock, self._world.clock.pinned():
            self._world.clock.run_due()
            known = [(region, each) for region in self._regions for each in region.environments.values()]
            region, environment = the_named("compute environment", compute_environment, known)
            if environment.status == "DELETING":
                raise UsageValueError(f"compute environment {environment.name} is being deleted")
            region.invalidate(environment, reason)

    def unblock(self, queue: str) -> None:
        """Take back everything that `block()` did to a queue.

        Args:
            queue: Name or ARN of a job queue.

        Raises:
            UsageValueError: There is no such queue.
            UsageTypeError: The name is no string.
        """
        with self._world.lock, self._world.clock.pinned():
            self._world.clock.run_due()
            for block in list(find_queue(self._regions, queue)[1].blocks):
                block.clear()

    def refuse(self, job_id: str, code: RefusalCode, *, message: str | None = None, times: int = 1) -> None:
        """Make CancelJobs, TerminateJobs and TerminateServiceJobs list a job among their `errors` and leave it as it is.

        Source: API reference, CancelJobs (documented): which codes an entry may have. Faults for whole requests are those of
        `mock.faults`.

        Args:
            job_id: As the request will give it; it need not exist.
            code: Of the entry.
            message: Text of the entry, by default one of ours.
            times: How many requests answer so.

        Raises:
            UsageValueError: AWS has no such code for an entry, or `times` is less than 1.
            UsageTypeError: An argument has the wrong type.
        """
        check_text("job_id", job_id)
        check_text("code", code)
        check_whole("times", times, 1)
        if code not in get_args(RefusalCode):
            msg = f"no such code of an entry: {code!r}. There are: {', '.join(get_args(RefusalCode))}"
            raise UsageValueError(msg)
        if message is not None:
            check_text("message", message)
        text = f"{code}, asked for by the test" if message is None else message
        with self._world.lock:
            self._scenario.refusals[job_id] = Refusal(code, text, times)

    # Moving by hand

    def step(self, job_id: str) -> JobStatus | ServiceJobStatus:
        """Move one job by one state, now, whatever the pace; time stands still.

        A RUNNABLE job gets room out of its turn, but never more than there is.

        Args:
            job_id: Of a plain job, an array child, a node or a service job in any account and region.

        Returns:
            The status that the job has now.

        Raises:
            UsageValueError: There is no such job, or nothing can move it; the text says what it waits for.
            UsageTypeError: `job_id` is no string.
        """
        check_text("job_id", job_id)
        with self._world.lock, self._world.clock.pinned():
            self._world.clock.run_due()
            steppable = self._find(job_id)
            job = steppable.job
            moves = job.moves
            steppable.step(self._world.clock.now_ms)
            if job.moves == moves:
                msg = f"step() cannot move job {job_id}: {steppable.why_stuck()}"
                raise UsageValueError(msg)
            return cast("JobStatus | ServiceJobStatus", job.status)

    def run_until(self, job_id: str, status: JobStatus | ServiceJobStatus) -> None:
        """Move the world, time included, until a job has a status, whatever the pace.

        Args:
            job_id: Of a job in any account and region.
            status: What to wait for.

        Raises:
            UsageValueError: There is no such status, in which case nothing has moved, or no such job, or it passed this status,
                or it is stuck; the text says where and why.
            UsageTypeError: An argument is no string.
        """
        check_text("job_id", job_id)
        check_text("status", status)
        with self._world.lock, self._world.clock.pinned():
            steppable = self._find(job_id)
            job = steppable.job
            if status not in steppable.statuses:
                msg = f"no such status: {status!r}. There are: {', '.join(steppable.statuses)}"
                raise UsageValueError(msg)
            self._world.clock.run_due()
            while job.status != status:
                if job.is_terminal:
                    msg = f"job {job_id} will never be {status}: it is {job.status} ({job.status_reason})"
                    raise UsageValueError(msg)
                if not self._world.clock.run_next():
                    msg = f"job {job_id} will never be {status}: {steppable.why_stuck()}"
                    raise UsageValueError(msg)

    def run_all(self) -> None:
        """Move the world, time included, until no job can move any more, whatever the pace."""
        with self._world.lock, self._world.clock.pinned():
            self._world.clock.run_due()
            while self._world.clock.run_next():
                pass

    def _find(self, job_id: str) -> Steppable:
        for region in self._regions:
            found = region.find_steppable(job_id)
            if found is not None:
                return found
        known = [known_id for region in self._regions for known_id in (*region.jobs, *region.service_jobs)][-_SHOWN:]
        available = f"the last submitted are: {', '.join(known)}" if known else "no job was submitted"
        msg = f"no job has the id {job_id!r}; {available}"
        raise UsageValueError(msg)
