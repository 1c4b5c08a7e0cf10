"""An alert says in one pause why it waits, and in a list what each platform waits for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from push.store.pause_reasons import OUR_KEY, reason_of, widest

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Waits:
    platform: str
    reason: str
    since: datetime


IPHONES = Waits("ios", reason_of("ios"), NOON)
BROWSERS = Waits("web", reason_of("web"), NOON + timedelta(minutes=1))
EVERYBODY = Waits("android", OUR_KEY, NOON + timedelta(minutes=2))


def test_nothing_waits() -> None:
    assert widest([]) is None


def test_the_oldest_of_several_platforms_is_told() -> None:
    assert widest([BROWSERS, IPHONES]) is IPHONES


def test_our_own_key_is_told_before_that_of_a_platform() -> None:
    assert widest([IPHONES, BROWSERS, EVERYBODY]) is EVERYBODY
