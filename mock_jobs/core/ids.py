"""The source of all generated ids, so that a run can be repeated."""

from __future__ import annotations

import random
from itertools import count


class IdSource:
    """Generates UUIDs and hexadecimal ids. The same seed gives the same ids.

    Args:
        seed: Start of the sequence.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(0)
        self._bits = self._random.getrandbits
        self.begin(seed)

    def begin(self, seed: int) -> None:
        """Begin the sequence of a seed."""
        self._random.seed(seed)
        self._requests = count(self._bits(40))
        self._request_prefix = self.uuid()[:24]

    def uuid(self) -> str:
        """Return a random (version 4) UUID in its 36-character form."""
        text = f"{self._bits(128):032x}"
        variant = "89ab"[self._bits(2)]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"

    def request_id(self) -> str:
        """Return a UUID that no other request of this world has. It is faster than `uuid`, because every request needs one."""
        return f"{self._request_prefix}{next(self._requests):012x}"

    def hex(self, length: int) -> str:
        """Return `length` lower-case hexadecimal digits."""
        return f"{self._bits(length * 4):0{length}x}"
