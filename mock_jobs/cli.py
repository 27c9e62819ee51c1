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


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, for `main` and for the reference."""
    made = argparse.ArgumentParser(prog="mock-jobs", description="A mock of AWS IoT Jobs and AWS Batch.")
    made.add_argument("--version", action="version", version=f"mock-jobs {__version__}")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    text = "answer any AWS SDK and the AWS CLI over HTTP until interrupted (Ctrl-C, SIGTERM)"
    server = commands.add_parser("server", help=text, description=text[0].upper() + text[1:] + ".")
    server.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    server.add_argument("--port", default=5000, type=int, help="port to listen on, 0 for a free one (default: %(default)s)")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The words after the command's name; by default those of this process.

    Returns:
        The exit status: 0, or 1 after one line on standard error.
    """
    chosen = parser().parse_args(arguments)
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
