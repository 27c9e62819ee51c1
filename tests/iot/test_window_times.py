"""When maintenance windows open and close: the dialects of cron, and the arithmetic against a scan of every minute."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_jobs.core.service_base import NotEmulatedYet
from mock_jobs.iot.rules.cron import BadCronError, Cron
from mock_jobs.iot.rules.maintenance_windows import MaintenanceWindows, Window

# A Sunday.
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def ms(moment):
    return round(moment.timestamp() * 1000)


# Cron


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # seconds first
        ("0 0 18 ? * MON", "2026-11-23T18:00:00"),
        ("0 0 18 ? * MON *", "2026-11-23T18:00:00"),
        ("cron(0 0 18 ? * MON *)", "2026-11-23T18:00:00"),
        (" cron( 0 0 18 ? * mon * ) ", "2026-11-23T18:00:00"),
        ("30 15 18 * * ?", "2026-11-22T18:15:30"),
        ("0 0/10 * * * ?", "2026-11-22T12:10:00"),
        ("0 0,30 12-14 * * ?", "2026-11-22T12:30:00"),
        ("0 0 8 1-7/2 JAN ? 2027-2028", "2027-01-01T08:00:00"),
        ("0 0 18 * * MON,WED", "2026-11-23T18:00:00"),
        # minutes first, as Amazon EventBridge writes it
        ("cron(0 2 ? * MON *)", "2026-11-23T02:00:00"),
        ("0 2 ? * MON *", "2026-11-23T02:00:00"),
        ("15 12 * * ? *", "2026-11-22T12:15:00"),
        ("cron(0 8 1 * ? 2028)", "2028-01-01T08:00:00"),
        ("cron(0 2 * * * *)", "2026-11-23T02:00:00"),
        ("cron(0 2 * * MON *)", "2026-11-23T02:00:00"),
        ("0 2 * * * *", "2026-11-22T12:02:00"),
        # five fields
        ("0 18 * * 1", "2026-11-23T18:00:00"),
        ("0 18 * * 0", "2026-11-22T18:00:00"),
        ("0 18 * * 7", "2026-11-22T18:00:00"),
        ("0 18 * * 5-7", "2026-11-22T18:00:00"),
        ("cron(0 18 * * MON)", "2026-11-23T18:00:00"),
        # days of the week from 1 for Sunday
        ("0 0 18 ? * 1", "2026-11-22T18:00:00"),
        ("0 0 18 ? * 2", "2026-11-23T18:00:00"),
        ("0 0 18 ? * 7", "2026-11-28T18:00:00"),
        ("0 0 18 ? * 2-6", "2026-11-23T18:00:00"),
        ("0 0 18 ? * MON-FRI/2", "2026-11-23T18:00:00"),
        ("0 0 18 ? * FRI-MON", "2026-11-22T18:00:00"),
        ("0 0 18 ? * L", "2026-11-28T18:00:00"),
        ("0 0 18 ? * 6L", "2026-11-27T18:00:00"),
        ("0 0 18 ? * FRIL", "2026-11-27T18:00:00"),
        ("0 0 18 ? * 2#1", "2026-12-07T18:00:00"),
        ("0 0 18 ? * MON#1", "2026-12-07T18:00:00"),
        # days of the month
        ("0 0 18 L * ?", "2026-11-30T18:00:00"),
        ("0 0 18 15W * ?", "2026-12-15T18:00:00"),
        ("0 0 18 29 2 ?", "2028-02-29T18:00:00"),
        # never
        ("0 0 8 1 JAN ? 2020", None),
        ("0 0 0 30 2 ?", None),
    ],
)
def test_an_expression_names_its_next_moment(text, expected):
    found = Cron(text).next_after(NOON)

    assert (found and found.isoformat()) == (expected and f"{expected}+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cron()",
        "*",
        "0 18 * *",
        "0 0 18 ? * MON * *",
        "every monday",
        "@daily",
        "60 0 18 ? * MON",
        "0 60 18 ? * MON",
        "0 0 24 ? * MON",
        "0 0 18 32 * ?",
        "0 0 18 0 * ?",
        "0 0 18 ? 13 MON",
        "0 0 18 ? * 0",
        "0 0 18 ? * 8",
        "0 0 18 ? * MON#6",
        "0 0 18 ? * MONTUE",
        "0 0 18 ? * MONDAY",
        "cron(0 0 18 * * MON)",
        "0 0 18 ? JANFEB MON",
        "0 0 18 ? ? MON",
        "? 0 18 ? * MON",
        "0 */0 18 ? * MON",
        "0 0 18 1 * ? 1969",
        "0 0 18 1W,15W * ?",
        "0 0 18 , * ?",
        "0 0 18 - * ?",
        "R R R * * ?",
        "0 0 H * * ?",
        "0 18 * * MON\n0",
    ],
)
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(BadCronError):
        Cron(text)


@pytest.mark.parametrize("day", ["LW", "L-3", "lw"])
@pytest.mark.parametrize("form", ["0 0 18 {} * ?", "0 18 {} * ? *", "0 18 {} * *"])
def test_what_is_not_emulated_says_so(day, form):
    with pytest.raises(NotEmulatedYet, match=f"{day.upper()} as day of the month"):
        Cron(form.format(day))


@given(st.text(alphabet="0123456789*/,-?LW#MONTUESUNJAFEBHR ()cron", max_size=30))
def test_any_text_is_an_expression_or_refused(text):
    try:
        cron = Cron(text)
    except (BadCronError, NotEmulatedYet):
        return
    following = cron.next_after(NOON)
    assert following is None or following > NOON


def test_the_last_moment_counts_itself():
    cron = Cron("0 0 18 ? * MON")
    monday = datetime(2026, 11, 23, 18, 0, tzinfo=timezone.utc)

    assert cron.last_until(monday) == monday
    assert cron.last_until(monday + timedelta(microseconds=999_000)) == monday
    assert cron.last_until(monday - timedelta(microseconds=1)) == monday - timedelta(days=7)
    assert cron.next_after(monday) == monday + timedelta(days=7)
    assert cron.next_after(monday - timedelta(milliseconds=1)) == monday


# Windows

# Three days hold every case of windows that open by minute, hour and day of the week; the longest lasts a day less ten minutes.
HORIZON_MINUTES = 3 * 24 * 60


@st.composite
def windows(draw):
    """One to three windows as expressions, with the moments that they name, which the expression does not tell the oracle."""
    made = []
    for _ in range(draw(st.integers(1, 3))):
        minutes = draw(st.frozensets(st.integers(0, 59), min_size=1, max_size=3))
        hours = draw(st.frozensets(st.integers(0, 23), min_size=1, max_size=3))
        days = draw(st.frozensets(st.sampled_from(DAYS), min_size=1, max_size=3))
        duration = draw(st.one_of(st.integers(1, 120), st.integers(1, 1430)))
        fields = [",".join(map(str, sorted(each))) for each in (minutes, hours, days)]
        text = f"0 {fields[0]} {fields[1]} ? * {fields[2]}"
        made.append(
            (text, duration, lambda t, m=minutes, h=hours, d=days: t.minute in m and t.hour in h and DAYS[t.weekday()] in d)
        )
    return made


def scan(made):
    """Return for each minute from a day before noon on whether a window opens, and whether one is open."""
    start = NOON - timedelta(days=1)
    opens, open_until = [], -1
    is_open = []
    for minute in range(HORIZON_MINUTES):
        moment = start + timedelta(minutes=minute)
        durations = [duration for _, duration, matches in made if matches(moment)]
        opens.append(bool(durations))
        if durations:
            open_until = max(open_until, minute + max(durations))
        is_open.append(minute < open_until)
    return start, opens, is_open


@given(windows(), st.integers(24 * 60, HORIZON_MINUTES - 1), st.integers(0, 59_999))
def test_a_window_is_open_from_an_opening_until_its_length_has_passed(made, minute, offset_ms):
    start, _, is_open = scan(made)
    found = MaintenanceWindows([Window(text, duration) for text, duration, _ in made])
    at_ms = ms(start + timedelta(minutes=minute)) + offset_ms

    closing_ms = found.closing_after_ms(at_ms)

    assert (closing_ms is not None) == is_open[minute]
    if closing_ms is not None:
        assert closing_ms > at_ms
        last = (closing_ms - ms(start)) // 60_000
        assert all(is_open[minute : min(last, HORIZON_MINUTES)])


@given(windows(), st.integers(24 * 60, HORIZON_MINUTES - 1))
def test_the_openings_are_those_of_all_windows_each_once(made, minute):
    start, opens, _ = scan(made)
    found = MaintenanceWindows([Window(text, duration) for text, duration, _ in made])
    expected = [ms(start + timedelta(minutes=each)) for each in range(minute + 1, HORIZON_MINUTES) if opens[each]][:7]

    openings = list(islice(found.openings_after_ms(ms(start + timedelta(minutes=minute))), len(expected)))

    assert openings == expected


@given(windows(), st.integers(24 * 60, HORIZON_MINUTES - 1))
def test_who_watches_hears_of_each_change_once(mock_clock, made, minute):
    start, _, is_open = scan(made)
    clock = mock_clock(start + timedelta(minutes=minute))
    heard = []
    watched = MaintenanceWindows([Window(text, duration) for text, duration, _ in made])
    opened, closed = (lambda: heard.append((clock.now_ms, True))), (lambda: heard.append((clock.now_ms, False)))
    watched.watch(clock, opened, closed, lambda: True)
    clock.advance(timedelta(minutes=HORIZON_MINUTES - 1 - minute))

    expected = []
    was_open = False
    for each in range(minute, HORIZON_MINUTES):
        if is_open[each] != was_open:
            was_open = is_open[each]
            expected.append((ms(start + timedelta(minutes=each)), was_open))
    assert heard == expected
    assert watched.is_open == is_open[-1]


@pytest.fixture(scope="module")
def mock_clock():
    from mock_jobs.core.world_clock import WorldClock

    def make(moment):
        clock = WorldClock()
        clock.freeze()
        # A clock does not go back, and these moments lie in the past of real ones to come.
        clock._frozen_ms = ms(moment)
        return clock

    return make
