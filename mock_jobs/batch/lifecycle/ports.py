"""What a scheduler, of either kind of job, needs from its lifecycle."""

from __future__ import annotations

from typing import Protocol, TypeVar

from mock_jobs.batch.queueing.head_of_line import Mover
from mock_jobs.batch.queueing.schedulable import JobT_contra

EnvironmentT_contra = TypeVar("EnvironmentT_contra", contravariant=True)


class Dispatcher(Mover[JobT_contra], Protocol[JobT_contra, EnvironmentT_contra]):
    """Begins the attempts of RUNNABLE jobs, and acts on blocked heads of queues."""

    def dispatch(self, job: JobT_contra, environment: EnvironmentT_contra) -> None:
        """Begin an attempt of a RUNNABLE job in an environment that has room for it."""
        ...
