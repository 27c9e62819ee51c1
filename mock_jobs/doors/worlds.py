"""The worlds that a door leads to, and what keeps them in step with moto."""

from __future__ import annotations

from mock_jobs.batch.steering import Steering
from mock_jobs.doors import moto_seam
from mock_jobs.doors.dispatch import Request
from mock_jobs.doors.neighbours import MotoNeighbours
from mock_jobs.iot.models import IoTBackend
from mock_jobs.services import declared_errors
from mock_jobs.world import World


class Worlds:
    """One world for all accounts, or one for each.

    Args:
        shared: True in process, where one test runs at a time; False in a server, so that test workers which use different
            accounts never meet.
    """

    def __init__(self, *, shared: bool) -> None:
        self._is_shared = shared
        self._by_account: dict[str, World] = {}
        self._neighbours = MotoNeighbours(self._thing_deleted)
        self._bell = moto_seam.ResetBell(self.reset)
        self.await_reset = self._bell.hang

    def of(self, account: str) -> World:
        """Return the world of an account."""
        key = "" if self._is_shared else account
        world = self._by_account.get(key)
        if world is None:
            # setdefault: two threads of a server must not make two worlds.
            new = World(declared=declared_errors, neighbours=self._neighbours)
            world = self._by_account.setdefault(key, new)
        return world

    def ready_for(self, request: Request) -> World:
        """Return the world that a request acts on, with Batch jobs at the pace that moto's switches ask for."""
        world = self.of(request.account)
        if request.service == "batch":
            world.shared(Steering).pacing.follow(moto_seam.batch_transition())
        return world

    def reset(self) -> None:
        """Forget the state of all worlds, as moto forgot its own."""
        for world in list(self._by_account.values()):
            world.reset()

    def leave(self) -> None:
        """Stop to listen to moto."""
        self._neighbours.leave()

    def _thing_deleted(self, account: str, region: str, thing_name: str) -> None:
        world = self.of(account)
        with world.lock, world.clock.one_moment():
            world.clock.catch_up()
            world.store(IoTBackend, account, region).thing_deleted(thing_name)
