"""Reads new articles with the newsroom's own recogniser, after publishing and without delaying it.

A loop of the background process: it follows the change stream, asks the recogniser outside of any
transaction, keeps the names and tags the article again. What it finds in one publisher's article
waits, as evidence, for the second.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from backend.core.db import db, release, retried, transaction
from backend.core.faults import ItemFaults
from backend.core.locks import lock_newsroom
from backend.core.metrics import count_recognised
from backend.newsroom import queries
from backend.newsroom.retag import retag_in
from backend.tables.newsroom import Article
from backend.tagging import recognised
from backend.tagging import service as tagging
from backend.tagging.learning import WINDOW
from backend.tagging.recogniser import LIMIT, BoundedRecogniser, Recogniser, SlowRecogniser

LOOP = "recogniser"
AT_ONCE = 20


class _Text(NamedTuple):
    """The text of an article that is to be read, and its language."""

    article_id: int
    text: str
    language: str

    @property
    def hash(self) -> str:
        said = f"{self.language}\n{self.text}"
        return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()


@dataclass(slots=True)
class Recognition:
    """The progress of one background process; recognisers are loaded at the first article."""

    load: Callable[[], Sequence[Recogniser]]
    clock: Callable[[], datetime]
    limit: timedelta = LIMIT
    _asked: BoundedRecogniser | None = None
    _is_off: bool = False
    _read_to: int = 0
    _faults: ItemFaults = field(default_factory=lambda: ItemFaults(LOOP))

    def step(self) -> bool:
        """Read the next articles; tell whether there were any."""
        if self._is_off or (self._asked is not None and self._asked.is_busy):
            return False
        texts, read_to = self._next_texts()
        for text in texts:
            asked = self._loaded()
            if asked is None or asked.is_busy:
                return False
            self._read(asked, text)
        moved, self._read_to = read_to > self._read_to, read_to
        return moved

    def next_due_at(self, _session: Session, now: datetime) -> datetime | None:
        """Return `now` while the recogniser is busy, because nothing signals its end; else None."""
        return now if self._asked is not None and self._asked.is_busy else None

    def _next_texts(self) -> tuple[list[_Text], int]:
        """Return the next changed texts that were not read before, and the last change number."""
        session = db.session()
        changed = queries.changed_articles(session, self._read_to, self.clock() - WINDOW, AT_ONCE)
        texts = [_text_of(article) for article, _ in changed]
        hashes = recognised.hashes_of(session, [each.article_id for each in texts])
        read_to = max((seq for _, seq in changed), default=self._read_to)
        release()
        return [each for each in texts if hashes.get(each.article_id) != each.hash], read_to

    def _read(self, asked: BoundedRecogniser, text: _Text) -> None:
        try:
            names = asked.names(text.text, text.language)
        except SlowRecogniser as error:
            count_recognised("slow")
            self._faults.add(error)
        except Exception as error:  # noqa: BLE001 code of others: whatever it raises
            count_recognised("failed")
            self._faults.add(error)
        else:
            count_recognised("read")
            _keep(text, names, now=self.clock())

    def _loaded(self) -> BoundedRecogniser | None:
        """Load the recognisers at the first article; None, without another try, if that fails."""
        if self._asked is None and not self._is_off:
            try:
                self._asked = BoundedRecogniser(self.load(), self.limit)
            except Exception as error:  # noqa: BLE001 as above
                self._is_off = True
                count_recognised("failed")
                self._faults.add(error)
        return self._asked


def _text_of(article: Article) -> _Text:
    given = tagging.publisher_tags(article)
    as_read = tagging.read_ahead(
        article.title, article.summary, article.body_text, article.language, given
    )
    return _Text(article.id, recognised.text_of(as_read), article.language)


@retried
def _keep(text: _Text, names: Sequence[str], *, now: datetime) -> None:
    """Store the names, and tag the article and others that say them again."""
    with transaction() as session:
        lock_newsroom(session)
        article = session.get(Article, text.article_id, with_for_update=True)
        if article is None or article.unpublished_at is not None:
            return
        recognised.keep(session, article.id, text.hash, names)
        if names:
            retag_in(session, article, now=now, is_retag=False)
