"""The seam to moto's core. Only the modules of this package import moto.

A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto import settings
from moto.backend_index import backend_url_patterns
from moto.core import models as core_models
from moto.core import request as moto_request
from moto.core.base_backend import BackendDict, backend_lock
from moto.core.botocore_stubber import MockRawResponse
from moto.core.config import default_user_config, passthrough_service, passthrough_url, service_whitelisted
from moto.core.custom_responses_mock import CallbackResponse, not_implemented_callback
from moto.core.exceptions import ServiceNotWhitelisted
from moto.core.models import DEFAULT_ACCOUNT_ID, MockAWS
from moto.core.utils import get_equivalent_url_in_aws_domain
from moto.moto_api import state_manager

from mock_jobs.core import process
from mock_jobs.core.argument_checks import MAX_SECONDS, nearest
from mock_jobs.moto_adapters.gaps import MissingError
from mock_jobs.wire.hosts import plain_hosts
from mock_jobs.wire.origin import is_account_id, is_aws_host, origin_of, service_of

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

__all__ = [
    "MissingError",
    "MockAWS",
    "MockRawResponse",
    "MotoAnswer",
    "account_of",
    "backend_lock",
    "batch_failure",
    "batch_transition",
    "check_server_is_installed",
    "goes_out",
    "is_in_process",
    "leave_to_network",
    "lets_host_out",
    "lets_out",
    "moto_answers",
    "on_reset",
    "preserved_headers",
    "reset_unless_mocked",
    "serve_requests_library",
    "server_application",
    "serves_web_pages",
    "stubber",
    "survive_forks",
    "tidy_requests_library",
]

MotoAnswer = tuple[int, Mapping[str, Any], Any]
"""Status, headers and body, as moto hands them to botocore."""

stubber = core_models.botocore_stubber
"""The object that both of moto's entry points call: its botocore handler and its `responses` callbacks."""

NOT_MOCKED: tuple[int, dict[str, str], str] = (404, {}, "Not yet implemented")
"""moto's answer for an AWS host that none of its services matches."""

ACCOUNT_HEADER = "x-moto-account-id"


def is_in_process() -> bool:
    """Return whether moto answers in this process, not through TEST_SERVER_MODE or a proxy."""
    return not settings.TEST_SERVER_MODE and not settings.is_test_proxy_mode()


def is_behind_proxy() -> bool:
    """Return whether moto answers behind a proxy, to which the requests to AWS go out."""
    return settings.is_test_proxy_mode()


def mocks_credentials() -> bool:
    """Return whether moto gives fake credentials to the clients of the test."""
    return default_user_config.get("core", {}).get("mock_credentials", True) is not False


def moto_answers(request: AWSPreparedRequest) -> MotoAnswer | None:
    """Return moto's answer to a request; None means that the request goes out to the network.

    moto sees the host by the name that it knows.
    """
    url = request.url
    known = known_url(url)
    if known != url and passthrough_url(url.partition("?")[0]):
        return None
    answer: MotoAnswer | None
    request.url = known
    try:
        answer = type(stubber).process_request(stubber, request)
    finally:
        request.url = url
    return answer


def known_url(url: str) -> str:
    """Return a URL with the name by which moto knows the host: that of neither FIPS nor dual stack, without a port.

    If moto knows the host by no name, the URL is returned as it is.
    """
    scheme, separator, rest = url.partition("://")
    host, slash, target = rest.partition("/")
    return f"{scheme}{separator}{_known_host(host)}{slash}{target}"


def is_known(host: str) -> bool:
    """Return whether a host of AWS is that of a service of moto."""
    return _service_at(_known_host(host)) is not None


@lru_cache(maxsize=1024)
def _known_host(host: str) -> str:
    if not is_aws_host(host):
        return host
    return next((each for each in plain_hosts(host) if _service_at(each) is not None), host)


def _service_at(host: str) -> str | None:
    # As moto does before it matches
    url = get_equivalent_url_in_aws_domain(f"https://{host}/")[0].geturl()
    return next((service for service, pattern in backend_url_patterns if pattern.match(url)), None)


def leave_to_network(service: str, url: str) -> bool:
    """Return whether moto's `passthrough` settings let a request for one of our services out.

    Raises:
        ServiceNotWhitelisted: moto's `service_whitelist` is set and does not hold the service.
    """
    core = default_user_config["core"]
    names = ("iot", service) if service == "iot-jobs-data" else (service,)
    passthrough = core.get("passthrough", {})
    if passthrough.get("urls") and passthrough_url(url.partition("?")[0]):
        return True
    if passthrough.get("services") and any(map(passthrough_service, names)):
        return True
    if core.get("service_whitelist") is not None and not any(map(service_whitelisted, names)):
        raise ServiceNotWhitelisted(service)
    return False


def lets_out(url: str) -> bool:
    """Return whether moto's `passthrough` settings let a request for one of moto's services out."""
    known = known_url(url)
    return passthrough_url(url) or any(
        passthrough_service(service) for service, pattern in backend_url_patterns if pattern.match(known)
    )


def goes_out(url: str) -> bool:
    """Return whether a request goes to the network, whatever it holds: neither mock_jobs nor moto answers it."""
    host = url.partition("://")[2].partition("/")[0]
    return lets_out(url) or not (is_aws_host(host) or is_known(host))


def lets_host_out(host: str) -> bool:
    """Return whether moto's `passthrough` settings let some request to a host out.

    A look-up does not tell the rest of the URL, so a pattern that fits any URL of the host counts.

    Args:
        host: In lower case, without a port.
    """
    passthrough = (default_user_config.get("core") or {}).get("passthrough") or {}
    urls, services = passthrough.get("urls"), passthrough.get("services")
    if not urls and not services:
        return False
    if services and any(service in services for service in _services_of_host(host)):
        return True
    if not urls:
        return False
    import regex  # noqa: PLC0415 - slow to import, and rarely needed

    starts = [f"{scheme}://{host}{end}" for scheme in ("https", "http") for end in ("/", ":")]
    return any(regex.match(url, start, partial=True) for url in urls for start in starts)


def _services_of_host(host: str) -> Iterator[str]:
    yield from (service for service, pattern in backend_url_patterns if pattern.match(f"http://{host}/"))
    ours = origin_of(None, host).service
    if ours is not None:
        yield from (ours,) if ours == "batch" else ("iot", "iot-jobs-data")


# Accounts

_ACCESS_KEY = re.compile(r"[A-Z0-9]{20}")


def account_of(access_key: str, header: str | None) -> str:
    """Return the account id of a request, by moto's rules; a 12-digit access key is an account id.

    Args:
        access_key: From the credential scope.
        header: Content of `x-moto-account-id`, if sent.
    """
    fixed = os.environ.get("MOTO_ACCOUNT_ID")
    if fixed is not None:
        return fixed
    if header:
        return header
    if is_account_id(access_key):
        return access_key
    if _ACCESS_KEY.fullmatch(access_key):
        from moto.iam.models import get_account_id_from  # noqa: PLC0415 - slow to import, and rarely needed

        return get_account_id_from(access_key)
    return DEFAULT_ACCOUNT_ID


# Resets


class _InUse(list[Any]):
    """The backend dictionaries in use. moto clears it at the end of a reset, with `backend_lock` held."""

    def __init__(self, present: Iterable[Any]) -> None:
        super().__init__(present)
        self.listeners: list[Callable[[], None]] = []

    def clear(self) -> None:
        super().clear()
        for listener in tuple(self.listeners):
            listener()


def on_reset(listener: Callable[[], None]) -> Callable[[], None]:
    """Call a listener whenever moto resets its state: at the start and end of a mock, and at `POST /moto-api/reset`.

    The listener runs after the reset, with moto's `backend_lock` held. To avoid a deadlock, it must not take a lock that
    another thread may hold while waiting for `backend_lock`.

    Returns:
        A function that removes the listener.
    """
    with backend_lock:
        in_use: Any = BackendDict._instances  # type: ignore[misc]  # noqa: SLF001 - the seam
        if not isinstance(in_use, _InUse):
            in_use = BackendDict._instances = _InUse(in_use)  # type: ignore[misc]  # noqa: SLF001
        in_use.listeners.append(listener)

    def end() -> None:
        with backend_lock:
            in_use.listeners.remove(listener)
            if not in_use.listeners and BackendDict._instances is in_use:  # type: ignore[misc]  # noqa: SLF001
                BackendDict._instances = list(in_use)  # type: ignore[misc]  # noqa: SLF001

    return end


def reset_unless_mocked() -> None:
    """Reset all of moto's state, unless a mock is active in this process."""
    if MockAWS._nested_count == 0:  # noqa: SLF001 - the seam
        BackendDict.reset()


def survive_forks(in_child: Callable[[], None]) -> None:
    """Keep a child usable that is forked while other threads make requests, as `process.survive_forks` does."""
    process.survive_forks((MockAWS._mock_init_lock, backend_lock), in_child)  # noqa: SLF001 - the seam


# Users of the requests library

_DIGITS = re.compile(r"[0-9]{1,9}")
_AWS_URL = re.compile(r"https?://(?P<host>[^/]+)(?P<path>/.*)?$")


class _OneForAll(CallbackResponse):
    """One response for all patterns; moto adds one for each pattern and HTTP method."""

    def __init__(self, method: str, matches_url: Callable[[str], bool], callback: Callable[..., Any]) -> None:
        # moto compares responses by the text of their patterns.
        super().__init__(method=method, url=re.compile(f"mock_jobs {matches_url.__name__}"), callback=callback)
        self._matches_url = matches_url

    def _url_matches(self, url: Any, other: Any, match_querystring: bool = False) -> bool:  # noqa: ARG002 - the signature of responses
        return self._matches_url(other.split("?", 1)[0])


def _is_mocked(url: str) -> bool:
    parts = _AWS_URL.match(url)
    if parts is not None and is_aws_host(parts["host"]) and service_of(origin_of(None, parts["host"]), parts["path"] or "/"):
        return True
    known = known_url(url)
    return any(pattern.match(known) for _, pattern in backend_url_patterns)


def _is_aws(url: str) -> bool:
    host = _AWS_URL.match(url)
    return host is not None and is_aws_host(host["host"])


def serve_requests_library() -> None:
    """Register two `responses` for each HTTP method: the URLs of mock_jobs and moto, and other AWS hosts."""
    registry = core_models.responses_mock
    if not any(isinstance(each, _OneForAll) for each in registry.registered()):
        for method in core_models.RESPONSES_METHODS:
            registry.add(_OneForAll(method, _is_mocked, _answer_prepared))
            registry.add(_OneForAll(method, _is_aws, not_implemented_callback))


def tidy_requests_library() -> None:
    """Remove what `serve_requests_library` added, unless moto is active and has no entries of its own."""
    registry = core_models.responses_mock
    registered = registry.registered()
    ours = [each for each in registered if isinstance(each, _OneForAll)]
    if MockAWS._nested_count == 0 or len(ours) < len(registered):  # noqa: SLF001 - the seam
        for each in ours:
            registry.remove(each)


def _answer_prepared(request: Any) -> Any:
    # Before moto 5.2.5 one method took the requests of both libraries.
    answer: Callable[..., Any] = getattr(stubber, "process_prepared_request", stubber.process_request)
    return answer(request)


# Server mode

_NOT_OF_AWS = ("moto_api", "instance_metadata")


def check_server_is_installed() -> None:
    """Raise `ImportError` if a package is missing that moto's server needs."""
    from moto.moto_server import werkzeug_app  # noqa: F401, PLC0415 - needs an extra


def server_application() -> Callable[..., Any]:
    """Return moto's WSGI application, for all of moto's services.

    It raises what moto raises, and `MissingError` for services and paths that moto does not have.
    """
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415 - needs an extra

    def create(service: Any) -> Any:
        if service is None:
            raise MissingError("moto has no such service")
        try:
            application = create_backend_app(service)
        except SystemError:
            # Seldom Python 3.11 fails to compile in one thread what werkzeug makes of routes, when another one compiles as well.
            # Source: CPython issue 106905.
            application = create_backend_app(service)
        if service not in _NOT_OF_AWS:
            application.register_error_handler(HTTPStatus.NOT_FOUND, _no_path)
        return application

    return DomainDispatcherApplication(create)


def _no_path(error: Any) -> Any:
    from flask import request  # noqa: PLC0415 - needs an extra

    if request.routing_exception is None:
        return error
    raise MissingError("moto has no such path") from error


def preserved_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return what moto reads the headers from whose names have an underscore, for example metadata of objects in S3.

    WSGI cannot tell them from headers with a dash. moto has a way of its own from 5.2.5 on.
    """
    if not hasattr(moto_request, "should_preserve_original_header_name"):
        return {}
    named = {name: moto_request.environ_key_for_header(name) for name in headers if "_" in name}
    named = {name: key for name, key in named.items() if moto_request.should_preserve_original_header_name(name)}
    dashed = {moto_request.environ_key_for_header(name) for name in headers if "_" not in name}
    kept = {name: key for name, key in named.items() if key not in dashed}
    return {
        **{key: headers[name] for name, key in kept.items()},
        moto_request.PRESERVED_HEADER_NAMES_ENVIRON_KEY: {key: name for name, key in kept.items()},
    }


def serves_web_pages() -> bool:
    """Return whether moto lets web pages of any origin read its answers, as it does unless MOTO_DISABLE_GLOBAL_CORS is set."""
    return not settings.DISABLE_GLOBAL_CORS


# moto's switches for the pace of Batch jobs


def batch_transition() -> Mapping[str, Any] | None:
    """Return moto's transition of `batch::job`, or None if none is set.

    `state_manager.set_transition` comes first; then `config={"batch": {"use_docker": False}}` means immediate.
    """
    chosen: Mapping[str, Any] | None = state_manager._transitions.get("batch::job")  # noqa: SLF001 - the default is not a choice
    if chosen is not None:
        return chosen
    if not default_user_config.get("batch", {}).get("use_docker", True):
        return {"progression": "immediate"}
    return None


def unknown_settings(config: Mapping[str, Any]) -> Iterator[str]:
    """Generate what moto does not know in a `config`, each with the nearest name."""
    for section, members in config.items():
        known: Mapping[str, Any] | None = default_user_config.get(section)  # type: ignore[assignment]  # a typed dictionary
        if known is None:
            yield f"{section!r} of config{nearest(section, default_user_config)}"
            continue
        for name in members:
            if name not in known:
                yield f"{name!r} in {section!r} of config{nearest(name, known)}"


def batch_failure() -> int | None:
    """Return after how many seconds moto's switches let a new Batch job fail, or None if they do not.

    Like moto this heeds `MOTO_SIMPLE_BATCH_FAIL_AFTER` only with `config={"batch": {"use_docker": False}}`. A value that is no
    whole number counts as 0.
    """
    # Each request asks. To find out that a variable is not set takes ten times as long as the configuration.
    if default_user_config.get("batch", {}).get("use_docker", True):
        return None
    value = os.environ.get("MOTO_SIMPLE_BATCH_FAIL_AFTER")
    if not value:
        return None
    return min(int(value), MAX_SECONDS) if _DIGITS.fullmatch(value) else 0
