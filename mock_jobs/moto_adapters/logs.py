"""The seam to `moto.logs`, moto's mock of Amazon CloudWatch Logs.

A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
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
            # moto does not know the region, so no client can read logs there.
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
        """Write lines, each with its own time, into a log stream; all have the ingestion time `at_ms`."""
        if self._kept is None:
            return
        # Not through the backend: it compares the times with the real clock and rejects those far from it.
        group = self._kept.groups[group_name]
        group.put_log_events(stream_name, [{"timestamp": said_ms, "message": text} for said_ms, text in lines])
        stream = group.streams[stream_name]
        stream.last_ingestion_time = _like(stream.last_ingestion_time, at_ms)
        for event in stream.events[-len(lines) :]:
            event.ingestion_time = at_ms


def _like(moment: Any, at_ms: int) -> Any:
    """Return a time in the same form as `moment`: moto has milliseconds until 5.2.0, then a naive datetime."""
    is_number = not isinstance(moment, datetime)
    return at_ms if is_number else datetime.fromtimestamp(at_ms / 1000, timezone.utc).replace(tzinfo=None)
