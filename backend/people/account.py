"""Changes that people make to their own log-in: password, second factor, sessions, language, zone.

Changes of how one logs in ask for the present password again, and end the other sessions.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.audience.zone import zone_of
from backend.audit.recording import record
from backend.core.db import db, release, transaction
from backend.core.problems import Invalid
from backend.people import queries, second_factor, throttle
from backend.people.extension import totp_cipher
from backend.people.login import Begun, actor_of, renewed
from backend.people.passwords import hash_password, is_password
from backend.people.service import subject
from backend.tables.people import NewsroomSession, NewsroomUser

Change = Callable[[Session, NewsroomUser], None]


def change_password(user_id: int, old: str, new: str, *, now: datetime) -> Begun:
    """Change the password.

    Raises:
        Invalid: the old one is wrong, or the new one cannot be used.
        TooMany: too many were wrong lately.
    """
    _check_password(user_id, old)
    user = _read(user_id)
    hashed = hash_password(new, user.name)

    def change(_session: Session, user: NewsroomUser) -> None:
        user.password_hash = hashed

    return _change(user_id, "user.password_changed", change, now)


def add_second_factor(
    user_id: int, password: str, secret: str, code: str, *, now: datetime
) -> tuple[Begun, list[str]]:
    """Ask for codes of this secret from now on; the recovery codes are told once.

    Raises:
        Invalid: the password or the code is wrong.
    """
    _check_password(user_id, password)
    step = (
        second_factor.step_of(secret, code, None, now) if second_factor.is_secret(secret) else None
    )
    if step is None:
        raise Invalid.field("code", "This is not the code that the app shows now.")
    codes = second_factor.new_recovery_codes()

    def change(_session: Session, user: NewsroomUser) -> None:
        user.totp_secret, user.totp_step = totp_cipher().encrypt(secret.encode()), step
        user.recovery_hashes = second_factor.hashes_of(codes)

    return _change(user_id, "user.second_factor_added", change, now), codes


def remove_second_factor(user_id: int, password: str, *, now: datetime) -> Begun:
    """Ask for the password alone from now on.

    Raises:
        Invalid: the password is wrong.
    """
    _check_password(user_id, password)

    def change(_session: Session, user: NewsroomUser) -> None:
        user.totp_secret = user.totp_step = None
        user.recovery_hashes = []

    return _change(user_id, "user.second_factor_removed", change, now)


def renew_recovery_codes(user_id: int, password: str, *, now: datetime) -> tuple[Begun, list[str]]:
    """Replace the recovery codes that are left; the new ones are told once.

    Raises:
        Invalid: the password is wrong, or no second factor is asked for.
    """
    _check_password(user_id, password)
    codes = second_factor.new_recovery_codes()

    def change(_session: Session, user: NewsroomUser) -> None:
        if user.totp_secret is None:
            raise Invalid.field("codes", "Set up an authenticator app first.")
        user.recovery_hashes = second_factor.hashes_of(codes)

    return _change(user_id, "user.recovery_codes_renewed", change, now), codes


def choose_zone(user_id: int, name: str) -> None:
    """Set the time zone in which this person reads and types times; empty is UTC.

    Raises:
        Invalid: there is no such zone.
    """
    if name and zone_of(name) is None:
        raise Invalid.field("time_zone", "Choose a zone of the list, such as Europe/Madrid.")
    with transaction() as session:
        queries.user_to_change(session, user_id).time_zone = name or None


def choose_language(user_id: int, language: str | None) -> None:
    """Set the language of the console for this person; None is the browser's."""
    with transaction() as session:
        queries.user_to_change(session, user_id).language = language


def end_session(user_id: int, public_id: str, *, now: datetime) -> None:
    """End one of a person's own sessions; safe to repeat."""
    with transaction() as session:
        user = queries.user_to_change(session, user_id)
        mine = NewsroomSession.user_id == user_id, NewsroomSession.public_id == public_id
        session.execute(delete(NewsroomSession).where(*mine))
        record(session, actor_of(user), "user.session_ended", subject(user), now=now)


def _change(user_id: int, act: str, change: Change, now: datetime) -> Begun:
    with transaction() as session:
        user = queries.user_to_change(session, user_id)
        change(session, user)
        record(session, actor_of(user), act, subject(user), now=now)
        return renewed(session, user, now)


def _check_password(user_id: int, password: str) -> None:
    """Check the present password, counted as a log-in: nobody may guess in an open browser."""
    user = _read(user_id)
    name, kept = user.name, user.password_hash
    attempt = throttle.attempt(name)
    attempt.refuse_beyond()
    release()
    if not is_password(password, kept):
        attempt.failed()
        raise Invalid.field("password", "This is not your present password.")


def _read(user_id: int) -> NewsroomUser:
    return db.session.get_one(NewsroomUser, user_id)
