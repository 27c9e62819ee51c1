"""Helpers of the benchmarks of growth: timed steps by size with their slopes, single calls, requests without boto3."""

from __future__ import annotations

from contextlib import contextmanager
from statistics import median

from _measure import interleave, ms, slope, table

# With fewer records, the cost is mostly that of the call that makes them.
LEAST_FOR_SLOPE = 100
PAGE = 100


@contextmanager
def request(world):
    """Act as a request does, for direct calls of a backend. This leaves out the constant cost of boto3."""
    with world.lock, world.clock.pinned():
        world.clock.run_due()
        yield


def median_of(call):
    return median(interleave({"call": call}, rounds=15)["call"])


def report(title, sizes, run, unit, steepest):
    """Print the cost per record by size with its slope, and the cost of single calls by size.

    Args:
        title: What is measured.
        sizes: Numbers of records.
        run: Called with a size; returns the seconds of each step, and of single calls if called with `with_calls`.
        unit: What one record is called in the title.
        steepest: The largest exponent by which a cost per record may grow.
    """
    runs = {size: [run(size) for _ in range(min(4, 3000 // size))] + [run(size, with_calls=True)] for size in sizes}
    steps = {name: [median(seconds[name] for seconds, _ in runs[size]) / size for size in sizes] for name in runs[sizes[0]][0][0]}
    large = [place for place, size in enumerate(sizes) if size >= LEAST_FOR_SLOPE]
    rows = []
    for name, costs in steps.items():
        steepness = slope([sizes[place] for place in large], [costs[place] for place in large])
        verdict = "ok" if steepness <= steepest else "MISSED"
        rows.append((name, *(f"{cost * 1e6:.1f}" for cost in costs), f"{1 + steepness:.2f}", f"<= {1 + steepest:g}", verdict))
    table(
        f"{title}: microseconds per {unit}",
        ("step", *(f"N={size}" for size in sizes), f"log-log slope of the whole from {LEAST_FOR_SLOPE}", "budget", ""),
        rows,
    )
    # From the first size at which a page is full.
    full = [size for size in sizes if size >= 2 * PAGE]
    rows = []
    for name in runs[sizes[0]][-1][1]:
        costs = [runs[size][-1][1][name] for size in full]
        rows.append((name, *map(ms, costs), f"{costs[-1] / costs[0]:.2f}"))
    table(f"{title}: milliseconds per call, boto3 included", ("call", *(f"N={size}" for size in full), "last / first"), rows)
