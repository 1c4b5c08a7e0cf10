"""Article previews for landing pages, behind a time-out and a circuit breaker."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backend.catalog.queries import article_by_public_id

log = logging.getLogger(__name__)

# A surge must not queue behind a database that hangs: the page does without a preview, and for a
# while nothing is queried.
TIMEOUT_S = 1.0
OPEN_FOR = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The preview of a public article in a chat; `path` is where the site shows it."""

    public_id: str
    path: str
    title: str
    summary: str
    language: str
    image_url: str | None


@dataclass(frozen=True, slots=True)
class PreviewRead:
    """A preview as read, and the change number from before; None where nobody knows it."""

    since: int | None
    preview: Preview | None


class Previews:
    """Previews with a circuit breaker, one per process. `query` may hang, on threads of its own."""

    def __init__(self, query: Callable[[str], PreviewRead]) -> None:
        self._query = query
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="previews")
        self._open_until: datetime | None = None

    def find(self, public_id: str, *, now: datetime) -> PreviewRead:
        """Return what the public may see; nothing, with `since` None, when no database answers."""
        if self._is_open(now):
            return NOTHING_TO_READ
        try:
            return self._threads.submit(self._query, public_id).result(TIMEOUT_S)
        except (SQLAlchemyError, TimeoutError) as error:
            log.warning("no preview", extra={"kind": type(error).__name__})
            self._open_until = now + OPEN_FOR
            return NOTHING_TO_READ

    def _is_open(self, now: datetime) -> bool:
        return self._open_until is not None and now < self._open_until


NOTHING_TO_READ = PreviewRead(None, None)


def article_in(path: str) -> str | None:
    """Return the id of the article whose page this path is."""
    parts = path.split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "article" else None


def preview_of(session: Session, public_id: str) -> Preview | None:
    """Return the preview of an article, if the public may see it."""
    article = article_by_public_id(session, public_id)
    if article is None or not article.is_listed:
        return None
    return Preview(
        public_id=article.public_id,
        path=orjson.loads(article.card)["url"],
        title=article.title,
        summary=article.summary,
        language=article.language,
        image_url=article.image_url,
    )
