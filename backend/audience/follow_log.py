"""What an installation follows, and until when it followed something else.

Every change of what its home shows has the installation's next revision. A cached home names the
revision that it was read at, and learns what was followed and unfollowed since.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute as Attribute
from sqlalchemy.orm import Session

from backend.core.among import among
from backend.core.db import UtcDateTime, insert_ignore, retried, table_of, transaction
from backend.tables.audience import Follow, Installation, Unfollowed

_FOLLOWED = ["installation_id", "revision", "feed_id", "since", "level"]
_LEFT = ["installation_id", "revision", "feed_id", "at"]
# As long as the changes of feeds.
KEPT = timedelta(days=30)
_AT_ONCE = 500


def next_revision(session: Session, installation_id: int) -> int:
    """Advance and return the revision; the caller has locked the installation or the newsroom."""
    installation = session.get_one(Installation, installation_id)
    installation.follow_revision += 1
    return installation.follow_revision


def forget(session: Session, installation_id: int) -> None:
    """Invalidate cached homes, which cannot be told what changed: their next call starts anew."""
    revision = next_revision(session, installation_id)
    session.get_one(Installation, installation_id).forgotten_revision = revision


def follow(
    session: Session, installation_id: int, feed_id: int, since: datetime, *, level: str = "all"
) -> bool:
    """Follow a feed; return whether it was not followed yet."""
    installation = session.get_one(Installation, installation_id)
    row = {"feed_id": feed_id, "installation_id": installation_id, "since": since, "level": level}
    following = installation.follow_revision + 1
    if not insert_ignore(session, Follow, **row, revision=following):
        return False
    installation.follow_revision = following
    return True


def unfollow(
    session: Session, installation_id: int, feed_ids: Collection[int], now: datetime
) -> Sequence[int]:
    """Stop following the feeds; return those of them that were followed."""
    if not feed_ids:
        return []
    session.flush()
    connection = session.connection()
    asked = {"of_id": installation_id, "ids": feed_ids}
    gone = connection.execute(_DROP_FOLLOWED, asked).scalars().all()
    if not gone:
        return gone
    connection.execute(_DROP_UNFOLLOWED, {"of_id": installation_id, "ids": gone})
    same = {"installation_id": installation_id, "at": now}
    same["revision"] = next_revision(session, installation_id)
    connection.execute(_ADD_UNFOLLOWED, [{**same, "feed_id": each} for each in gone])
    return gone


_follow, _unfollowed = table_of(Follow), table_of(Unfollowed)
_DROP_FOLLOWED = (
    delete(_follow)
    .where(_follow.c.installation_id == bindparam("of_id"), among(_follow.c.feed_id, "ids"))
    .returning(_follow.c.feed_id)
)
_DROP_UNFOLLOWED = delete(_unfollowed).where(
    _unfollowed.c.installation_id == bindparam("of_id"), among(_unfollowed.c.feed_id, "ids")
)
_ADD_UNFOLLOWED = insert(_unfollowed)


def move(session: Session, old_id: int, new_id: int, now: datetime) -> None:
    """Make the followers of the old feed follow the new one.

    Their cached homes hold what the new one tells of from now on, as if they had followed it.
    """
    session.flush()
    movers = select(Follow.installation_id).where(Follow.feed_id == old_id)
    known = select(Follow.installation_id).where(Follow.feed_id == new_id)
    options = {"synchronize_session": False}
    next_one = Installation.follow_revision + 1
    bump = update(Installation).where(Installation.id.in_(movers)).values(follow_revision=next_one)
    session.execute(bump, execution_options=options)
    both = Unfollowed.feed_id.in_([old_id, new_id]), Unfollowed.installation_id.in_(movers)
    session.execute(delete(Unfollowed).where(*both), execution_options=options)
    for feed_id in (old_id, new_id):
        told = _of_movers(old_id, literal(feed_id), literal(now, UtcDateTime))
        session.execute(insert(Unfollowed).from_select(_LEFT, told))
    moved = _of_movers(old_id, literal(new_id), Follow.since, Follow.level)
    new = moved.where(Follow.installation_id.not_in(known))
    session.execute(insert(Follow).from_select(_FOLLOWED, new))
    session.execute(delete(Follow).where(Follow.feed_id == old_id), execution_options=options)


def give_back(
    session: Session,
    followers: Collection[int],
    *,
    from_id: int,
    to_id: int,
    stay: Collection[int],
    now: datetime,
) -> None:
    """Move those of the followers who still follow one feed to the other; those in `stay` follow
    both from then on.
    """
    session.flush()
    connection = session.connection()
    asked = {"from_id": from_id, "ids": followers}
    still = connection.execute(_STILL_FOLLOWING, asked).scalars().all()
    connection.execute(_NEXT_REVISION, {"ids": still})
    known = select(Follow.installation_id).where(Follow.feed_id == to_id)
    own = among(_follow.c.installation_id, "ids"), Follow.installation_id.not_in(known)
    back = _of_movers(from_id, literal(to_id), Follow.since, Follow.level).where(*own)
    connection.execute(insert(_follow).from_select(_FOLLOWED, back), {"ids": still})
    _leave(connection, from_id, [each for each in still if each not in stay], now)


def _leave(
    connection: Connection, feed_id: int, installation_ids: Collection[int], now: datetime
) -> None:
    """Stop following the feed, and record when."""
    asked = {"ids": installation_ids}
    again = among(_unfollowed.c.installation_id, "ids")
    connection.execute(delete(_unfollowed).where(_unfollowed.c.feed_id == feed_id, again), asked)
    leaving = among(_follow.c.installation_id, "ids")
    told = _of_movers(feed_id, literal(feed_id), literal(now, UtcDateTime)).where(leaving)
    connection.execute(insert(_unfollowed).from_select(_LEFT, told), asked)
    connection.execute(delete(_follow).where(_follow.c.feed_id == feed_id, leaving), asked)


_installation = table_of(Installation)
_STILL_FOLLOWING = select(_follow.c.installation_id).where(
    _follow.c.feed_id == bindparam("from_id"), among(_follow.c.installation_id, "ids")
)
_NEXT_REVISION = (
    update(_installation)
    .where(among(_installation.c.id, "ids"))
    .values(follow_revision=_installation.c.follow_revision + 1)
)


def _of_movers(old_id: int, *columns: ColumnElement[Any] | Attribute[Any]) -> Select[Any]:
    own = Installation.id == Follow.installation_id
    revision = Installation.follow_revision
    return (
        select(Follow.installation_id, revision, *columns)
        .join(Installation, own)
        .where(Follow.feed_id == old_id)
    )


def prune(*, now: datetime) -> Iterator[None]:
    """Delete what was unfollowed longer ago than changes are kept, in slices."""
    while _prune_some(now - KEPT):
        yield


@retried
def _prune_some(before: datetime) -> bool:
    with transaction() as session:
        old = Unfollowed.at < before
        found = select(Unfollowed.installation_id).where(old).limit(_AT_ONCE)
        some = sorted(set(session.scalars(found)))
        if not some:
            return False
        own = Unfollowed.installation_id == Installation.id
        last = select(func.max(Unfollowed.revision)).where(own, old).scalar_subquery()
        quietly = {"synchronize_session": False}
        session.execute(
            update(Installation)
            .where(Installation.id.in_(some), Installation.forgotten_revision < last)
            .values(forgotten_revision=last),
            execution_options=quietly,
        )
        session.execute(
            delete(Unfollowed).where(Unfollowed.installation_id.in_(some), old),
            execution_options=quietly,
        )
        return True
