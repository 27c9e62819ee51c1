"""A fault: which requests it is for, what they get, and how many have got it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Literal, NamedTuple, get_args

from mock_jobs.core.argument_checks import check_flag, check_seconds, check_takes_one, check_whole, nearest
from mock_jobs.core.errors import HIDDEN, UsageTypeError, UsageValueError, place_outside

__tracebackhide__ = HIDDEN

Failure = Literal["connect-timeout", "read-timeout", "connection-closed", "unresolvable"]
Effect = Literal["none", "done"]


class IncomingCall(NamedTuple):
    """A request that has arrived, as the function `when` of a fault gets it.

    Attributes:
        service: Its name in boto3: `iot`, `iot-jobs-data` or `batch`.
        operation: Its name in the API, for example `CancelJob`.
        account: Account id.
        region: Region.
        parameters: What was sent, by the names that boto3 takes (`jobId`). Nothing is checked yet: a value may be invalid. Read-only.
    """

    service: str
    operation: str
    account: str
    region: str
    parameters: Mapping[str, object]


When = Mapping[str, object] | Callable[[IncomingCall], bool]
"""Which requests of its operation a fault is for: their parameters, or a function that decides."""


class Outcome(NamedTuple):
    """What the requests of a fault get.

    Attributes:
        code: Code of the error, or name of the failure of transport. None for a delay alone.
        status: HTTP status of the error; None if there is none.
        message: Message of the error.
        effect: `done` if the operation acts all the same.
    """

    code: str | None
    status: int | None = None
    message: str = ""
    effect: Effect = "none"


class Conditions(NamedTuple):
    """When and how often a fault acts. The members are those of `Faults.add`."""

    times: int | None
    after: int
    when: When | None
    probability: float | None
    delay: float
    optional: bool

    def checked(self) -> Conditions:
        """Return a copy that later changes of `when` leave alone.

        Raises:
            UsageTypeError: A member has the wrong type.
            UsageValueError: A member has an impossible value.
        """
        _check_times(self.times)
        check_whole("after", self.after, 0)
        _check_when(self.when)
        _check_probability(self.probability)
        check_seconds("delay", self.delay)
        check_flag("optional", self.optional)
        return self._replace(when=dict(deepcopy(self.when)) if isinstance(self.when, Mapping) else self.when)


class Fault:
    """What a test has added to `mock.faults`: an error, a failure of transport or a delay.

    Attributes:
        name: The call that added it, with the arguments that are not the defaults.
        place: File and line of the code that added it.
        service: Its name in boto3, for example `iot-jobs-data`.
        operation: Its name in the API, for example `CancelJob`.
        code: The code of the error, or the failure of transport, as `mock.calls` shows it; None for a delay alone.
        status: The HTTP status of the error; None if it is none.
        message: The message of the error.
        effect: `done` if the operation acts all the same, else `none`.
        times: How many more requests get it, counted down; None means all, until the fault is removed.
        after: How many requests pass before that, counted down.
        when: What selects the requests; None means that all are meant.
        probability: How probable it is that a request gets it; None means certain.
        delay: Seconds of the mock's clock that pass before the answer.
        optional: Whether no request needs to get it.
        used: How many requests have got it.
        seen: How many requests it was meant for, those that `after` let pass included.
    """

    __slots__ = (
        "_mismatched",
        "_remove",
        "_tried",
        "after",
        "code",
        "delay",
        "effect",
        "message",
        "name",
        "operation",
        "optional",
        "place",
        "probability",
        "seen",
        "service",
        "status",
        "times",
        "used",
        "when",
    )

    def __init__(
        self,
        where: tuple[str, str],
        outcome: Outcome,
        conditions: Conditions,
        name: str,
        remove: Callable[[Fault], None],
    ) -> None:
        self.service, self.operation = where
        self.code, self.status, self.message, self.effect = outcome
        self.times, self.after, self.when, self.probability, self.delay, self.optional = conditions
        self.name = name
        self.place = place_outside()
        self.used = 0
        self.seen = 0
        self._mismatched = 0
        self._tried = 0
        self._remove = remove

    def remove(self) -> None:
        """Remove this fault from `mock.faults`. Does nothing if it is used up or was removed before."""
        self._remove(self)

    @property
    def is_unused(self) -> bool:
        """Whether no request got it, although it is not optional. With a `probability`: whether none could have got it."""
        return not self.optional and not (self.used if self.probability is None else self._tried)

    def __repr__(self) -> str:
        gets = "" if self.status is None else f": HTTP {self.status} {self.message!r}"
        left = "" if self.times is None else f", {self.times} left"
        return f"<fault {self.name}{gets}, used {self.used}{left}>"

    def unused_text(self) -> str:
        """Return why no request has got it, as far as that can be told now."""
        text = f"{self.name} was hit by no request"
        if self.after:
            passed = self.seen
            return f"{text}: after={passed + self.after} was not reached, {_requests(passed)} came"
        if self.seen:
            return f"{text}: faults that were added before it took {_requests(self.seen)}"
        if self._mismatched:
            return f"{text}: its `when` fitted none of {_requests(self._mismatched)} of {self.operation}"
        return text


class WaitingFault(Fault):
    """A fault as `WorldFaults` keeps it. Tests get it as a `Fault`, and completion shows them no more than that."""

    __slots__ = ()

    def __dir__(self) -> Iterable[str]:
        return dir(Fault)

    def shown(self) -> dict[str, object]:
        """Return the attributes by name, in a form that JSON can hold."""
        found = {name: getattr(self, name) for name in Fault.__slots__ if not name.startswith("_")}
        return found | {"when": _shown(self.when) if callable(self.when) else self.when}

    def meets(self, call: IncomingCall | None) -> bool:
        """Count a request of the operation, and return whether it is the turn of this fault.

        Args:
            call: The request; None if it cannot be read, so that `when` does not fit.
        """
        if not self._is_for(call):
            self._mismatched += 1
            return False
        self.seen += 1
        if self.after:
            self.after -= 1
            return False
        return True

    def hits(self, draw: Callable[[], float]) -> bool:
        """Return whether a request gets this fault, whose turn has come.

        Args:
            draw: Returns a random number from 0 to 1, without 1.
        """
        self._tried += 1
        return self.probability is None or draw() < self.probability

    def _is_for(self, call: IncomingCall | None) -> bool:
        if self.when is None:
            return True
        if call is None:
            return False
        return _is_within(self.when, call.parameters) if isinstance(self.when, Mapping) else self._ask(self.when, call)

    def _ask(self, when: Callable[[IncomingCall], bool], call: IncomingCall) -> bool:
        answered: object = when(call)
        if not isinstance(answered, bool):
            raise UsageTypeError(f"`when` of {self.name} must return True or False, returned {answered!r}")
        return answered


def call_text(method: str, *arguments: object, **options: object) -> str:
    """Return a call of `faults` as a test would write it.

    Args:
        method: Its name.
        *arguments: Its arguments by position.
        **options: Its arguments by name, without those that are None, False, zero, or 1 for `times`.
    """
    given = {name: value for name, value in options.items() if value and (name, value) != ("times", 1)}
    if "times" in options and options["times"] is None:
        given["times"] = None
    shown = [*map(repr, arguments), *(f"{name}={_shown(value)}" for name, value in given.items())]
    return f"faults.{method}({', '.join(shown)})"


def _shown(value: object) -> str:
    return getattr(value, "__name__", "function") if callable(value) else repr(value)


def _requests(number: int) -> str:
    return "1 request" if number == 1 else f"{number} requests"


def _is_within(wanted: object, got: object) -> bool:
    """Return whether a value is the one wanted. Of a mapping only the members that are wanted count; one that is None is not there."""
    if not isinstance(wanted, Mapping):
        return wanted == got
    return isinstance(got, Mapping) and all(_is_within(value, got.get(name)) for name, value in wanted.items())


def check_choice(name: str, value: object, literal: object) -> None:
    """Check that a value is one of a literal type.

    Raises:
        UsageTypeError: It is no string.
        UsageValueError: It is another string.
    """
    known: tuple[str, ...] = get_args(literal)
    if not isinstance(value, str):
        raise UsageTypeError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    if value not in known:
        raise UsageValueError(f"{name} must be one of {', '.join(known)}, got {value!r}{nearest(value, known)}")


def _check_times(times: object) -> None:
    if times is not None and (isinstance(times, bool) or not isinstance(times, int)):
        raise UsageTypeError(f"times must be a whole number or None, got {times!r}")
    if times is not None and times < 1:
        raise UsageValueError(f"times must be at least 1, got {times}; None means always")


def _check_when(when: object) -> None:
    if when is not None and not isinstance(when, Mapping) and not callable(when):
        raise UsageTypeError(f"when must be a mapping of parameters or a function, got {when!r}")
    if callable(when):
        check_takes_one("when", when, "the call")
    if isinstance(when, Mapping) and not when:
        raise UsageValueError("when must name a parameter; leave it out to mean all requests")


def _check_probability(probability: object) -> None:
    if probability is None:
        return
    if isinstance(probability, bool) or not isinstance(probability, (int, float)):
        raise UsageTypeError(f"probability must be a number or None, got {probability!r}")
    if not 0 < probability <= 1:
        raise UsageValueError(f"probability must be above 0 and at most 1, got {probability!r}; None means certain")
