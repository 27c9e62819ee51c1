"""The command `mock-jobs`."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Event
from typing import get_args

from mock_jobs import __version__
from mock_jobs.batch.scenario.pace import PaceName
from mock_jobs.core.errors import UsageError
from mock_jobs.server import MockJobsServer

_LOG_LEVELS = ("debug", "info", "warning", "error")
_OPEN_FILES = 65_536


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, for `main` and for the reference."""
    made = argparse.ArgumentParser(prog="mock-jobs", description="A mock of AWS IoT Jobs and AWS Batch.")
    made.add_argument("--version", action="version", version=f"mock-jobs {__version__}")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    text = "answer any AWS SDK and the AWS CLI over HTTP until interrupted (Ctrl-C, SIGTERM)"
    server = commands.add_parser("server", help=text, description=text[0].upper() + text[1:] + ".")
    server.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    server.add_argument("--port", default=5000, type=int, help="port to listen on, 0 for a free one (default: %(default)s)")
    server.add_argument(
        "--pace", choices=get_args(PaceName), help="what moves Batch jobs: reads of a job, time, or only the test (default: poll)"
    )
    server.add_argument(
        "--seed", type=int, metavar="N", help="make ids repeat, from N on in each account after each reset (default: drawn)"
    )
    server.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="answer requests to this host name too, .NAME for all below it; IP addresses, localhost and names without a dot are "
        "always answered (repeatable)",
    )
    server.add_argument(
        "--log-level",
        choices=_LOG_LEVELS,
        default="warning",
        help="log to standard error; debug writes a line for each request (default: %(default)s)",
    )
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
        return _serve(chosen)
    except (UsageError, OSError) as error:
        sys.stderr.write(f"mock-jobs: {error}\n")
        return 1


def _serve(chosen: argparse.Namespace) -> int:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("mock_jobs", "uvicorn"):
        logging.getLogger(name).setLevel(chosen.log_level.upper())
    _allow_more_connections()
    # Some versions of moto make clients of their own, which would look for credentials on the network.
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    interrupted = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    with MockJobsServer(chosen.host, chosen.port, pace=chosen.pace, seed=chosen.seed, allow_hosts=chosen.allow_host) as server:
        sys.stdout.write(f"mock_jobs server is ready at {server.url}\n")
        sys.stdout.flush()
        interrupted.wait()
    return 0


def _allow_more_connections() -> None:
    """Raise the limit of open files to what the system allows: often the limit is 1,024, and each connection is one."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has no such module

        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _OPEN_FILES if most == resource.RLIM_INFINITY else min(most, _OPEN_FILES)
        if resource.RLIM_INFINITY != now < wanted:
            # macOS has a lower limit that it does not tell.
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


if __name__ == "__main__":
    sys.exit(main())
