"""Decides which dates of publishing are believed, by one rule for feeds and for the API. Pure."""

from datetime import UTC, datetime, timedelta

# Clocks differ by minutes; more than that is a wrong zone, a typing error or a trick.
AHEAD = timedelta(minutes=5)
# A date before the web is the default value of some system.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


def is_ahead(told: datetime, now: datetime) -> bool:
    return told > now + AHEAD


def believed(
    told: datetime | None, now: datetime, *, embargo_until: datetime | None = None
) -> datetime | None:
    """The date as told, or None where there is none to believe.

    Up to the end of its own embargo an article may be dated ahead: nobody sees it before.
    """
    if told is None or told < EARLIEST:
        return None
    if is_ahead(told, now) and (embargo_until is None or told > embargo_until):
        return None
    return told
