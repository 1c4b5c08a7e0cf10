"""Sweeps: everything past its time goes, in short transactions, and nothing else."""

from datetime import timedelta
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from backend.core.db import db, transaction
from backend.core.sweep import FEWEST, FIRST, MOST, next_size, slices
from push.store.models import DailyAlert, LocalMessage
from tests.conftest import START


@pytest.mark.parametrize(
    ("size", "took_s", "following"),
    [
        (100, 0.025, 100),
        (100, 0.05, 50),
        (100, 0.001, 200),
        (100, 0.0, 200),
        (100, 10.0, FEWEST),
        (MOST, 0.001, MOST),
    ],
)
def test_a_slice_has_as_many_rows_as_fit_into_half_its_time(
    size: int, took_s: float, following: int
) -> None:
    assert next_size(size, took_s) == following


def test_a_sweep_deletes_exactly_what_is_doomed_slice_by_slice(app: Flask) -> None:
    rows = [
        {"installation_id": number, "day": f"2026-03-{day:02}", "notification_id": 1}
        for number in range(1, 400)
        for day in (1, 2)
    ]
    ticks = count(step=10)  # slow: a slice of the fewest rows after the first
    with app.app_context():
        with transaction() as session:
            session.execute(insert(DailyAlert), rows)
        key, doomed = DailyAlert.installation_id, [DailyAlert.day < "2026-03-02"]
        done = len(list(slices(key, doomed=doomed, clock=lambda: float(next(ticks)))))

        days = db.session.execute(select(DailyAlert.day, func.count()).group_by(DailyAlert.day))
        assert [tuple(row) for row in days] == [("2026-03-02", 399)]
    assert done == 1 + -(-(2 * 399 - FIRST) // FEWEST)


def test_what_is_written_between_two_slices_is_committed_and_stays(app: Flask) -> None:
    old, new = START, START + timedelta(days=1)
    with app.app_context():
        keep(*[old] * 300)
        sweep = slices(LocalMessage.seq, doomed=[LocalMessage.at < new])
        next(sweep)
        keep(new)
        list(sweep)

        assert db.session.scalars(select(LocalMessage.at)).all() == [new]


def keep(*times: object) -> None:
    with transaction() as session:
        rows = [{"address_hash": "h", "message": "{}", "at": at} for at in times]
        session.execute(insert(LocalMessage), rows)
