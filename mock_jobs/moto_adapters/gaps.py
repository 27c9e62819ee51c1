"""What moto lacks: which call an exception inside moto is about."""

from __future__ import annotations

from contextlib import suppress
from traceback import walk_tb

import moto
from moto.core.responses import BaseResponse

VERSION: str = moto.__version__

_WHOLE_ACTION = " action has not been implemented"


class MissingError(NotImplementedError):
    """moto has no such service or path."""


def call_of(error: Exception) -> tuple[str, str] | None:
    """Return boto3's name of the service and moto's name of the operation that moto was answering, None if it was answering none.

    moto has names of its own for some operations of S3; an empty one means that moto does not know either.

    Args:
        error: An exception that moto raised.
    """
    for frame, _ in walk_tb(error.__traceback__):
        response = frame.f_locals.get("self")
        if isinstance(response, BaseResponse):
            with suppress(Exception):
                return response.boto3_service_name, str(response._get_action() or "")  # noqa: SLF001 - the seam
    return None


def is_whole_operation(error: Exception) -> bool:
    """Return whether moto lacks the whole operation, not only a part of it."""
    return isinstance(error, MissingError) or str(error).endswith(_WHOLE_ACTION)
