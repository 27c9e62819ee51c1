"""Which requests a server obeys: web pages of other sites must not control it.

A browser lets any page send requests to 127.0.0.1. It says so in `Origin` and `Sec-Fetch-Site`, except when a name of the page's own
site leads to this machine (DNS rebinding); then only the `Host` header shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote

from mock_jobs.core.errors import UsageValueError

CONTROL_API: Final = "/mock-jobs-api/"
"""What the paths of the control API begin with."""

MOTO_API: Final = "/moto-api/"
"""What the paths of moto's own control begin with."""

_LONGEST_HOST: Final = 300
_HOST: Final = re.compile(r"(?:\[(?P<address>[^\[\]]*)\]|(?P<name>[^\[\]:]*))(?::\d*)?")

_OWN_PAGES = ("same-origin", "none")  # `none`: somebody typed the address


def checked_hosts(hosts: Iterable[str]) -> frozenset[str]:
    """Return allowed host names in lower case.

    Raises:
        UsageValueError: A name is empty, or contains a port or a scheme.
    """
    names = frozenset(each.lower().rstrip(".") for each in hosts)
    for name in names:
        if not name.strip(".") or set(name) & set(":/ *"):
            msg = f"an allowed host is a name without scheme, port or *, such as aws.example.test or .example.test, got {name!r}"
            raise UsageValueError(msg)
    return names


@lru_cache(maxsize=1024)
def refused_host(host: str, allowed: frozenset[str]) -> str | None:
    """Return why a request with this `Host` header is refused, or None.

    Allowed are IP addresses, names without a dot, names below `localhost`, and the allowed names. An allowed name that begins with a
    dot stands for all names below it.

    Args:
        host: The header, with the port if there is one; empty if the client sent none.
        allowed: Names as `checked_hosts` returns them.
    """
    found = _HOST.fullmatch(host) if len(host) <= _LONGEST_HOST else None
    if found is None:
        return "The header Host is no host name."
    name = (found["address"] or found["name"] or "").lower().rstrip(".")
    if "." not in name or name.endswith(".localhost") or name in allowed or _is_address(name):
        return None
    if any(each.startswith(".") and name.endswith(each) for each in allowed):
        return None
    return f"This server does not answer to the host name {name}. Start it with --allow-host {name}, or MockJobsServer(allow_hosts=[{name!r}])."


def refused_page(scheme: str, host: str, origin: str | None, fetch_site: str | None) -> str | None:
    """Return why a request that controls the server is refused, or None.

    Args:
        scheme: `http` or `https`.
        host: The header `Host`.
        origin: The header `Origin`, which browsers send; None if there is none.
        fetch_site: The header `Sec-Fetch-Site`, which browsers send; None if there is none.
    """
    is_foreign = fetch_site is not None and fetch_site not in _OWN_PAGES
    if not is_foreign and (origin is None or origin.lower() == f"{scheme}://{host}".lower()):
        return None
    page = f"of {origin}" if origin else "of another site"
    return f"A web page {page} must not control this server. Send the request from a program, or from a page of this server."


def is_control_path(path: str) -> bool:
    """Return whether a path controls the server itself, so that a page of another site is refused there.

    Args:
        path: As sent. moto decodes it.
    """
    return unquote(path).startswith((CONTROL_API, MOTO_API)) if "-api" in path or "%" in path else False


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
