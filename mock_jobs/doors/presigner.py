"""Presigned URLs of S3, made by botocore's own signer at the time of a world's clock."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mock_jobs.aws import partition_of
from mock_jobs.wire.loader import shared_loader

if TYPE_CHECKING:
    from mock_jobs.objects import Presigning

# The service signs with the temporary credentials of a role (documented); these have the form of such.
_CREDENTIALS: Final = Credentials("ASIAMOCKJOBSEXAMPLE0", "mock-jobs-secret-key", "mock-jobs-session-token")

# What can stand in a host name; a bucket with a dot cannot, as no certificate covers it. Source: S3 user guide (documented).
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


class _Signer(S3SigV4QueryAuth):
    """Signs as of a given moment, where botocore's own looks at the clock of the process."""

    def __init__(self, region: str, expires_s: int, moment: datetime) -> None:
        super().__init__(_CREDENTIALS, "s3", region, expires_s)
        self._moment = moment

    def add_auth(self, request: Any) -> None:
        request.context["timestamp"] = self._moment.strftime("%Y%m%dT%H%M%SZ")
        self._modify_request_before_signing(request)  # type: ignore[attr-defined]  # not in botocore's stubs
        to_sign = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(to_sign, request))  # type: ignore[attr-defined]


def presign(wanted: Presigning) -> str:
    """Return a presigned URL, the same that boto3 makes at that moment with these credentials."""
    bucket, key = quote(wanted.bucket, safe=""), quote(wanted.key, safe="/~")
    if wanted.endpoint is not None:
        url = f"{wanted.endpoint}/{bucket}/{key}"
    else:
        host = f"s3.{wanted.region}.{_dns_suffix(partition_of(wanted.region))}"
        url = f"https://{bucket}.{host}/{key}" if _LABEL.fullmatch(bucket) else f"https://{host}/{bucket}/{key}"
    if wanted.version_id is not None:
        url += f"?{urlencode({'versionId': wanted.version_id}, quote_via=quote)}"
    request = AWSRequest(wanted.method, url)
    moment = datetime.fromtimestamp(wanted.signed_at_ms // 1000, timezone.utc)
    _Signer(wanted.region, wanted.expires_s, moment).add_auth(request)
    return str(request.url)


@cache
def _dns_suffix(partition: str) -> str:
    known = shared_loader().load_data("partitions")["partitions"]
    return str(next(each["outputs"]["dnsSuffix"] for each in known if each["id"] == partition))
