"""The session behind a request: its cookie, and what a browser has to show to change anything.

Nothing is kept in this process: a session that was ended ends with the next request everywhere.
"""

import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import g, request
from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from backend.core.db import autocommit_engine, transaction
from backend.core.problems import Forbidden
from backend.http.context import current_context
from backend.http.networks import is_loopback
from backend.http.proxies import user_of_proxy
from backend.tables.people import NewsroomSession, NewsroomUser

log = logging.getLogger(__name__)

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
# More often would be a write with every request.
SEEN_EVERY = timedelta(minutes=5)

CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF-Token"
# Header of what a page asks for by itself: a console that is left open does not use its session.
UNATTENDED = "X-Unattended"
READING = {"GET", "HEAD", "OPTIONS"}
_NAME = "tagwire_session"

_FOUND = (
    select(NewsroomSession, NewsroomUser)
    .join_from(NewsroomSession, NewsroomUser, NewsroomUser.id == NewsroomSession.user_id)
    .where(
        NewsroomSession.secret_hash == bindparam("hash"),
        NewsroomUser.disabled_at.is_(None),
        NewsroomSession.created_at > bindparam("made_after"),
        NewsroomSession.seen_at > bindparam("seen_after"),
    )
    .with_only_columns(
        NewsroomSession.id.label("session_id"),
        NewsroomSession.seen_at,
        NewsroomUser.id.label("user_id"),
        NewsroomUser.public_id,
        NewsroomUser.name,
        NewsroomUser.role,
        NewsroomUser.sources,
        NewsroomUser.language,
        NewsroomUser.time_zone,
    )
)


class ForeignPage(Forbidden):
    """A page of another site asked for a change."""

    slug, title = "foreign-page", "Another site's page may not change anything here"


class StaleForm(Forbidden):
    """The form is not of this session: it ended and another one began, or there never was one."""

    slug, title = "stale-form", "This form is not of this session"


@dataclass(frozen=True, slots=True)
class Login:
    """The person who is logged in. `csrf` is what forms of this session have to send back."""

    session_id: int
    user_id: int
    public_id: str
    name: str
    role: str
    sources: tuple[str, ...]
    language: str | None
    time_zone: str | None
    csrf: str


def is_secure() -> bool:
    """Whether the browser sees TLS, also where a proxy ends it and does not say so."""
    return request.is_secure or current_context().settings.public_url.startswith("https:")


def cookie_name(name: str = _NAME) -> str | None:
    """Return the name of a cookie here; None where it could be read on its way.

    `__Host-` holds a browser to TLS, to this host alone and to the path `/`. Without TLS there is
    a cookie on the machine's own address alone, such as for the demo.
    """
    if is_secure():
        return f"__Host-{name}"
    return name if is_loopback(urlsplit(request.host_url).hostname or "") else None


def cookie(name: str = _NAME) -> str | None:
    own = cookie_name(name)
    return request.cookies.get(own) if own is not None else None


def set_cookie(answer: Response, value: str, lives: timedelta, name: str = _NAME) -> None:
    """Set a cookie, unless none would be safe here."""
    own = cookie_name(name)
    if own is not None:
        secure = is_secure()
        answer.set_cookie(own, value, lives, httponly=True, secure=secure, samesite="Lax")


def clear_cookie(answer: Response) -> None:
    own = cookie_name()
    if own is not None:
        answer.delete_cookie(own, httponly=True, secure=is_secure(), samesite="Lax")


def current_login() -> Login | None:
    """Return who is logged in, read once a request; None when nobody is."""
    if "login" not in g:
        secret = cookie()
        g.login = _login_of(secret, current_context().now()) if secret else None
    found: Login | None = g.login
    return found


def hash_of_session(secret: str) -> str:
    return _digest(secret, b"session")


def csrf_of(secret: str) -> str:
    return _digest(secret, b"csrf")


def note_use(kind: str, used: Update) -> None:
    """Note the use of a session or a key; a database that takes no writes fails no request."""
    try:
        with transaction() as session:
            session.execute(used)
    except SQLAlchemyError:
        log.warning("the use of a %s could not be noted", kind)


def is_own_page() -> bool:
    """Whether a page of this site asks: a browser says so with every change."""
    origin = request.headers.get("Origin")
    scheme = "https" if is_secure() else "http"
    return origin in {current_context().settings.public_url, f"{scheme}://{request.host}"}


def refuse_foreign_change(login: Login) -> None:
    """Refuse a change that comes from no page of this session: browsers send cookies for any page.

    Raises:
        ForeignPage: it comes from another site's page, or from no page.
        StaleForm: it does not bring the token of this session.
    """
    if request.method in READING:
        return
    if not is_own_page():
        raise ForeignPage("Ask from a page of this site; programs send a newsroom key.")
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not hmac.compare_digest(given.encode(), login.csrf.encode()):
        raise StaleForm(f"Send the session's token in {CSRF_HEADER}.")


def _login_of(secret: str, now: datetime) -> Login | None:
    given = {
        "hash": hash_of_session(secret),
        "made_after": now - ABSOLUTE,
        "seen_after": now - IDLE,
    }
    with autocommit_engine().connect() as reader:
        row = reader.execute(_FOUND, given).first()
    if row is None or user_of_proxy() not in {None, row.name}:
        return None
    if now - row.seen_at >= SEEN_EVERY and UNATTENDED not in request.headers:
        _note_use(row.session_id, now)
    return Login(
        session_id=row.session_id,
        user_id=row.user_id,
        public_id=row.public_id,
        name=row.name,
        role=row.role,
        sources=tuple(row.sources),
        language=row.language,
        time_zone=row.time_zone,
        csrf=csrf_of(secret),
    )


def _note_use(session_id: int, now: datetime) -> None:
    row = update(NewsroomSession).where(NewsroomSession.id == session_id)
    note_use("session", row.values(seen_at=now))


def _digest(secret: str, purpose: bytes) -> str:
    """Hash a secret for one purpose; it is long and random, so that one round is enough."""
    return hashlib.blake2b(secret.encode(), digest_size=32, person=purpose).hexdigest()
