"""Queries of short links."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from backend.feed.shown_tags import LAST_CHARACTER
from deeplinks.short_links.link import State
from deeplinks.store.models import ShortLink, ShortLinkTag

# Most codes with the typed beginning among which links are looked for.
MOST_FOUND = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWish:
    """Filters of links; what is None or empty does not filter. `code` is how a code begins."""

    code: str = ""
    tag: str | None = None
    campaign: str | None = None
    path: str | None = None
    imported: bool | None = None
    state: State | None = None


def short_link(session: Session, code: str, *, locked: bool = False) -> ShortLink | None:
    """Look up a link with its tags."""
    statement = select(ShortLink).where(ShortLink.code == code)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement.options(selectinload(ShortLink.tags))).first()


def short_links(
    session: Session, wish: LinkWish, before: int | None, limit: int, *, now: datetime
) -> Sequence[ShortLink]:
    """Return the next links below an id, the newest first."""
    asked, place = _tagged(wish.tag)
    if before is not None:
        asked = asked.where(place < before)
    ordered = asked.where(*_filters(wish, now)).order_by(place.desc()).limit(limit)
    return session.scalars(ordered.options(selectinload(ShortLink.tags))).all()


def _tagged(tag: str | None) -> tuple[Select[ShortLink], InstrumentedAttribute[int]]:
    """Select links, and the id to page them by: those of a tag come in its index's order."""
    asked = select(ShortLink)
    if tag is None:
        return asked, ShortLink.id
    joined = asked.join(ShortLinkTag, ShortLinkTag.link_id == ShortLink.id)
    return joined.where(ShortLinkTag.tag == tag), ShortLinkTag.link_id


def _filters(wish: LinkWish, now: datetime) -> Iterator[ColumnElement[bool]]:
    if wish.code:
        begins = ShortLink.code >= wish.code, ShortLink.code < wish.code + LAST_CHARACTER
        named = select(ShortLink.id).where(*begins)
        yield ShortLink.id.in_(named.order_by(ShortLink.code).limit(MOST_FOUND))
    if wish.imported is not None:  # those have a host in their code
        yield ShortLink.code.contains("/").is_(wish.imported)
    if wish.campaign is not None:
        yield ShortLink.campaign == wish.campaign
    if wish.path is not None:
        yield ShortLink.path == wish.path
    if wish.state is not None:
        yield from _in_state(wish.state, now)


def _in_state(state: State, now: datetime) -> Iterator[ColumnElement[bool]]:
    yield (
        ShortLink.disabled_at.is_not(None)
        if state == "disabled"
        else (ShortLink.disabled_at.is_(None))
    )
    if state == "expired":
        yield ShortLink.expires_at.is_not(None)
        yield ShortLink.expires_at <= now
    elif state == "live":
        yield or_(ShortLink.expires_at.is_(None), ShortLink.expires_at > now)


def paths_from(session: Session, path: str) -> Iterator[str]:
    """Yield the path of each short link that leads to this path or below it."""
    below = ShortLink.path.startswith(f"{path}/", autoescape=True)
    found = select(ShortLink.path).where((ShortLink.path == path) | below)
    yield from session.scalars(found.execution_options(yield_per=1_000))
