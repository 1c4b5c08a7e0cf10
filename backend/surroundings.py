"""Measures the machine and its database, and says what of them is unfit for production."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.core.db import db, release
from backend.core.settings import Settings
from backend.http.keys import keys as all_keys
from backend.production_check import Surroundings, findings


def unfit(settings: Settings, now: datetime) -> list[str]:
    """What of the backend is unfit; no session stays open for the checks of other rooms."""
    session = db.session()
    found = list(findings(settings, measure(session, now), all_keys(session), now))
    release()
    return found


def measure(session: Session, now: datetime) -> Surroundings:
    """The database's version and clock, and the free space beside its file."""
    engine = session.get_bind().engine
    session.connection()  # the dialect knows the version once it is connected
    version = tuple(map(int, engine.dialect.server_version_info or (0,)))
    if engine.dialect.name == "sqlite":
        folder = Path(engine.url.database or ".").parent
        free_bytes = shutil.disk_usage(folder).free
        return Surroundings(database_version=version, free_bytes=free_bytes)
    return Surroundings(database_version=version, database_clock_ahead=_ahead(session, now))


def _ahead(session: Session, now: datetime) -> timedelta:
    told: datetime = session.scalars(select(func.clock_timestamp())).one()
    return told.astimezone(UTC) - now
