"""Takes words of what was removed out of SQLite's index, whose FTS5 keeps them until a merge.

Its `secure-delete` would do so at once, but needs SQLite 3.42, and a file that was written with it
cannot be read by an older one any more: https://sqlite.org/fts5.html#the_secure_delete_configuration_option
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.core.db import db, release, retried, transaction
from backend.tables import retention as progress

KIND, LEFT, CLEAN = "search_words", 1, 0
# When the last merge began, in seconds since 1970: it writes the whole index, so once a day.
MERGED = "search_merged"
EVERY = timedelta(days=1)
# Pages of 4 kB that are written in one transaction.
PAGES = 100
_MERGE = text("INSERT INTO search_words (search_words, rank) VALUES ('merge', :pages)")


def words_are_left(session: Session) -> None:
    """Record that a merge is needed: something was removed whose words the index may still hold."""
    if session.get_bind().dialect.name == "sqlite":
        progress.go_on(session, KIND, LEFT)


def merge_away(now: datetime) -> Iterator[None]:
    """Merge all of the index where something was removed, some pages in each transaction."""
    if not _is_due(now):
        return
    _begin(now)
    pages = -PAGES  # begins to merge everything; what follows goes on
    while _merged_some(pages):
        yield
        pages = PAGES


def _is_due(now: datetime) -> bool:
    session = db.session()
    is_left = progress.upto(session, KIND) == LEFT
    merged_at = datetime.fromtimestamp(progress.upto(session, MERGED), UTC)
    release()
    return is_left and now >= merged_at + EVERY


@retried
def _begin(now: datetime) -> None:
    """Record the merge before it begins: what is removed meanwhile is left to the next one."""
    with transaction() as session:
        progress.go_on(session, KIND, CLEAN)
        progress.go_on(session, MERGED, int(now.timestamp()))


@retried
def _merged_some(pages: int) -> bool:
    """Merge some pages, and tell whether there are more: an idle merge changes a single row."""
    with transaction() as session:
        driver = cast(sqlite3.Connection, _driver_of(session))
        before = driver.total_changes
        session.execute(_MERGE, {"pages": pages})
        return driver.total_changes - before >= 2


def _driver_of(session: Session) -> Any:
    return session.connection().connection.driver_connection
