"""The base class of the operations: the attributes of the backend that they use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mock_jobs.core.service_base import Backend
from mock_jobs.iot.documents.sources import Sources

if TYPE_CHECKING:
    from mock_jobs.iot.lifecycle.executions import ExecutionLifecycle
    from mock_jobs.iot.lifecycle.jobs import JobLifecycle
    from mock_jobs.iot.records.store import JobStore
    from mock_jobs.iot.rules.arns import Scope
    from mock_jobs.iot.settings import IoTSettings
    from mock_jobs.ports.object_store import ObjectStore
    from mock_jobs.ports.thing_registry import ThingRegistry


class Operations(Backend):
    """Base of the operations. It declares the attributes that `IoTBackend` sets.

    Attributes:
        scope: Partition, region and account of the backend.
        settings: Quotas, rates, latencies and switches.
        store: The records.
        executions: Changes executions.
        jobs: Changes jobs.
        objects: The objects in S3.
        things: Returns the current registry of things.
    """

    scope: Scope
    settings: IoTSettings
    store: JobStore
    executions: ExecutionLifecycle
    jobs: JobLifecycle
    objects: ObjectStore
    things: Callable[[], ThingRegistry]

    @property
    def sources(self) -> Sources:
        """Where document sources are read."""
        return Sources(self.objects, is_strict=self.settings.strict_document_sources)
