"""Shares botocore's loader in the process, so that JSON models are read once and not once per session."""

from __future__ import annotations

import copy
import gzip
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import botocore.loaders


@cache
def _loader(data_path: str | None) -> botocore.loaders.Loader:
    from botocore.loaders import create_loader  # noqa: PLC0415 - imported when a mock starts

    loader = create_loader(data_path)
    loader.file_loader.load_file = _read_json  # type: ignore[method-assign]
    return loader


def _read_json(file_path: str) -> Any:
    """Return the content of a JSON file, None if there is no such file.

    As `JSONFileLoader.load_file`, but objects become dictionaries. botocore makes OrderedDicts, which takes three times as long
    for its largest files. All objects keep their order.

    Args:
        file_path: Path without the extension.
    """
    path = Path(f"{file_path}.json")
    if path.is_file():
        return json.loads(path.read_bytes())
    path = Path(f"{file_path}.json.gz")
    return json.loads(gzip.decompress(path.read_bytes())) if path.is_file() else None


def shared_loader(data_path: str | None = None) -> botocore.loaders.Loader:
    """Return a loader that shares its cache with all others of the same search path.

    Replaces `botocore.loaders.create_loader`.

    Args:
        data_path: Folders with more models, as `AWS_DATA_PATH` names them.
    """
    # The copy shares the cache. Each boto3 session adds a folder to its loader, so each copy has its own list of folders.
    loader = copy.copy(_loader(data_path))
    vars(loader)["_search_paths"] = list(loader.search_paths)
    return loader
