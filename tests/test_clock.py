from __future__ import annotations

import gc
from datetime import datetime, timedelta, timezone
from random import Random

import freezegun
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from mock_jobs import UsageTypeError, UsageValueError
from mock_jobs.core.timers import Timer
from mock_jobs.core.world_clock import WorldClock

from support.batch_site import Site

NEW_YEAR = datetime(2030, 1, 1, tzinfo=timezone.utc)
NEW_YEAR_MS = 1_893_456_000_000


@pytest.fixture
def clock() -> WorldClock:
    clock = WorldClock()
    clock.freeze()
    return clock


def test_now_is_an_aware_datetime(clock):
    clock.move_to(NEW_YEAR + timedelta(milliseconds=7))

    assert clock.now == NEW_YEAR + timedelta(milliseconds=7)
    assert clock.now.tzinfo is timezone.utc
    assert clock.now_ms == NEW_YEAR_MS + 7


def test_next_due_is_the_first_of_all_that_time_lets_happen(clock):
    clock.move_to(NEW_YEAR)
    assert clock.next_due is None
    clock.call_at(NEW_YEAR_MS + 9_000, lambda: None)
    gated = clock.call_at(NEW_YEAR_MS + 5_000, lambda: None, gated=True)

    assert clock.next_due == NEW_YEAR + timedelta(seconds=5)
    clock.gate_follows_moves = False
    assert clock.next_due == NEW_YEAR + timedelta(seconds=9)
    clock.gate_follows_moves = True
    gated.cancel()
    assert clock.next_due == NEW_YEAR + timedelta(seconds=9)
    clock.move_to(clock.next_due)
    assert clock.next_due is None


def test_next_due_is_never_in_the_past(clock):
    clock.move_to(NEW_YEAR)
    clock.call_at(NEW_YEAR_MS - 5_000, lambda: None)

    assert clock.next_due == NEW_YEAR
    clock.move_to(clock.next_due)
    assert clock.next_due is None


def test_the_end_of_all_time_can_be_shown():
    clock = WorldClock()
    clock.move_to(253_402_300_799)
    with time_machine.travel(datetime.now(timezone.utc) + timedelta(seconds=5), tick=False):
        assert repr(clock) == "<clock at 9999-12-31T23:59:59.000Z>"


def test_what_no_datetime_can_name_is_never_due(clock):
    clock.call_at(10**18, lambda: None)

    assert clock.next_due is None


def test_next_due_is_when_the_mock_changes(mock, batch, iot):
    site = Site(batch)
    site.make_queue_and_definition()
    mock.batch.pace = "clock"
    mock.batch.plan(duration=90)
    with mock.clock.frozen():
        job_id = site.submit()
        while site.status(job_id) != "RUNNING":
            mock.clock.advance(0)
        before = mock.clock.now

        assert mock.clock.next_due == before + timedelta(seconds=90)
        mock.clock.move_to(mock.clock.next_due)
        assert site.status(job_id) == "SUCCEEDED"


def test_advance_takes_seconds(clock):
    before = clock.now_ms

    clock.advance(1.5)

    assert clock.now_ms == before + 1500


def test_advance_takes_a_timedelta(clock):
    before = clock.now_ms

    clock.advance(timedelta(minutes=2))

    assert clock.now_ms == before + 120_000


@pytest.mark.parametrize("delta", [-1, float("inf"), float("nan"), 1e300, timedelta(seconds=-1)])
def test_advance_refuses_what_is_no_way_forward(clock, delta):
    before = clock.now_ms

    with pytest.raises(UsageValueError, match="forward only"):
        clock.advance(delta)

    assert clock.now_ms == before


@pytest.mark.parametrize("delta", ["60", None, True])
def test_advance_refuses_other_types(clock, delta):
    with pytest.raises(UsageTypeError, match="expected seconds, a timedelta"):
        clock.advance(delta)


@pytest.mark.parametrize("moment", [NEW_YEAR, NEW_YEAR_MS / 1000])
def test_move_to_takes_a_datetime_or_epoch_seconds(clock, moment):
    clock.move_to(moment)

    assert clock.now_ms == NEW_YEAR_MS


def test_move_to_refuses_the_past(clock):
    clock.move_to(NEW_YEAR)

    with pytest.raises(UsageValueError, match=r"1\.0 s in the past"):
        clock.move_to(NEW_YEAR - timedelta(seconds=1))


def test_move_to_refuses_a_naive_datetime(clock):
    with pytest.raises(UsageTypeError, match=r"tzinfo=timezone\.utc"):
        clock.move_to(datetime(2030, 1, 1))  # noqa: DTZ001


def test_real_time_runs_on_after_a_move():
    with time_machine.travel(NEW_YEAR, tick=False) as traveller:
        clock = WorldClock()
        clock.advance(10)
        traveller.shift(5)

        assert clock.now_ms == NEW_YEAR_MS + 15_000


def test_a_frozen_clock_ignores_real_time_and_resumes_where_it_stood():
    with time_machine.travel(NEW_YEAR, tick=False) as traveller:
        clock = WorldClock()
        with clock.frozen():
            traveller.shift(3600)
            assert clock.now_ms == NEW_YEAR_MS
        traveller.shift(1)

        assert clock.now_ms == NEW_YEAR_MS + 1000


def test_freezegun_governs_the_clock():
    with freezegun.freeze_time("2030-01-01") as frozen:
        clock = WorldClock()
        frozen.tick(7)

        assert clock.now_ms == NEW_YEAR_MS + 7000


def test_timers_fire_in_order_each_at_its_own_moment(clock):
    start, seen = clock.now_ms, []
    clock.call_at(start + 3000, lambda: seen.append(("third", clock.now_ms - start)))
    clock.call_at(start + 1000, lambda: seen.append(("first", clock.now_ms - start)))
    clock.call_at(start + 1000, lambda: seen.append(("second", clock.now_ms - start)))

    clock.advance(5)

    assert seen == [("first", 1000), ("second", 1000), ("third", 3000)]
    assert clock.now_ms == start + 5000


def test_a_timer_made_by_a_timer_fires_in_the_same_move(clock):
    start, seen = clock.now_ms, []
    clock.call_at(start + 1000, lambda: clock.call_at(clock.now_ms + 1000, lambda: seen.append(clock.now_ms - start)))

    clock.advance(2)

    assert seen == [2000]


def test_a_cancelled_timer_never_fires(clock):
    seen = []
    timer = clock.call_at(clock.now_ms + 1, lambda: seen.append(1))
    timer.cancel()

    clock.advance(1)

    assert seen == []


def test_a_timer_that_is_not_due_waits(clock):
    seen = []
    clock.call_at(clock.now_ms + 1000, lambda: seen.append(1))

    clock.advance(0.999)
    assert seen == []
    clock.advance(0.001)
    assert seen == [1]


def test_catching_up_shows_an_overdue_timer_its_own_moment():
    with time_machine.travel(NEW_YEAR, tick=False) as traveller:
        clock, seen = WorldClock(), []
        clock.call_at(NEW_YEAR_MS + 1000, lambda: seen.append(clock.now_ms))
        traveller.shift(60)

        clock.run_due()

        assert seen == [NEW_YEAR_MS + 1000]
        assert clock.now_ms == NEW_YEAR_MS + 60_000


def test_gated_timers_wait_while_the_gate_is_shut(clock):
    seen = []
    clock.call_at(clock.now_ms, lambda: seen.append("gated"), gated=True)
    clock.gate_follows_time = clock.gate_follows_moves = False

    clock.run_due()
    clock.advance(10)
    assert seen == []

    clock.gate_follows_moves = True
    clock.advance(0)
    assert seen == ["gated"]


def test_a_wave_fires_one_moment_and_leaves_what_it_makes_for_the_next(clock):
    seen = []
    start = clock.now_ms
    clock.call_at(start, lambda: (seen.append("a"), clock.call_at(start, lambda: seen.append("a2"), gated=True)), gated=True)
    clock.call_at(start, lambda: seen.append("b"), gated=True)

    assert clock.run_next()
    assert seen == ["a", "b"]
    assert clock.run_next()
    assert seen == ["a", "b", "a2"]
    assert not clock.run_next()


def test_a_wave_takes_the_clock_to_its_moment_and_ordinary_timers_fire_on_the_way(clock):
    start, seen = clock.now_ms, []
    clock.call_at(start + 9000, lambda: seen.append(("gated", clock.now_ms - start)), gated=True)
    clock.call_at(start + 4000, lambda: seen.append(("ordinary", clock.now_ms - start)))

    assert clock.run_next()

    assert seen == [("ordinary", 4000), ("gated", 9000)]
    assert clock.now_ms == start + 9000


def test_one_moment_stands_still_while_real_time_runs():
    with time_machine.travel(NEW_YEAR, tick=False) as traveller:
        clock = WorldClock()
        with clock.pinned():
            traveller.shift(1)
            assert clock.now_ms == NEW_YEAR_MS
        assert clock.now_ms == NEW_YEAR_MS + 1000


# A day in milliseconds: enough for ties and gaps, small enough to shrink well.
@given(st.lists(st.integers(0, 86_400_000), max_size=30), st.lists(st.integers(0, 86_400_000), min_size=1, max_size=10))
def test_every_timer_fires_once_in_order_and_never_early(dues, moves):
    clock, seen = WorldClock(), []
    clock.freeze()
    start = clock.now_ms
    for number, due in enumerate(dues):
        clock.call_at(start + due, lambda number=number: seen.append((clock.now_ms - start, number)))

    for move in moves:
        clock.advance(move / 1000)

    total = sum(moves)
    assert clock.now_ms == start + total
    assert seen == sorted((due, number) for number, due in enumerate(dues) if due <= total)


# What is called when nothing is half done


def test_who_is_called_soon_waits_for_the_timer_that_fires(clock):
    seen = []

    def fire():
        clock.call_soon(lambda: seen.append("soon"))
        seen.append("timer")

    clock.call_at(clock.now_ms + 1000, fire)
    clock.call_at(clock.now_ms + 2000, lambda: seen.append("next timer"))

    clock.advance(5)

    assert seen == ["timer", "soon", "next timer"]


def test_who_is_called_soon_without_a_timer_waits_for_the_end_of_the_moment(clock):
    seen = []
    with clock.pinned():
        with clock.pinned():
            clock.call_soon(lambda: seen.append("soon"))
        seen.append("inner end")

    assert seen == ["inner end", "soon"]


def test_what_a_callback_leads_to_does_not_wait_for_those_behind_it(clock):
    seen = []

    def first():
        clock.call_at(clock.now_ms, lambda: clock.call_soon(lambda: seen.append("of the first")))
        clock.run_due()
        seen.append("first")

    with clock.pinned():
        clock.call_soon(first)
        clock.call_soon(lambda: seen.append("second"))

    assert seen == ["of the first", "first", "second"]


def test_a_callback_that_raises_leaves_the_others_waiting(clock):
    seen = []
    clock.call_soon({}.popitem)
    clock.call_soon(lambda: seen.append("second"))

    moment = clock.pinned()
    moment.__enter__()
    with pytest.raises(KeyError):
        moment.__exit__(None, None, None)
    assert seen == []

    with clock.pinned():
        pass
    assert seen == ["second"]


def test_a_clock_that_is_made_forgetful_by_a_callback_calls_nobody_else(clock):
    seen = []
    with clock.pinned():
        clock.call_soon(clock.reset)
        clock.call_soon(lambda: seen.append("soon"))

    assert seen == []


def test_a_clock_that_is_made_forgetful_while_it_moves_moves_no_further():
    with time_machine.travel(NEW_YEAR, tick=False):
        clock = WorldClock()
        clock.call_at(NEW_YEAR_MS + 1000, clock.reset)

        clock.advance(5)

        assert clock.now_ms == NEW_YEAR_MS


def test_a_forgetful_clock_calls_nobody(clock):
    seen = []
    with clock.pinned():
        clock.call_soon(lambda: seen.append("soon"))
        clock.reset()

    assert seen == []


@pytest.mark.parametrize("is_frozen", [True, False])
def test_a_callback_that_moves_the_clock_takes_the_move_it_interrupts_along(is_frozen):
    with time_machine.travel(NEW_YEAR, tick=False):
        clock, seen = WorldClock(), []
        if is_frozen:
            clock.freeze()
        clock.call_at(NEW_YEAR_MS + 1000, lambda: clock.call_soon(lambda: clock.advance(60)))
        clock.call_at(NEW_YEAR_MS + 2000, lambda: seen.append(clock.now_ms - NEW_YEAR_MS))
        clock.call_at(NEW_YEAR_MS + 62_000, lambda: seen.append(clock.now_ms - NEW_YEAR_MS))

        clock.advance(5)
        assert (seen, clock.now_ms) == ([2000], NEW_YEAR_MS + 61_000)
        clock.advance(5)

        assert (seen, clock.now_ms) == ([2000, 62_000], NEW_YEAR_MS + 66_000)


def test_moments_of_two_threads_may_end_in_any_order():
    with time_machine.travel(NEW_YEAR, tick=False) as traveller:
        clock = WorldClock()
        one, other = clock.pinned(), clock.pinned()
        one.__enter__()
        other.__enter__()
        traveller.shift(1)

        one.__exit__(None, None, None)
        assert clock.now_ms == NEW_YEAR_MS
        other.__exit__(None, None, None)

        assert clock.now_ms == NEW_YEAR_MS + 1000


def test_cancelled_timers_do_not_stay_until_their_time(clock):
    seen = []
    clock.call_at(clock.now_ms + 2000, lambda: seen.append("kept"))
    for _ in range(10_000):
        clock.call_at(clock.now_ms + 1000, lambda: seen.append("cancelled")).cancel()

    # Not isinstance: weak proxies that other tests have left pass for what is gone.
    assert sum(type(each) is Timer for each in gc.get_objects()) < 200
    clock.advance(3)
    assert seen == ["kept"]


@given(st.integers(), st.floats(0, 1))
def test_what_is_not_cancelled_fires_in_order_however_much_is(seed, share):
    random = Random(seed)
    wishes = [(random.randrange(1000), random.random() < 0.5, random.random() < share) for _ in range(300)]
    clock = WorldClock()
    clock.freeze()
    start_ms, seen = clock.now_ms, []

    def note(entry):
        return lambda: seen.append(entry)

    timers = [
        (clock.call_at(start_ms + due_ms, note((due_ms, number)), gated=is_gated), stays)
        for number, (due_ms, is_gated, stays) in enumerate(wishes)
    ]
    random.shuffle(timers)
    for timer, stays in timers:
        if not stays:
            timer.cancel()
            timer.cancel()
    clock.advance(1)

    assert seen == sorted((due_ms, number) for number, (due_ms, _, stays) in enumerate(wishes) if stays)


def test_cancelling_after_the_clock_forgot_is_harmless(clock):
    seen = []
    timers = [clock.call_at(clock.now_ms + 1000, lambda: seen.append("old")) for _ in range(200)]
    clock.reset()
    clock.freeze()
    clock.call_at(clock.now_ms + 1000, lambda: seen.append("new"))

    for timer in timers:
        timer.cancel()
    clock.advance(1)

    assert seen == ["new"]


def test_a_duration_is_no_moment(mock):
    before = mock.clock.now_s

    with pytest.raises(UsageTypeError, match=r"move_to\(\) needs a moment, got .*use advance\(\)"):
        mock.clock.move_to(timedelta(days=365 * 60))

    assert mock.clock.now_s - before < 60
