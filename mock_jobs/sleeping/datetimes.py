"""What stands in the place of the class `datetime`, and of the module, in modules of the code under test.

Python's own module stays as it is: pickles, installed packages and Python itself need the class that they know.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

from mock_jobs.sleeping.callers import caller_of

if TYPE_CHECKING:
    from datetime import datetime as _Real  # noqa: N812 - it stands for one of two

    from mock_jobs.sleeping.stand_ins import Skipping
else:
    # freezegun puts a subclass in its place.
    _Real = next(each for each in dt.datetime.__mro__ if each.__module__ == "datetime")

_EPOCH = _Real(1970, 1, 1, tzinfo=dt.timezone.utc)


def _no_skipping() -> Skipping | None:
    return None


class _Likeness(type):
    """The class of the stand-in: equal to `datetime`, with the same instances."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _Real) if cls is StandInDatetime else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _Real) if cls is StandInDatetime else super().__subclasscheck__(subclass)

    def __eq__(cls, other: object) -> bool:
        return other is cls or (cls is StandInDatetime and other is _Real)

    def __hash__(cls) -> int:
        return hash(_Real) if cls is StandInDatetime else super().__hash__()


class StandInDatetime(_Real, metaclass=_Likeness):
    """`datetime`, with the present moment of the mock. It makes plain instances of `datetime`.

    Attributes:
        skipping: Returns what sleeps move now, or None.
    """

    skipping: Callable[[], Skipping | None] = staticmethod(_no_skipping)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make a plain `datetime`, or an instance of a subclass."""
        return _Real(*args, **kwargs) if cls is StandInDatetime else super().__new__(cls, *args, **kwargs)

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        """Return the present moment."""
        return cls._now(tz, sys._getframe(1))  # noqa: SLF001 - the documented way to the caller

    @classmethod
    def today(cls) -> Any:
        """Return the present moment."""
        return cls._now(None, sys._getframe(1))  # noqa: SLF001

    @classmethod
    def utcnow(cls) -> Any:
        """Return the present moment in UTC, naive."""
        return cls._now(dt.timezone.utc, sys._getframe(1)).replace(tzinfo=None)  # noqa: SLF001

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Return what pydantic does with a `datetime`."""
        return handler(_Real)

    @classmethod
    def _now(cls, tz: dt.tzinfo | None, frame: FrameType) -> Any:
        # Another tool may have replaced it.
        moment = dt.datetime.now(tz)
        skipping, caller = cls.skipping(), caller_of(frame)
        if skipping is not None and caller is not None:
            moment = _moved(moment, skipping, caller)
        return moment if cls is StandInDatetime else cls.combine(moment.date(), moment.timetz())


def _moved(moment: dt.datetime, skipping: Skipping, caller: str) -> dt.datetime:
    """Return a moment as a caller sees it, in the same time zone."""
    frozen_ms = skipping.frozen_ms(caller)
    ahead = dt.timedelta(microseconds=skipping.wall_ahead_ns(caller) // 1000)
    # Through UTC: local time has gaps.
    utc = moment.astimezone(dt.timezone.utc) + ahead if frozen_ms is None else _EPOCH + dt.timedelta(milliseconds=frozen_ms)
    return utc.astimezone(moment.tzinfo) if moment.tzinfo else utc.astimezone().replace(tzinfo=None)


class _StandInModule(ModuleType):
    """The module `datetime`, with the stand-in for its class."""

    datetime = StandInDatetime

    def __getattr__(self, name: str) -> Any:
        return getattr(dt, name)

    def __dir__(self) -> list[str]:
        return dir(dt)


stand_in_module = _StandInModule("datetime", dt.__doc__)
"""The stand-in for the module."""
