"""The words of what was taken down leave SQLite's index with the next merge, in slices."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.db import db
from backend.feed.search_merge import merge_away
from tests.backend.feed.reading import take_down
from tests.conftest import START
from tests.factories import publish

WORD = "zebrafish"


@pytest.fixture(autouse=True)
def _of_sqlite(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL vacuums its index by itself")


def is_in_index(session: Any) -> bool:
    session.rollback()
    blocks = session.connection().exec_driver_sql("SELECT block FROM search_words_data").all()
    return any(WORD.encode() in block for (block,) in blocks)


def merged(app: Flask, days: int = 0) -> int:
    with app.app_context():
        return sum(1 for _ in merge_away(START + timedelta(days=days)))


def test_words_of_a_removed_article_leave_the_index(
    app: Flask, client: FlaskClient, session: Any
) -> None:
    for number in range(5):
        publish(client, external_id=f"other-{number}", body_text=f"A ferry of number {number}.")
    publish(client, external_id="one", body_text=f"A {WORD} of the estuary.")
    take_down(client, "one")
    publish(client, external_id="later", body_text="A ferry.")

    merged(app)

    assert not is_in_index(session)
    found = client.get("/v1/search?q=ferry").get_json()["articles"]
    assert len(found) == 6
    assert merged(app, days=1) == 0, "nothing was removed since"


def test_the_index_is_merged_once_a_day_at_most(
    app: Flask, client: FlaskClient, session: Any
) -> None:
    publish(client, external_id="other", body_text="A ferry.")
    publish(client, external_id="first", body_text="A heron.")
    take_down(client, "first")
    merged(app)
    publish(client, external_id="one", body_text=f"A {WORD} of the estuary.")
    take_down(client, "one")

    merged(app)
    assert is_in_index(session)

    merged(app, days=1)
    assert not is_in_index(session)
