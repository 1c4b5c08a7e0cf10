"""Takes words of what was removed out of SQLite's index, whose FTS5 keeps them until a merge.

Its `secure-delete` would do so at once, but needs SQLite 3.42, and a file that was written with it
cannot be read by an older one any more: https://sqlite.org/fts5.html#the_secure_delete_configuration_option
"""

import sqlite3
from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.core.db import db, release, retried, transaction
from backend.tables import retention as progress

KIND, LEFT, CLEAN = "search_words", 1, 0
# So many pages of 4 kB are written in a transaction.
PAGES = 100
_MERGE = text("INSERT INTO search_words (search_words, rank) VALUES ('merge', :pages)")


def words_are_left(session: Session) -> None:
    """Something was removed whose words the index may still hold."""
    if session.get_bind().dialect.name == "sqlite":
        progress.go_on(session, KIND, LEFT)


def merge_away() -> Iterator[None]:
    """Merge all of the index where something was removed, some pages in each transaction."""
    is_needed = progress.upto(db.session(), KIND) == LEFT
    release()
    if not is_needed:
        return
    pages = -PAGES  # begins to merge everything; what follows goes on
    while _merged_some(pages):
        yield
        pages = PAGES


@retried
def _merged_some(pages: int) -> bool:
    """Whether there is more to merge: one that had nothing to do changes a single row."""
    with transaction() as session:
        if pages < 0:  # before it: what is removed meanwhile is for the next time
            progress.go_on(session, KIND, CLEAN)
        driver = cast(sqlite3.Connection, _driver_of(session))
        before = driver.total_changes
        session.execute(_MERGE, {"pages": pages})
        return driver.total_changes - before >= 2


def _driver_of(session: Session) -> Any:
    return session.connection().connection.driver_connection
