"""The command `mock-jobs`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from threading import Event

from mock_jobs import __version__
from mock_jobs.core.errors import UsageError
from mock_jobs.server import MockJobsServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Words after the command's name; those of this process by default.

    Returns:
        The exit status: 0, or 1 with a line on standard error.
    """
    parser = argparse.ArgumentParser(prog="mock-jobs", description="A mock of AWS IoT Jobs and AWS Batch.")
    parser.add_argument("--version", action="version", version=f"mock-jobs {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    server = commands.add_parser("server", help="answer any SDK and the AWS CLI over HTTP, until interrupted")
    server.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    server.add_argument("--port", default=5000, type=int, help="port to listen on, 0 for a free one (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    try:
        return _serve(chosen.host, chosen.port)
    except (UsageError, OSError) as error:
        sys.stderr.write(f"mock-jobs: {error}\n")
        return 1


def _serve(host: str, port: int) -> int:
    # Some versions of moto make clients of their own, which would look for credentials on the network.
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    interrupted = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    with MockJobsServer(host, port) as server:
        sys.stdout.write(f"mock_jobs server is ready at {server.url}\n")
        sys.stdout.flush()
        interrupted.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
