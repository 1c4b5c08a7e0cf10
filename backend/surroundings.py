"""Measures the machine and its database, and says what of them is unfit for production."""

from datetime import datetime

from sqlalchemy.orm import Session

from backend.core.database_state import clock_ahead, free_bytes
from backend.core.db import db, release
from backend.core.settings import Settings
from backend.http.keys import keys as all_keys
from backend.production_check import Surroundings, findings
from backend.resealing import sealed_rows


def unfit(settings: Settings, now: datetime) -> list[str]:
    """List what of the backend is unfit; no session stays open for the checks of other rooms."""
    session = db.session()
    found = list(findings(settings, measure(settings, session, now), all_keys(session), now))
    release()
    return found


def measure(settings: Settings, session: Session, now: datetime) -> Surroundings:
    """Measure the database's version and clock, the space beside its file, what is sealed in it."""
    session.connection()  # the dialect knows the version once it is connected
    version = session.get_bind().engine.dialect.server_version_info or (0,)
    return Surroundings(
        database_version=tuple(map(int, version)),
        database_clock_ahead=clock_ahead(session, now),
        free_bytes=free_bytes(session),
        sealed=sealed_rows(session, settings.secret_keys),
    )
