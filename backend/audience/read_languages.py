"""The languages of which a reader wants articles and alerts; none means all."""

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.audience import follow_log
from backend.tables.audience import ReadLanguage
from backend.text.languages import list_asked_for


def chosen(session: Session, installation_id: int) -> list[str]:
    """Return the languages that the reader chose, as the app wrote them."""
    own = select(ReadLanguage.language).where(ReadLanguage.installation_id == installation_id)
    return [*session.scalars(own.order_by(ReadLanguage.language))]


def choose(session: Session, installation_id: int, languages: Iterable[str]) -> None:
    """Replace the chosen languages, and invalidate the cached home."""
    follow_log.forget(session, installation_id)
    session.execute(delete(ReadLanguage).where(ReadLanguage.installation_id == installation_id))
    for each in dict.fromkeys(languages):
        row = {"language": each, "feed_language": list_asked_for(each)}
        session.add(ReadLanguage(installation_id=installation_id, **row))
