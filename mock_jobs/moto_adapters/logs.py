"""Amazon CloudWatch Logs, which moto mocks: the seam to `moto.logs`.

Each private name that is used here is pinned by a test, on the oldest and the newest moto that we support.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moto.logs.models import LogsBackend


class MotoLogGroups:
    """The log groups that moto keeps for an account and region."""

    def __init__(self, account: str, region: str) -> None:
        from moto.logs.models import logs_backends  # noqa: PLC0415 - only logs need it

        try:
            self._kept: LogsBackend | None = logs_backends[account][region]
        except KeyError:
            # A region that moto does not know: no client can look there.
            self._kept = None

    def make_stream(self, group_name: str, stream_name: str, at_ms: int) -> None:
        """Create a log stream and its group, unless they exist."""
        if self._kept is None:
            return
        group = self._kept.groups.get(group_name)
        if group is None:
            self._kept.ensure_log_group(group_name)
            group = self._kept.groups[group_name]
            group.creation_time = _like(group.creation_time, at_ms)
        if stream_name not in group.streams:
            group.create_log_stream(stream_name)
            stream = group.streams[stream_name]
            stream.creation_time = _like(stream.creation_time, at_ms)

    def write(self, group_name: str, stream_name: str, lines: Sequence[tuple[int, str]], at_ms: int) -> None:
        """Write lines into a log stream, each with its time, as ingested at a moment."""
        if self._kept is None:
            return
        # The group and not the backend, which would measure the times by the real clock and refuse what lies far from it.
        group = self._kept.groups[group_name]
        group.put_log_events(stream_name, [{"timestamp": said_ms, "message": text} for said_ms, text in lines])
        stream = group.streams[stream_name]
        stream.last_ingestion_time = _like(stream.last_ingestion_time, at_ms)
        for event in stream.events[-len(lines) :]:
            event.ingestion_time = at_ms


def _like(moment: Any, at_ms: int) -> Any:
    """Return a moment in the form in which moto keeps it: until 5.2.0 milliseconds, then a naive datetime."""
    is_number = not isinstance(moment, datetime)
    return at_ms if is_number else datetime.fromtimestamp(at_ms / 1000, timezone.utc).replace(tzinfo=None)
