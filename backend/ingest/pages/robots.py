"""The rules of robots.txt (RFC 9309), read by protego and kept for a day in this process."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cachetools import TTLCache
from protego import Protego

from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.response import FetchError

PRODUCT = "Tagwire"
KEPT_FOR = timedelta(hours=24)
MOST_HOSTS = 2_000
# RFC 9309, 2.5: at least 500 KiB have to be read, and what comes after may be ignored.
LONGEST_BYTES = 512 * 1024
LATER = "its robots.txt cannot be read at the moment"


class RobotsAway(Exception):
    """The rules of a host cannot be read: it is asked for nothing until they are known."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a host for us; `rules` is None where it has no robots.txt and allows all."""

    rules: Protego | None = None

    def allows(self, url: str) -> bool:
        return self.rules is None or bool(self.rules.can_fetch(url, PRODUCT))

    @property
    def crawl_delay_s(self) -> float | None:
        return self.rules.crawl_delay(PRODUCT) if self.rules is not None else None


class Robots:
    """Asks each origin for its rules once a day; threads share what is known."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._kept: TTLCache[str, Rules] = TTLCache(
            MOST_HOSTS, KEPT_FOR.total_seconds(), timer=lambda: clock().timestamp()
        )
        self._lock = threading.Lock()

    def of(self, url: str, policy: FetchPolicy) -> Rules:
        """Return the rules of this address's origin.

        Raises:
            RobotsAway: it does not answer, or with an error of its own.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            known = self._kept.get(origin)
        if known is not None:
            return known
        found = _fetched(f"{origin}/robots.txt", policy)
        with self._lock:
            self._kept[origin] = found
        return found


def _fetched(url: str, policy: FetchPolicy) -> Rules:
    """Fetch the rules: no such file allows all, a server in trouble nothing (RFC 9309, 2.3.1)."""
    try:
        answer = fetch.get(url, policy, accept="text/plain, */*;q=0.1")
    except FetchError as error:
        raise RobotsAway(f"{LATER}: {error}") from error
    if answer.status == 429 or not 200 <= answer.status < 500:
        raise RobotsAway(f"{LATER}: the server answered {answer.status}")
    if answer.status >= 300:
        return Rules()
    return Rules(Protego.parse(answer.body[:LONGEST_BYTES].decode("utf-8-sig", "replace")))
