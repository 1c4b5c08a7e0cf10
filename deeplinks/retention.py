"""Retention of what links count and remember: daily counts, origins, redeemed tokens."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from backend.core.sweep import Rows, count, swept
from backend.http.hooks import Retention
from deeplinks.claims.origins import FOLLOWS_COUNT_FOR
from deeplinks.claims.service import CLAIM_LIVES
from deeplinks.store.models import LinkCount, LinkOrigin, SpentLink

Old = Callable[[datetime], Iterator[Rows]]


def kept(numbers: timedelta) -> Iterator[Retention]:
    """Yield retentions: daily counts as long as other numbers, claims until they are refused."""

    def counts(now: datetime) -> Iterator[Rows]:
        if numbers:
            yield Rows(LinkCount.day, (LinkCount.day < (now - numbers).date(),))

    def origins(now: datetime) -> Iterator[Rows]:
        yield Rows(LinkOrigin.until, (LinkOrigin.until <= now,))

    def claims(now: datetime) -> Iterator[Rows]:
        yield Rows(SpentLink.expires_at, (SpentLink.expires_at <= now,))

    yield _retention("link_count", numbers, counts)
    yield _retention("link_origin", FOLLOWS_COUNT_FOR, origins)
    yield _retention("spent_link", CLAIM_LIVES, claims)


def _retention(kind: str, kept_for: timedelta, old: Old) -> Retention:
    return Retention(
        kind=kind,
        kept=kept_for,
        count=lambda session, now: count(session, old(now)),
        sweep=lambda now: swept(old(now)),
    )
