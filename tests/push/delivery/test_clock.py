"""Workers on several machines go by one clock: the database's, where it is not on their own."""

from datetime import UTC, datetime, timedelta

from flask import Flask

from backend.core.db import db
from push.delivery.clock import SharedClock


def test_a_machine_that_is_ahead_goes_by_the_database(app: Flask) -> None:
    ahead = SharedClock(lambda: datetime.now(UTC) + timedelta(hours=2))

    with app.app_context():
        ahead.measure()
        has_its_own = db.engine.dialect.name == "postgresql"

    lead = ahead() - datetime.now(UTC)
    expected = timedelta(0) if has_its_own else timedelta(hours=2)
    assert abs(lead - expected) < timedelta(minutes=1)
