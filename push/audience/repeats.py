"""Finds the alerts that an article repeats: they alone withhold its own alert from a reader."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from backend.stories.repeats import is_repeat, read
from push.audience import told_queries
from push.store.models import Notification


def repeated(
    session: Session, article_id: int, alerts: Sequence[Notification]
) -> Sequence[Notification]:
    """Return the alerts whose article tells the same event as this one beyond doubt."""
    others = {each.article_id for each in alerts if each.article_id is not None} - {article_id}
    if not others:
        return alerts
    told = told_queries.told_of(session, {article_id, *others})
    own = told[article_id]
    return [each for each in alerts if each.article_id and is_repeat(own, told[each.article_id])]


def read_ahead(session: Session) -> None:
    """Read the articles of due alerts before a transaction begins: the first text of a language
    builds lists for half a second, in which nobody else could write.
    """
    for told in told_queries.told_next(session):
        read(told)
