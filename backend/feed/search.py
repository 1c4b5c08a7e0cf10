"""Searching articles, newest first, and keeping the index in step with what is published."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalog.listing import ALL, FeedKey
from backend.catalog.queries import tag_by_key
from backend.catalog.tag_names import key_of
from backend.core.cursor import Cursor, Kind, Position, encode, scope_of
from backend.core.db import transaction
from backend.core.faults import ItemFaults
from backend.core.problems import NotFound
from backend.feed import queries, search_index
from backend.feed.search_text import clauses_of
from backend.feed.service import checked
from backend.http.hooks import Event, Hooks, Publication
from backend.tables.newsroom import Article, Category, Source
from backend.text.languages import list_asked_for

INDEX_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A search with its filters; an empty filter does not filter."""

    text: str
    tag: str = ""
    source: str = ""
    category: str = ""
    language: str = ""
    limit: int = 20
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Cards of articles, their own addresses without the site, and where the next page starts."""

    cards: list[str]
    article_ids: list[str]
    next_cursor: str | None


def init_hooks(hooks: Hooks) -> None:
    """Keep the index in the transaction that publishes or takes down."""
    hooks.on_publish.append(_on_publish)
    hooks.on_event.append(_on_event)


def search(session: Session, question: Question, keys: Sequence[str]) -> Found:
    """One page of the articles that match everything asked.

    Raises:
        NotFound: a filter names a tag, source or category that does not exist.
        BadCursor: the cursor belongs to another question.
    """
    feed_keys = _filters(session, question)
    clauses = clauses_of(question.text)
    language = list_asked_for(question.language) if question.language else ""
    asked = repr(clauses), language
    scope = _scope(asked, feed_keys)
    before = _before(question.cursor, _scopes(session, asked, feed_keys), keys)
    listed = [*feed_keys, *([FeedKey(ALL, 0, language)] if language else [])]
    feeds = [queries.feed_by_key(session, *astuple(key)) for key in listed]
    if not clauses or None in feeds:
        return Found([], [], None)
    rows = search_index.find(
        session,
        clauses,
        before=before,
        feed_ids=[feed.id for feed in feeds if feed is not None],
        size=question.limit + 1,
    )
    kept = rows[: question.limit]
    more = kept[-1].place if len(rows) > question.limit else None
    cursor = (
        encode(Cursor(Kind.PAGE, at=Position(more, 0)), scope, keys) if more is not None else None
    )
    return Found([row.card for row in kept], [row.public_id for row in kept], cursor)


def index_missing() -> int:
    """Index a batch of articles that an older version published; how many were indexed."""
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


def _before(token: str | None, scopes: Iterable[bytes], keys: Sequence[str]) -> int | None:
    at = checked(token, Kind.PAGE, scopes, keys).at if token is not None else None
    return at.rank_us if at else None


def _scope(asked: tuple[str, str], feed_keys: Iterable[FeedKey]) -> bytes:
    return scope_of("search", *asked, *(f"{key.kind}:{key.ref_id}" for key in feed_keys))


def _scopes(
    session: Session, asked: tuple[str, str], feed_keys: Sequence[FeedKey]
) -> Iterator[bytes]:
    """Cursor scopes: this search's own first, then those of tags merged into its tag."""
    yield _scope(asked, feed_keys)
    for key in feed_keys:
        if key.kind == "tag":
            for tag_id in queries.merged_into(session, key.ref_id):
                old = FeedKey("tag", tag_id)
                yield _scope(asked, [old if each == key else each for each in feed_keys])


def _filters(session: Session, question: Question) -> list[FeedKey]:
    keys: list[FeedKey] = []
    if question.tag:
        tag = tag_by_key(session, key_of(question.tag))
        keys.append(FeedKey("tag", _known(tag.id if tag else None, "tag")))
    if question.source:
        found = session.scalar(select(Source.id).where(Source.slug == question.source))
        keys.append(FeedKey("source", _known(found, "source")))
    if question.category:
        found = session.scalar(select(Category.id).where(Category.slug == question.category))
        keys.append(FeedKey("category", _known(found, "category")))
    return keys


def _known(found: int | None, what: str) -> int:
    if found is None:
        raise NotFound(f"There is no such {what}.")
    return found


def _on_publish(session: Session, publication: Publication) -> None:
    search_index.put(session, publication.article, is_new=publication.is_new)


def _on_event(session: Session, event: Event) -> None:
    if event.name != "article.unpublished":
        return
    public_id = event.subject.removeprefix("article:")
    article_id = session.scalar(select(Article.id).where(Article.public_id == public_id))
    if article_id is not None:
        search_index.drop(session, article_id)
