"""The document of an execution, with the presigned URLs that its device gets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from mock_jobs.ports.object_store import Presigning

if TYPE_CHECKING:
    from mock_jobs.core.world import World
    from mock_jobs.iot.documents.presigned import Transfer
    from mock_jobs.iot.records.job import Execution
    from mock_jobs.ports.object_store import ObjectStore

# Source: PresignedUrlConfig, API reference (documented).
DEFAULT_LIFETIME_S: Final = 3600


class Presigner:
    """Writes the documents of executions for their devices.

    Args:
        world: Provides the clock and the endpoint of the current request.
        region: Region of the jobs.
        objects: The objects in S3.
    """

    __slots__ = ("_objects", "_region", "_world")

    def __init__(self, world: World, region: str, objects: ObjectStore) -> None:
        self._world = world
        self._region = region
        self._objects = objects

    def document_of(self, execution: Execution) -> str:
        """Return the document for the device of an execution, with newly presigned URLs.

        Source: developer guide, "Create and manage jobs": URLs are presigned each time a device asks for the document
        (documented).
        """
        return execution.job.device_document.write(partial(self._presign, execution))

    def _presign(self, execution: Execution, transfer: Transfer) -> str:
        url = transfer.of(execution.thing_name, execution.job.job_id, execution.number)
        config = execution.job.configs.presigned_url or {}
        wanted = Presigning(
            method=transfer.method,
            bucket=url.bucket,
            key=url.key,
            version_id=url.version_id,
            # For a bucket that does not exist (yet): the region that the URL names, else that of the job (inferred).
            region=self._objects.region_of(url.bucket) or url.region or self._region,
            expires_s=config.get("expiresInSec", DEFAULT_LIFETIME_S),
            signed_at_ms=self._world.clock.now_ms,
            endpoint=self._world.endpoint,
        )
        return self._objects.presign(wanted)
