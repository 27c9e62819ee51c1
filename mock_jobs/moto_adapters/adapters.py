"""Implements `Ports` with the services that moto mocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mock_jobs.core.process import registry_lock
from mock_jobs.core.service_base import partition_of
from mock_jobs.moto_adapters import events as moto_events
from mock_jobs.moto_adapters import logs as moto_logs
from mock_jobs.moto_adapters import s3 as moto_s3
from mock_jobs.moto_adapters import thing_watch
from mock_jobs.moto_adapters import things as moto_things

if TYPE_CHECKING:
    from mock_jobs.moto_adapters import polls as moto_polls
    from mock_jobs.moto_adapters import step_functions as moto_step_functions
    from mock_jobs.ports.object_store import ObjectStore
    from mock_jobs.ports.ports import Clusters, EventBus, LogGroups, References
    from mock_jobs.ports.thing_registry import ThingRegistry
    from mock_jobs.ports.training_jobs import TrainingJobs


class _Watch:
    """A source of callbacks that is started on first use.

    Args:
        begin: Starts listening and returns the function that stops it.
    """

    def __init__(self, begin: Callable[[], Callable[[], None]]) -> None:
        self._begin = begin
        self._end: Callable[[], None] | None = None

    def begin(self) -> None:
        """Start listening, unless it has started already."""
        if self._end is None:
            with registry_lock:
                if self._end is None:
                    self._end = self._begin()

    def end(self) -> None:
        """Stop listening."""
        with registry_lock:
            if self._end is not None:
                self._end()
                self._end = None


class MotoAdapters:
    """The state of moto's services, and callbacks for its changes.

    Args:
        watch: Called at each change of things and groups, from the first call of `things` or `serve_things` on.
        submit_job: Submits jobs for EventBridge rules, from the first call of `serve_rules` on.
        ask_batch: Answers the calls of state machines to AWS Batch, from the first call of `serve_state_machines` on.
        listener: Hears of polls, from the first call of `serve_queues` and `serve_logs` on.
    """

    def __init__(
        self,
        watch: thing_watch.Watch,
        submit_job: moto_events.SubmitJob,
        ask_batch: moto_step_functions.Ask,
        listener: moto_polls.Listener,
    ) -> None:
        self._things = _Watch(lambda: thing_watch.watch_things(watch))
        self._job_queues = _Watch(lambda: moto_events.watch_job_queues(submit_job))
        self._state_machines = _Watch(lambda: _watch_state_machines(ask_batch))
        self._queues = _Watch(lambda: _watch_queues(listener))
        self._logs = _Watch(lambda: _watch_logs(listener))

    def things(self, account: str, region: str) -> ThingRegistry:
        """Return the registry of things and thing groups."""
        self._things.begin()
        return moto_things.things_of(account, region)

    def objects(self, account: str, region: str) -> ObjectStore:
        """Return the objects in S3 that the account can reach, in the partition of the region."""
        return moto_s3.MotoObjects(account, partition_of(region))

    def event_bus(self, account: str, region: str) -> EventBus:
        """Return the default event bus."""
        return moto_events.MotoEventBus(account, region, self.serve_rules)

    def log_groups(self, account: str, region: str) -> LogGroups:
        """Return the log groups."""
        return moto_logs.MotoLogGroups(account, region)

    def references(self, account: str, region: str) -> References:
        """Return the resources of Amazon EC2 and IAM."""
        from mock_jobs.moto_adapters.ec2_iam import MotoReferences  # noqa: PLC0415 - slow to import, and rarely asked for

        return MotoReferences(account, region, partition_of(region))

    def clusters(self, account: str, region: str) -> Clusters:
        """Return the clusters of Amazon ECS."""
        from mock_jobs.moto_adapters.ecs import MotoClusters  # noqa: PLC0415 - as above

        return MotoClusters(account, region)

    def training_jobs(self, account: str, region: str) -> TrainingJobs:
        """Return the training jobs of Amazon SageMaker."""
        from mock_jobs.moto_adapters.sagemaker import MotoTrainingJobs  # noqa: PLC0415 - as above

        return MotoTrainingJobs(account, region)

    def serve_things(self) -> None:
        """Start passing changes of things and groups to IoT Jobs."""
        self._things.begin()

    def serve_rules(self) -> None:
        """Start submitting a job when an EventBridge rule matches whose target is a job queue."""
        self._job_queues.begin()

    def serve_state_machines(self) -> None:
        """Start answering the tasks of state machines that call AWS Batch."""
        self._state_machines.begin()

    def serve_queues(self) -> None:
        """Start passing polls of queues of SQS."""
        self._queues.begin()

    def serve_logs(self) -> None:
        """Start passing polls of CloudWatch Logs."""
        self._logs.begin()

    def leave(self) -> None:
        """Stop listening."""
        self._queues.end()
        self._logs.end()
        self._things.end()
        self._job_queues.end()
        self._state_machines.end()


def _watch_queues(listener: moto_polls.Listener) -> Callable[[], None]:
    from mock_jobs.moto_adapters.polls import watch_queues  # noqa: PLC0415 - only queues need it

    return watch_queues(listener)


def _watch_logs(listener: moto_polls.Listener) -> Callable[[], None]:
    from mock_jobs.moto_adapters.polls import watch_logs  # noqa: PLC0415 - only logs need it

    return watch_logs(listener)


def _watch_state_machines(ask: moto_step_functions.Ask) -> Callable[[], None]:
    from mock_jobs.moto_adapters.step_functions import watch_state_machines  # noqa: PLC0415 - only state machines need it

    return watch_state_machines(ask)
