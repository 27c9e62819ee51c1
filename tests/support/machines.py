"""State machines that check their own coverage: a run fails if a rule or a condition of it was never used.

Without this check a rule whose precondition never holds is in no example, and everything passes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings, stateful

Method = Callable[..., Any]

# Further rounds are there for what is rare. What one round misses every second time, all of them together miss once in 10 ** 9.
ROUNDS = 30


class Machine(stateful.RuleBasedStateMachine):
    """A state machine that counts what happens in it; its methods are marked with the decorators below.

    Attributes:
        must_reach: What has to happen at least once in all examples, beside all rules, in words. `reach` says that it did.
        counts: How often it happened.
    """

    must_reach: ClassVar[tuple[str, ...]] = ()
    counts: ClassVar[Counter[str]]

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.counts = Counter()

    def reach(self, what: str) -> None:
        """Take note of something that has to happen."""
        assert what in self.must_reach, f"{what!r} is not in {type(self).__name__}.must_reach"
        self.counts[what] += 1

    @classmethod
    def unreached(cls) -> list[str]:
        """Return what did not happen."""
        of_methods = (what for name in dir(cls) for what in getattr(getattr(cls, name), "must_reach", ()))
        return [what for what in sorted({*of_methods, *cls.must_reach}) if not cls.counts[what]]


def rule(**arguments: Any) -> Callable[[Method], Method]:
    """Do as hypothesis does; and the rule must run."""
    return _counted("rule", stateful.rule(**arguments))


def initialize(**arguments: Any) -> Callable[[Method], Method]:
    """Do as hypothesis does; and the rule must run."""
    return _counted("initialize", stateful.initialize(**arguments))


def invariant() -> Callable[[Method], Method]:
    """Do as hypothesis does; and the invariant must be asked for."""
    return _counted("invariant", stateful.invariant())


def _counted(kind: str, decorator: Callable[[Method], Method]) -> Callable[[Method], Method]:
    def mark(method: Method) -> Method:
        what = f"{kind} {method.__name__}: runs"

        @wraps(method)
        def counted(self: Machine, *args: Any, **arguments: Any) -> Any:
            result = method(self, *args, **arguments)
            self.counts[what] += 1
            return result

        return _with(decorator(counted), what)

    return mark


def precondition(holds: Callable[[Any], object]) -> Callable[[Method], Method]:
    """Do as hypothesis does, above the other decorator; and the condition must hold once, and once it must not.

    Several of one method are numbered from below, in which order they are asked; each is asked if those before it hold.
    """

    def mark(method: Method) -> Method:
        before = method.must_reach  # type: ignore[attr-defined]
        met, unmet = (f"precondition {len(before) // 2 + 1} of {method.__name__}: {result}" for result in ("holds", "fails"))

        def counted(self: Machine) -> bool:
            result = bool(holds(self))
            self.counts[met if result else unmet] += 1
            return result

        return _with(stateful.precondition(counted)(method), *before, met, unmet)

    return mark


def _with(method: Method, *must_reach: str) -> Method:
    method.must_reach = must_reach  # type: ignore[attr-defined]
    return method


def prove(machine: type[Machine], *, max_examples: int, steps: int) -> None:
    """Run a state machine as a test, which fails, too, if something did not happen in any of all examples.

    While something is missing, further rounds look for it, so that chance does not decide.

    Args:
        machine: Whose rules and invariants are tested.
        max_examples: Of each round.
        steps: Of each example, at most.
    """
    machine.counts.clear()
    for number in range(ROUNDS):
        # In CI hypothesis repeats itself, and all rounds would be the first one.
        seed = number if settings.default is not None and settings.default.derandomize else None
        machine._hypothesis_internal_use_seed = seed
        stateful.run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=max_examples,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
        if not machine.unreached():
            return
    never = "\n".join(f"    {what}" for what in machine.unreached())
    counts = "\n".join(f"    {what}: {count}" for what, count in sorted(machine.counts.items()))
    raise AssertionError(f"{machine.__name__} tests less than it says. It never came to this:\n{never}\nIt came to:\n{counts}")
