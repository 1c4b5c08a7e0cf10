"""The article that a link leads to, for the page that shows it beside the stores."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from sqlalchemy.exc import SQLAlchemyError

from backend.db import db
from backend.feed.models import Article
from deeplinks import queries

# A surge must not queue behind a database that does not answer: it is left alone for a while.
REST = timedelta(seconds=10)


@dataclass(slots=True)
class Previews:
    """One per process."""

    _rests_until: datetime | None = field(default=None)

    def of(self, path: str, *, now: datetime) -> Article | None:
        """The public article at this path; none while the database is down."""
        parts = path.split("/")
        if len(parts) < 3 or parts[1] != "article" or self._is_resting(now):
            return None
        try:
            article = queries.article_state(db.session(), parts[2])
        except SQLAlchemyError:
            self._rests_until = now + REST
            return None
        return article if article is not None and article.is_listed else None

    def _is_resting(self, now: datetime) -> bool:
        return self._rests_until is not None and now < self._rests_until


def path_of(article: Article) -> str:
    """Where the site shows an article."""
    path: str = orjson.loads(article.card)["url"]
    return path
