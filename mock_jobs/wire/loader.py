"""Shares botocore's loader in the process, so that JSON models are read once and not once per session."""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import botocore.loaders


@cache
def _loader(data_path: str | None) -> botocore.loaders.Loader:
    from botocore.loaders import create_loader  # noqa: PLC0415 - imported when a mock starts

    return create_loader(data_path)


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
