"""Presigned URLs of S3: signed by botocore at the time of the mock's clock, and rejected once they have expired."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qs, quote, urlencode

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mock_jobs.core.service_base import partition_of
from mock_jobs.wire.http import Answer
from mock_jobs.wire.loader import shared_loader

if TYPE_CHECKING:
    from mock_jobs.ports.object_store import Presigning

# The service signs with the temporary credentials of a role (documented); the key has that form, and contains the account.
_ACCESS_KEY: Final = "ASIA{account}MOCK"
_CREDENTIAL: Final = re.compile(r"ASIA(?P<account>\d{12})MOCK/")
_SECRET: Final = "mock-jobs-secret-key"  # noqa: S105 - no secret
_TOKEN: Final = "mock-jobs-session-token"  # noqa: S105 - no secret

_TIMESTAMP: Final = "%Y%m%dT%H%M%SZ"
_LIFETIME: Final = re.compile(r"[0-9]{1,6}")

# A bucket that can be part of a host name. One with a dot cannot: no certificate covers it. Source: S3 user guide (documented).
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")

# Source: answers of Amazon S3 (observed). Like moto, this omits the ids of the request.
_EXPIRED: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message>'
    "<X-Amz-Expires>{lifetime}</X-Amz-Expires><Expires>{expires}</Expires><ServerTime>{now}</ServerTime></Error>"
)


class _Signer(S3SigV4QueryAuth):
    """A signer for a given time; botocore's own reads the clock of the process."""

    def __init__(self, credentials: Credentials, region: str, expires_s: int, moment: datetime) -> None:
        super().__init__(credentials, "s3", region, expires_s)
        self._moment = moment

    def add_auth(self, request: Any) -> None:
        request.context["timestamp"] = self._moment.strftime(_TIMESTAMP)
        self._modify_request_before_signing(request)  # type: ignore[attr-defined]  # not in botocore's stubs
        to_sign = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(to_sign, request))  # type: ignore[attr-defined]


def presign(wanted: Presigning, account: str) -> str:
    """Return the presigned URL that boto3 would make at that time with credentials of the account."""
    bucket, key = quote(wanted.bucket, safe=""), quote(wanted.key, safe="/~")
    if wanted.endpoint is not None:
        url = f"{wanted.endpoint}/{bucket}/{key}"
    else:
        host = f"s3.{wanted.region}.{_dns_suffix(partition_of(wanted.region))}"
        url = f"https://{bucket}.{host}/{key}" if _LABEL.fullmatch(bucket) else f"https://{host}/{bucket}/{key}"
    if wanted.version_id is not None:
        url += f"?{urlencode({'versionId': wanted.version_id}, quote_via=quote)}"
    request = AWSRequest(wanted.method, url)
    credentials = Credentials(_ACCESS_KEY.format(account=account), _SECRET, _TOKEN)
    _Signer(credentials, wanted.region, wanted.expires_s, _moment(wanted.signed_at_ms)).add_auth(request)
    return str(request.url)


@cache
def _dns_suffix(partition: str) -> str:
    known = shared_loader().load_data("partitions")["partitions"]
    return str(next(each["outputs"]["dnsSuffix"] for each in known if each["id"] == partition))


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, timezone.utc)


class Grant(NamedTuple):
    """The permission that a URL made by `presign` grants.

    Attributes:
        account: Id of the account that signed it.
        expires_at_ms: When it expires, in milliseconds since the epoch.
        lifetime: How long it is valid, in seconds, as text from the URL.
    """

    account: str
    expires_at_ms: int
    lifetime: str

    def expired_answer(self, now_ms: int) -> Answer | None:
        """Return S3's answer to a request with an expired URL, None if the URL is still valid.

        moto does not check the time.
        """
        if now_ms < self.expires_at_ms:
            return None
        expires, now = (f"{_moment(each):%Y-%m-%dT%H:%M:%SZ}" for each in (self.expires_at_ms, now_ms))
        body = _EXPIRED.format(lifetime=self.lifetime, expires=expires, now=now)
        return Answer(403, {"Content-Type": "application/xml"}, body.encode())


def grant_of(query: str) -> Grant | None:
    """Return the grant of the URL with this query, None if `presign` did not make it."""
    if _TOKEN not in query:
        return None
    members = {name: values[0] for name, values in parse_qs(query).items()}
    credential = _CREDENTIAL.match(members.get("X-Amz-Credential", ""))
    lifetime = members.get("X-Amz-Expires", "")
    try:
        signed = datetime.strptime(members.get("X-Amz-Date", ""), _TIMESTAMP).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    if credential is None or _LIFETIME.fullmatch(lifetime) is None:
        return None
    return Grant(credential["account"], (int(signed.timestamp()) + int(lifetime)) * 1000, lifetime)
