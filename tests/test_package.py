"""Contents of the published package: all sources in the sdist, only the package in the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

import mock_jobs

ROOT = Path(__file__).parent.parent
NAME = f"mock_jobs-{mock_jobs.__version__}"
# What is made in a working copy and belongs to nobody else
MADE = (".git", ".venv*", ".tox", ".*_cache", ".hypothesis", "__pycache__", "_build", "build", "dist", "*.egg-info", ".coverage*")
BUILD = "from setuptools import build_meta as b; b.build_sdist('made'); b.build_wheel('made')"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Return a copy of the sources, with both distributions in its folder `made`."""
    copy = tmp_path_factory.mktemp("sources") / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*MADE))
    # Coverage of subprocesses would count the copied package as a second one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    subprocess.run([sys.executable, "-c", BUILD], cwd=copy, env=environment, check=True, capture_output=True)
    return copy


@pytest.fixture(scope="module")
def wheel(tree):
    with zipfile.ZipFile(tree / "made" / f"{NAME}-py3-none-any.whl") as opened:
        yield opened


def files_below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_source_distribution_has_all_that_a_checkout_has(tree):
    made = {name for name in files_below(tree) if name.split("/")[0] in {"made", "build", "mock_jobs.egg-info"}}
    with tarfile.open(tree / "made" / f"{NAME}.tar.gz") as opened:
        packed = {member.name.removeprefix(f"{NAME}/") for member in opened if member.isfile()}

    assert files_below(tree) - made - {".gitignore"} - packed == set()
    assert {name for name in packed - files_below(tree) if "egg-info" not in name} <= {"PKG-INFO"}


def test_the_wheel_has_the_package_only(tree, wheel):
    names = {name for name in wheel.namelist() if not name.startswith(f"{NAME}.dist-info/")}

    assert names == {f"mock_jobs/{name}" for name in files_below(tree / "mock_jobs")}
    assert "mock_jobs/py.typed" in names


def test_the_long_description_has_no_link_that_is_dead_elsewhere(wheel):
    metadata = message_from_bytes(wheel.read(f"{NAME}.dist-info/METADATA"))
    description = metadata.get_payload()

    assert metadata["Version"] == mock_jobs.__version__
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "@mock_jobs" in description
    assert "](" not in description.replace("](https://", "")
