"""The article that a link leads to, for the page that shows it beside the stores."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from deeplinks import queries

log = logging.getLogger(__name__)

# A surge must not queue behind a database that does not answer: the page does without it, and it
# is left alone for a while.
PATIENCE_S = 1.0
REST = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a chat shows of a public article; `path` is where the site shows it."""

    public_id: str
    path: str
    title: str
    summary: str
    language: str
    image_url: str | None


class Previews:
    """One per process. `ask` may hang: it is asked on a thread that nobody has to wait for."""

    def __init__(self, ask: Callable[[str], Preview | None]) -> None:
        self._ask = ask
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="previews")
        self._rests_until: datetime | None = None

    def of(self, path: str, *, now: datetime) -> Preview | None:
        """The public article at this path; none while the database is down."""
        parts = path.split("/")
        if len(parts) < 3 or parts[1] != "article" or self._is_resting(now):
            return None
        try:
            return self._threads.submit(self._ask, parts[2]).result(PATIENCE_S)
        except (SQLAlchemyError, TimeoutError) as error:
            log.warning("no preview", extra={"kind": type(error).__name__})
            self._rests_until = now + REST
            return None

    def _is_resting(self, now: datetime) -> bool:
        return self._rests_until is not None and now < self._rests_until


def preview_of(session: Session, public_id: str) -> Preview | None:
    """The article, if the public may see it."""
    article = queries.article_state(session, public_id)
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
