"""The faults of a world as the package uses them: which request gets which fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import TYPE_CHECKING

from mock_jobs.core.errors import HIDDEN, UsageTypeError, UsageValueError, ends_the_run, is_verdict
from mock_jobs.core.faults import Declared, Faults

if TYPE_CHECKING:
    from threading import RLock

    from mock_jobs.core.failures import Failures
    from mock_jobs.core.fault_rules import IncomingCall, WaitingFault

__tracebackhide__ = HIDDEN


class WorldFaults(Faults):
    """The faults of a world. Tests get it as `Faults`, and completion shows them no more than that.

    Args:
        declared: Looks up what an operation may answer.
        lock: Held whenever the faults are read or changed.
        failures: Notes what fails in functions `when`.
    """

    def __init__(self, declared: Declared, lock: RLock, failures: Failures) -> None:
        super().__init__(declared, lock)
        self._failures = failures
        self._random = Random(0)

    def __dir__(self) -> Iterable[str]:
        return dir(Faults)

    def all_added(self) -> list[WaitingFault]:
        """Return the faults that were added since the last reset, also those that are used up, without those that were removed."""
        with self._lock:
            return list(self._added)

    def begin(self, seed: int) -> None:
        """Seed the choice of the requests that get a fault with a `probability`."""
        # Apart from the ids, which therefore do not depend on the faults of a test.
        self._random.seed(f"faults {seed}")

    def choose(self, service: str, operation: str, read: Callable[[], IncomingCall | None]) -> WaitingFault | None:
        """Return the fault for a request, None if there is none. It counts as used at once, so no other request gets it meanwhile.

        Args:
            service: Name of the service in boto3.
            operation: Name of the operation in the API.
            read: Returns the request, or None if it cannot be read. Called only if a fault has a `when`.

        Raises:
            UsageError: A function `when` has failed, or has returned neither True nor False.
            AssertionError: A function `when` has raised it.
        """
        waiting = tuple(self._waiting.get((service, operation), ()))
        if not waiting:
            return None
        call = read() if any(each.when is not None for each in waiting) else None
        chosen = None
        for each in waiting:
            if self._meets(each, call) and chosen is None and each.hits(self._random.random):
                chosen = each
        if chosen is not None:
            chosen.used += 1
            if chosen.times is not None:
                chosen.times -= 1
                if chosen.times == 0:
                    self._unwait(chosen)
        return chosen

    def give_back(self, fault: WaitingFault) -> None:
        """Take back a use: moto answers the request."""
        fault.used -= 1
        if fault.times is not None:
            if fault.times == 0 and any(each is fault for each in self._added):
                self._waiting.setdefault((fault.service, fault.operation), []).insert(0, fault)
            fault.times += 1

    def _meets(self, fault: WaitingFault, call: IncomingCall | None) -> bool:
        """Return whether the turn of a fault has come. What its function raises reaches the test, even if the caller swallows it."""
        try:
            return fault.meets(call)
        except BaseException as error:
            if ends_the_run(error):
                raise
            where = f"`when` of {fault.name}"
            if is_verdict(error) or isinstance(error, UsageTypeError):
                self._failures.note(where, error)
                raise
            wrong = UsageValueError(f"{where} raised {error!r}; it must return True or False")
            self._failures.note(where, wrong)
            raise wrong from error
