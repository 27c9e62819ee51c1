"""One botocore loader for the whole process, so that its JSON models are read once and not once per session."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import botocore.loaders


@cache
def _loader(data_path: str | None) -> botocore.loaders.Loader:
    from botocore.loaders import create_loader  # noqa: PLC0415 - botocore comes when a mock starts

    return create_loader(data_path)


def shared_loader(data_path: str | None = None) -> botocore.loaders.Loader:
    """Return the loader of this process for a search path; takes the place of `botocore.loaders.create_loader`.

    Args:
        data_path: Folders with more models, as `AWS_DATA_PATH` names them.
    """
    loader = _loader(data_path)
    # Each boto3 session adds its own folder once more.
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)
    return loader
