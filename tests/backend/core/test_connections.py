"""Connections to PostgreSQL as they are handed out."""

import pytest
from flask import Flask

from backend.core.db import db


def test_no_statement_is_compiled_whatever_became_of_the_ones_before(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name != "postgresql":
            pytest.skip("SQLite compiles nothing")
        for _ in range(2):
            with db.engine.connect() as connection:
                assert connection.exec_driver_sql("SHOW jit").scalar() == "off"
                connection.rollback()
