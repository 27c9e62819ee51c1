"""The seam to `moto.s3`: reads objects and presigns URLs.

A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.moto_adapters.presigned_urls import presign

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket

    from mock_jobs.ports.object_store import Presigning


class MotoObjects:
    """The objects in moto's S3 that an account can reach.

    As in moto, these include buckets of other accounts, unless `MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS=false`.
    """

    def __init__(self, account: str, partition: str) -> None:
        self._account = account
        self._partition = partition

    def region_of(self, bucket: str) -> str | None:
        """Return the region of a bucket, or None if there is no such bucket."""
        found = self._bucket(bucket)
        return None if found is None else found.region_name

    def read(self, bucket: str, key: str, version_id: str | None) -> bytes | None:
        """Return the content of an object in a bucket that exists, or None if there is no such object or version."""
        from moto.s3.models import s3_backends  # noqa: PLC0415 - only reads from S3 need it

        found = s3_backends[self._account][self._partition].get_object(bucket, key, version_id)
        return None if found is None else found.value

    def presign(self, wanted: Presigning) -> str:
        """Return a presigned URL (Signature Version 4)."""
        return presign(wanted, self._account)

    def _bucket(self, name: str) -> FakeBucket | None:
        from moto.s3.exceptions import S3ClientError  # noqa: PLC0415 - only reads from S3 need it
        from moto.s3.models import s3_backends  # noqa: PLC0415

        try:
            return s3_backends[self._account][self._partition].get_bucket(name)
        except S3ClientError:
            return None
