"""Create, change, look up, count and import short links."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import touch_list
from backend.core.db import db, insert_ignore, retried, transaction
from backend.core.problems import Conflict, NotFound
from backend.http.auth import current_actor
from deeplinks.counts import queries as count_queries
from deeplinks.counts.values import clicks_of
from deeplinks.short_links import queries
from deeplinks.short_links.link import LENGTH, LETTERS, ImportedLink, Link
from deeplinks.short_links.targets import TargetRule
from deeplinks.store.models import ShortLink, ShortLinkTag

# Cache key of every short link in memory, which lists no article.
LINKS = FeedKey("links")


def shorten(fields: Mapping[str, Any], code: str | None, *, now: datetime) -> Link:
    """Create a link with these fields of `Link`, under the code that was asked for or any.

    Raises:
        Conflict: the code is taken.
    """
    while True:
        made = code or "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        row = ShortLink(code=made, created_at=now, tags=[])
        try:
            with transaction() as session:
                _fill(row, fields, now)
                session.add(row)
                session.flush()
                _record(session, "created", row, now, after=_settings(row))
                return link_of(row)
        except IntegrityError as error:
            if code is not None:
                raise Conflict(f"The code {code} is taken. Choose another one.") from error


@retried
def change(code: str, fields: Mapping[str, Any], *, now: datetime) -> Link:
    """Change the given fields of `Link`.

    Raises:
        NotFound: there is no such link.
    """
    with transaction() as session:
        row = queries.short_link(session, code, locked=True)
        if row is None:
            raise NotFound("There is no such short link.")
        before = _settings(row)
        _fill(row, fields, now)
        session.flush()
        _record(session, "changed", row, now, before=before, after=_settings(row))
        touch_list(session, LINKS)
        return link_of(row)


@retried
def remove(code: str, *, now: datetime) -> None:
    """Remove the link and its clicks; repeating it changes nothing."""
    with transaction() as session:
        row = queries.short_link(session, code, locked=True)
        if row is not None:
            _record(session, "removed", row, now, before=_settings(row))
            session.delete(row)
            count_queries.drop_counts(session, clicks_of(code))
            touch_list(session, LINKS)


def import_links(links: Iterable[ImportedLink], *, now: datetime) -> int:
    """Import links that were made elsewhere (idempotent); return the number of new ones."""
    with transaction() as session:
        return sum(
            insert_ignore(
                session,
                ShortLink,
                code=link.code,
                path=link.path,
                campaign=link.campaign,
                created_at=now,
            )
            for link in links
        )


def count_new(session: Session, links: Iterable[ImportedLink]) -> int:
    """Count how many of these links `import_links` would add."""
    codes = {link.code for link in links}
    return sum(queries.short_link(session, code) is None for code in codes)


def short_link(code: str) -> Link | None:
    row = queries.short_link(db.session(), code)
    return link_of(row) if row is not None else None


def link_of(row: ShortLink) -> Link:
    return Link(
        code=row.code,
        path=row.path,
        campaign=row.campaign,
        created_at=row.created_at,
        expires_at=row.expires_at,
        is_disabled=row.disabled_at is not None,
        rules=tuple(TargetRule(**rule) for rule in row.rules),
        tags=tuple(each.tag for each in row.tags),
    )


def _settings(row: ShortLink) -> dict[str, object]:
    names = ("path", "campaign", "expires_at", "disabled_at", "rules")
    tags = sorted(each.tag for each in row.tags)
    return {"tags": tags, **{name: getattr(row, name) for name in names}}


def _record(
    session: Session,
    act: str,
    row: ShortLink,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    subject = f"link:{row.code}"
    record(session, current_actor(), f"link.{act}", subject, before=before, after=after, now=now)


def _fill(row: ShortLink, fields: Mapping[str, Any], now: datetime) -> None:
    for name in ("path", "campaign", "expires_at"):
        if name in fields:
            setattr(row, name, fields[name])
    if "rules" in fields:
        row.rules = [asdict(rule) for rule in fields["rules"]]
    if "is_disabled" in fields:
        row.disabled_at = (row.disabled_at or now) if fields["is_disabled"] else None
    if "tags" in fields:
        known = {each.tag: each for each in row.tags}
        row.tags = [known.get(tag) or ShortLinkTag(tag=tag) for tag in sorted(set(fields["tags"]))]
