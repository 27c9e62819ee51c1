"""Finds service, region and account of a request."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from mock_jobs.wire.loader import shared_loader
from mock_jobs.wire.service_names import NAMES

DEFAULT_REGION = "us-east-1"

# The first labels of the hosts of each service; the path distinguishes `{prefix}-ats.iot` from `data-ats.iot`.
_OUR_HOSTS = (
    ("iot-jobs-data", re.compile(r"^(?:[^.]+\.)?jobs\.iot(?:-fips)?\.(?P<region>[a-z0-9-]+)\.")),
    ("iot", re.compile(r"^iot(?:-fips)?\.(?P<region>[a-z0-9-]+)\.")),
    ("batch", re.compile(r"^(?:fips\.)?batch(?:-fips)?\.(?P<region>[a-z0-9-]+)\.")),
)
DATA_ATS = "data-ats"
# The signing name of `iot` in old SDKs. moto's server knows it too.
_OLD_IOT_NAME = "execute-api"
_DATA_ATS_HOST = re.compile(r"^[a-z0-9]+-ats\.iot(?:-fips)?\.(?P<region>[a-z0-9-]+)\.")
_DEVICE_PATH = re.compile(r"^/things/[^/]+/jobs(?:/|$)|^/command-executions$")
# As moto reads it: the second word, of five parts.
_SCOPE = re.compile(
    r"\S+\s+(?:Credential=)?(?P<key>[^/\s]*)/[^/\s]*/(?P<region>[^/\s]*)/(?P<service>[^/\s]*)/[^/\s]*(?:\s|$)", re.IGNORECASE
)
_LONGEST_CREDENTIAL = 512
_USER_AGENT_REGION = re.compile(r"(?:^|\s)region/(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)")
_ACCOUNT_ID = re.compile(r"\d{12}")


class Origin(NamedTuple):
    """What the signature and the host of a request reveal.

    Attributes:
        is_aws: Whether the host belongs to AWS.
        access_key: From the credential scope; empty if the request is not signed.
        signing_name: Service in the credential scope; empty if the request is not signed.
        scope_region: Region in the credential scope; empty if the request is not signed.
        host_region: Region in the host name; empty if there is none.
        service: Our service that it is for, None if none; `DATA_ATS` where the path decides.
        is_signed: Whether the header `Authorization` has any content.
    """

    is_aws: bool
    access_key: str
    signing_name: str
    scope_region: str
    host_region: str
    service: str | None
    is_signed: bool


@lru_cache(maxsize=1024)
def is_aws_host(host: str) -> bool:
    """Return whether a host name belongs to AWS, in any partition that botocore knows.

    It may have a port, and the dot at its end that makes it absolute.
    """
    return _aws_domains().search(host) is not None


def without_last_dot(host: str) -> str:
    """Return a host name, with or without port, that does not end in a dot."""
    name, colon, port = host.partition(":")
    return f"{name.removesuffix('.')}{colon}{port}"


@cache
def _aws_domains() -> re.Pattern[str]:
    partitions = shared_loader().load_data("partitions")["partitions"]
    domains = {each["outputs"][suffix] for each in partitions for suffix in ("dnsSuffix", "dualStackDnsSuffix")}
    return re.compile(rf"(?:^|\.)(?:{'|'.join(map(re.escape, sorted(domains)))})\.?(?::\d+)?$", re.IGNORECASE)


def _service_of_host(host: str) -> tuple[str, str]:
    for service, pattern in _OUR_HOSTS:
        found = pattern.match(host)
        if found:
            return service, found["region"]
    found = _DATA_ATS_HOST.match(host)
    return (DATA_ATS, found["region"]) if found else ("", "")


@lru_cache(maxsize=1024)
def _region_of_user_agent(user_agent: str) -> str:
    found = _USER_AGENT_REGION.search(user_agent)
    return found["region"] if found else ""


def origin_of(authorization: str | bytes | None, host: str) -> Origin:
    """Return what an `Authorization` header (Signature Version 4) and a host reveal."""
    if isinstance(authorization, bytes):
        authorization = authorization.decode("latin-1")
    # The rest of the header contains the signature, which differs in each request and would defeat the cache.
    return _origin_of("" if authorization is None else authorization[:_LONGEST_CREDENTIAL].partition(",")[0], host)


@lru_cache(maxsize=1024)
def _origin_of(credential: str, host: str) -> Origin:
    scope = _SCOPE.match(credential)
    access_key, scope_region, signing_name = scope.group("key", "region", "service") if scope else ("", "", "")
    signing_name = signing_name.lower()
    of_host, host_region = _service_of_host(host)
    # The credential scope comes first, since both IoT planes share paths. Source: signing names of the service models.
    is_aws = is_aws_host(host)
    service = signing_name if signing_name in NAMES else of_host or None
    if service is None and signing_name == _OLD_IOT_NAME and not is_aws:
        service = "iot"
    return Origin(is_aws, access_key, signing_name, scope_region, host_region, service, bool(credential))


def service_of(origin: Origin, path: str, query: str = "") -> str | None:
    """Return our service that a request is for, None if none.

    Source: on the `-ats` host a `jobs` path is the device plane's (*observed*). Devices with a certificate sign nothing, so such a
    path is the device plane's on a server's own URL too, unless the query has a signature, as presigned URLs of S3 have.
    """
    if origin.service not in (None, DATA_ATS):
        return origin.service
    is_for_devices = origin.service == DATA_ATS or not (origin.is_signed or origin.is_aws or "Signature=" in query)
    return "iot-jobs-data" if is_for_devices and _DEVICE_PATH.match(path) else None


def region_of(origin: Origin, user_agent: str = "") -> str:
    """Return the region of a request by moto's rule, so that jobs find their things.

    The first of these counts: the host, `region/...` in the user agent, the credential scope, us-east-1.
    """
    if origin.host_region:
        return origin.host_region
    return ("region/" in user_agent and _region_of_user_agent(user_agent)) or origin.scope_region or DEFAULT_REGION


def is_account_id(access_key: str) -> bool:
    """Return whether an access key is itself an account id: exactly 12 digits."""
    return len(access_key) == 12 and _ACCOUNT_ID.fullmatch(access_key) is not None  # noqa: PLR2004 - length of an account id
