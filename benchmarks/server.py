"""Requests per second of MockJobsServer, compared with a canned WSGI server and with moto's server.

The canned server is the same HTTP server with answers made in advance. Each server runs in its own process, and the client in another.
The turns of the servers are interleaved.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter

import boto3
from botocore.config import Config

from _measure import ACCOUNT, FAKE_ENVIRONMENT, REGION, against, is_quick, ratio, table
from _site import make_batch_site, make_iot_job, make_thing, submit

BUDGET, BUDGET_BY_PROCESSOR = 0.85, 0.75
# Measured on the machine and the day of the design; for orientation only.
MINISTACK = {1: 1130, 8: 2030}


# Servers, each in its own process


def serve_mock_jobs():
    from mock_jobs import MockJobsServer

    with MockJobsServer() as server:
        announce(server.port)
        sys.stdin.read()


def serve_moto():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    announce(server.get_host_and_port()[1])
    sys.stdin.read()
    server.stop()


def serve_canned():
    """Serve the canned answers from standard input with the HTTP server and the threads of MockJobsServer."""
    import socket

    from mock_jobs.transports.http_server import HttpServer

    answers = {
        path: ([(name.encode(), value.encode()) for name, value in headers], body.encode())
        for path, headers, body in json.loads(sys.stdin.readline())
    }

    def make_application(threads):
        async def application(scope, receive, send):
            message = await receive()
            while message["more_body"]:
                message = await receive()
            headers, body = await threads.run(answers.__getitem__, scope["path"])
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        return application

    listening = socket.create_server(("127.0.0.1", 0))
    announce(listening.getsockname()[1])
    HttpServer(listening, make_application)
    sys.stdin.read()


def announce(port):
    print(port, flush=True)


@contextmanager
def running(kind, given=None):
    """Run a server, and yield its port and process id."""
    process = subprocess.Popen(
        [sys.executable, __file__, f"--serve={kind}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        if given is not None:
            process.stdin.write(json.dumps(given) + "\n")
            process.stdin.flush()
        yield int(process.stdout.readline()), process.pid
    finally:
        process.kill()
        process.communicate()


# The client


class Request:
    """One request, as a signing client sends it."""

    def __init__(self, service, method, path, content=None):
        self.method = method
        self.path = path
        self.body = None if content is None else json.dumps(content).encode()
        scope = f"{FAKE_ENVIRONMENT['AWS_ACCESS_KEY_ID']}/20300101/{REGION}/{service}/aws4_request"
        self.headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
            "X-Amz-Date": "20300101T000000Z",
            "Content-Type": "application/json",
            "User-Agent": "benchmark",
        }

    def send(self, connection):
        connection.request(self.method, self.path, self.body, self.headers)
        response = connection.getresponse()
        content = response.read()
        assert response.status in (200, 201), content
        return response, content


def requests_per_second(port, request, connections, amount):
    """Send requests over several connections, each in its own thread, and return their rate per second."""

    def send_share():
        connection = HTTPConnection("127.0.0.1", port)
        for _ in range(amount // connections):
            request.send(connection)
        connection.close()

    threads = [Thread(target=send_share) for _ in range(connections)]
    start = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return amount // connections * connections / (perf_counter() - start)


def processor_seconds(process_id):
    """Return the processor time of a process, in seconds; 0 where there is no /proc.

    Other processes do not affect it.
    """
    stat = Path(f"/proc/{process_id}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def prepare(port):
    """Make one finished Batch job and one IoT job, and return the requests that describe them."""
    url = f"http://127.0.0.1:{port}"
    clients = {
        each: boto3.client(each, endpoint_url=url, config=Config(retries={"max_attempts": 0})) for each in ("batch", "iot", "iam")
    }
    make_batch_site(clients["batch"], clients["iam"])
    batch_id = submit(clients["batch"])
    for _ in range(10):
        (job,) = clients["batch"].describe_jobs(jobs=[batch_id])["jobs"]
    assert job["status"] == "SUCCEEDED"
    iot_id = make_iot_job(clients["iot"], make_thing(clients["iot"]), "job")
    return {
        "batch DescribeJobs": Request("batch", "POST", "/v1/describejobs", {"jobs": [batch_id]}),
        "iot DescribeJob": Request("iot", "GET", f"/jobs/{iot_id}"),
    }


def can(port, requests):
    """Return the answers to some requests: path, headers and body."""
    connection = HTTPConnection("127.0.0.1", port)
    canned = []
    for request in requests.values():
        response, content = request.send(connection)
        canned.append((request.path, response.getheaders(), content.decode()))
    connection.close()
    return canned


def main():
    quick = is_quick(__doc__)
    rounds, amount = (5, 400) if quick else (15, 1200)
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(running(kind)) for kind in ("mock_jobs", "moto")}
        ports = {kind: port for kind, (port, _) in servers.items()}
        turn_docker_off = Request("moto", "POST", "/moto-api/config", {"batch": {"use_docker": False}})
        turn_docker_off.send(HTTPConnection("127.0.0.1", ports["moto"]))
        requests = {kind: prepare(port) for kind, port in ports.items()}
        servers["canned"] = stack.enter_context(running("canned", can(ports["mock_jobs"], requests["mock_jobs"])))
        ports["canned"] = servers["canned"][0]
        requests["canned"] = requests["mock_jobs"]
        rows = []
        for label in requests["mock_jobs"]:
            for connections in (1, 8):
                rates = {kind: [] for kind in ("canned", "mock_jobs", "moto")}
                costs = {kind: [] for kind in rates}
                for number in range(-1, rounds):
                    for kind in list(rates)[:: 1 if number % 2 else -1]:
                        # moto closes the connection after each answer and is slow: a smaller sample.
                        sent = amount // 4 if kind == "moto" else amount
                        before = processor_seconds(servers[kind][1])
                        rate = requests_per_second(ports[kind], requests[kind][label], connections, sent)
                        if number >= 0:
                            rates[kind].append(rate)
                            costs[kind].append((processor_seconds(servers[kind][1]) - before) / sent)
                medians = [f"{median(rates[kind]):.0f}" for kind in rates]
                share = against(ratio(rates, "mock_jobs", "canned"), BUDGET, at_least=True)
                by_processor = against(ratio(costs, "canned", "mock_jobs"), BUDGET_BY_PROCESSOR, at_least=True)
                of_moto = f"{ratio(rates, 'mock_jobs', 'moto'):.1f}"
                rows.append((label, connections, *medians, *share, *by_processor, of_moto, MINISTACK[connections]))
    header = (
        "requests per second",
        "connections",
        "canned",
        "mock_jobs",
        "moto",
        "of canned",
        "budget",
        "",
        "by CPU",
        "budget",
        "",
        "x moto",
        "ministack once",
    )
    table(f"Server mode, account {ACCOUNT}, client in another process", header, rows)


if __name__ == "__main__":
    serve = next((argument.removeprefix("--serve=") for argument in sys.argv if argument.startswith("--serve=")), None)
    if serve is None:
        main()
    else:
        {"mock_jobs": serve_mock_jobs, "moto": serve_moto, "canned": serve_canned}[serve]()
