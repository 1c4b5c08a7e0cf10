"""If-Match where articles are changed: the version that the caller read, as its ETag begins."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, request

from backend.core.db import db
from backend.core.problems import PreconditionFailed
from backend.newsroom.article_names import article_by_arrival
from backend.newsroom.service import Arrival
from backend.newsroom.versions import Changed
from backend.tables.newsroom import Article


@contextmanager
def version_expected(arrival: Arrival) -> Iterator[int | None]:
    """Yield the version that `If-Match` names; None without one.

    Raises:
        PreconditionFailed: the article's version is none of those that it names.
    """
    if not request.if_match or request.if_match.star_tag:
        yield None
        return
    named = {_version_in(tag) for tag in request.if_match.as_set(include_weak=True)}
    present = article_by_arrival(db.session(), arrival).version
    try:
        yield present if present in named else min(named)
    except Changed as error:
        raise PreconditionFailed(error.detail, errors=error.errors) from error


def with_version(answer: Response, article: Article) -> Response:
    """Set an ETag that begins with the article's version, to be sent back as If-Match.

    The rest of it covers everything in the answer, such as alerts: a change of those alone makes
    another ETag and fails no If-Match.
    """
    answer.add_etag()
    tag, _ = answer.get_etag()
    answer.set_etag(f"{article.version}.{tag}", weak=True)
    return answer


def _version_in(tag: str) -> int:
    """Return the version in an ETag; 0, which no article has, where it was not made here."""
    number = tag.partition(".")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
