"""What was moved in for a phone goes over to its app when the app proves that it is that phone."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.audience import follow_log
from backend.core.locks import lock_newsroom_shared
from backend.tables.audience import UNOWNED, Follow, Installation


def is_unowned(installation: Installation) -> bool:
    return installation.secret_hash.startswith(UNOWNED)


def inherit(session: Session, heir: Installation, unowned: Installation, now: datetime) -> None:
    """The heir follows what the phone followed, too, and has its quiet hours if it set none.

    What is left of the other is empty and was never used: retention takes it away. These are no
    follows that a reader chose anew: nothing counts them.
    """
    # After the row locks, so that registering otherwise waits for no publishing: who merges tags
    # meanwhile may have to try again.
    lock_newsroom_shared(session)
    own = Follow.installation_id == unowned.id
    for feed_id, level in session.execute(select(Follow.feed_id, Follow.level).where(own)).all():
        follow_log.follow(session, heir.id, feed_id, now, level=level)
    session.execute(delete(Follow).where(own))
    if heir.quiet_start is None:
        heir.quiet_start, heir.quiet_end = unowned.quiet_start, unowned.quiet_end
    unowned.was_used = False
