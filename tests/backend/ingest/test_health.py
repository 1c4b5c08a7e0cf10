"""What a feed's health is called and why, and when others are told of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from backend.ingest.health import NOT_POLLED, AlarmState, FeedFacts, judged, next_alarm
from tests.conftest import START

HOUR = timedelta(hours=1)
GOOD = FeedFacts(
    created_at=START - timedelta(days=90),
    interval=HOUR,
    last_success_at=START,
    last_new_at=START - HOUR,
    entries=20,
)


@pytest.mark.parametrize(
    ("facts", "health", "reason"),
    [
        ({}, "well", ""),
        ({"entries": None}, "well", ""),
        ({"last_success_at": None}, "waiting", "not fetched"),
        ({"failures": 1, "last_error": "the server answered 503"}, "failing", "503"),
        ({"failures": 3, "is_paused": True, "pause_reason": "by Ann"}, "paused", "by Ann"),
        ({"entries": 0}, "suspicious", "empty"),
        ({"refused": 18}, "suspicious", "18 of 20 entries were refused"),
        ({"refused": 17}, "well", ""),
        ({"undated": 20}, "suspicious", "20 of 20 entries have no date"),
        ({"undated": 17}, "well", ""),
        ({"entries": 1, "refused": 1}, "suspicious", "1 of 1"),
        ({"last_new_at": START - timedelta(days=3)}, "stale", "nothing new for 3 days"),
        ({"last_new_at": START - timedelta(days=3), "interval": 24 * HOUR}, "well", ""),
        ({"last_new_at": None}, "stale", "90 days"),
        ({"last_overflow_at": START - HOUR}, "overflowing", "missed"),
        ({"last_overflow_at": START - timedelta(days=3)}, "well", ""),
        ({"entries": 0, "failures": 1}, "failing", ""),
    ],
)
def test_the_gravest_rule_that_applies_gives_the_word(
    facts: dict[str, Any], health: str, reason: str
) -> None:
    verdict = judged(replace(GOOD, **facts), START)

    assert verdict.health == health
    assert reason in (verdict.reason or "")


def test_a_list_begins_with_what_is_broken() -> None:
    given_up: dict[str, Any] = {"is_paused": True, "is_gone": True}
    order: list[dict[str, Any]] = [
        {"failures": 1},
        {"entries": 0},
        {"last_new_at": None},
        {"last_overflow_at": START},
        {"last_success_at": None},
        {"is_paused": True},
        {},
    ]
    ranks = [judged(replace(GOOD, **facts), START).rank for facts in order]

    assert ranks == sorted(set(ranks))
    assert judged(replace(GOOD, **given_up), START).rank == ranks[0]
    assert ranks[-1] < NOT_POLLED.rank


@pytest.mark.parametrize(
    ("troubled", "told"),
    [
        ("....", {}),
        ("xxxxxxxx", {4: "failing"}),
        ("xxx.xxx.xxx.", {}),
        ("xxxxx.xx.x", {4: "failing"}),
        ("xxxxxxx......x", {4: "failing", 11: "recovered"}),
        ("xxxxx.....xxxxx", {4: "failing", 9: "recovered", 14: "failing"}),
    ],
)
def test_others_are_told_once_of_what_lasts_and_never_of_what_flaps(
    troubled: str, told: dict[int, str]
) -> None:
    """One letter is a quarter of an hour; they are told after an hour."""
    state, heard = AlarmState(), {}
    for turn, letter in enumerate(troubled):
        now = START + turn * HOUR / 4
        state, notice = next_alarm(state, is_trouble=letter == "x", now=now, after=HOUR)
        if notice:
            heard[turn] = notice

    assert heard == told


def test_without_a_delay_others_are_told_at_once() -> None:
    none = timedelta()
    state, first = next_alarm(AlarmState(), is_trouble=True, now=START, after=none)
    state, second = next_alarm(state, is_trouble=True, now=START, after=none)
    _, third = next_alarm(state, is_trouble=False, now=START, after=none)

    assert (first, second, third) == ("failing", None, "recovered")
