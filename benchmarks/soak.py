"""The memory of MockJobsServer under eight clients that make mixed calls: after a tenth of the time, and at the end.

`--minutes` says how long, by default 10. The server runs in a process of its own. Each client has an account, and does what a test
suite does: it makes jobs of both services, polls, stops and reports, lets time pass until AWS forgets the jobs, and from time to time
resets its account. What moto keeps is made once, so that all growth is that of mock_jobs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from server import running

from _measure import FAKE_ENVIRONMENT, REGION, against, table
from _site import CONTAINER, make_batch_site, make_iot_job, make_thing, submit

BUDGET = 1.1
CLIENTS = 8
LOOKS = 10
TESTS_BETWEEN_RESETS = 20
EIGHT_DAYS = 8 * 24 * 3600
SERVICES = ("batch", "iot", "iot-jobs-data", "iam")


class Client:
    """One client, whose account is its own.

    Attributes:
        calls: How many calls were answered.
        error: What ended it before its time; None if nothing did.
    """

    def __init__(self, number, url, session):
        self._url = url
        self._account = f"{number:012d}"
        self._dice = random.Random(number)
        key = {"aws_access_key_id": self._account, "aws_secret_access_key": "x"}
        config = Config(retries={"max_attempts": 0})
        self._batch, self._iot, self._device, self._iam = (
            session.client(each, endpoint_url=url, config=config, **key) for each in SERVICES
        )
        self.calls = 0
        self.error = None
        for client in (self._batch, self._iot, self._device):
            client.meta.events.register("response-received", self._count)

    def prepare(self):
        """Run everything once."""
        self._thing_arn = make_thing(self._iot)
        self._make_site()
        self._test()

    def work(self, until):
        try:
            while monotonic() < until:
                self._control("reset")
                self._make_site()
                for _ in range(TESTS_BETWEEN_RESETS):
                    if monotonic() < until:
                        self._test()
        except Exception as error:
            self.error = error
            raise

    def _make_site(self):
        try:
            make_batch_site(self._batch, self._iam)
        except self._iam.exceptions.EntityAlreadyExistsException:
            make_batch_site(self._batch, self._iam, f"batch-{self.calls}")

    def _test(self):
        job_ids = [submit(self._batch, f"job-{number}") for number in range(5)]
        job_ids.append(
            self._batch.submit_job(jobName="a", jobQueue="q", jobDefinition="d", arrayProperties={"size": 10})["jobId"]
        )
        self._batch.register_job_definition(jobDefinitionName="e", type="container", containerProperties=CONTAINER)
        for _ in range(6):
            self._batch.describe_jobs(jobs=job_ids)
        self._batch.terminate_job(jobId=job_ids[-1], reason="r")
        self._batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")
        self._refused(self._batch.describe_jobs, jobs=[])
        job_id = make_iot_job(self._iot, self._thing_arn, f"job-{self.calls}")
        self._device.start_next_pending_job_execution(thingName="thing", statusDetails={"a": "b"})
        status = self._dice.choice(["SUCCEEDED", "FAILED", "IN_PROGRESS"])
        self._refused(self._device.update_job_execution, jobId=job_id, thingName="thing", status=status)
        self._iot.list_job_executions_for_job(jobId=job_id)
        self._iot.describe_job(jobId=job_id)
        self._iot.delete_job(jobId=job_id, force=True)
        self._refused(self._iot.describe_job, jobId=job_id)
        self._control("clock/advance", seconds=EIGHT_DAYS)

    def _refused(self, act, **arguments):
        """Make a call that may be refused."""
        try:
            act(**arguments)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise

    def _control(self, command, **members):
        url = f"{self._url}/mock-jobs-api/{command}?account={self._account}"
        urlopen(Request(url, json.dumps(members).encode(), {"Content-Type": "application/json"})).read()

    def _count(self, **_):
        self.calls += 1


def mebibytes(process_id):
    """Return the memory that a process holds, in MiB: its resident set."""
    status = Path(f"/proc/{process_id}/status")
    if status.exists():
        kibibytes = status.read_text().partition("VmRSS:")[2].split()[0]
    else:
        kibibytes = subprocess.check_output(["ps", "-o", "rss=", "-p", str(process_id)], text=True)
    return int(kibibytes) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long (default: %(default)s)")
    seconds = parser.parse_args().minutes * 60
    os.environ.update(FAKE_ENVIRONMENT)
    with running("mock_jobs") as (port, process_id):
        session = boto3.session.Session(region_name=REGION)
        clients = [Client(number, f"http://127.0.0.1:{port}", session) for number in range(1, CLIENTS + 1)]
        for client in clients:
            client.prepare()
        start = monotonic()
        threads = [Thread(target=client.work, args=[start + seconds], daemon=True) for client in clients]
        for thread in threads:
            thread.start()
        rows, held = [], []
        for look in range(1, LOOKS + 1):
            sleep(max(0.0, start + seconds * look / LOOKS - monotonic()))
            held.append(mebibytes(process_id))
            calls = sum(client.calls for client in clients)
            rows.append((f"{seconds * look / LOOKS / 60:.1f} min", calls, f"{held[-1]:.1f}", f"{held[-1] / held[0]:.3f}"))
        for thread in threads:
            thread.join()
    table(f"MockJobsServer under {CLIENTS} clients", ("after", "calls", "MiB", "of the first"), rows)
    table("Growth", ("", "ratio", "budget", ""), [("memory at the end / after a tenth", *against(held[-1] / held[0], BUDGET))])
    failed = [client.error for client in clients if client.error is not None]
    if failed:
        raise SystemExit(f"{len(failed)} of {CLIENTS} clients failed: {failed[0]!r}")


if __name__ == "__main__":
    main()
