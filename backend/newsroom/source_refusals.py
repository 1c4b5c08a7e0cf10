"""Refusals of articles of blocked or removed sources, and the return of a removed one."""

from sqlalchemy.orm import Session

from backend.core.problems import Conflict, Gone
from backend.http.auth import current_actor
from backend.tables.newsroom import Source

# The poller goes on with what is left to take down every minute.
_TRY_AGAIN = {"Retry-After": "60"}


def refuse_blocked(source: Source) -> None:
    """Refuse to make anything of a blocked source public.

    Raises:
        Gone: an editor blocked it.
    """
    if source.blocked_at is not None:
        raise Gone("Nothing of this source is published; an editor blocked it.")


def refuse_blocked_sender(source: Source) -> None:
    """Refuse what publishers of a blocked source send; an editor may still correct what is public.

    Raises:
        Gone: an editor blocked it.
    """
    if current_actor().roles == {"publisher"}:
        refuse_blocked(source)


def refuse_removed(source: Source, *, is_polled: bool) -> None:
    """Refuse what a poll brings to a source that was removed meanwhile; sent articles are accepted.

    Raises:
        Gone: the source was removed while its feed was polled, or an editor blocked it.
    """
    refuse_blocked(source)
    if source.removed_at is not None and is_polled:
        raise Gone("The source was removed.")


def bring_back(session: Session, source: Source) -> None:
    """End the removal of a source.

    Raises:
        Conflict: articles of it are still to be taken down, and would stay.
    """
    if source.removed_at is None:
        return
    # Waits for a concurrent removal of the source with its articles.
    session.refresh(source, with_for_update={"key_share": True})
    if source.is_emptied:
        raise Conflict(
            "The source was removed and its articles are being taken down. Try again in a minute.",
            headers=_TRY_AGAIN,
        )
    source.removed_at = None
