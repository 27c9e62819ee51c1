"""The worlds that requests act on, and their connections to moto.

A world is all state of one run of the mock: clock, stores, calls and events.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mock_jobs.core import losses
from mock_jobs.core.errors import HIDDEN
from mock_jobs.core.moments import in_iso
from mock_jobs.core.service_base import Backend
from mock_jobs.core.world import World
from mock_jobs.moto_adapters import core as moto_core
from mock_jobs.moto_adapters.adapters import MotoAdapters
from mock_jobs.moto_adapters.seeds import MotoSeed, on_seed
from mock_jobs.transports import services
from mock_jobs.transports.dispatch import answer
from mock_jobs.wire.http import Answer, Request

if TYPE_CHECKING:
    from mock_jobs.batch.scenario.pace import PaceName
    from mock_jobs.core.errors import MockJobsWarning
    from mock_jobs.core.failures import Failed
    from mock_jobs.core.world_clock import WorldClock
    from mock_jobs.ports.thing_registry import ThingChange

__tracebackhide__ = HIDDEN

# How many unfinished jobs an error names
_MOST_SHOWN = 3

# What the timeline calls a poll that found nothing, and so has moved jobs
_EMPTY_POLL = "an empty poll"


class Worlds:
    """One world for all accounts, or one for each.

    Args:
        shared: True in process, where one test runs at a time; False in a server, so that test workers with different accounts
            share no state.
        pace: What moves Batch jobs, in each world from its start and after each reset; None means `poll`.
        server: What names the server; empty in process.

    Attributes:
        is_touched: Whether a request may have changed something since the last reset.
        late_warning: A warning that is an error, for the end of the server to raise.
    """

    def __init__(self, *, shared: bool, pace: PaceName | None = None, server: str = "") -> None:
        self._is_shared = shared
        self._server = server
        self.is_touched = False
        self.late_warning: MockJobsWarning | None = None
        self._pace = pace
        self._seed: int | None = None
        self._moto_seed = MotoSeed()
        self._end_hearing: Callable[[], None] | None = None
        self._by_account: dict[str, World] = {}
        self._adapters = MotoAdapters(self._change_of_things, self._submit_job, self._ask_batch, self)
        self._end_listening = moto_core.on_reset(self._moto_was_reset)
        moto_core.survive_forks(self._forget_other_threads)

    def of(self, account: str) -> World:
        """Return the world of an account."""
        key = self._key(account)
        world = self._by_account.get(key)
        if world is None:
            # setdefault: two threads of a server must not make two worlds.
            # All worlds share moto's lock. A reset holds it from the first of moto's backends to the last of our worlds. Code that
            # calls another world, or moto, needs no second lock.
            new = World(declared=services.declared_operation, ports=self._adapters, lock=moto_core.backend_lock, seed=self._seed)
            new.loops.is_served = not self._is_shared
            new.clock.skipper = partial(_skip_sleeps, new)
            if self._pace is not None:
                new.shared(services.batch().scenario).pace_stack.begin_default(self, self._pace)
            world = self._by_account.setdefault(key, new)
        return world

    def find(self, account: str) -> World | None:
        """Return the world of an account, or None if no request has used it."""
        return self._by_account.get(self._key(account))

    def accounts(self) -> list[str]:
        """Return the ids of the accounts that have a world of their own, in order."""
        return sorted(filter(None, list(self._by_account)))

    def all(self) -> list[World]:
        """Return all worlds."""
        return list(self._by_account.values())

    def named(self) -> list[tuple[str, World]]:
        """Return all worlds, each with the name of its account."""
        return [(f"account {account}" if account else "mock_jobs", world) for account, world in list(self._by_account.items())]

    def ready_for(self, request: Request) -> World:
        """Return the world that a request acts on; for Batch, adopt moto's switches first."""
        world = self.of(request.account)
        if request.service == "batch":
            scenario = world.shared(services.batch().scenario)
            scenario.pace_stack.follow(moto_core.batch_transition())
            scenario.fail_after(moto_core.batch_failure())
        return world

    def before_moto(self, account: str, signing_name: str) -> None:
        """Fire due timers and write what is new before moto answers a request, so that code which polls moto alone sees jobs move.

        Args:
            account: Account id of the request.
            signing_name: The service, as the signature names it.
        """
        if signing_name == "iot":
            self._adapters.serve_things()
        elif signing_name == "events":
            self._adapters.serve_rules()
        elif signing_name == "states":
            self._adapters.serve_state_machines()
        elif signing_name == "sqs":
            self._adapters.serve_queues()
        elif signing_name == "logs":
            self._adapters.serve_logs()
        world = self._by_account.get(self._key(account))
        if world is not None:
            with world.lock, world.clock.pinned():
                world.clock.run_due()
                for store in world.stores(Backend):  # type: ignore[type-abstract]  # of all services
                    store.write_due(signing_name)

    def before_poll(self, account: str, poll: str) -> None:
        """Let jobs go on before moto answers code that waits for a message or a line of a log."""
        world = self._with_batch(account)
        if world is not None:
            with world.lock, world.clock.pinned(), world.causes.acting(_EMPTY_POLL):
                world.shared(services.batch().scenario).empty_polls.before(poll)

    def after_poll(self, account: str, poll: str, shown: str) -> None:
        """Note what moto has answered to such code; empty for nothing."""
        world = self._with_batch(account)
        if world is not None:
            with world.lock:
                world.shared(services.batch().scenario).empty_polls.after(poll, shown)

    def while_waiting(self, account: str) -> bool:
        """Let jobs go on while a long poll waits, and return whether one could."""
        world = self._with_batch(account)
        if world is None:
            return False
        with world.lock, world.clock.pinned(), world.causes.acting(_EMPTY_POLL):
            return world.shared(services.batch().scenario).empty_polls.move()

    def _with_batch(self, account: str) -> World | None:
        """Return the world of an account, None if there is none or nothing has asked for Batch."""
        return self._by_account.get(self._key(account)) if services.has_batch() else None

    def answer(self, request: Request) -> Answer | None:
        """Answer a request in its world, or return None if moto answers it."""
        return answer(self.ready_for(request), request)

    def reset(self) -> None:
        """Reset all worlds."""
        self.is_touched = False
        for world in list(self._by_account.values()):
            world.reset()
        self._moto_seed.restart()

    def begin_seed(self, seed: int | None) -> None:
        """Let the worlds and moto draw from a seed until `end_seed`: from the next reset on, or at once if it is a new one.

        A seed that a test gives to moto meanwhile counts as well.

        Args:
            seed: The seed; None lets each world draw one at each reset, and moto draw what nobody can repeat.
        """
        self._end_hearing = on_seed(self._hear_seed)
        self._choose_seed(seed)
        if seed is not None:
            self._moto_seed.resume(seed)

    def end_seed(self) -> None:
        """Let moto draw what nobody can repeat. Does nothing without `begin_seed`."""
        if self._end_hearing is not None:
            self._end_hearing()
            self._end_hearing = None
            self._moto_seed.end()

    def _hear_seed(self, seed: int | None) -> None:
        self._moto_seed.note(seed)
        self._choose_seed(seed)

    def _choose_seed(self, seed: int | None) -> None:
        self._seed = seed
        for world in list(self._by_account.values()):
            world.choose_seed(seed)

    def _moto_was_reset(self) -> None:
        is_lost = self.is_touched and bool(self._server)
        self.reset()
        if is_lost:
            self.late_warning = losses.note(self._server) or self.late_warning

    def _forget_other_threads(self) -> None:
        for world in self._by_account.values():
            world.clock.forget_other_threads()
            world.loops.active = []

    def take_failures(self) -> list[Failed]:
        """Return the failed assertions of all worlds that nobody has raised, and forget them."""
        return [failed for world in list(self._by_account.values()) for failed in world.failures.take()]

    def pause(self) -> None:
        """Stop listening to moto, except for resets, until a world needs it again."""
        self._adapters.leave()

    def leave(self) -> None:
        """Stop listening to moto."""
        self.pause()
        self.end_seed()
        self._end_listening()

    def _key(self, account: str) -> str:
        return "" if self._is_shared else account

    def _submit_job(self, rule: str, queue_arn: str, parameters: Mapping[str, Any]) -> str | None:
        """Submit a job for a rule of EventBridge; return the error text, or None on success.

        Raises:
            LookupError: There is no such job queue.
        """
        region, account = queue_arn.split(":")[3:5]
        world = self._by_account.get(self._key(account))
        if world is None:
            raise LookupError(queue_arn)
        request = Request("batch", "POST", "/v1/submitjob", "", json.dumps(parameters).encode(), account, region)
        with world.lock:
            if world.store(services.batch().backend, account, region).find_queue(queue_arn) is None:
                raise LookupError(queue_arn)
            with world.loops.through(f"the EventBridge rule {rule!r}"):
                answered = answer(self.ready_for(request), request)
        assert answered is not None
        return None if answered.status == HTTPStatus.OK else json.loads(answered.body)["message"]

    def _ask_batch(self, account: str, region: str, operation: str, members: Mapping[str, Any]) -> Answer:
        """Answer a request of a state machine's task to AWS Batch."""
        body = json.dumps(members).encode()
        answered = self.answer(Request("batch", "POST", f"/v1/{operation.lower()}", "", body, account, region))
        assert answered is not None
        return answered

    @contextmanager
    def _change_of_things(self, account: str, region: str) -> Iterator[Callable[[ThingChange], None]]:
        # Wraps the change itself. Due timers fire before it, and no request sees the registry changed but the jobs not.
        world = self.of(account)
        with world.lock, world.clock.pinned():
            world.clock.run_due()
            yield world.store(services.iot().backend, account, region).membership.things_changed


def _skip_sleeps(world: World, clock: WorldClock) -> AbstractContextManager[None]:
    from mock_jobs.sleeping.skipping import skip_sleeps  # noqa: PLC0415 - costs nothing until asked for

    return skip_sleeps(clock, partial(_waiting, world), partial(world.failures.note, "a skipped sleep"))


def _waiting(world: World) -> str:
    """Return the pace of a world and what waits there, for an error."""
    from mock_jobs.reporting.failure import unfinished_jobs  # noqa: PLC0415 - only errors need it
    from mock_jobs.reporting.snapshot import snapshot  # noqa: PLC0415

    with world.lock:
        shot = snapshot(world, "")
        found = list(unfinished_jobs(shot))
    shown = found[:_MOST_SHOWN] + [f"and {len(found) - _MOST_SHOWN} more"] * (len(found) > _MOST_SHOWN)
    return ", ".join([f"the clock shows {in_iso(world.clock.now)}", *shot.conditions, *(shown or ["no job is unfinished"])])
