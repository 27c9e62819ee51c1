"""`mock.batch`: pace, settings, plans, and moving jobs by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, cast, get_args

from mock_jobs.batch.blocked_queues import block_queue, find_queue, the_named
from mock_jobs.batch.names import is_job_reference
from mock_jobs.batch.region import BatchRegion
from mock_jobs.batch.scenario.pace_stack import as_pace
from mock_jobs.batch.scenario.plans import JobPlan
from mock_jobs.batch.scenario.scenario import Scenario
from mock_jobs.batch.scenario.setups import Plan, Refusal
from mock_jobs.batch.unused import why_no_attempt, why_no_request
from mock_jobs.core.argument_checks import check_text, check_whole
from mock_jobs.core.errors import HIDDEN, UsageValueError
from mock_jobs.core.summary import counts

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
    """Controls of AWS Batch: pace, plans, steps and blocked queues, in all accounts and regions of a mock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._scenario = world.shared(Scenario)

    def __repr__(self) -> str:
        plans = len(self._scenario.plans)
        parts = [f"pace {self.pace.mode}", *([f"plans: {plans}"] if plans else []), *counts(self._world, "Batch")]
        return f"<batch: {'; '.join(parts)}>"

    @property
    def _regions(self) -> list[BatchRegion]:
        # The abstract class names which stores to return.
        return self._world.stores(BatchRegion)  # type: ignore[type-abstract]

    @property
    def settings(self) -> BatchSettings:
        """Latencies, rates and switches.

        Set its members, or several at once with `change`. A reset restores the defaults.

        Example:
            `mock.batch.settings.change(starting_seconds=30, poll_on_empty=False)`
        """
        return self._scenario.settings

    # Pace

    @property
    def pace(self) -> Pace:
        """What moves jobs from state to state. Set it to `'poll'`, `'clock'`, `'manual'` or a `Pace`.

        `poll`: reads move jobs. `clock`: time moves them. `manual`: only `step`, `run_until` and `run_all` do.

        Raises:
            UsageValueError: It is set to a pace that does not exist.

        Example:
            `mock.batch.pace = "manual"`
        """
        return self._scenario.pace_stack.pace

    @pace.setter
    def pace(self, pace: Pace | PaceName) -> None:
        self._scenario.pace_stack.set(pace)

    @contextmanager
    def paced(self, pace: Pace | PaceName) -> Iterator[None]:
        """Set the pace inside a `with` block.

        Its end restores the pace from before it, whatever was set inside. Blocks may end in any order. It yields None.

        Args:
            pace: `'poll'`, `'clock'`, `'manual'` or a `Pace`.

        Raises:
            UsageValueError: There is no such pace.

        Example:
            `with mock.batch.paced("manual"):` lets no read move a job.
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
        raises: bool = True,
        optional: bool = False,
    ) -> Plan:
        """Plan what matching jobs do when they run. If several plans match, the one added last counts.

        Without a plan a job succeeds as soon as it runs. The plan is looked up when the container of an attempt starts.

        A plan decides the training job of a service job in the same way. `reason` and `start_failure` are then the reasons of
        SageMaker, and there are no logs. Plans with `definition`, `array_index`, `node_index` or `run` do not match service
        jobs.

        Args:
            job_name: Pattern of the job name, with `*`, `?` and `[...]`.
            queue: Name or ARN of the job queue; None matches all.
            definition: Name or ARN of the job definition, with or without revision; None matches all.
            array_index: Index of an array child; None matches all jobs.
            attempt: Number of the attempt, from 1; None matches all.
            node_index: Index of a node of a multi-node parallel job; None matches all jobs and nodes.
            duration: Seconds from RUNNING to the end, on the mock's clock; 0 by default. None or infinity: the job runs until its
                timeout or TerminateJob ends it.
            exit_code: Exit code of the container, 0 to 255. None means 0, success; with `host_lost` or `start_failure` there is
                none.
            reason: Reason of the container, at most 255 characters, for example "OutOfMemoryError: Container killed due to memory
                usage".
            host_lost: Whether the host is lost after `duration`, as when Spot reclaims it.
            start_failure: Why the container cannot start, at most 255 characters, for example "CannotPullContainerError: ...".
            logs: Lines of the log stream, or pairs of seconds after the start (at most `duration`) and a line. Service jobs write
                no logs.
            run: A function that is called in place of the container, with a `JobRun`. It returns the exit code, 0 to 255;
                None means 0. An exception means 1, `SystemExit` its code, and `AttemptTimedOut` ends the attempt as timed out.
                A `UsageError` is passed on to the call that moved the job. What it prints is the log. It may call boto3; the
                time that its requests take on the mock's clock counts as run time. It cannot be combined with `exit_code`,
                `host_lost` or `start_failure`.
            raises: Whether an assertion that fails in `run` fails the test, and `pytest.fail` and `pytest.skip` do what they say.
                They are raised by the call of the handle that moved the job: `run_until`, `run_all`, `step`, `clock.advance`,
                `clock.move_to`. If a request moved it, they are raised at the end of the mock. The exit code is 1 as well.
                With False it is only that: for application code whose assertions are no assertions of the test.
            optional: Whether the test may leave it unused. If it is False and no attempt follows the plan, the end of the mock raises
                `UnusedError`.

        Returns:
            The plan, which matches until it is removed or the mock is reset. Read from `used` how many attempts have followed it.

        Raises:
            UsageValueError: A value is impossible, or two values exclude each other.
            UsageTypeError: A value has the wrong type.

        Example:
            `mock.batch.plan("nightly", attempt=1, exit_code=137, reason="OutOfMemoryError", duration=60)`
        """
        job_plan = JobPlan(
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
            raises=raises,
        )
        made = Plan(job_plan, optional, self._scenario, self._why_no_attempt)
        with self._world.lock:
            self._scenario.plans.insert(0, made)
        return made

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plans since the last reset, the one that was added last first; without those that were removed. A copy."""
        return tuple(self._scenario.plans)

    def _why_no_attempt(self, plan: Plan) -> str:
        return why_no_attempt(plan, self._scenario.plans, self._regions)

    # Blocked queues

    def block(self, queue: str, code: str, *, instance_type: str | None = None) -> QueueBlock:
        """Block a job queue as an AWS-side failure would: nothing is dispatched from it until `clear()`.

        The job at the head of the queue shows the reason, and jobStateTimeLimitActions act on it. Running jobs keep running. Of
        several blocks of one queue, the last one gives the reason, and dispatching resumes when all have ended.

        Args:
            queue: Name or ARN of a job queue. A queue for service jobs takes the first code only.
            code: `CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY`, `MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT`,
                `MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS`, `MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED` or
                `UNDETERMINED`.
            instance_type: The instance type that the first of these codes shows as missing; None means the first of the queue.
                Not for queues of service jobs.

        Returns:
            The block. `clear()`, `unblock()` or the end of a `with` block ends it.

        Raises:
            UsageValueError: There is no such queue or code, several queues have this name, the code or `instance_type` does not
                fit the queue, or requests alone can bring the queue into this state.
            UsageTypeError: An argument is not a string.

        Example:
            `with mock.batch.block("q", "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"):` keeps the jobs of `q` RUNNABLE.
        """
        with self._world.lock, self._world.failures.raised("mock.batch.block()"), self._world.clock.pinned():
            self._world.clock.run_due()
            return block_queue(self._regions, queue, code, instance_type, self._world.lock)

    def invalidate(self, compute_environment: str, reason: str) -> None:
        """Make a compute environment INVALID, as AWS does when Batch cannot assume its role.

        No job is dispatched to it any more. Running jobs keep running. UpdateComputeEnvironment repairs it.

        Args:
            compute_environment: Its name or ARN.
            reason: Its statusReason, for example `CLIENT_ERROR - Not authorized to perform sts:AssumeRole`.

        Raises:
            UsageValueError: There is no such environment, several have this name, or it is being deleted.
            UsageTypeError: An argument is not a string.

        Example:
            `mock.batch.invalidate("ce", "CLIENT_ERROR - Not authorized to perform sts:AssumeRole")`
        """
        check_text("compute_environment", compute_environment)
        check_text("reason", reason)
        with self._world.lock, self._world.failures.raised("mock.batch.invalidate()"), self._world.clock.pinned():
            self._world.clock.run_due()
            known = [(region, each) for region in self._regions for each in region.environments.values()]
            region, environment = the_named("compute environment", compute_environment, known)
            if environment.status == "DELETING":
                raise UsageValueError(f"compute environment {environment.name} is being deleted")
            region.invalidate(environment, reason)

    def unblock(self, queue: str) -> None:
        """Clear all blocks that `block()` put on a queue.

        Args:
            queue: Name or ARN of a job queue.

        Raises:
            UsageValueError: There is no such queue, or several have this name.
            UsageTypeError: The name is not a string.
        """
        with self._world.lock, self._world.failures.raised("mock.batch.unblock()"), self._world.clock.pinned():
            self._world.clock.run_due()
            for block in list(find_queue(self._regions, queue)[1].blocks):
                block.clear()

    def refuse(
        self,
        job_id: str,
        code: RefusalCode,
        *,
        message: str | None = None,
        times: int | None = 1,
        optional: bool = False,
    ) -> Refusal:
        """Make CancelJobs, TerminateJobs and TerminateServiceJobs list a job in `errors`, and leave the job alone.

        A second call for the same id replaces the first; a reset removes all.
        For errors of whole requests use `mock.faults`. Source of the codes: API reference, CancelJobs (documented).

        Args:
            job_id: The id as the request gives it, or an ARN. The job need not exist.
            code: `ValidationException`, `ClientException`, `ThrottlingException`, `ServerException` or `AccessDenied`.
            message: Message of the entry; None means a text of mock_jobs.
            times: How many requests list the job so; None means all.
            optional: Whether the test may leave it unused. If it is False and no request lists the job, the end of the mock raises
                `UnusedError`.

        Returns:
            The refusal. Read from `used` how many requests have listed the job.

        Raises:
            UsageValueError: AWS has no such code for an entry, `times` is less than 1, or the id is malformed, so that it is an
                error anyway.
            UsageTypeError: An argument has the wrong type.

        Example:
            `mock.batch.refuse(job_id, "ThrottlingException", times=2)`
        """
        check_text("job_id", job_id)
        check_text("code", code)
        if times is not None:
            check_whole("times", times, 1)
        if code not in get_args(RefusalCode):
            msg = f"there is no code {code!r} for an entry; there are: {', '.join(get_args(RefusalCode))}"
            raise UsageValueError(msg)
        if not (is_job_reference(job_id) or is_job_reference(job_id, "service-job")):
            msg = f"job_id must be the id or the ARN of a job, got {job_id!r}, which is an error in every request"
            raise UsageValueError(msg)
        if message is not None:
            check_text("message", message)
        text = f"{code}, asked for by the test" if message is None else message
        refusal = Refusal(job_id, code, text, times, optional, self._scenario, self._why_no_request)
        self._scenario.refuse(refusal)
        return refusal

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """The refusals since the last reset, the one that was added last first; without those that were removed. A copy."""
        return tuple(reversed(self._scenario.refusals.values()))

    def _why_no_request(self, refusal: Refusal) -> str:
        return why_no_request(refusal, self._world.calls)

    # Moving by hand

    def step(self, job_id: str) -> JobStatus | ServiceJobStatus:
        """Move one job by one state, at every pace. The clock does not move.

        A RUNNABLE job is dispatched before its turn, if there is capacity.

        Args:
            job_id: Id of a job, an array child, a node or a service job in any account and region.

        Returns:
            The status that the job has now.

        Raises:
            UsageValueError: There is no such job, or nothing can move it; the text says what it waits for.
            UsageTypeError: `job_id` is not a string.
            AssertionError: An assertion failed in the function of a plan.

        Example:
            `assert mock.batch.step(job_id) == "RUNNABLE"`
        """
        check_text("job_id", job_id)
        with self._world.lock, self._world.failures.raised("mock.batch.step()"), self._world.clock.pinned():
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
        """Move all jobs and the clock until one job has a status, at every pace.

        Args:
            job_id: Id of a job in any account and region.
            status: For example `RUNNABLE`.

        Raises:
            UsageValueError: There is no such status or job; then nothing has moved. Or the job ended in another status, or
                is stuck; the text says where and why.
            UsageTypeError: An argument is not a string.
            EndlessLoopError: Jobs cause one another without end, and nothing else is due that could end it.
            AssertionError: An assertion failed in the function of a plan.

        Example:
            `mock.batch.run_until(job_id, "RUNNING")`
        """
        check_text("job_id", job_id)
        check_text("status", status)
        with self._world.lock, self._world.failures.raised("mock.batch.run_until()"), self._world.clock.pinned():
            steppable = self._find(job_id)
            job = steppable.job
            if status not in steppable.statuses:
                msg = f"no such status: {status!r}. There are: {', '.join(steppable.statuses)}"
                raise UsageValueError(msg)
            self._world.clock.run_due()
            with self._world.clock.searching():
                while job.status != status:
                    if job.is_terminal:
                        msg = f"job {job_id} will never be {status}: it is {job.status} ({job.status_reason})"
                        raise UsageValueError(msg)
                    if not self._world.clock.run_next():
                        msg = f"job {job_id} will never be {status}: {steppable.why_stuck()}"
                        raise UsageValueError(msg)

    def run_all(self) -> None:
        """Move all jobs and the clock until no job can move, at every pace.

        The clock stops at the last change. A job whose plan never ends moves only when its timeout ends it. Without a timeout
        it stays RUNNING, and jobs that wait for it stay as they are.

        Raises:
            EndlessLoopError: Jobs cause one another without end, even if that takes time.
            AssertionError: An assertion failed in the function of a plan.

        Example:
            `mock.batch.run_all()` ends all jobs that can end.
        """
        with self._world.lock, self._world.failures.raised("mock.batch.run_all()"), self._world.clock.pinned():
            self._world.clock.run_due()
            with self._world.clock.searching():
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
