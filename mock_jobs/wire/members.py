"""Checks of the parameters by which a test selects requests: they must be such that a request can have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mock_jobs.core.argument_checks import nearest
from mock_jobs.core.errors import HIDDEN, UsageTypeError, UsageValueError

if TYPE_CHECKING:
    from botocore.model import Shape

    from mock_jobs.core.service_base import Violation
    from mock_jobs.wire.checks import Checks

__tracebackhide__ = HIDDEN


def check_members(given: Mapping[str, object], shape: Shape | None, checks: Checks, owner: str) -> None:
    """Check parameters that may be some of those of a request; None stands for one that is not sent.

    Args:
        given: The parameters, by the names of the model.
        shape: The structure that has them; None if it has no members.
        checks: Compiles the shapes of the members.
        owner: What the texts of errors call the structure.

    Raises:
        UsageValueError: There is no such member.
        UsageTypeError: A value has a type that the member never has.
    """
    members: Mapping[str, Shape] = getattr(shape, "members", {})
    for name, value in given.items():
        if name not in members:
            known = ", ".join(members) or "none"
            raise UsageValueError(f"{owner} has no parameter {name!r}{nearest(str(name), members)}; it has: {known}")
        if value is not None:
            _check_value(value, members[name], checks, owner, name)


def _check_value(value: object, shape: Shape, checks: Checks, owner: str, name: str) -> None:
    if shape.type_name == "structure" and isinstance(value, Mapping):
        check_members(value, shape, checks, f"{name} of {owner}")
        return
    notes: list[Violation] = []
    checks.of(shape, name)(value, name, notes)
    wrong = next((note for note in notes if note.kind == "type"), None)
    if wrong is not None:
        raise UsageTypeError(f"{wrong.member} of {owner} must be of type {wrong.bound}, got {wrong.value!r}")
