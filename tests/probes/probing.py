"""What a probe is made of: the register, the page whose rows it asks about, and the services that it asks."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    import boto3
    import pytest

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "where-aws-is-silent.md"
PREFIX = "mock-jobs-probe-"
ACCEPTED = "accepted"
ACCOUNT_VARIABLE = "MOCK_JOBS_PROBE_ACCOUNT"
# Key of what a probe reports, in the properties of its test
REPORT = "probe"
# Errors that tell of the caller or of the moment, not of the question
NO_ANSWERS = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "ForbiddenException",
    "InternalFailureException",
    "ServerException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "TooManyRequestsException",
    "UnauthorizedException",
    "UnrecognizedClientException",
}

_ROW = re.compile(r"^\| ((?:any|iot|batch|stack)-\d+) \| (.*?) \| (.*) \|$", re.MULTILINE)
_READS = ("Describe", "List", "Get")
_POLL_SECONDS = 2
# A throttled request is no answer.
RETRIES: Any = {"mode": "standard", "max_attempts": 8}


def asks_aws(config: pytest.Config) -> bool:
    """Return whether this run asks a real account."""
    return bool(config.getoption("--aws", default=False))


@dataclass(frozen=True)
class Row:
    """One row of the page.

    Attributes:
        id: First column.
        question: Second column.
        answer: Third column.
    """

    id: str
    question: str
    answer: str


def rows_of_page() -> list[Row]:
    """Return the rows of all tables of the page, from top to bottom."""
    return [Row(*cells) for cells in _ROW.findall(PAGE.read_text(encoding="utf-8"))]


ROWS = {row.id: row for row in rows_of_page()}


@dataclass(frozen=True)
class Probe:
    """One question to the service.

    Attributes:
        row: The row of the page that it asks about.
        says: What the page says, in the form that `ask` returns: a value of JSON.
        ask: Asks the service, and returns what it saw.
        minutes: How long it takes on AWS at most, about.
    """

    row: Row
    says: Any
    ask: Callable[[Aws], Any]
    minutes: int


PROBES: dict[str, Probe] = {}
"""All probes, by the ids of their rows."""


def probe(row_id: str, *, says: Any, minutes: int = 1) -> Callable[[Callable[[Aws], Any]], Callable[[Aws], Any]]:
    """Register the decorated function as the probe of a row."""

    def register(ask: Callable[[Aws], Any]) -> Callable[[Aws], Any]:
        if row_id in PROBES:
            raise ValueError(f"{row_id} has two probes")
        if row_id not in ROWS:
            raise ValueError(f"{PAGE.name} has no row {row_id}")
        PROBES[row_id] = Probe(ROWS[row_id], says, ask, minutes)
        return ask

    return register


def error(code: str, status: int = 400) -> dict[str, Any]:
    """Return what `Aws.asked` returns for this error."""
    return {"error": code, "status": status}


class NotOursError(AssertionError):
    """A probe was about to change something that it did not make."""


class Aws:
    """The services as one probe sees them: the mock, or a real account.

    Attributes:
        iot: Client of `iot`.
        batch: Client of `batch`.
        own: Names and ids of what this probe has made. A request that changes anything must contain one.
        texts: Messages of the errors that `asked` has returned.
    """

    def __init__(self, session: boto3.session.Session, wait: Callable[[float], object] = time.sleep) -> None:
        self.session = session
        self.wait = wait
        self.own = [PREFIX + secrets.token_hex(4)]
        self.iot = self.client("iot")
        self.batch = self.client("batch")
        self.texts: list[str] = []
        self._names = 0
        self._device: Any = None
        self._cleanups: list[tuple[Callable[..., object], dict[str, Any]]] = []

    def client(self, service: str, **config: Any) -> Any:
        """Make a client that refuses to change what the probe did not make."""
        made = self.session.client(service, config=Config(retries=RETRIES, **config), **self._address(service))  # type: ignore[call-overload]
        made.meta.events.register("before-parameter-build", self._check_own)
        made.meta.events.register("after-call", self._remember)
        return made

    @property
    def device(self) -> Any:
        """Client of `iot-jobs-data`."""
        if self._device is None:
            self._device = self.client("iot-jobs-data")
        return self._device

    @property
    def service_role(self) -> str:
        """ARN of the role that AWS Batch has in each account that uses it."""
        _, partition, _, _, account, _ = self.client("sts").get_caller_identity()["Arn"].split(":", 5)
        return f"arn:{partition}:iam::{account}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"

    def _address(self, service: str) -> dict[str, str]:
        """Return the endpoint of devices, which AWS gives to each account; one from the environment is used for all services."""
        if service != "iot-jobs-data" or self.iot.meta.endpoint_url != self._usual_address("iot"):
            return {}
        # AWS documents both.
        kinds = ("iot:Data-ATS", "iot:Jobs")
        hosts = (
            self.asked(self.iot.describe_endpoint, show=lambda found: found["endpointAddress"], endpointType=kind)
            for kind in kinds
        )
        return next(({"endpoint_url": f"https://{host}"} for host in hosts if isinstance(host, str)), {})

    def _usual_address(self, service: str) -> str:
        return str(self.session.client(service, config=Config(ignore_configured_endpoint_urls=True)).meta.endpoint_url)  # type: ignore[call-overload]

    def _check_own(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name.startswith(_READS):
            return
        text = json.dumps(params, default=str)
        if not any(own in text for own in self.own):
            raise NotOursError(f"{model.name} names nothing that this probe has made: {text}")

    def _remember(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if not model.name.startswith(_READS) and parsed.get("jobId"):
            self.own.append(parsed["jobId"])

    def name(self) -> str:
        """Return a name that nobody else uses."""
        self._names += 1
        return f"{self.own[0]}-{self._names}"

    def later(self, call: Callable[..., object], **arguments: Any) -> None:
        """Call this when the probe has ended, whatever happens; the last one first."""
        self._cleanups.append((call, arguments))

    def clean_up(self) -> list[str]:
        """Make the calls that `later` has collected, and return what went wrong. What is gone already is no error."""
        problems = []
        while self._cleanups:
            call, arguments = self._cleanups.pop()
            try:
                call(**arguments)
            except Exception as problem:  # noqa: BLE001 - the other cleanups must run
                if not (isinstance(problem, ClientError) and code_of(problem) == "ResourceNotFoundException"):
                    what = " ".join(map(str, arguments.values()))
                    problems.append(f"{call.__name__} {what}: {problem}")
        return problems

    def asked(self, call: Callable[..., Any], *, show: Callable[[Any], Any] = lambda _: ACCEPTED, **arguments: Any) -> Any:
        """Make a request, and return its error, or what `show` takes from its answer.

        Raises:
            ClientError: The service has not looked at the question.
        """
        try:
            answer = call(**arguments)
        except ClientError as problem:
            if code_of(problem) in NO_ANSWERS:
                raise
            self.texts.append(f"{problem.operation_name}: {problem.response['Error']['Message']}")
            return error(code_of(problem), problem.response["ResponseMetadata"]["HTTPStatusCode"])
        return show(answer)

    def until(self, read: Callable[[], Any], *wanted: Any, seconds: int = 90) -> Any:
        """Read until a wanted value comes or time is up, and return what came last."""
        for _ in range(seconds // _POLL_SECONDS):
            if (seen := read()) in wanted:
                return seen
            self.wait(_POLL_SECONDS)
        return read()

    def must(self, read: Callable[[], Any], *wanted: Any, seconds: int = 120) -> None:
        """Do the same for what is no question but a condition of the probe."""
        if (seen := self.until(read, *wanted, seconds=seconds)) not in wanted:
            raise AssertionError(f"the service did not come to {' or '.join(map(repr, wanted))}, but to {seen!r}")


def code_of(problem: ClientError) -> str:
    """Return the error code."""
    return str(problem.response["Error"]["Code"])
