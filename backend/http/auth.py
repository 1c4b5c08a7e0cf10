"""Authorisation: every route is refused unless its view declares who may call it."""

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, NamedTuple, TypeVar

from flask import Flask, Response, current_app, g, request
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from backend.audit.actor import TAGWIRE, Actor
from backend.core.among import among
from backend.core.db import Reader, autocommit_engine, db, table_of
from backend.core.driver_read import DriverRead
from backend.core.problems import Forbidden, NotFound, Problem, Unauthorized
from backend.http.context import current_context
from backend.http.networks import is_private
from backend.http.proxies import is_forwarded
from backend.http.roles import Role, may, roles_of_key, roles_of_user
from backend.http.sessions import Login, current_login, note_use, refuse_foreign_change
from backend.tables.audience import Installation
from backend.tables.keys import KeySource, NewsroomKey
from backend.tables.people import NewsroomUser

log = logging.getLogger(__name__)

# More often would be a write with every call.
LAST_USE_EVERY = timedelta(hours=1)
# The key that a setting names, and the id of its caller.
BY_SETTING = "NEWSROOM_KEY"

View = TypeVar("View", bound=Callable[..., Any])


class Owner(NamedTuple):
    """The installation that a secret belongs to."""

    id: int
    public_id: str
    secret_hash: str


_OWNERS = DriverRead(
    select(Installation.id, Installation.public_id, Installation.secret_hash).where(
        among(table_of(Installation).c.secret_hash, "hashes")
    ),
    Owner._make,
)
_FORGOTTEN = (
    "This secret belongs to no installation: it was erased, or silent for longer than silent ones"
    " are kept. Register again."
)


@dataclass(frozen=True, slots=True)
class Access:
    """The callers that a view admits: `roles` of newsroom keys and people; `installation` by its
    own secret; `operations` by the operations token or from a private address.
    """

    public: bool = False
    installation: bool = False
    operations: bool = False
    roles: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Caller:
    """The newsroom key or the person behind a request: an editor is for every source, a publisher
    for the sources that it is bound to. `name` is the person's, also behind a key of theirs.
    """

    id: str
    name: str
    roles: frozenset[str]
    kind: Literal["key", "user"] = "key"
    sources: frozenset[str] = frozenset()
    all_sources: bool = False
    may_embargo: bool = False

    def may_write(self, source: str) -> bool:
        return self.all_sources or source in self.sources


def public(view: View) -> View:
    return _mark(view, Access(public=True))


def installation_only(view: View) -> View:
    """Mark a view as an installation's own; `current_installation_id()` gives it the row id."""
    return _mark(view, Access(installation=True))


def operations_only(view: View) -> View:
    return _mark(view, Access(operations=True))


def newsroom(*roles: Role) -> Callable[[View], View]:
    return lambda view: _mark(view, Access(roles=frozenset(roles)))


def init_app(app: Flask) -> None:
    app.before_request(_check)


def before_authentication(app: Flask, gate: Callable[[], Response | None]) -> None:
    """Run `gate` before authentication: it answers for a host where nobody is to be let in."""
    gates = app.before_request_funcs[None]
    gates.insert(gates.index(_check), gate)


def closed_endpoints(app: Flask) -> frozenset[str]:
    """Return the endpoints that need a secret of an installation or of the newsroom."""
    return frozenset(name for name, view in app.view_functions.items() if _needs_secret(view))


def _needs_secret(view: Callable[..., Any]) -> bool:
    access = access_of(view)
    return access is not None and bool(access.roles or access.installation)


def is_turned_away(app: Flask, environ: dict[str, Any]) -> bool:
    """Whether a request with a secret is refused whatever its body says, which may not have come
    yet. Nothing is counted: Flask gives the refusal itself, and counts it.
    """
    gates = app.before_request_funcs.get(None, [])
    with app.request_context(environ):
        try:
            return any(gate() is not None for gate in gates[: _place_of_check(gates) + 1])
        except Problem:
            return True
        except SQLAlchemyError:
            return False


def _place_of_check(gates: list[Any]) -> int:
    """Return the index of `_check`, or -1. Limits precede it: beyond them no secret is tested."""
    return gates.index(_check) if _check in gates else -1


def hash_secret(secret: str) -> str:
    """Hash a secret, which is long and random, so that one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def caller() -> Caller:
    found: Caller = g.caller
    return found


def caller_name() -> str:
    """Return the actor's name: of the person or newsroom key, or `tagwire` outside of a request."""
    acting: Caller | None = g.get("caller")
    return acting.name if acting is not None else "tagwire"


def current_actor() -> Actor:
    """Return the actor: the key or person behind the request, or Tagwire outside of one."""
    acting: Caller | None = g.get("caller")
    if acting is None:
        return TAGWIRE
    sources = None if acting.all_sources else acting.sources
    return Actor(acting.kind, acting.id, acting.name, acting.roles, sources)


def current_installation_id() -> int:
    found: int = g.installation_id
    return found


def access_of(view: Callable[..., Any]) -> Access | None:
    return getattr(view, "access", None)


def _mark(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


def _check() -> None:
    if request.endpoint is None or request.endpoint.rpartition(".")[2] == "static":
        return
    access = access_of(current_app.view_functions[request.endpoint])
    if access is None:
        raise Forbidden("This address is not open to anyone.")
    if access.public:
        return
    if access.operations:
        _refuse_strangers()
    elif access.installation:
        g.installation_id = _installation_of(_bearer())
    else:
        g.caller = _newsroom_caller(access.roles)


def _bearer() -> str:
    secret = bearer_in(request.headers.get("Authorization", ""))
    if secret is None:
        raise Unauthorized("Send the header Authorization: Bearer <secret>.")
    return secret


def bearer_in(header: str) -> str | None:
    """The secret of an Authorization header, None where it has none."""
    scheme, _, secret = header.partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None


def _installation_of(secret: str) -> int:
    with autocommit_engine().connect() as reader:
        row = owners_of(reader, [secret]).get(secret)
    if row is None:
        raise Unauthorized(_FORGOTTEN)
    wanted = (request.view_args or {}).get("installation_id")
    if wanted is not None and wanted != row.public_id:
        raise NotFound("No such installation for this secret.")
    return int(row.id)


def owners_of(reader: Reader, secrets: Iterable[str]) -> Mapping[str, Owner]:
    """The installation of each secret that belongs to one."""
    hashes = {secret: hash_secret(secret) for secret in secrets}
    rows = _OWNERS.all(reader, {"hashes": hashes.values()})
    found = {each.secret_hash: each for each in rows}
    return {secret: found[known] for secret, known in hashes.items() if known in found}


def _newsroom_caller(roles: frozenset[str]) -> Caller:
    """Authenticate by key or by session; their rights are checked here, and nowhere else."""
    login = None if "Authorization" in request.headers else current_login()
    found = _caller_of(_bearer()) if login is None else _caller_by_login(login)
    if not may(found.roles, roles):
        raise Forbidden(f"This needs the role {' or '.join(sorted(roles))}.")
    return found


def _caller_of(secret: str) -> Caller:
    found = _caller_by_setting(secret) or _caller_by_row(secret)
    if found is None:
        raise Unauthorized("This newsroom key is not known or was revoked.")
    return found


def _caller_by_login(login: Login) -> Caller:
    refuse_foreign_change(login)
    is_publisher = login.role == "publisher"
    return Caller(
        id=login.public_id,
        name=login.name,
        roles=roles_of_user(login.role),
        kind="user",
        sources=frozenset(login.sources),
        all_sources=not is_publisher,
        may_embargo=not is_publisher,
    )


def _refuse_strangers() -> None:
    token = current_context().settings.operations_token
    given = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return
    if not is_private(request.remote_addr) or is_forwarded():
        raise Forbidden("This is for the operations token or a private address.")


def _caller_by_setting(secret: str) -> Caller | None:
    given = current_context().settings.newsroom_key
    if given and hmac.compare_digest(secret.encode(), given.encode()):
        return Caller(BY_SETTING, BY_SETTING, roles_of_key("editor"), all_sources=True)
    return None


def _caller_by_row(secret: str) -> Caller | None:
    now = current_context().now()
    rows = db.session.execute(
        select(NewsroomKey, KeySource.slug, NewsroomUser.name, NewsroomUser.disabled_at)
        .outerjoin(KeySource, KeySource.key_id == NewsroomKey.id)
        .outerjoin(NewsroomUser, NewsroomUser.id == NewsroomKey.user_id)
        .where(NewsroomKey.secret_hash == hash_secret(secret))
        .execution_options(populate_existing=True)  # a revocation counts from its commit on
    ).all()
    if not rows or not rows[0].NewsroomKey.is_live(now) or rows[0].disabled_at is not None:
        return None
    key: NewsroomKey = rows[0].NewsroomKey
    found = Caller(
        id=key.prefix or str(key.id),
        name=rows[0].name or key.name,
        roles=roles_of_key(key.role),
        sources=frozenset(row.slug for row in rows if row.slug is not None),
        all_sources=key.role != "publisher" or key.all_sources,
        may_embargo=key.may_embargo,
    )
    if key.last_used_at is None or now - key.last_used_at >= LAST_USE_EVERY:
        row = update(NewsroomKey).where(NewsroomKey.id == key.id)
        note_use("key", row.values(last_used_at=now))
    return found
