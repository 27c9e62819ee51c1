"""Runs functions in threads, and never waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import BaseServer

PATIENCE = 20
"""How many seconds a thread may take to do what takes none."""


def at_once(*acts: Callable[[], object]) -> None:
    """Run functions in threads that begin together; raise what one of them raises, and never wait for ever."""
    barrier = threading.Barrier(len(acts), timeout=PATIENCE)
    raised: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - the test must hear of it
            raised.append(error)

    threads = [threading.Thread(target=run, args=[act], daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    stuck = [thread for thread in threads if thread.is_alive()]
    assert not stuck, f"{len(stuck)} of {len(threads)} threads wait for ever"
    if raised:
        raise raised[0]


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    """Serve in a thread inside a `with` block, and close the server at its end."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    with server:
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join(PATIENCE)
