"""Hands what was moved in for a phone to its app, once the app proves that it is that phone."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.audience import follow_log
from backend.core.locks import lock_newsroom_shared
from backend.tables.audience import UNOWNED, Follow, Installation


def is_unowned(installation: Installation) -> bool:
    return installation.secret_hash.startswith(UNOWNED)


def inherit(session: Session, heir: Installation, unowned: Installation, now: datetime) -> None:
    """Give the heir what the unowned installation followed, and its quiet hours if it set none.

    The unowned one stays empty and counts as never used, so that retention erases it. No reader
    chose these follows anew: the newsroom's numbers leave them out.
    """
    # Locked after the rows, so that other registrations wait for no publishing: a merge of tags
    # meanwhile may have to be retried.
    lock_newsroom_shared(session)
    own = Follow.installation_id == unowned.id
    for feed_id, level in session.execute(select(Follow.feed_id, Follow.level).where(own)).all():
        follow_log.follow(session, heir.id, feed_id, now, level=level)
    session.execute(delete(Follow).where(own))
    if heir.quiet_start is None:
        heir.quiet_start, heir.quiet_end = unowned.quiet_start, unowned.quiet_end
    unowned.was_used = False
