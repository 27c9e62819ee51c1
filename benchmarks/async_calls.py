"""The cost of one aiobotocore call under mock_jobs, compared with aiobotocore alone (the floor)."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from statistics import median

import boto3
from aiobotocore.awsrequest import AioAWSResponse
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from moto.core.models import botocore_stubber

from mock_jobs import mock_jobs

from _measure import against, interleave, is_quick, ms, ratio, table
from _site import make_batch_site, make_iot_job, make_thing, submit

BUDGET = 1.25
NO_RETRIES = AioConfig(retries={"max_attempts": 0})


class Body:
    """A response body, as aiobotocore reads it."""

    def __init__(self, content):
        self._content = content

    async def read(self):
        return self._content


class Recorder:
    """Keeps the last answer to each operation of a client."""

    def __init__(self, client):
        self.answers = {}
        self._client = client
        client.meta.events.register("response-received", self._keep)

    def stop(self):
        """Keep no more answers."""
        self._client.meta.events.unregister("response-received", self._keep)

    def _keep(self, response_dict, event_name, **_):
        kept = response_dict["status_code"], dict(response_dict["headers"]), bytes(response_dict["body"])
        self.answers[event_name.rpartition(".")[2]] = kept


def answer_canned(client, answers):
    """Answer a client with a `before-send` handler alone: the floor, which is the cost of aiobotocore itself."""

    def handler(event_name, request, **_):
        status, headers, body = answers[event_name.rpartition(".")[2]]
        return AioAWSResponse(request.url, status, headers, Body(body))

    client.meta.events.unregister("before-send", botocore_stubber)
    client.meta.events.register("before-send", handler)


def make_site():
    """Make a job of IoT and one of Batch, with boto3, and return both ids."""
    iot, batch = boto3.client("iot"), boto3.client("batch")
    make_iot_job(iot, make_thing(iot), "firmware")
    make_batch_site(batch, boto3.client("iam"))
    return "firmware", submit(batch)


def repeated(loop, call, calls):
    """Return a function that makes a call again and again in one run of the loop."""

    async def run():
        for _ in range(calls):
            await call()

    return lambda: loop.run_until_complete(run())


async def gather(call, count):
    await asyncio.gather(*(call() for _ in range(count)))


def main():
    quick = is_quick(__doc__)
    rounds, calls = (10, 40) if quick else (40, 50)
    loop = asyncio.new_event_loop()
    with mock_jobs(pace="manual"):
        stack = AsyncExitStack()
        session = get_session()

        def make_client(service):
            return loop.run_until_complete(stack.enter_async_context(session.create_client(service, config=NO_RETRIES)))

        ours = {service: make_client(service) for service in ("iot", "batch")}
        floor = {service: make_client(service) for service in ("iot", "batch")}
        job_id, batch_id = make_site()
        acts = {
            "iot DescribeJob": lambda clients: lambda: clients["iot"].describe_job(jobId=job_id),
            "iot ListJobs": lambda clients: clients["iot"].list_jobs,
            "batch DescribeJobs": lambda clients: lambda: clients["batch"].describe_jobs(jobs=[batch_id]),
        }
        answers, rows = {}, []
        for client in floor.values():
            answer_canned(client, answers)
        for label, of in acts.items():
            service = label.split()[0]
            recorder = Recorder(ours[service])
            loop.run_until_complete(of(ours)())
            recorder.stop()
            answers.update(recorder.answers)
            variants = {"floor": repeated(loop, of(floor), calls), "mock_jobs": repeated(loop, of(ours), calls)}
            times = interleave(variants, rounds=rounds)
            medians = [ms(median(times[name]) / calls) for name in ("floor", "mock_jobs")]
            rows.append((label, *medians, *against(ratio(times, "mock_jobs", "floor"), BUDGET)))
        describe = acts["batch DescribeJobs"]
        together = {
            name: lambda clients=clients: loop.run_until_complete(gather(describe(clients), calls))
            for name, clients in (("floor", floor), ("mock_jobs", ours))
        }
        times = interleave(together, rounds=rounds)
        medians = [ms(median(times[name]) / calls) for name in ("floor", "mock_jobs")]
        rows.append((f"gather of {calls} DescribeJobs", *medians, *against(ratio(times, "mock_jobs", "floor"), BUDGET)))
        loop.run_until_complete(stack.aclose())
    loop.close()
    table("Cost of one aiobotocore call", ("one call", "floor ms", "mock_jobs ms", "x floor", "budget", ""), rows)


if __name__ == "__main__":
    main()
