"""Encodes the result of an operation as JSON."""

from __future__ import annotations

import json
import json.encoder
from collections.abc import Callable
from typing import Any


def _reject(value: object) -> object:
    raise TypeError(f"an operation returned {value!r}, which cannot be encoded as JSON")


def _make_encoder() -> Callable[[Any], str]:
    # Operations build new answers, so none contains itself. Skipping that check saves a third of the time.
    encoder = json.JSONEncoder(separators=(",", ":"), default=_reject, allow_nan=False, check_circular=False)
    make: Callable[..., Callable[[Any, int], tuple[str, ...]]] | None = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    # JSONEncoder makes a new accelerator for each text. During a request that takes longer than encoding the text.
    accelerated = make(None, _reject, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, False)
    return lambda value: "".join(accelerated(value, 0))


to_json = _make_encoder()
"""Return compact ASCII JSON; numbers must be finite."""
