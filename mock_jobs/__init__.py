"""A moto-style mock of AWS IoT Jobs (control and device plane) and AWS Batch.

Public names are imported when they are first used, so that `import mock_jobs` is cheap. moto and boto3 are imported when a mock
starts.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_jobs.batch.local_process import run_command
    from mock_jobs.batch.scenario.job_run import AttemptTimedOut, JobRun
    from mock_jobs.batch.scenario.pace import Pace
    from mock_jobs.core.errors import (
        DroppedEventsWarning,
        EndlessLoopError,
        EndlessSleepError,
        FailedAssertionsError,
        MockJobsWarning,
        NotActiveError,
        NotImplementedByMotoError,
        UndeliveredEventWarning,
        UnmockedRequestError,
        UnusedError,
        UnusedWarning,
        UsageError,
        UsageNameError,
        UsageTypeError,
        UsageValueError,
    )
    from mock_jobs.mock import MockJobs, current_mock, mock_jobs
    from mock_jobs.server import MockJobsServer

__version__ = "0.1.0"

_HOMES = {
    "AttemptTimedOut": "mock_jobs.batch.scenario.job_run",
    "DroppedEventsWarning": "mock_jobs.core.errors",
    "EndlessLoopError": "mock_jobs.core.errors",
    "EndlessSleepError": "mock_jobs.core.errors",
    "FailedAssertionsError": "mock_jobs.core.errors",
    "JobRun": "mock_jobs.batch.scenario.job_run",
    "MockJobs": "mock_jobs.mock",
    "MockJobsServer": "mock_jobs.server",
    "MockJobsWarning": "mock_jobs.core.errors",
    "NotActiveError": "mock_jobs.core.errors",
    "NotImplementedByMotoError": "mock_jobs.core.errors",
    "Pace": "mock_jobs.batch.scenario.pace",
    "UndeliveredEventWarning": "mock_jobs.core.errors",
    "UnmockedRequestError": "mock_jobs.core.errors",
    "UnusedError": "mock_jobs.core.errors",
    "UnusedWarning": "mock_jobs.core.errors",
    "UsageError": "mock_jobs.core.errors",
    "UsageNameError": "mock_jobs.core.errors",
    "UsageTypeError": "mock_jobs.core.errors",
    "UsageValueError": "mock_jobs.core.errors",
    "current_mock": "mock_jobs.mock",
    "mock_jobs": "mock_jobs.mock",
    "run_command": "mock_jobs.batch.local_process",
}

__all__ = [
    "AttemptTimedOut",
    "DroppedEventsWarning",
    "EndlessLoopError",
    "EndlessSleepError",
    "FailedAssertionsError",
    "JobRun",
    "MockJobs",
    "MockJobsServer",
    "MockJobsWarning",
    "NotActiveError",
    "NotImplementedByMotoError",
    "Pace",
    "UndeliveredEventWarning",
    "UnmockedRequestError",
    "UnusedError",
    "UnusedWarning",
    "UsageError",
    "UsageNameError",
    "UsageTypeError",
    "UsageValueError",
    "current_mock",
    "mock_jobs",
    "run_command",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'mock_jobs' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
