"""Helpers of all benchmarks: interleaved timing, medians of ratios, tables and canned botocore clients."""

from __future__ import annotations

import argparse
import gc
import os
from io import BytesIO
from math import log
from statistics import mean, median
from time import process_time

REGION = "us-east-1"
ACCOUNT = "123456789012"

FAKE_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "FOOBARKEY",
    "AWS_SECRET_ACCESS_KEY": "FOOBARSECRET",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def is_quick(description):
    """Return whether `--quick` was given, and set fake credentials for all clients of this process."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a short run, for a first look")
    os.environ.update(FAKE_ENVIRONMENT)
    return parser.parse_args().quick


# Timing


def interleave(variants, *, rounds, calls=1, warm_up=3, clock=process_time):
    """Time functions in turn, so that a change of the machine's speed affects all of them.

    The default clock is the processor time of this process, which other processes do not affect. The garbage collector is off during
    a turn, and collects before each turn.

    Args:
        variants: Name to function.
        rounds: Number of turns of each function; the order within a round rotates.
        calls: Number of calls in one turn.
        warm_up: Number of turns before the timed ones.
        clock: Returns the time in seconds; `perf_counter` if child processes do the work.

    Returns:
        Name to the seconds per call in each round.
    """
    names = list(variants)
    times = {name: [] for name in names}
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for number in range(-warm_up, rounds):
            if number == 0:
                gc.collect()
                gc.freeze()
            first = number % len(names)
            for name in names[first:] + names[:first]:
                act = variants[name]
                gc.collect()
                start = clock()
                for _ in range(calls):
                    act()
                seconds = (clock() - start) / calls
                if number >= 0:
                    times[name].append(seconds)
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()
    return times


def ratio(times, name, reference):
    """Return the median, over the rounds, of one variant's cost divided by another's in the same round."""
    return median(one / other for one, other in zip(times[name], times[reference], strict=True))


def once(act):
    """Return the seconds that one call takes, without the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        start = process_time()
        act()
        return process_time() - start
    finally:
        gc.enable()


def slope(sizes, costs):
    """Return the exponent by which a cost grows with a size, by least squares of the logarithms."""
    xs, ys = [log(size) for size in sizes], [log(cost) for cost in costs]
    x_mean, y_mean = mean(xs), mean(ys)
    above = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    return above / sum((x - x_mean) ** 2 for x in xs)


# Printing


def ms(seconds):
    return f"{seconds * 1000:.3f}"


def against(value, budget, *, at_least=False):
    """Return a ratio, its budget and whether it holds, as three cells."""
    holds = value >= budget if at_least else value <= budget
    return f"{value:.2f}", f"{'>=' if at_least else '<='} {budget:g}", "ok" if holds else "MISSED"


def table(title, header, rows):
    """Print a table; the first column is text, the others are numbers."""
    rows = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    print(f"\n{title}")
    for row in rows:
        first, *others = (
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join([first, *others]).rstrip())


# Clients without a mock


class RawBody(BytesIO):
    """A response body, as botocore reads it."""

    def stream(self, **_):
        while content := self.read():
            yield content


def answer_canned(client, answers):
    """Answer a client with a `before-send` handler alone: the floor, which is the cost of botocore itself.

    Args:
        client: A boto3 client.
        answers: Operation name to status, headers and body.
    """
    from botocore.awsrequest import AWSResponse
    from moto.core.models import botocore_stubber

    def handler(event_name, request, **_):
        status, headers, body = answers[event_name.rpartition(".")[2]]
        return AWSResponse(request.url, status, headers, RawBody(body))

    # botocore calls all handlers. With moto's still registered, the floor would include the cost of moto.
    client.meta.events.unregister("before-send", botocore_stubber)
    client.meta.events.register("before-send", handler)


class Recorder:
    """Keeps the last answer to each operation of some clients, for `answer_canned`."""

    def __init__(self, *clients):
        self.answers = {}
        self._clients = clients
        for client in clients:
            client.meta.events.register("response-received", self._keep)

    def stop(self):
        """Keep no more answers."""
        for client in self._clients:
            client.meta.events.unregister("response-received", self._keep)

    def _keep(self, response_dict, event_name, **_):
        self.answers[event_name.rpartition(".")[2]] = (
            response_dict["status_code"],
            dict(response_dict["headers"]),
            bytes(response_dict["body"]),
        )
