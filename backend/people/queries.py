"""People and their sessions, as rows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from backend.http.sessions import ABSOLUTE, IDLE
from backend.tables.people import NewsroomSession, NewsroomUser


def name_key(name: str) -> str:
    """Normalise a name for comparison."""
    return " ".join(name.split()).casefold()


def user_named(session: Session, name: str) -> NewsroomUser | None:
    return session.scalar(select(NewsroomUser).where(NewsroomUser.name_key == name_key(name)))


def user_by_public_id(session: Session, public_id: str) -> NewsroomUser | None:
    return session.scalar(select(NewsroomUser).where(NewsroomUser.public_id == public_id))


def user_to_change(session: Session, user_id: int) -> NewsroomUser:
    """Return a person as they are now, locked until the commit."""
    chosen = select(NewsroomUser).where(NewsroomUser.id == user_id)
    locked = chosen.with_for_update().execution_options(populate_existing=True)
    return session.scalars(locked).one()


def invited_user(session: Session, invitation_hash: str) -> NewsroomUser | None:
    return session.scalar(
        select(NewsroomUser).where(NewsroomUser.invitation_hash == invitation_hash)
    )


def users_after(
    session: Session, after: int | None = None, limit: int | None = None
) -> Sequence[NewsroomUser]:
    """Return the people whose ids follow this one, in the order of ids."""
    chosen = select(NewsroomUser).where(NewsroomUser.id > (after or 0)).order_by(NewsroomUser.id)
    return session.scalars(chosen.limit(limit)).all()


def lock_admins(session: Session) -> None:
    """Lock the admins until the commit, so that two at once cannot remove the last two; in one
    order, so that two who change each other wait instead of a deadlock.
    """
    admins = select(NewsroomUser.id).where(NewsroomUser.role == "admin").order_by(NewsroomUser.id)
    session.execute(admins.with_for_update())


def other_admins(session: Session, user_id: int) -> Sequence[NewsroomUser]:
    """Return who can still administer when this one no longer does; call `lock_admins` before."""
    chosen = select(NewsroomUser).where(
        NewsroomUser.role == "admin",
        NewsroomUser.disabled_at.is_(None),
        NewsroomUser.id != user_id,
    )
    return session.scalars(chosen).all()


def sessions_of(session: Session, user_id: int, now: datetime) -> Sequence[NewsroomSession]:
    """Return the sessions of a person that are not over, the last used first."""
    return session.scalars(
        select(NewsroomSession)
        .where(
            NewsroomSession.user_id == user_id,
            NewsroomSession.created_at > now - ABSOLUTE,
            NewsroomSession.seen_at > now - IDLE,
        )
        .order_by(NewsroomSession.seen_at.desc(), NewsroomSession.id.desc())
    ).all()


def delete_sessions_of(session: Session, user_id: int, *, but: int | None = None) -> None:
    """End all sessions of a person, or all but one."""
    chosen = delete(NewsroomSession).where(NewsroomSession.user_id == user_id)
    session.execute(chosen if but is None else chosen.where(NewsroomSession.id != but))


def delete_old_sessions(session: Session, now: datetime) -> None:
    session.execute(
        delete(NewsroomSession).where(
            or_(
                NewsroomSession.created_at <= now - ABSOLUTE,
                NewsroomSession.seen_at <= now - IDLE,
            )
        )
    )
