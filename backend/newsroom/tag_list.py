"""The newsroom's list of tags by state, each with its evidence: who uses it, how often, why."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from backend.catalog.tag_names import chosen_name
from backend.core.chunks import chunks
from backend.core.cursor import Position
from backend.core.db import to_us
from backend.newsroom import tag_list_queries as queries
from backend.newsroom.merge_undo import UNDO_WITHIN
from backend.newsroom.tag_list_queries import Use, Wish
from backend.tables.newsroom import Tag
from backend.tagging.evidence import EVERY_SOURCE
from backend.tagging.learning import WINDOW

# A learned tag is suggested, trends and is indexed from so many articles on.
SUGGESTED_FROM = 2
CHUNK = 200


class Listed(NamedTuple):
    """A row of the list: its place, its key and state, and its tag or the name."""

    place: Position
    key: str
    state: str
    tag: Tag | None = None
    name: str = ""
    forbidden_at: datetime | None = None


@dataclass(slots=True)
class _Evidence:
    """The uses of one tag or name, added up."""

    names: list[str] = field(default_factory=list)
    articles: Counter[str] = field(default_factory=Counter)
    keywords: set[str] = field(default_factory=set)
    rules: Counter[str] = field(default_factory=Counter)
    times: list[datetime] = field(default_factory=list)
    latest: int = 0

    def add(self, use: Use) -> None:
        self.articles[use.slug] += use.articles
        self.times += [use.first_at, use.last_at]
        self.latest = max(self.latest, use.latest)


def rows(
    session: Session, wish: Wish, after: Position | None, limit: int, *, now: datetime
) -> Sequence[Listed]:
    """The next rows after a place."""
    if wish.state == "candidate":
        return list(islice(_candidates(session, wish, after, now), limit))
    if wish.state == "forbidden":
        return _after(_forbidden(session, wish), after)[:limit]
    before = after.article_id if after else None
    return [
        Listed(Position(0, tag.id), tag.key, _state_of(tag), tag)
        for tag in queries.tags_before(session, wish, before, limit)
    ]


def values(
    session: Session, listed: Sequence[Listed], *, now: datetime, uses: Iterable[Use] | None = None
) -> list[dict[str, Any]]:
    """Return the rows as `schemas.tags.NewsroomTag` shows them; `uses` of tags if read already."""
    tags = [each.tag for each in listed if each.tag is not None]
    if uses is None:
        uses = queries.uses_of_tags(session, [tag.id for tag in tags])
    of_tags = _of_tags(uses)
    names = [each.key for each in listed if each.tag is None]
    of_names = _of_names(session, names, now)
    texts = _texts(session, names)
    found = [of_tags[each.tag.id] if each.tag else of_names[each.key] for each in listed]
    articles = queries.articles_named(session, {each.latest for each in found})
    followers = queries.followers(session, [tag.id for tag in tags])
    bans = _sources_of_bans(session, [each.key for each in listed])
    merged = _merges(session, tags)
    return [
        _shown(each, evidence)
        | {
            "followers": followers.get(each.tag.id, 0) if each.tag else 0,
            "latest_article": _article(articles.get(evidence.latest)),
            "forbidden_for": bans[each.key],
            "texts": texts[each.key],
        }
        | (merged.get(each.tag.id, {}) if each.tag else {})
        for each, evidence in zip(listed, found, strict=True)
    ]


def brief(session: Session, listed: Sequence[Listed]) -> list[dict[str, Any]]:
    """Return the rows with their counts alone, up to `queries.MOST_COUNTED`."""
    ids = [each.tag.id for each in listed if each.tag is not None]
    articles, followers = queries.some_articles(session, ids), queries.followers(session, ids)
    return [
        {
            "name": each.tag.name,
            "kind": each.tag.kind,
            "state": each.state,
            "articles": articles.get(each.tag.id, 0),
            "followers": followers.get(each.tag.id, 0),
        }
        for each in listed
        if each.tag is not None
    ]


def _state_of(tag: Tag) -> str:
    return tag.state if tag.merged_into_id is None else "merged"


def _candidates(
    session: Session, wish: Wish, after: Position | None, now: datetime
) -> Iterator[Listed]:
    """Yield undecided names, those of most sources first; decisions are looked up in chunks."""
    if wish.kind not in {None, "entity"}:
        return
    by_rank: defaultdict[int, list[str]] = defaultdict(list)
    for row in queries.candidates(session, wish, now - WINDOW):
        by_rank[-(row.sources * 1_000_000 + row.articles)].append(row.key)
    for rank in sorted(by_rank):
        if after is None or rank >= after.rank_us:
            least = after.article_id if after and rank == after.rank_us else -1
            tied = sorted((_tie(key), key) for key in by_rank[rank])
            yield from _undecided(session, rank, [each for each in tied if each[0] > least])


def _undecided(session: Session, rank: int, tied: Sequence[tuple[int, str]]) -> Iterator[Listed]:
    for some in chunks(tied, CHUNK):
        decided = queries.decided_keys(session, [key for _, key in some])
        yield from (
            Listed(Position(rank, tie), key, "candidate") for tie, key in some if key not in decided
        )


def _forbidden(session: Session, wish: Wish) -> list[Listed]:
    """Names that are forbidden for every source or for one, the latest decision first."""
    latest: dict[str, Any] = {}
    for ban, _ in queries.bans(session):
        is_of_source = wish.source_id in {None, ban.source_id} or ban.source_id == EVERY_SOURCE
        if wish.key in ban.key and is_of_source:
            known = latest.get(ban.key)
            latest[ban.key] = ban if known is None or ban.at > known.at else known
    tags = queries.tags_of_keys(session, latest)
    return [
        Listed(
            Position(-to_us(ban.at), _tie(key)), key, "forbidden", tags.get(key), ban.name, ban.at
        )
        for key, ban in latest.items()
        if wish.kind is None or (key in tags and tags[key].kind == wish.kind)
    ]


def _after(found: Iterable[Listed], after: Position | None) -> list[Listed]:
    ordered = sorted(found, key=lambda each: each.place)
    return [each for each in ordered if after is None or each.place > after]


def _tie(key: str) -> int:
    """Return a sort key of a name that is the same on every page: 63 bits of a hash."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big") >> 1


def _of_tags(uses: Iterable[Use]) -> defaultdict[int | str, _Evidence]:
    found: defaultdict[int | str, _Evidence] = defaultdict(_Evidence)
    for use in uses:
        found[use.of].add(use)
        found[use.of].rules[use.rule] += use.articles
        if use.rule == "publisher":
            found[use.of].keywords.add(use.slug)
    return found


def _of_names(
    session: Session, keys: Sequence[str], now: datetime
) -> defaultdict[int | str, _Evidence]:
    found: defaultdict[int | str, _Evidence] = defaultdict(_Evidence)
    for use in queries.uses_of_names(session, keys, now - WINDOW):
        found[use.of].add(use)
        found[use.of].names.append(use.name)
        if use.as_keyword:
            found[use.of].keywords.add(use.slug)
    return found


def _texts(session: Session, keys: Sequence[str]) -> defaultdict[str, list[dict[str, str]]]:
    found: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for key, *text in queries.texts_of_names(session, keys) if keys else ():
        found[key].append(dict(zip(("id", "title", "source"), text, strict=True)))
    return found


def _sources_of_bans(session: Session, keys: Sequence[str]) -> defaultdict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for ban, slug in queries.bans(session, keys):
        if ban.source_id != EVERY_SOURCE:
            found[ban.key].append(slug)
    return found


def _merges(session: Session, tags: Sequence[Tag]) -> dict[int, dict[str, Any]]:
    """Return the tags that merged tags went into, and until when that can be undone."""
    gone = {tag.id: tag.merged_into_id for tag in tags if tag.merged_into_id is not None}
    names = queries.names_of_tags(session, set(gone.values()))
    at = queries.merges(session, gone)
    return {
        tag_id: {
            "merged_into": names[into],
            "merged_at": at.get(tag_id),
            "undo_until": at[tag_id] + UNDO_WITHIN if tag_id in at else None,
        }
        for tag_id, into in gone.items()
    }


def _shown(listed: Listed, evidence: _Evidence) -> dict[str, Any]:
    tag, count = listed.tag, evidence.articles.total()
    name = tag.name if tag else listed.name or chosen_name(min(evidence.names, default=""))
    is_open = listed.state in {"known", "confirmed"}
    return {
        "id": str(tag.id) if tag else None,
        "name": name,
        "kind": tag.kind if tag else "entity" if listed.state == "candidate" else None,
        "state": listed.state,
        "members": [member.tag.name for member in tag.members] if tag else [],
        "articles": count,
        "publishers": [
            {"source": slug, "articles": articles, "as_keyword": slug in evidence.keywords}
            for slug, articles in evidence.articles.most_common()
        ],
        "rules": [
            {"rule": rule, "articles": articles} for rule, articles in evidence.rules.most_common()
        ],
        "first_seen_at": min(evidence.times, default=None),
        "last_seen_at": max(evidence.times, default=None),
        "is_suggested": is_open or (listed.state == "learned" and count >= SUGGESTED_FROM),
        "created_at": tag.created_at if tag else None,
        "forbidden_at": listed.forbidden_at,
        "merged_into": None,
        "merged_at": None,
        "undo_until": None,
    }


def _article(found: tuple[str, str] | None) -> dict[str, str] | None:
    return {"id": found[0], "title": found[1]} if found else None
