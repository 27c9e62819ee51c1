"""The processor time of the first test of a process (imports, start, client, one call), compared with boto3 alone."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from statistics import median

from _measure import against, interleave, is_quick, ms, ratio, table

BUDGET = 1.6

BOTO3 = """
import boto3
boto3.client({service!r})
"""
# The least that a mock which moto answers beside can do
MOTO_CORE = f"""
import moto.core.models
{BOTO3}
"""
FIRST_TEST = """
from mock_jobs import mock_jobs
with mock_jobs():
    import boto3
    boto3.client({service!r}).{call}
"""
CALLS = {"batch": "describe_job_queues()", "iot": "list_jobs()"}


def processor_time_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_python(code):
    # Python keeps the bytecode of what it imports, unless this is set.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def main():
    quick = is_quick(__doc__)
    rows = []
    for service, call in CALLS.items():
        programs = {"boto3": BOTO3, "moto": MOTO_CORE, "mock_jobs": FIRST_TEST}
        variants = {name: run_python(code.format(service=service, call=call)) for name, code in programs.items()}
        times = interleave(variants, rounds=7 if quick else 31, warm_up=1, clock=processor_time_of_children)
        medians = [ms(median(times[name])) for name in variants]
        of_moto = f"{ratio(times, 'moto', 'boto3'):.2f}"
        rows.append((service, *medians, *against(ratio(times, "mock_jobs", "boto3"), BUDGET), of_moto))
    header = ("first test", "boto3 ms", "moto's core ms", "mock_jobs ms", "x boto3", "budget", "", "moto's core x boto3")
    table("The first test of a process, divided by `import boto3` and one client; imports of moto's core alone", header, rows)


if __name__ == "__main__":
    main()
