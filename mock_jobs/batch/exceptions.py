"""The errors that AWS Batch answers.

It declares two for every operation. TooManyRequestsException and BadRequestException are outside of its service model.

Source: API reference, common errors of the Batch API (*documented*); the wrapped form of texts is *observed*.
"""

from __future__ import annotations

from mock_jobs.batch import messages
from mock_jobs.core.service_base import AwsError


class ClientException(AwsError):  # noqa: N818 - the name is the code on the wire
    """The request is invalid, or the state of a resource forbids it.

    Args:
        text: What is wrong.
        wrapped: Whether AWS puts the text between "Error executing request" and the request id. It does so where it validates
            a request; texts about resources are mostly bare.
    """

    def __init__(self, text: str, *, wrapped: bool = False) -> None:
        super().__init__(text)
        self.wrapped = wrapped

    @property
    def code(self) -> str:
        """The code on the wire, the same for subclasses.

        Only mock_jobs itself distinguishes the subclasses.
        """
        return ClientException.__name__

    def body(self, request_id: str) -> dict[str, object]:
        """Return the body of the answer."""
        text = self.message
        if self.wrapped:
            text = messages.WRAPPED.format(text=text, request_id=request_id)
        return {"message": text, "__type": self.code}


class DoesNotExistError(ClientException):
    """There is no such resource.

    Args:
        arn: ARN of the missing resource.
    """

    def __init__(self, arn: str) -> None:
        super().__init__(messages.DOES_NOT_EXIST.format(arn=arn))


class WrongOverrideError(ClientException):
    """A job overrides what its job definition does not have.

    Args:
        text: What is wrong.
        member: The override.
    """

    def __init__(self, text: str, member: str) -> None:
        super().__init__(text, wrapped=True)
        self.member = member


class TooManyRequestsException(AwsError):  # noqa: N818 - the name is the code on the wire
    """Too many calls were made recently (observed: outside of the service model)."""

    status = 429

    def __init__(self) -> None:
        super().__init__(messages.TOO_MANY_REQUESTS)


class BadRequestException(AwsError):  # noqa: N818 - the name is the code on the wire
    """A tag has an illegal character (observed: outside of the service model).

    Args:
        text: The key or value.
        kind: `TagKey` or `TagValue`.
    """

    def __init__(self, text: str, kind: str) -> None:
        super().__init__(messages.ILLEGAL_CHARACTERS.format(text=text, kind=kind))


def invalid(text: str, **values: object) -> ClientException:
    """Return the wrapped error for a request that is invalid by itself.

    Args:
        text: One of `messages`.
        values: What to fill into it.
    """
    return ClientException(text.format(**values), wrapped=True)


def not_allowed(text: str, **values: object) -> ClientException:
    """Return the bare error for a request that the state of resources forbids.

    Args:
        text: One of `messages`.
        values: What to fill into it.
    """
    return ClientException(text.format(**values))
