"""The document of an execution, with the presigned URLs that its device gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_jobs.ports.object_store import Presigning

if TYPE_CHECKING:
    from mock_jobs.iot.documents.presigned import Transfer
    from mock_jobs.iot.records.job import Execution
    from mock_jobs.iot.records.store import JobStore

# Source: PresignedUrlConfig, API reference (documented).
DEFAULT_LIFETIME_S: Final = 3600


def written_for(store: JobStore, execution: Execution) -> str:
    """Return the document that the device of an execution gets now; nothing of it is kept.

    Source: developer guide, "Create and manage jobs": URLs are presigned each time a device asks for the document (documented).
    A bucket that does not exist (yet) is looked for in the region that the URL names, else in that of the job (inferred).
    """

    def presign(transfer: Transfer) -> str:
        url = transfer.of(execution.thing_name, execution.job.job_id, execution.number)
        config = execution.job.configs.presigned_url or {}
        wanted = Presigning(
            method=transfer.method,
            bucket=url.bucket,
            key=url.key,
            version_id=url.version_id,
            region=store.objects.region_of(url.bucket) or url.region or store.region,
            expires_s=config.get("expiresInSec", DEFAULT_LIFETIME_S),
            signed_at_ms=store.world.clock.now_ms,
            endpoint=store.world.endpoint,
        )
        return store.objects.presign(wanted)

    return execution.job.device_document.write(presign)
