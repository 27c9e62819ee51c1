"""Functions of a test that run in place of containers.

A function runs when the container of its attempt starts, in the thread of the request that caused the start. It runs outside of
the world's lock, so that its own requests are answered in any thread. Meanwhile its job is RUNNING, and state is consistent.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from functools import partial
from inspect import iscoroutine
from types import MappingProxyType
from typing import TYPE_CHECKING

from mock_jobs.batch.records.node import node_environment
from mock_jobs.batch.scenario.captured_output import caught
from mock_jobs.batch.scenario.job_run import MAX_EXIT_CODE, AttemptTimedOut, JobRun
from mock_jobs.batch.scenario.plans import jobs_text
from mock_jobs.batch.views.tasks import node_uid
from mock_jobs.core.errors import HIDDEN, EndlessLoopError, UsageError, UsageTypeError, UsageValueError, ends_the_run, is_verdict

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.logs import LogWriter
    from mock_jobs.batch.records.job import Attempt, Job, RunningAttempt
    from mock_jobs.batch.scenario.captured_output import Say
    from mock_jobs.batch.scenario.job_run import JobFunction
    from mock_jobs.batch.scenario.scenario import Scenario
    from mock_jobs.core.world import World

__tracebackhide__ = HIDDEN

_log = logging.getLogger("mock_jobs")


def environment_of(job: Job, attempt: Attempt) -> dict[str, str]:
    """Return the environment variables of a container.

    Source: user guide, "Job environment variables" (documented). DescribeJobs does not show those that AWS Batch adds (inferred).
    """
    environment = {pair.get("name", ""): pair.get("value", "") for pair in job.spec.container.get("environment", [])}
    environment["AWS_BATCH_CE_NAME"] = attempt.environment.name
    environment["AWS_BATCH_JQ_NAME"] = job.spec.queue.name
    environment["AWS_BATCH_JOB_ID"] = job.job_id
    environment["AWS_BATCH_JOB_ATTEMPT"] = str(job.attempt_number)
    if job.parent is not None:
        environment["AWS_BATCH_JOB_ARRAY_INDEX"] = str(job.index)
        environment["AWS_BATCH_JOB_ARRAY_SIZE"] = str(len(job.parent.children))
    if job.spec.pod is not None:
        environment["AWS_BATCH_JOB_KUBERNETES_NODE_UID"] = node_uid(attempt.environment)
    environment.update(node_environment(job))
    return environment


def run_of(job: Job, attempt: Attempt) -> JobRun:
    """Return the argument for the function of an attempt."""
    spec, environment = job.spec, environment_of(job, attempt)
    return JobRun(
        job_id=environment["AWS_BATCH_JOB_ID"],
        job_name=spec.name,
        job_queue=spec.queue.name,
        job_definition=spec.definition.arn,
        attempt=job.attempt_number,
        array_index=None if job.parent is None else job.index,
        node_index=job.node_index,
        command=tuple(spec.container.get("command", [])),
        environment=MappingProxyType(environment),
        parameters=MappingProxyType(dict(spec.parameters)),
        timeout_seconds=spec.timeout_seconds,
    )


class FunctionRunner:
    """Runs the functions of one account and region.

    Args:
        world: Its lock and clock.
        scenario: Keeps track of functions that have not returned.
        logs: Writes what they print.
    """

    def __init__(self, world: World, scenario: Scenario, logs: LogWriter) -> None:
        self._world = world
        self._scenario = scenario
        self._logs = logs

    def is_running(self, job: Job) -> bool:
        """Return whether the function of a job has not returned."""
        return job in self._scenario.polling.functions

    def run(self, job: Job, attempt: RunningAttempt, function: JobFunction, then: Callable[[Job, RunningAttempt], None]) -> None:
        """Run a function after the current timer or request, when state is consistent.

        Args:
            job: Job of the attempt.
            attempt: The function runs in place of its container; receives the exit code.
            function: What to run.
            then: Called when it has returned, unless the attempt has ended meanwhile.
        """
        self._scenario.polling.functions[job] = partial(self._run, job, attempt, function, then)
        self._world.clock.call_soon(partial(self._scenario.polling.begin_function, job))

    def _run(self, job: Job, attempt: RunningAttempt, function: JobFunction, then: Callable[[Job, RunningAttempt], None]) -> None:
        code = 1
        try:
            if job.current is attempt:
                given = run_of(job, attempt)
                acting = self._world.loops.acting(job.spec, f"the function of {jobs_text(attempt.plan)}")
                raised: list[BaseException] = []
                with acting, self._world.unlocked(), caught(partial(self._say, job, attempt)):
                    code = _exit_code(function, given, partial(self._say, job, attempt), raised.append)
                for error in raised:
                    self._tell(job, attempt, error)
        except AttemptTimedOut:
            attempt.times_out = job.spec.timeout_seconds is not None
        finally:
            is_removed = job not in self._scenario.polling.functions
            self._scenario.polling.functions.pop(job, None)
            if not is_removed and job.current is attempt:
                attempt.exit_code = code
                then(job, attempt)

    def _tell(self, job: Job, attempt: RunningAttempt, error: BaseException) -> None:
        """Keep an exception that a function has raised for the test if it is a failed assertion, else log it."""
        where = f"the function of {jobs_text(attempt.plan)}, job {job.spec.name!r} ({job.job_id})"
        if attempt.plan.raises and is_verdict(error):
            self._world.failures.note(where, error)
        else:
            _log.warning("%s raised an exception, so the exit code is 1", where, exc_info=error)

    def _say(self, job: Job, attempt: RunningAttempt, line: str) -> None:
        if line:
            with self._world.lock:
                self._logs.say(job, attempt, line)


def _exit_code(function: JobFunction, given: JobRun, say: Say, keep: Callable[[BaseException], None]) -> int:
    """Run a function, and return the exit code that its process would have.

    Args:
        function: What to run.
        given: Its argument.
        say: Called with each line that goes into the log.
        keep: Called with the exception that it raised, if that is an exit code.
    """
    try:
        result: object = function(given)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            # The operating system keeps only these bits.
            return (end.code or 0) & MAX_EXIT_CODE
        say(str(end.code))
        return 1
    except EndlessLoopError as error:
        # Raised again when the function ends, if this is the submission that showed the loop.
        say(str(error))
        return 1
    except (AttemptTimedOut, UsageError):
        raise
    except BaseException as error:
        if ends_the_run(error):
            raise
        # Skip the first frame, which is ours.
        error.__traceback__ = None if error.__traceback__ is None else error.__traceback__.tb_next
        for line in "".join(traceback.format_exception(type(error), error, error.__traceback__)).splitlines():
            say(line)
        keep(error)
        return 1
    if result is None:
        return 0
    where = f"the function planned for job {given.job_name} ({given.job_id})"
    if isinstance(result, bool) or not isinstance(result, int):
        if iscoroutine(result):
            result.close()
            raise UsageTypeError(f"{where} returned a coroutine, which nothing awaits: run it in a thread, with asyncio.run")
        raise UsageTypeError(f"{where} returned {result!r}: return None for success, or an exit code")
    if not 0 <= result <= MAX_EXIT_CODE:
        raise UsageValueError(f"{where} returned {result!r}: an exit code is from 0 to {MAX_EXIT_CODE}")
    return result
