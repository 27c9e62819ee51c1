"""Whose request it is: service, region and account, from what a client sent."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mock_jobs.services import NAMES

DEFAULT_REGION = "us-east-1"

_AWS_DOMAINS = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.aws",
    "api.amazonwebservices.com.cn",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
)
_AWS_HOST = re.compile(rf"(?:^|\.)(?P<domain>{'|'.join(map(re.escape, _AWS_DOMAINS))})(?::\d+)?$", re.IGNORECASE)

# The first label, or labels, of the hosts of each service; `{prefix}-ats.iot` and `data-ats.iot` are told apart by the path.
_OUR_HOSTS = (
    ("iot-jobs-data", re.compile(r"^(?:[^.]+\.)?jobs\.iot(?:-fips)?\.(?P<region>[a-z0-9-]+)\.")),
    ("iot", re.compile(r"^iot(?:-fips)?\.(?P<region>[a-z0-9-]+)\.")),
    ("batch", re.compile(r"^(?:fips\.)?batch(?:-fips)?\.(?P<region>[a-z0-9-]+)\.")),
)
_DATA_ATS = "data-ats"
_DATA_ATS_HOST = re.compile(r"^[a-z0-9]+-ats\.iot\.(?P<region>[a-z0-9-]+)\.")
_DEVICE_PATH = re.compile(r"^/things/[^/]+/jobs(?:/|$)|^/command-executions$")
_SCOPE = re.compile(r"Credential=(?P<key>[^/]*)/[^/]*/(?P<region>[^/]*)/(?P<service>[^/]*)/aws4_request")
_USER_AGENT_REGION = re.compile(r"(?:^|\s)region/(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)")
_ACCOUNT_ID = re.compile(r"\d{12}")


class Scope(NamedTuple):
    """The credential scope of a signed request; empty strings if it is not signed."""

    access_key: str
    region: str
    service: str


_UNSIGNED = Scope("", "", "")


@lru_cache(maxsize=1024)
def is_aws_host(host: str) -> bool:
    """Return whether a host name, with or without port, belongs to AWS."""
    return _AWS_HOST.search(host) is not None


def _service_of_host(host: str) -> tuple[str, str]:
    for service, pattern in _OUR_HOSTS:
        found = pattern.match(host)
        if found:
            return service, found["region"]
    found = _DATA_ATS_HOST.match(host)
    return (_DATA_ATS, found["region"]) if found else ("", "")


@lru_cache(maxsize=1024)
def _region_of_user_agent(user_agent: str) -> str:
    found = _USER_AGENT_REGION.search(user_agent)
    return found["region"] if found else ""


def read_scope(authorization: str | bytes | None) -> Scope:
    """Return the credential scope that an `Authorization` header carries (Signature Version 4)."""
    if not authorization:
        return _UNSIGNED
    if isinstance(authorization, bytes):
        authorization = authorization.decode("latin-1")
    # The rest of the header, with the signature, is new in each request.
    return _scope_of(authorization.partition(",")[0])


@lru_cache(maxsize=1024)
def _scope_of(credential: str) -> Scope:
    found = _SCOPE.search(credential)
    return Scope(found["key"], found["region"], found["service"]) if found else _UNSIGNED


def service_and_region(scope: Scope, host: str, path: str, user_agent: str = "") -> tuple[str | None, str]:
    """Return which of our services a request is for, None if none, and in which region.

    The credential scope comes first, since both IoT planes share paths; then the host. The region is taken as moto takes it,
    so that things and jobs meet: from the host, from `region/...` in the user agent, from the scope.

    Source: signing names and hosts of the service models; on the `-ats` host a `jobs` path is the device plane's (*observed*).
    """
    service, region = _by_scope_and_host(scope, host)
    if service == _DATA_ATS:
        service = "iot-jobs-data" if _DEVICE_PATH.match(path) else None
    if not region and "region/" in user_agent:
        region = _region_of_user_agent(user_agent)
    return service, region or scope.region or DEFAULT_REGION


@lru_cache(maxsize=1024)
def _by_scope_and_host(scope: Scope, host: str) -> tuple[str | None, str]:
    service, region = _service_of_host(host)
    return (scope.service if scope.service in NAMES else service or None), region


def is_account_id(access_key: str) -> bool:
    """Return whether an access key names an account by itself, as a key of exactly 12 digits does."""
    return len(access_key) == 12 and _ACCOUNT_ID.fullmatch(access_key) is not None  # noqa: PLR2004 - length of an account id
