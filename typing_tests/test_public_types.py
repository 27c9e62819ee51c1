"""The types of the public names, as type checkers of users see them. Checked by mypy, never run.

A comment `type: ignore` with a code asserts that the line is an error, because mypy reports unused ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from typing_extensions import assert_type

from mock_jobs import JobRun, MockJobs, MockJobsServer, current_mock, mock_jobs, run_command
from mock_jobs.batch.handle import BatchHandle
from mock_jobs.batch.scenario.pace import Pace
from mock_jobs.batch.scenario.queue_block import QueueBlock
from mock_jobs.batch.scenario.settings import BatchSettings
from mock_jobs.batch.scenario.setups import Plan, Refusal
from mock_jobs.core.calls import Call, Calls
from mock_jobs.core.clock import Clock
from mock_jobs.core.events import Event
from mock_jobs.core.fault_rules import Fault
from mock_jobs.core.faults import Faults
from mock_jobs.handle import Handle
from mock_jobs.iot.handle import IoTHandle
from mock_jobs.iot.settings import IoTSettings

if TYPE_CHECKING:
    from mypy_boto3_batch.client import BatchClient
    from mypy_boto3_iot.client import IoTClient
    from mypy_boto3_iot_jobs_data.client import IoTJobsDataPlaneClient

# The decorator keeps the type of what it decorates.


@mock_jobs
def bare(number: int, *, text: str = "") -> bool:
    return bool(number or text)


assert_type(bare(1), bool)
assert_type(bare(1, text="a"), bool)
bare("1")  # type: ignore[arg-type]
bare(1, "a")  # type: ignore[call-arg]


@mock_jobs(region="eu-west-1", pace="manual", config={"batch": {"use_docker": False}})
def with_arguments(number: int, *, text: str = "") -> bool:
    return bool(number or text)


assert_type(with_arguments(1, text="a"), bool)
with_arguments()  # type: ignore[call-arg]


@mock_jobs
async def coroutine(number: int) -> str:
    return str(number)


@mock_jobs()
async def coroutine_with_arguments(number: int) -> str:
    return str(number)


async def awaited() -> None:
    assert_type(await coroutine(1), str)
    assert_type(await coroutine_with_arguments(1), str)
    await coroutine("1")  # type: ignore[arg-type]


@mock_jobs
def generator(number: int) -> Iterator[str]:
    yield str(number)


assert_type(generator(1), Iterator[str])


@mock_jobs
class Bare:
    def __init__(self, number: int) -> None:
        self.number = number

    def test_number(self) -> int:
        return self.number


assert_type(Bare(1), Bare)
assert_type(Bare(1).test_number(), int)
Bare()  # type: ignore[call-arg]


@mock_jobs(pace="clock")
class WithArguments:
    def test_number(self) -> int:
        return 1


assert_type(WithArguments().test_number(), int)

mock_jobs(region=1)  # type: ignore[call-overload]
mock_jobs(pace="quick")  # type: ignore[call-overload]


# Other ways to start a mock


def context_manager() -> None:
    with mock_jobs() as mock:
        assert_type(mock, MockJobs)
    with mock_jobs(region="eu-west-1") as mock:
        assert_type(mock.region, str | None)


def start_and_stop() -> None:
    mock = mock_jobs()
    assert_type(mock, MockJobs)
    mock.start(reset=False)
    mock.reset()
    mock.stop(remove_data=False)


def held_by_nobody() -> None:
    assert_type(current_mock(), MockJobs)


def server() -> None:
    with MockJobsServer(port=0) as running:
        assert_type(running, MockJobsServer)
        assert_type((running.url, running.host, running.port), tuple[str, str, int])
        assert_type(running.account(), Handle)
        assert_type(running.account("111111111111").clock, Clock)


# The handle, as a fixture returns it


def test_clients(mock_jobs_batch: BatchClient, mock_jobs_iot: IoTClient, mock_jobs_iot_jobs_data: IoTJobsDataPlaneClient) -> None:
    assert_type(mock_jobs_batch.list_jobs(jobQueue="q")["jobSummaryList"][0]["jobId"], str)
    assert_type(mock_jobs_iot.describe_job(jobId="j")["job"]["jobId"], str)
    mock_jobs_iot_jobs_data.get_pending_job_executions(thingName="t")


def test_clock(mock_jobs: MockJobs) -> None:
    clock = mock_jobs.clock
    assert_type(clock, Clock)
    assert_type((clock.now_ms, clock.now_s, clock.is_frozen), tuple[int, float, bool])
    clock.advance(1)
    clock.advance("1")  # type: ignore[arg-type]
    clock.run_due()  # type: ignore[attr-defined]  # what only the package needs
    with clock.frozen() as frozen:
        assert_type(frozen, Clock)


def test_batch(mock_jobs: MockJobs) -> None:
    batch = mock_jobs.batch
    assert_type(batch, BatchHandle)
    assert_type(batch.pace, Pace)
    batch.pace = "manual"
    batch.pace = "quick"  # type: ignore[assignment]
    assert_type(batch.plan("job-*", exit_code=1, duration=None, logs=["a", (1.5, "b")]), Plan)
    batch.plan("job-*", exit_cod=1)  # type: ignore[call-arg]
    assert_type(batch.block("q", "UNDETERMINED"), QueueBlock)
    assert_type(batch.refuse("job", "AccessDenied", times=None), Refusal)
    batch.refuse("job", "Denied")  # type: ignore[arg-type]
    batch.run_until("job", "SUCCEEDED")
    batch.run_until("job", "DONE")  # type: ignore[arg-type]


def test_functions(mock_jobs: MockJobs) -> None:
    def container(run: JobRun) -> int:
        assert_type(run.environment["AWS_BATCH_JOB_ID"], str)
        return 0

    def no_container(run: str) -> None: ...

    mock_jobs.batch.plan(run=container)
    mock_jobs.batch.plan(run=run_command)
    mock_jobs.batch.plan(run=no_container)  # type: ignore[arg-type]


def test_settings(mock_jobs: MockJobs) -> None:
    batch, iot = mock_jobs.batch.settings, mock_jobs.iot.settings
    assert_type(mock_jobs.iot, IoTHandle)
    assert_type((batch, iot), tuple[BatchSettings, IoTSettings])
    assert_type(batch.strict_fifo, bool)
    assert_type(iot.max_targets, int | None)
    batch.strict_fifo = True
    batch.strict_fifo = "yes"  # type: ignore[assignment]
    batch.strict_fifoo = True  # type: ignore[attr-defined]
    iot.max_targets = 5
    iot.max_target = 5  # type: ignore[attr-defined]
    batch.change(strict_fifo=True)


def test_faults(mock_jobs: MockJobs) -> None:
    assert_type(mock_jobs.faults, Faults)
    assert_type(mock_jobs.faults.add("batch", "submit_job", "ServerException", times=None), Fault)
    mock_jobs.faults.add("batch", "submit_job")  # type: ignore[call-arg]


def test_records(mock_jobs: MockJobs) -> None:
    assert_type(mock_jobs.calls, Calls)
    assert_type(mock_jobs.calls[0], Call)
    assert_type(mock_jobs.calls[1:].of("batch", "submit_job"), Calls)
    assert_type(mock_jobs.calls[0].operation, str)
    assert_type(mock_jobs.calls[0].error, str | None)
    assert_type(mock_jobs.events, tuple[Event, ...])


PACES: tuple[Literal["poll", "clock", "manual"], ...] = ("poll", "clock", "manual")
for pace in PACES:
    mock_jobs(pace=pace)
