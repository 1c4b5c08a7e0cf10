"""Queries for tags, their members and aliases."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.orm import Session

from backend.catalog.queries import TAGS, NamedTag, tags_named
from backend.catalog.tag_names import bare_key, key_of
from backend.core.among import packed_rows, rows_among
from backend.core.db import UtcDateTime, insert_ignore, insert_new_on, lookups, table_of
from backend.core.driver_read import DriverRead
from backend.core.driver_write import write_returning, write_rows
from backend.tables.newsroom import ArticleTag, Tag, TagAlias, TagMember
from backend.tagging.wanted_tags import WantedTag


class Tagged(NamedTuple):
    """A tag of an article with the reason, as `ArticleTag` has it."""

    tag_id: int
    tag: NamedTag
    rule: str
    score: float
    position: int


def get_or_create_tags(
    session: Session, wanted: Sequence[WantedTag], now: datetime
) -> list[NamedTag]:
    """Return the tag of each; merged ones lead to what they were merged into."""
    found = tags_named(session, (key for each in wanted for key in each.keys))
    leads: dict[str, WantedTag] = {}
    for each in wanted:
        if not any(key in found or key in leads for key in each.keys):
            leads |= dict.fromkeys((*each.keys, *map(key_of, each.aliases)), each) | leads
    made = _make_tags(session, list(dict.fromkeys(leads.values())), now)
    found = {key: made[each.key] for key, each in leads.items()} | found
    tags = [found.get(each.key) or found[bare_key(each.name)] for each in wanted]
    aliases = {key: found[key] for key in leads}
    aliases |= {each.spelling: tag for each, tag in zip(wanted, tags, strict=True) if each.spelling}
    add_aliases(session, aliases)
    return tags


def _make_tags(session: Session, wanted: Sequence[WantedTag], now: datetime) -> dict[str, NamedTag]:
    """Make tags in one statement; those that another transaction made first are read."""
    if not wanted:
        return {}
    statement = _MAKE[session.get_bind().dialect.name]
    tags = packed_rows((each.name, each.key, each.kind, each.state) for each in wanted)
    rows = write_returning(session, statement, {"tags": tags, "now": now})
    made = {tag.key: tag for tag in map(NamedTag._make, rows)}
    known = lookups(session, TAGS)
    known |= made
    others = [each.key for each in wanted if each.key not in made]
    for key in others:
        known.pop(key, None)
    return made | tags_named(session, others)


_MAKE = {
    engine: text(
        "INSERT INTO tag (name, key, kind, state, created_at)"  # noqa: S608
        f" SELECT name, key, kind, state, :now FROM {tags} WHERE true"
        " ON CONFLICT DO NOTHING RETURNING id, name, key, kind, state"
    ).bindparams(bindparam("now", type_=UtcDateTime()))
    for engine, tags in rows_among(
        "tags", dict.fromkeys(("name", "key", "kind", "state"), "text")
    ).items()
}


_ADD_ARTICLE_TAGS = insert(table_of(ArticleTag))


def add_article_tags(session: Session, tags: Iterable[tuple[int, Sequence[Tagged]]]) -> None:
    """Write the tags of articles that have none yet."""
    rows = [
        {
            "article_id": article_id,
            "tag_id": each.tag_id,
            "position": each.position,
            "rule": each.rule,
            "score": each.score,
        }
        for article_id, own in tags
        for each in own
    ]
    write_rows(session, _ADD_ARTICLE_TAGS, rows)


def tags_of_ids(session: Session, ids: Collection[int]) -> Sequence[Tag]:
    return session.scalars(select(Tag).where(Tag.id.in_(ids))).all() if ids else ()


def make_pair(session: Session, tag: NamedTag) -> NamedTag:
    """Turn a tag into a pair, whose members are still to be added."""
    row, pair = session.get_one(Tag, tag.id), tag._replace(kind="pair")
    row.kind = "pair"
    session.expire(row, ["members"])
    lookups(session, TAGS)[tag.key] = pair
    return pair


def add_members(session: Session, pair: NamedTag, members: Sequence[NamedTag]) -> None:
    for position, member in enumerate(members):
        insert_ignore(session, TagMember, pair_id=pair.id, position=position, tag_id=member.id)


def member_count(session: Session, pair_id: int) -> int:
    return _MEMBERS.first(session, {"pair_id": pair_id}) or 0


_MEMBERS: DriverRead[int] = DriverRead(
    select(func.count()).where(table_of(TagMember).c.pair_id == bindparam("pair_id")),
    itemgetter(0),
)


def add_aliases(session: Session, spellings: Mapping[str, NamedTag]) -> None:
    """Add keys for tags; a key that already leads to a tag stays as it is."""
    others = {key: tag for key, tag in spellings.items() if key != tag.key}
    known = tags_named(session, others)
    new = {key: tag for key, tag in others.items() if key not in known}
    rows = [{"key": key, "tag_id": tag.id} for key, tag in new.items()]
    engine = session.get_bind().dialect.name
    write_rows(session, insert_new_on(engine, table_of(TagAlias)), rows)
    lookups(session, TAGS).update(new)
