"""How often a page is asked for, and for how long its host is left alone. Pure."""

from datetime import datetime, timedelta

# Every request for a page counts, also those for a newer version of it.
MOST_TRIES = 5
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=12)
PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=2)
LONGEST_RETRY_AFTER = timedelta(hours=24)
# Older entries of a long feed are an archive: nobody fetches a whole site for it.
OLDEST = timedelta(days=7)
# A feed that changes an entry all the time has its page asked for once an hour at most.
AGAIN_AFTER = timedelta(hours=1)


def wait_after(tries: int) -> timedelta:
    """Return the exponential back-off: six times as long with each try."""
    return min(FIRST_WAIT * 6.0 ** max(tries - 1, 0), LONGEST_WAIT)


def pause_of(crawl_delay_s: float | None) -> timedelta:
    """Return the pause that robots.txt asks for (Crawl-delay), bounded, but never below ours."""
    seconds = min(max(crawl_delay_s or 0.0, 0.0), LONGEST_PAUSE.total_seconds())
    return max(PAUSE, timedelta(seconds=seconds))


def is_fresh(published_at: datetime | None, now: datetime) -> bool:
    return published_at is None or published_at > now - OLDEST


def may_ask_again(tries: int, fetched_at: datetime | None, now: datetime) -> bool:
    return tries < MOST_TRIES and (fetched_at is None or fetched_at <= now - AGAIN_AFTER)
