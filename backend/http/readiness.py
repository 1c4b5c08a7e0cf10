"""Whether this installation is ready for production: points of the checks, version, processes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Literal

from sqlalchemy.orm import Session

from backend.core import revisions
from backend.core.db import db, release
from backend.http.context import AppContext
from backend.http.hooks import Backlog, Check

State = Literal["fit", "unfit", "unseen"]


@dataclass(frozen=True, slots=True)
class Point:
    """A name of the checks with its findings; one that is `unseen` is left to `tagwire check`."""

    about: str
    state: State
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The state of this installation; `is_current` says that this version needs that `revision`."""

    version: str
    database: str
    revision: str
    is_current: bool
    points: tuple[Point, ...]
    backlogs: tuple[Backlog, ...]

    @property
    def is_fit(self) -> bool:
        return not any(point.state == "unfit" for point in self.points)


def readiness(context: AppContext, now: datetime) -> Readiness:
    """Collect what can be said without asking anybody but the database."""
    points = tuple(points_of(context.hooks.checks, now))
    session = db.session()
    backlogs = tuple(hook(session, now) for hook in context.hooks.backlogs)
    database, revision = _database(session), revisions.revision_of(session.connection())
    release()
    return Readiness(
        version=version("tagwire"),
        database=database,
        revision=revision or "",
        is_current=revision == revisions.head(),
        points=points,
        backlogs=backlogs,
    )


def points_of(checks: Iterable[Check], now: datetime) -> Iterator[Point]:
    """Yield a point for each name, whether or not anything was found; nothing asks the network."""
    for check in checks:
        lines = () if check.asks_others else tuple(check.findings(now))
        for name in check.about:
            said = tuple(line for line in lines if line.startswith((f"{name}:", f"{name} ")))
            shown = tuple(line.removeprefix(f"{name}: ") for line in said)
            seen: State = "unfit" if said else "fit"
            yield Point(name, "unseen" if check.asks_others else seen, shown)


def _database(session: Session) -> str:
    """Return the name of the database engine and its version."""
    session.connection()  # the dialect knows the version once it is connected
    dialect = session.get_bind().dialect
    called = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[dialect.name]
    return f"{called} {'.'.join(map(str, dialect.server_version_info or ()))}"
