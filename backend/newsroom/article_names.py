"""The three names of an article in the newsroom: our id, its source's, its address there."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalog.queries import article_by_public_id, articles_at
from backend.catalog.slug import LONGEST, slug_of
from backend.core.db import db
from backend.core.problems import Conflict, Forbidden, Invalid, NotFound
from backend.http.auth import Caller, caller
from backend.newsroom.service import Arrival
from backend.tables.newsroom import Article, Source

LONGEST_ID_BYTES = 2000  # what an index of PostgreSQL takes, with room to spare


def arrival_of(article: Article, caller: Caller) -> Arrival:
    """Return the `Arrival` of the article, if this caller may write for its source.

    Raises:
        Forbidden: the key is bound to other sources.
    """
    slug = article.source.slug
    refuse_foreign(slug, caller)
    return Arrival(source=slug, external_id=article.external_id, may_embargo=caller.may_embargo)


def arrival_named(source: str, external_id: str, caller: Caller) -> Arrival:
    """Return the article that an address names, if this caller may write for its source.

    Raises:
        Invalid: the address names no source, or the publisher's id is too long to keep.
        Forbidden: the key is bound to other sources.
    """
    slug = slug_of(source)
    if slug == "-":
        raise Invalid.field("source", "The name of a source needs a letter or a digit.")
    if len(source) > LONGEST:  # two that were cut to the same would be one source
        raise Invalid.field("source", f"The name of a source has at most {LONGEST} characters.")
    if len(external_id.encode()) > LONGEST_ID_BYTES:
        raise Invalid.field("external_id", f"An id has at most {LONGEST_ID_BYTES} bytes.")
    refuse_foreign(slug, caller)
    return Arrival(source=slug, external_id=external_id, may_embargo=caller.may_embargo)


def article_by_id(session: Session, public_id: str) -> Article:
    """The article, in any state.

    Raises:
        NotFound: there is none.
    """
    found = article_by_public_id(session, public_id)
    if found is None:
        raise NotFound(f"There is no article {public_id}.")
    return found


def article_by_arrival(session: Session, arrival: Arrival) -> Article:
    """The article by its source's id, in any state.

    Raises:
        NotFound: there is none.
    """
    own = Source.slug == arrival.source, Article.external_id == arrival.external_id
    found = session.scalars(select(Article).join(Article.source).where(*own)).first()
    if found is None:
        raise NotFound(f"{arrival.source} has no article {arrival.external_id}.")
    return found


def own_article(article_id: str) -> Article:
    """Return the article, in any state, if the caller may write for its source.

    Raises:
        NotFound: there is none.
        Forbidden: it is another publisher's.
    """
    found = article_by_id(db.session(), article_id)
    arrival_of(found, caller())
    return found


def own_arrival(article_id: str) -> Arrival:
    return arrival_of(own_article(article_id), caller())


def arrival_at(source_url: str) -> Arrival:
    """Return the `Arrival` of the article at this address of its publisher."""
    return arrival_of(article_by_address(db.session(), source_url), caller())


def article_by_address(session: Session, source_url: str) -> Article:
    """The article that its publisher has at this address.

    Raises:
        NotFound: there is none.
        Conflict: several sources gave this address.
    """
    found = articles_at(session, source_url)
    if not found:
        raise NotFound("No article has this address.")
    if len(found) > 1:
        ids = [f"{each.public_id} of {each.source.slug}" for each in found]
        raise Conflict("Several articles have this address; name one.", errors={"source_url": ids})
    return found[0]


def refuse_foreign(slug: str, caller: Caller) -> None:
    """Raise Forbidden if the key may not write for this source."""
    if not caller.may_write(slug):
        raise Forbidden(f"This key is bound to sources that {slug} is not one of.")
