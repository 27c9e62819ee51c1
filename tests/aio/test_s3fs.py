"""s3fs, and with it fsspec and others, beside jobs: it runs its calls on an event loop in a thread of its own."""

from __future__ import annotations

import boto3
import pytest

from support.batch_site import Site

s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")

DATA = bytes(range(256)) * 50_000


@pytest.fixture
def files(mock):
    """A file system that shares no client with earlier tests."""
    found = s3fs.S3FileSystem(skip_instance_cache=True)
    found.mkdir("results")
    return found


def test_a_file_in_parts_is_written_and_read(files):
    with files.open("results/big", "wb", block_size=5 * 2**20) as stream:
        stream.write(DATA)

    with files.open("results/big", "rb") as stream:
        stream.seek(7_000_000)
        assert stream.read(1000) == DATA[7_000_000:7_001_000]
    assert boto3.client("s3").get_object(Bucket="results", Key="big")["Body"].read() == DATA


def test_files_are_found_and_removed(files):
    for name in ("a.csv", "b.csv", "c.txt"):
        files.pipe(f"results/{name}", name.encode())

    assert files.glob("results/*.csv") == ["results/a.csv", "results/b.csv"]
    files.rm("results/a.csv")
    assert sorted(files.ls("results")) == ["results/b.csv", "results/c.txt"]
    assert files.cat("results/b.csv") == b"b.csv"
    with pytest.raises(FileNotFoundError):
        files.cat("results/missing")


def test_a_function_that_stands_for_a_container_writes_a_file(mock, files):
    site = Site(boto3.client("batch"), mock)
    site.make_queue_and_definition()

    def run(attempt):
        files.pipe("results/out", attempt.job_name.encode())

    mock.batch.plan("nightly", run=run)
    job_id = site.submit("nightly")
    mock.batch.run_all()

    assert site.status(job_id) == "SUCCEEDED"
    assert files.cat("results/out") == b"nightly"
