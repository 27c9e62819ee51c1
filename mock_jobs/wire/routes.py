"""Finds the operation of a method and path, by the `requestUri` of each operation in the service model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar
from urllib.parse import unquote

T = TypeVar("T")

# A server decodes once, and a proxy before it may have.
_MOST_ENCODINGS = 3


def readings(path: str) -> tuple[list[str], list[str]]:
    """Return the segments that a path may mean to different servers: with dot segments kept, and with them resolved.

    Both are decoded, and have no empty segments.

    Args:
        path: Path, percent-encoded up to three times.
    """
    for _ in range(_MOST_ENCODINGS):
        path = unquote(path)
    kept = [segment for segment in path.split("/") if segment]
    resolved: list[str] = []
    for segment in kept:
        if segment == "..":
            del resolved[-1:]
        elif segment != ".":
            resolved.append(segment)
    return kept, resolved


class Routes(Generic[T]):
    """A table of URI templates such as `/things/{thingName}/jobs/$next`.

    Args:
        templates: Method, template and the value to return for it.
    """

    def __init__(self, templates: Iterable[tuple[str, str, T]]) -> None:
        self._fixed: dict[tuple[str, str], T] = {}
        self._open: dict[tuple[str, int], list[tuple[dict[int, str], dict[str, int], T]]] = {}
        for method, template, target in templates:
            segments = template.split("/")
            labels = {segment[1:-1].rstrip("+"): position for position, segment in enumerate(segments) if segment.startswith("{")}
            if not labels:
                self._fixed[method, template] = target
                continue
            literals = {position: segment for position, segment in enumerate(segments) if not segment.startswith("{")}
            self._open.setdefault((method, len(segments)), []).append((literals, labels, target))
        for routes in self._open.values():
            # The template with more literal segments wins: /jobs/$next before /jobs/{jobId}.
            routes.sort(key=lambda route: -len(route[0]))

    def match(self, method: str, path: str) -> tuple[T, dict[str, str]] | None:
        """Return the value for a path and its decoded labels; None if no template matches.

        Args:
            method: HTTP method in upper case.
            path: Path as sent, percent-encoded, without the query.
        """
        segments = path.split("/")
        target = self._fixed.get((method, path))
        if target is None and "%" in path:
            decoded = unquote(path)
            # An encoded slash separates nothing.
            target = self._fixed.get((method, decoded)) if decoded.count("/") < len(segments) else None
        if target is not None:
            return target, {}
        for literals, labels, target in self._open.get((method, len(segments)), ()):
            for position, literal in literals.items():
                segment = segments[position]
                if segment != literal and ("%" not in segment or unquote(segment) != literal):
                    break
            else:
                return target, {
                    name: unquote(segments[position]) if "%" in segments[position] else segments[position]
                    for name, position in labels.items()
                }
        return None
