"""A crowd of clients of one server, run as a script in a process of its own.

    crowd.py PORT HELD STALLED CALLS

Opens HELD connections that are idle after one request each, and STALLED ones with half of a request. Beside them eight clients send
CALLS requests each. Writes how many of these were answered, and how many of the idle connections still answer.
"""

from __future__ import annotations

import resource
import socket
import sys
import threading
from http.client import HTTPConnection

_SIGNED = "AWS4-HMAC-SHA256 Credential=111111111111/20261122/us-east-1/batch/aws4_request, SignedHeaders=host, Signature=0"
_CLIENTS = 8
_HALVES = (
    b"POST /v1/describejobs HTTP/1.1\r\nHost: x\r\n",
    f"POST /v1/describejobs HTTP/1.1\r\nHost: x\r\nAuthorization: {_SIGNED}\r\nContent-Length: 100\r\n\r\n{{".encode(),
)


def main(port: int, held: int, stalled: int, calls: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    idle = [HTTPConnection("127.0.0.1", port, timeout=60) for _ in range(held)]
    for each in idle:
        assert is_answered(each)
    stuck = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(stalled)]
    for number, connection in enumerate(stuck):
        connection.sendall(_HALVES[number % 2])

    answered: list[bool] = []

    def call() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        answered.extend(is_answered(connection) for _ in range(calls))

    clients = [threading.Thread(target=call) for _ in range(_CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    sys.stdout.write(f"{sum(answered)} {sum(is_answered(each) for each in idle)}\n")


def is_answered(connection: HTTPConnection) -> bool:
    connection.request("POST", "/v1/describejobs", b'{"jobs":[]}', {"Authorization": _SIGNED})
    return connection.getresponse().read() == b'{"jobs":[]}'


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
