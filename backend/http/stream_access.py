"""Access of those that hold an answer open: their sessions and keys, checked together."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from backend.http.auth import BY_SETTING, caller
from backend.http.roles import may, roles_of_key, roles_of_user
from backend.http.sessions import ABSOLUTE, IDLE, current_login
from backend.tables.keys import NewsroomKey
from backend.tables.people import NewsroomSession, NewsroomUser


class Holder(NamedTuple):
    """The session or key by which an answer was opened."""

    kind: Literal["session", "key"]
    id: str


def current_holder() -> Holder:
    """Return the session or key by which the present request was let in."""
    login, found = current_login(), caller()
    if found.kind == "user" and login is not None:
        return Holder("session", str(login.session_id))
    return Holder("key", found.id)


def still_let_in(
    session: Session, holders: Collection[Holder], roles: Collection[str], now: datetime
) -> frozenset[Holder]:
    """Return the holders whose session or key has not ended and still has one of the roles."""
    sessions = [int(each.id) for each in holders if each.kind == "session"]
    keys = [each.id for each in holders if each.kind == "key"]
    by_setting = [Holder("key", BY_SETTING)] if BY_SETTING in keys else []
    return frozenset(
        [
            *by_setting,
            *(_sessions(session, sessions, roles, now) if sessions else ()),
            *(_keys(session, keys, roles, now) if keys else ()),
        ]
    )


def _sessions(
    session: Session, ids: list[int], roles: Collection[str], now: datetime
) -> Iterable[Holder]:
    rows = session.execute(
        select(NewsroomSession.id, NewsroomUser.role)
        .join(NewsroomUser, NewsroomUser.id == NewsroomSession.user_id)
        .where(
            NewsroomSession.id.in_(ids),
            NewsroomUser.disabled_at.is_(None),
            NewsroomSession.created_at > now - ABSOLUTE,
            NewsroomSession.seen_at > now - IDLE,
        )
    )
    return [Holder("session", str(id_)) for id_, role in rows if may(roles_of_user(role), roles)]


def _keys(
    session: Session, names: list[str], roles: Collection[str], now: datetime
) -> Iterable[Holder]:
    """Return the live keys with one of the roles; a key without a prefix is named by its row."""
    numbers = [int(name) for name in names if name.isdecimal()]
    rows: Iterable[Row[NewsroomKey, datetime | None]] = session.execute(
        select(NewsroomKey, NewsroomUser.disabled_at)
        .outerjoin(NewsroomUser, NewsroomUser.id == NewsroomKey.user_id)
        .where(NewsroomKey.prefix.in_(names) | NewsroomKey.id.in_(numbers))
        .execution_options(populate_existing=True)
    )
    return [
        Holder("key", key.prefix or str(key.id))
        for key, disabled_at in rows
        if key.is_live(now) and disabled_at is None and may(roles_of_key(key.role), roles)
    ]
