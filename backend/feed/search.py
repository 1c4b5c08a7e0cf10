"""Searching articles, newest first, and keeping the index in step with what is published."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import ALL
from backend.catalog.tag_names import key_of
from backend.core.cursor import Cursor, Kind, Position, encode, scope_of
from backend.core.db import Reader, transaction
from backend.core.faults import ItemFaults
from backend.core.problems import NotFound
from backend.feed import queries, search_index
from backend.feed.grouped import besides, group_scope, with_others
from backend.feed.search_index import ALWAYS, Criteria, Within
from backend.feed.search_text import clauses_of
from backend.feed.service import checked
from backend.feed.shown import ShownCategory, ShownSource, category_by_slug, source_by_slug
from backend.feed.shown_tags import ShownTag, tag_by_key
from backend.http.hooks import Event, Hooks, Publication
from backend.tables.newsroom import Article
from backend.text.languages import list_asked_for
from schemas.fields import instant_text

INDEX_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A search with its filters; an empty filter does not filter.

    With `group` each story is shown once.
    """

    text: str
    tag: str = ""
    source: str = ""
    category: str = ""
    language: str = ""
    within: Within = ALWAYS
    group: str = ""
    limit: int = 20
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Cards of articles, their own addresses without the site, and where the next page starts.

    The cards of a grouped page name `other_ids` beside `article_ids`.
    """

    cards: list[str]
    article_ids: list[str]
    next_cursor: str | None
    other_ids: Sequence[str] = ()


def init_hooks(hooks: Hooks) -> None:
    """Update the index in the transaction that publishes or takes down."""
    hooks.on_publish.append(_on_publish)
    hooks.on_event.append(_on_event)


def search(reader: Reader, question: Question, keys: Sequence[str]) -> Found:
    """Return one page of the articles that match everything asked.

    Raises:
        NotFound: a filter names a tag, source or category that does not exist.
        BadCursor: the cursor belongs to another question.
    """
    feed_keys = _filters(reader, question)
    clauses = clauses_of(question.text)
    language = list_asked_for(question.language) if question.language else ""
    asked = repr(clauses), language, *_said(question.within), *group_scope(question.group)
    scope = _scope(asked, feed_keys)
    before = _before(question.cursor, _scopes(reader, asked, feed_keys), keys)
    listed = [*feed_keys, *([FeedKey(ALL, 0, language)] if language else [])]
    feeds = [queries.feed_by_key(reader, *astuple(key)) for key in listed]
    if not clauses or None in feeds:
        return Found([], [], None)
    wanted = Criteria(clauses, [feed.id for feed in feeds if feed is not None], question.within)
    size, is_grouped = question.limit + 1, bool(question.group)
    rows = search_index.find(reader, wanted, before=before, size=size, is_grouped=is_grouped)
    kept = rows[: question.limit]
    more = kept[-1].place if len(rows) > question.limit else None
    cursor = (
        encode(Cursor(Kind.PAGE, at=Position(more, 0)), scope, keys) if more is not None else None
    )
    found = Found([row.card for row in kept], [row.public_id for row in kept], cursor)
    return _with_others(reader, wanted, found) if is_grouped else found


def index_missing() -> int:
    """Index a batch of articles that an older version published; return how many were indexed."""
    item_faults = ItemFaults("housekeeping", task="search index")
    with transaction() as session:
        missing = search_index.unindexed(session, INDEX_BATCH)
        return sum(_indexed(session, article, item_faults) for article in missing)


def _indexed(session: Session, article: Article, item_faults: ItemFaults) -> bool:
    """Index one article behind a savepoint: one that cannot be indexed keeps no other one back."""
    try:
        with session.begin_nested():
            search_index.put(session, article)
    except Exception as error:  # noqa: BLE001 the boundary of one item of a loop
        item_faults.add(error)
        return False
    return True


def _with_others(reader: Reader, wanted: Criteria, found: Found) -> Found:
    """Add to each card the other articles of its story that were found."""
    told = search_index.find_others(reader, wanted, found.article_ids)
    others = {each: besides(told.get(each, ()), each) for each in found.article_ids}
    cards = zip(found.article_ids, found.cards, strict=True)
    return replace(
        found,
        cards=[with_others(card, others[each]) for each, card in cards],
        other_ids=[each.public_id for besides_it in others.values() for each in besides_it],
    )


def _said(within: Within) -> list[str]:
    """Return the time limits that a cursor is bound to; empty where none were asked for."""
    named = within._asdict().items()
    return [f"{name}:{instant_text(each)}" for name, each in named if each is not None]


def _before(token: str | None, scopes: Iterable[bytes], keys: Sequence[str]) -> int | None:
    at = checked(token, Kind.PAGE, scopes, keys).at if token is not None else None
    return at.rank_us if at else None


def _scope(asked: Sequence[str], feed_keys: Iterable[FeedKey]) -> bytes:
    return scope_of("search", *asked, *(f"{key.kind}:{key.ref_id}" for key in feed_keys))


def _scopes(reader: Reader, asked: Sequence[str], feed_keys: Sequence[FeedKey]) -> Iterator[bytes]:
    """Yield cursor scopes: this search's own first, then those of tags merged into its tag."""
    yield _scope(asked, feed_keys)
    for key in feed_keys:
        if key.kind == "tag":
            for tag_id in queries.merged_into(reader, key.ref_id):
                old = FeedKey("tag", tag_id)
                yield _scope(asked, [old if each == key else each for each in feed_keys])


def _filters(reader: Reader, question: Question) -> list[FeedKey]:
    wanted = (
        ("tag", question.tag and key_of(question.tag), tag_by_key),
        ("source", question.source, source_by_slug),
        ("category", question.category, category_by_slug),
    )
    return [FeedKey(kind, _known(find(reader, by), kind)) for kind, by, find in wanted if by]


def _known(found: ShownTag | ShownSource | ShownCategory | None, what: str) -> int:
    if found is None:
        raise NotFound(f"There is no such {what}.")
    return found.id


def _on_publish(session: Session, publication: Publication) -> None:
    search_index.put(session, publication.article, is_new=publication.is_new)


def _on_event(session: Session, event: Event) -> None:
    if event.name != "article.unpublished":
        return
    public_id = event.subject.removeprefix("article:")
    article_id = session.scalar(select(Article.id).where(Article.public_id == public_id))
    if article_id is not None:
        search_index.drop(session, article_id)
