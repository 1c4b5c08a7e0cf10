"""Paths of the site's own pages, read from the database."""

from collections.abc import Iterator

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backend.catalog.slug import slug_of
from backend.tables.newsroom import Article, Category, Source, Tag
from deeplinks.routing.routes import encoded

CHUNK = 2_000


def count_pages(session: Session) -> int:
    """Count the pages that `page_paths` names."""
    return sum(
        session.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
        for statement in (_articles(), _tags(), select(Source.slug), select(Category.slug))
    )


def page_paths(session: Session) -> Iterator[str]:
    """Yield the path of every public article, tag, source and category."""
    for public_id, title in session.execute(_articles().execution_options(yield_per=CHUNK)):
        yield f"/article/{public_id}/{encoded(slug_of(title))}"
    for name in session.scalars(_tags().execution_options(yield_per=CHUNK)):
        yield f"/tag/{encoded(name)}"
    for slug in session.scalars(select(Source.slug)):
        yield f"/source/{encoded(slug)}"
    for slug in session.scalars(select(Category.slug)):
        yield f"/category/{encoded(slug)}"


def _articles() -> Select[str, str]:
    is_listed = Article.rank_us.is_not(None) & Article.unpublished_at.is_(None)
    return select(Article.public_id, Article.title).where(is_listed).order_by(Article.id)


def _tags() -> Select[str]:
    return select(Tag.name).where(Tag.merged_into_id.is_(None)).order_by(Tag.id)
