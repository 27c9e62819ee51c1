"""`run_command`: run the command of a job as a local process.

Only jobs that match a plan with `run=run_command` start one.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from mock_jobs.batch.scenario.job_run import AttemptTimedOut
from mock_jobs.core.errors import HIDDEN, UsageValueError

if TYPE_CHECKING:
    from mock_jobs.batch.scenario.job_run import JobRun

__tracebackhide__ = HIDDEN

# The exit codes that Docker and shells report.
NOT_EXECUTABLE: Final = 126
NOT_FOUND: Final = 127
_SIGNALLED: Final = 128

# A process needs these to start. No other variable of this process is passed on.
_HANDED_ON: Final = ("PATH", "SYSTEMROOT")


def run_command(run: JobRun) -> int:
    """Run the command of a job as a local process: `mock.batch.plan("etl", run=run_command)`.

    There is no container: the image is ignored, and the command starts without a shell in the current directory. What it
    writes to standard output and standard error is the log.

    Its environment is that of the job. Unless the job sets them, it also gets `PATH` and `SYSTEMROOT` of this process, the
    region of the job, fake credentials and `AWS_EC2_METADATA_DISABLED`. The access key is the account id, as `MockJobsServer`
    expects it. Set `AWS_ENDPOINT_URL` in the job's environment if the command calls AWS.

    The timeout of the attempt is measured in real seconds. The process is killed when it is over.

    Args:
        run: The attempt to run.

    Returns:
        The exit code: that of the command, 127 if there is no such command, 126 if it cannot be executed, or 128 plus the
        number of the signal that ended it.

    Raises:
        UsageValueError: The job has no command.
        AttemptTimedOut: The command took longer than the timeout of the attempt.
    """
    if not run.command:
        raise UsageValueError(f"job {run.job_name} has no command to run: give it one in its definition or in containerOverrides")
    try:
        process = subprocess.Popen(  # noqa: S603 - what the test asks for
            run.command, env=_environment(run), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except FileNotFoundError as error:
        _print(f"{run.command[0]}: {error.strerror}".encode())
        return NOT_FOUND
    except OSError as error:
        _print(f"{run.command[0]}: {error.strerror}".encode())
        return NOT_EXECUTABLE
    with process:
        try:
            output, _ = process.communicate(timeout=run.timeout_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            _print(output)
            raise AttemptTimedOut from None
        except BaseException:
            process.kill()
            raise
    _print(output)
    return process.returncode if process.returncode >= 0 else _SIGNALLED - process.returncode


def _environment(run: JobRun) -> dict[str, str]:
    region, account = run.job_definition.split(":")[3:5]
    return {
        **{name: os.environ[name] for name in _HANDED_ON if name in os.environ},
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "mock_jobs",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        **run.environment,
    }


def _print(output: bytes) -> None:
    print(output.decode(errors="replace"), end="")  # noqa: T201 - what a function prints is the log
