"""One line of migrations whose result is exactly the models, from any older version on."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Date, Engine, MetaData, bindparam, select, text
from sqlalchemy.engine import Connection

from backend.core import migrate
from backend.core.db import Base, UtcDateTime, db
from backend.core.revisions import FOLDER, head, revision_of
from backend.core.transfer import engine_of, set_sequences
from backend.http.keys import create_key
from backend.tables.webhooks import WebhookEndpoint
from backend.webhooks.secret_rotation import living
from tagwire import main
from tests.conftest import EDITOR, START
from tests.factories import publish
from tests.flows.running import free_port
from tests.push.editor import alert

TYPES: dict[str, Any] = {"at": UtcDateTime(), "until": UtcDateTime(), "day": Date()}
REVISIONS = [step.revision for step in reversed([*ScriptDirectory(str(FOLDER)).walk_revisions()])]


def test_there_is_one_head() -> None:
    assert ScriptDirectory(str(FOLDER)).get_heads() == [head()]


def test_the_migrated_tables_are_the_models(app: Flask) -> None:
    with app.app_context():
        assert differences(db.engine) == []


@pytest.mark.parametrize("revision", [REVISIONS[0], REVISIONS[-2]])
def test_an_older_database_is_upgraded_in_place_and_keeps_its_articles(
    client: FlaskClient,
    app: Flask,
    make_app: Callable[..., Flask],
    empty_database: str,
    revision: str,
) -> None:
    publish(client, title="Ferries stop", tags=["Harbour"])
    older = engine_of(empty_database)
    with app.app_context(), db.engine.connect() as source:
        make_older(older, revision, source)
    upgraded = make_app(DATABASE_URL=empty_database)

    done = upgraded.test_cli_runner().invoke(main, ["db", "upgrade"])

    assert done.exit_code == 0, done.output
    assert differences(older) == []
    with older.connect() as connection:
        sources = "SELECT DISTINCT feed_row.source_id = article.source_id FROM feed_row"
        joined = text(f"{sources} JOIN article ON article.id = feed_row.article_id")
        assert connection.scalars(joined).all() == [True]
    older.dispose()
    feed = upgraded.test_client().get("/v1/tags/harbour/articles").get_json()
    assert [article["title"] for article in feed["articles"]] == ["Ferries stop"]


def test_what_was_breaking_before_the_upgrade_is_not_alerted_about_again(
    client: FlaskClient, app: Flask, make_app: Callable[..., Flask], empty_database: str
) -> None:
    body = {"url": "https://a.example/1", "body_text": "Rain."}
    publish(client, external_id="1", title="Rain", breaking=True, **body)
    publish(client, external_id="2", title="Snow", **body)
    older = engine_of(empty_database)
    with app.app_context(), db.engine.connect() as source:
        make_older(older, "0015", source)
    older.dispose()
    upgraded = make_app(DATABASE_URL=empty_database)
    assert upgraded.test_cli_runner().invoke(main, ["db", "upgrade"]).exit_code == 0

    with upgraded.app_context(), db.engine.connect() as connection:
        query = text("SELECT external_id FROM article WHERE breaking_first_at IS NOT NULL")
        assert connection.scalars(query).all() == ["1"]


def test_keys_and_ids_of_before_keep_what_they_could(
    app: Flask, make_app: Callable[..., Flask], empty_database: str
) -> None:
    """An unbound publisher's key stays so, a dry run's id is no alert's."""
    before = REVISIONS[REVISIONS.index("0031") - 1]
    older = engine_of(empty_database)
    with app.app_context():
        for sources in ((), ("herald",)):
            create_key("publisher", f"wire of {len(sources)}", sources, now=START)
    client = app.test_client()
    publish(client, tags=["Harbour"])
    for dry_run in (True, False):
        alert(client, id="mine", dry_run=dry_run)
    with app.app_context(), db.engine.connect() as source:
        make_older(older, before, source)
    with older.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("UPDATE notification SET key = 'caller:dry' WHERE dry_run"))
    upgraded = make_app(DATABASE_URL=empty_database)
    assert upgraded.test_cli_runner().invoke(main, ["db", "upgrade"]).exit_code == 0

    with older.connect() as connection:
        keys = connection.execute(text("SELECT key FROM notification ORDER BY key")).scalars().all()
        free = text("SELECT name FROM newsroom_key WHERE all_sources")
        assert keys == ["caller:mine", "dry-run:dry"]
        assert connection.scalars(free).all() == ["wire of 0"]
    older.dispose()


def test_times_of_stored_articles_become_whole_seconds(
    client: FlaskClient, app: Flask, make_app: Callable[..., Flask], empty_database: str
) -> None:
    publish(client, title='"updated_at":"2026-03-02T12:00:00.5Z"', tags=["Harbour"])
    older = engine_of(empty_database)
    with app.app_context(), db.engine.connect() as source:
        make_older(older, "0031", source)
    with older.connect().execution_options(writes=True) as connection, connection.begin():
        whole, exact = (f'"updated_at":"2026-03-02T12:00:00{end}Z' for end in ("", ".123456"))
        query = text("UPDATE article SET card = replace(card, :whole, :exact)")
        connection.execute(query, {"whole": whole, "exact": exact})
    older.dispose()
    upgraded = make_app(DATABASE_URL=empty_database)
    assert upgraded.test_cli_runner().invoke(main, ["db", "upgrade"]).exit_code == 0

    found = upgraded.test_client().get("/v1/tags/Harbour/articles").get_json()["articles"][0]
    assert found["updated_at"] == "2026-03-02T12:00:00Z"
    assert found["title"] == '"updated_at":"2026-03-02T12:00:00.5Z"'


def test_articles_of_before_say_when_they_changed(
    client: FlaskClient, app: Flask, make_app: Callable[..., Flask], empty_database: str
) -> None:
    told: dict[str, Any] = {"published_at": "2026-02-20T08:00:00Z", "tags": ["Harbour"]}
    for number in ("same", "edited"):
        publish(client, external_id=number, title=number, **told)
    client.patch("/v1/newsroom/articles/herald/edited", headers=EDITOR, json={"title": "Edited"})
    older = engine_of(empty_database)
    before = REVISIONS[REVISIONS.index("0053") - 1]
    with app.app_context(), db.engine.connect() as source:
        make_older(older, before, source)
    with older.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("UPDATE article SET updated_at = '2027-03-05 00:00:00'"))
        query = text("UPDATE article SET card = replace(card, :true, :false)")
        year = '"updated_at":"{}'.format
        connection.execute(query, {"true": year(2026), "false": year(2027)})
    older.dispose()
    upgraded = make_app(DATABASE_URL=empty_database)
    assert upgraded.test_cli_runner().invoke(main, ["db", "upgrade"]).exit_code == 0

    found = upgraded.test_client().get("/v1/tags/Harbour/articles").get_json()["articles"]
    assert {each["title"]: each["updated_at"] for each in found} == {
        "same": "2026-02-20T08:00:00Z",
        "Edited": "2026-03-02T12:00:00Z",
    }


def test_links_clicks_and_secrets_of_before_keep_their_meaning(
    app: Flask, make_app: Callable[..., Flask], empty_database: str
) -> None:
    before = REVISIONS[REVISIONS.index("0034") - 1]
    older = engine_of(empty_database)
    with app.app_context(), db.engine.connect() as source:
        make_older(older, before, source)
    at, until = START, START + timedelta(hours=9)
    with older.connect().execution_options(writes=True) as connection, connection.begin():
        for statement, values in (
            ("INSERT INTO short_link VALUES ('storm', '/tag/x', 'poster', :at)", {"at": at}),
            ("INSERT INTO short_link VALUES ('plain', '/tag/y', NULL, :at)", {"at": at}),
            ("INSERT INTO link_count VALUES (:day, 'click', 'storm', 7)", {"day": at.date()}),
            ("INSERT INTO link_count VALUES (:day, 'click', 'plain', 6)", {"day": at.date()}),
            ("INSERT INTO link_count VALUES (:day, 'claim', 'storm', 5)", {"day": at.date()}),
            (
                "INSERT INTO webhook_endpoint (public_id, url, events, description, secret,"
                " old_secret, old_secret_until, created_at, failures)"
                " VALUES ('wh_1', 'https://a.example/', 'article.published', '', 'new', 'old',"
                " :until, :at, 0)",
                {"at": at, "until": until},
            ),
        ):
            typed = [bindparam(name, type_=TYPES[name]) for name in values]
            connection.execute(text(statement).bindparams(*typed), values)
    older.dispose()
    upgraded = make_app(DATABASE_URL=empty_database)
    assert upgraded.test_cli_runner().invoke(main, ["db", "upgrade"]).exit_code == 0

    client = upgraded.test_client()
    days = {"since": "2026-03-01", "until": "2026-03-03"}
    links = client.get("/v1/newsroom/links", headers=EDITOR).get_json()["links"]
    told = {
        code: client.get(
            f"/v1/newsroom/links/{code}/clicks", headers=EDITOR, query_string=days
        ).get_json()["clicks"]
        for code in ("storm", "plain")
    }
    assert [(link["code"], link["state"]) for link in links] == [
        ("storm", "live"),
        ("plain", "live"),
    ]
    assert told == {
        "storm": [{"campaign": "poster", "day": "2026-03-02", "clicks": 7}],
        "plain": [{"campaign": "", "day": "2026-03-02", "clicks": 6}],
    }
    with upgraded.app_context():
        (kept,) = db.session.scalars(select(WebhookEndpoint.old_secrets)).all()
    assert [each["secret"] for each in living(kept, until - timedelta(seconds=1))] == ["old"]
    assert living(kept, until) == []


def test_lists_by_language_get_what_was_spelled_otherwise(
    client: FlaskClient, app: Flask, make_app: Callable[..., Flask], empty_database: str
) -> None:
    for title, language in (("Fog", "en-GB"), ("Rain", "en"), ("Snow", "zh")):
        publish(client, title=title, tags=["Harbour"], language=language)
    older = engine_of(empty_database)
    with app.app_context(), db.engine.connect() as source:
        make_older(older, "0032", source)
    with older.connect().execution_options(writes=True) as connection, connection.begin():
        for table in ("feed_row", "feed_change"):
            by_script = "SELECT id FROM feed WHERE language LIKE 'zh-%'"
            connection.execute(text(f"DELETE FROM {table} WHERE feed_id IN ({by_script})"))
        if older.dialect.name == "postgresql":
            last = "SELECT setval(pg_get_serial_sequence('feed', 'id'), max(id)) FROM feed"
            connection.execute(text(last))
        made = connection.execute(text("SELECT id FROM feed WHERE language = 'en'")).scalars().all()
        for feed_id in made:
            british = "INSERT INTO feed (kind, ref_id, language, version, pruned_to)"
            same = f"SELECT kind, ref_id, 'en-gb', version, 0 FROM feed WHERE id = {feed_id}"
            connection.execute(text(f"{british} {same}"))
            new = "(SELECT max(id) FROM feed WHERE language = 'en-gb')"
            fog = "article_id = (SELECT id FROM article WHERE title = 'Fog')"
            for table in ("feed_row", "feed_change"):
                moved = f"UPDATE {table} SET feed_id = {new} WHERE feed_id = {feed_id} AND {fog}"
                connection.execute(text(moved))
    older.dispose()
    upgraded = make_app(DATABASE_URL=empty_database)
    assert upgraded.test_cli_runner().invoke(main, ["db", "upgrade"]).exit_code == 0

    read = upgraded.test_client()
    for language, expected in (("en-US", ["Rain", "Fog"]), ("zh-Hant-TW", ["Snow"])):
        path = f"/v1/tags/Harbour/articles?language={language}"
        articles = read.get(path).get_json()["articles"]
        assert [each["title"] for each in articles] == expected


def test_those_that_migrate_at_once_wait_for_each_other(empty_database: str) -> None:
    """Also for an index that PostgreSQL makes beside others: it waits for who was there before."""
    engines = [engine_of(empty_database) for _ in range(3)]
    with ThreadPoolExecutor(len(engines)) as threads:
        list(threads.map(partial(migrate.bring_to, "head"), engines))
    for engine in engines:
        with engine.connect() as connection:
            assert revision_of(connection) == head()
        engine.dispose()


@pytest.mark.parametrize("words", [["up"], ["serve"], ["poll"], ["work"], ["db", "upgrade"]])
def test_a_newer_database_is_refused_and_left_as_it_is(
    make_app: Callable[..., Flask], words: list[str]
) -> None:
    app = make_app(PORT=str(free_port()))
    with app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    done = app.test_cli_runner().invoke(main, words)

    assert done.exit_code == 1
    assert "Error: The database is" in done.output
    assert "newer" in done.output
    with app.app_context(), db.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def make_older(engine: Engine, revision: str, source: Connection) -> None:
    """The tables of an older version, with what they could hold of the rows of this one."""
    migrate.bring_to(revision, engine)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            newer = Base.metadata.tables.get(table.name)
            if newer is None:
                continue
            shared = [newer.c[column.name] for column in table.columns if column.name in newer.c]
            connection.execute(table.delete())
            rows = [dict(row) for row in source.execute(select(*shared)).mappings()]
            if rows := [row for row in rows if not _is_of_later(table.name, row)]:
                connection.execute(table.insert(), rows)
        if engine.dialect.name == "postgresql":
            set_sequences(connection, tables.sorted_tables)


def _is_of_later(table: str, row: Mapping[str, Any]) -> bool:
    """What 0059 puts into tables that were there before it: lists of the sitemap, a reader."""
    is_list = table == "feed" and row["kind"] == "sitemap"
    return is_list or (table == "purge_progress" and row["id"] == 2)


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": _is_ours}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, Base.metadata))


def _is_ours(_item: object, name: str, kind: str, *_: object) -> bool:
    """The index of words is made by each engine in its own way, outside the models."""
    return kind != "table" or not name.startswith("search_words")
