"""The backend of AWS IoT Jobs: the control plane, and the parts that the device plane shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from mock_jobs.iot import messages, overview
from mock_jobs.iot.exceptions import InvalidRequestException
from mock_jobs.iot.lifecycle.call_rates import CallRates
from mock_jobs.iot.lifecycle.changes import Recorder
from mock_jobs.iot.lifecycle.executions import ExecutionLifecycle
from mock_jobs.iot.lifecycle.job_events import Announcer
from mock_jobs.iot.lifecycle.jobs import JobLifecycle
from mock_jobs.iot.lifecycle.membership import Membership
from mock_jobs.iot.lifecycle.presigning import Presigner
from mock_jobs.iot.operations.associate_targets import AssociateOperations
from mock_jobs.iot.operations.create_job import CreateOperations
from mock_jobs.iot.operations.executions import ExecutionOperations
from mock_jobs.iot.operations.jobs import JobOperations
from mock_jobs.iot.operations.managed_templates import ManagedTemplateOperations
from mock_jobs.iot.operations.tags import TagOperations
from mock_jobs.iot.operations.templates import TemplateOperations
from mock_jobs.iot.operations.update_job import UpdateOperations
from mock_jobs.iot.records.store import JobStore
from mock_jobs.iot.rules.arns import Scope
from mock_jobs.iot.rules.bounds import MORE_BOUNDS
from mock_jobs.iot.rules.validation import validation_error
from mock_jobs.iot.scenario import IoTScenario

if TYPE_CHECKING:
    from mock_jobs.core.service_base import AwsError, Bound, Row, Violation
    from mock_jobs.core.world import World


class IoTBackend(
    CreateOperations,
    AssociateOperations,
    JobOperations,
    UpdateOperations,
    ExecutionOperations,
    TemplateOperations,
    ManagedTemplateOperations,
    TagOperations,
):
    """The control plane of AWS IoT Jobs in one account and region.

    Attributes:
        rates: Limits the rate of calls, on both planes.
        presigner: Writes documents for devices.
        membership: Applies changes of things and groups to jobs.
    """

    more_bounds: ClassVar[Mapping[str, Bound]] = MORE_BOUNDS

    def __init__(self, world: World, account: str, region: str) -> None:
        super().__init__(world, account, region)
        clock = world.clock
        self.scope = Scope(self.partition, region, account)
        scenario = world.shared(IoTScenario)
        self.settings = scenario.settings
        self.objects = world.ports.objects(account, region)
        self.things = partial(world.ports.things, account, region)
        announcer = Announcer(world, self.scope)
        self.store = JobStore()
        scenario.stores[self.scope] = self.store
        recorder = Recorder(world, self.scope)
        self.executions = ExecutionLifecycle(self.store, clock, announcer, recorder)
        self.jobs = JobLifecycle(
            self.store,
            self.executions,
            settings=self.settings,
            clock=clock,
            things=self.things,
            announcer=announcer,
            recorder=recorder,
        )
        self.membership = Membership(self.store, self.executions, self.jobs, self.scope, self.things)
        self.presigner = Presigner(world, region, self.objects)
        self.rates = CallRates(self.settings, clock)

    def census(self) -> Mapping[str, Mapping[str, int]]:
        """Return how many jobs and executions there are, by status."""
        return {"IoT jobs": self.store.count_jobs(), "IoT executions": self.store.count_executions()}

    def rows(self) -> Mapping[str, Iterable[Row]]:
        """Return the rows of all records, by their kind."""
        return overview.rows(self.store)

    def why_unfinished(self, record_id: str) -> str | None:
        """Return what an unfinished job or execution waits for, in words."""
        return overview.why_unfinished(self.store, record_id)

    def hints(self) -> Sequence[str]:
        """Return what keeps the unfinished executions from moving."""
        return overview.hints(self.store)

    @classmethod
    def validation_error(cls, violations: Sequence[Violation]) -> AwsError:
        """Return the service's error for a request that breaks constraints of the model. Source: observed."""
        return validation_error(violations)

    @classmethod
    def body_error(cls) -> AwsError:
        """Return the error for a body that is not a JSON object. Source: the declared errors (code documented, text inferred)."""
        return InvalidRequestException(messages.BODY_UNREADABLE)

    def check_rate(self, operation: str, *, is_read: bool) -> None:
        """Raise an error if there are too many calls in this second."""
        self.rates.check_control(operation, is_read=is_read)
