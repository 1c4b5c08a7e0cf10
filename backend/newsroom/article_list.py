"""The newsroom's list of articles: by words, source, tag and state, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, selectinload

from backend.catalog.queries import articles_at
from backend.feed import search_index
from backend.feed.queries import feed_id_of
from backend.feed.search_index import Criteria
from backend.feed.search_text import clauses_of
from backend.newsroom.pasted_address import spellings_of
from backend.tables.newsroom import Article, ArticleTag, FeedRow, Source

# A search by words looks at so many of the newest matches.
MOST_FOUND = 500
# The state of an article that readers can find.
LISTED = "listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleWish:
    """Filters of the list of articles; None or empty does not filter. `sources` are slugs."""

    words: str = ""
    sources: frozenset[str] | None = None
    tag_id: int | None = None
    state: str | None = None
    since: datetime | None = None
    source_url: str = ""


def articles_before(
    session: Session, wish: ArticleWish, before: int | None, limit: int
) -> Sequence[Article]:
    """Return the next articles below an id; ids follow the order in which they were first seen."""
    # A popular tag is walked in its own index, whose ids are in order: it is not sorted.
    by_id = Article.id if wish.tag_id is None else ArticleTag.article_id
    asked = _first(limit).order_by(by_id.desc())
    if before is not None:
        asked = asked.where(by_id < before)
    return session.scalars(_filtered(session, asked, wish)).all()


def newest_listed(session: Session, limit: int) -> Sequence[Article]:
    """The first articles of the list of all, as readers find them there."""
    place = FeedRow.rank_us.desc(), FeedRow.article_id.desc()
    rows = select(FeedRow.article_id).where(FeedRow.feed_id == feed_id_of("all"))
    ids = session.scalars(rows.order_by(*place).limit(limit)).all()
    known = {each.id: each for each in session.scalars(_first(limit).where(Article.id.in_(ids)))}
    return [known[each] for each in ids]


def _first(limit: int) -> Select[Article]:
    """Select articles with everything that a list shows of them."""
    return (
        select(Article)
        .limit(limit)
        .options(
            selectinload(Article.source),
            selectinload(Article.category),
            selectinload(Article.story),
            selectinload(Article.tags).joinedload(ArticleTag.tag),
        )
    )


def _filtered(session: Session, asked: Select[Article], wish: ArticleWish) -> Select[Article]:
    if wish.words:
        asked = asked.where(Article.id.in_(_ids_of_words(session, wish.words)))
    if wish.source_url:
        found = articles_at(session, wish.source_url)
        asked = asked.where(Article.id.in_([each.id for each in found]))
    if wish.sources is not None:
        own = select(Source.id).where(Source.slug.in_(wish.sources))
        asked = asked.where(Article.source_id.in_(session.scalars(own).all()))
    if wish.tag_id is not None:
        asked = asked.join(ArticleTag).where(ArticleTag.tag_id == wish.tag_id)
    if wish.state is not None:
        asked = asked.where(_in_state(wish.state))
    if wish.since is not None:
        asked = asked.where(Article.id >= _first_since(session, wish.since))
    return asked


def _first_since(session: Session, since: datetime) -> int:
    """The first id that was seen then or later, by bisection: ids follow that order."""
    low, high = 0, (session.scalar(select(func.max(Article.id))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        seen = select(Article.first_seen_at).where(Article.id >= middle)
        at = session.scalar(seen.order_by(Article.id).limit(1))
        if at is None or at >= since:
            high = middle
        else:
            low = middle + 1
    return low


def _in_state(state: str) -> ColumnElement[bool]:
    if state == "taken_down":
        return Article.unpublished_at.is_not(None)
    is_up = Article.unpublished_at.is_(None)
    if state == "held":
        return and_(is_up, Article.rank_us.is_(None))
    return and_(is_up, Article.rank_us.is_not(None))


def state_of(article: Article) -> str:
    """Return the article's state, one of `schemas.values.ARTICLE_STATES`."""
    if article.unpublished_at is not None:
        return "taken_down"
    return LISTED if article.is_listed else "held"


def _ids_of_words(session: Session, words: str) -> set[int]:
    """Return the ids of articles that these words name, or that contain them.

    Articles that readers do not see are not in the search index: they are few, and their titles
    are searched instead.
    """
    found = _ids_named(session, words)
    if words.startswith(("http://", "https://")):
        return found
    clauses = clauses_of(words)
    said = (
        search_index.find(session, Criteria(clauses, []), before=None, size=MOST_FOUND)
        if clauses
        else []
    )
    found |= _ids(session, *(row.public_id for row in said))
    titled = Article.title.icontains(words, autoescape=True)
    for hidden in (Article.unpublished_at.is_not(None), Article.rank_us.is_(None)):
        asked = select(Article.id).where(hidden, titled).order_by(Article.id.desc())
        found |= set(session.scalars(asked.limit(MOST_FOUND)))
    return found


def _ids_named(session: Session, words: str) -> set[int]:
    """Find articles by our id, an address (our page's, the publisher's) or `source/external_id`."""
    found = _ids(session, words, _id_in(words))
    if words.startswith(("http://", "https://")):
        return found | {each.id for each in articles_at(session, *spellings_of(words))}
    slug, _, external_id = words.partition("/")
    if external_id:
        own = Source.slug == slug, Article.external_id == external_id
        found |= set(session.scalars(select(Article.id).join(Article.source).where(*own)))
    return found


def _id_in(address: str) -> str:
    """The id in the address of a page of ours."""
    _, _, rest = address.partition("/article/")
    return rest.partition("/")[0].partition("?")[0]


def _ids(session: Session, *public_ids: str) -> set[int]:
    return set(session.scalars(select(Article.id).where(Article.public_id.in_(public_ids))))
