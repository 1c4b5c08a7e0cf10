"""Reading costs the same at any depth: every statement enters an index, none sorts a feed, and a
longer page asks no more questions.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection

from backend.catalog.feed_ids import FeedKey
from backend.core.db import Base, db
from backend.feed.fast_path import feed_pages
from tests.backend.feed.reading import Statement, feed, fill, get, heard
from tests.conftest import EDITOR, Clock, composing, copied, environment
from tests.factories import Phone, draft, publish, register

pytestmark = pytest.mark.slow

# What one installation follows and mutes is at most some hundred rows, put in order after, and what
# editors put on top of a list a few.
SORTED_ON_PURPOSE = ("FROM follow", "JOIN follow", "JOIN muted_source", "FROM feed_pin")
# All publishers and all sections are a page: their own table is read from end to end. A hub has a
# row a source, and pages that wait to be fetched are counted over an index that holds no others.
WHOLE = ("FROM source", "FROM category", "FROM websub_subscription", "FROM article_page")


# A list is entered at its newest article, and left only where a LIMIT says so.
WHOLE_LIST = re.compile(r"SEARCH feed_row\b.*\(feed_id=\?\)")
GROWING = {
    "article",
    "article_tag",
    "feed_change",
    "feed_row",
    "search_entry",
    "story_terms",
    "tag",
}
FEW_ROWS = {"change_counter", "purge_progress", "quota"}
TOLD = (
    "The storm closed the harbour of Aberdeen on Monday morning, and fifteen ferries stayed in port"
    " while engineers looked for damage at the northern breakwater."
)
UNIQUE = ("pk_", "uq_", "INTEGER PRIMARY", "PRIMARY", "sqlite_autoindex_")


@dataclass(frozen=True)
class Asker:
    """Asks for one page, below a cursor or above one, of a given length."""

    app: Flask
    phone: Phone
    cursors: dict[str, str]

    def statements(self, path: str, limit: int) -> list[Statement]:
        headers = self.phone.auth if path.startswith("/v1/feed") else {}
        with heard(self.app) as found:
            answer = self.phone.client.get(
                path.format(limit=limit, **self.cursors), headers=headers
            )
        assert answer.status_code == 200, answer.text
        return found


# Keeps no page: each is asked of the database.
SETTINGS = {"PAGES_KEPT_MB": "0", "PURGE_URL": "http://127.0.0.1/"}


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(**SETTINGS)


@dataclass(frozen=True)
class Filled:
    """A database of long lists, a phone that is registered there, and cursors into them."""

    url: str
    phone: Phone
    cursors: dict[str, str]


@pytest.fixture(scope="module")
def filled(
    template: str, app_toml: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Filled]:
    """Filled once: that takes twenty times as long as what a test asks of it."""
    folder = tmp_path_factory.mktemp("filled")
    with copied(template, folder) as url:
        with composing(environment(url, app_toml), folder, Clock()) as make:
            phone, cursors = _fill(make(**SETTINGS))
        yield Filled(url, phone, cursors)


@pytest.fixture
def asker(filled: Filled, app_toml: Path, tmp_path: Path, clock: Clock) -> Iterator[Asker]:
    """An app of this test's own, which remembers nothing, on a copy."""
    with (
        copied(filled.url, tmp_path) as url,
        composing(environment(url, app_toml), tmp_path, clock) as make,
    ):
        app = make(**SETTINGS)
        yield Asker(app, replace(filled.phone, client=app.test_client()), filled.cursors)


def _fill(app: Flask) -> tuple[Phone, dict[str, str]]:
    client = app.test_client()
    publish(client, tags=["Harbour", "Ferry", "Harvest"], category="Politics", source="mill")
    publish(client, tags=["Harbour"], category="Politics", source="mill")
    publish(client, title="North Korea-Russia ties", body_text="North Korea-Russia ties grow.")
    ids = [int(get(client, f"/v1/tags/{name}")["id"]) for name in ("Harbour", "Ferry")]
    keys = [FeedKey("tag", each) for each in ids]
    keys += [FeedKey("source", 1), FeedKey("category", 1), FeedKey("tag", ids[0], "en")]
    first = feed(client, "Harbour")
    of_source = get(client, "/v1/sources/mill/articles")
    of_category = get(client, "/v1/categories/politics/articles")
    with app.app_context():
        fill(keys, 600, newest_minutes=30)
    phone = register(client, "tag:Harbour", "tag:Ferry", "category:politics", "breaking")
    publish(client, source="muted", tags=["Harbour"])
    phone.prefer(muted_sources=["muted"])
    page = feed(client, "Harbour", limit=100)
    home = get(client, "/v1/feed", headers=phone.auth, limit=100)
    stories = {"group": "story"}
    cursors = {
        "next": page["next_cursor"],
        "stories_in_english": feed(client, "Harbour", language="en", **stories)["next_cursor"],
        "stories_sync": feed(client, "Harbour", **stories)["sync_cursor"],
        "home_stories": get(client, "/v1/feed", headers=phone.auth, **stories)["next_cursor"],
        "until": first["newest_cursor"],
        "sync": first["sync_cursor"],
        "source_sync": of_source["sync_cursor"],
        "category_sync": of_category["sync_cursor"],
        "found": get(client, "/v1/search", q="text", limit=1)["next_cursor"],
        "home": home["next_cursor"],
        "home_until": home["newest_cursor"],
        "article": page["articles"][-1]["id"],
    }
    return phone, cursors


PAGES = [
    "/v1/tags/Harbour/articles?limit={limit}",
    "/v1/tags/Harbour/articles?limit={limit}&language=en",
    "/v1/tags/Harbour/articles?limit={limit}&cursor={next}",
    "/v1/tags/Harbour/articles?limit={limit}&until={until}",
    "/v1/tags/Harbour/changes?limit={limit}&cursor={sync}",
    "/v1/sources/mill/articles?limit={limit}",
    "/v1/categories/politics/articles?limit={limit}",
    "/v1/sources/mill/changes?limit={limit}&cursor={source_sync}",
    "/v1/categories/politics/changes?limit={limit}&cursor={category_sync}",
    "/v1/feed?limit={limit}",
    "/v1/feed?limit={limit}&cursor={home}",
    "/v1/feed?limit={limit}&until={home_until}",
]
GROUPED = [
    "/v1/tags/Harbour/articles?group=story&limit={limit}",
    "/v1/tags/Harbour/articles?group=story&limit={limit}&language=en&cursor={stories_in_english}",
    "/v1/tags/Harbour/changes?group=story&limit={limit}&cursor={stories_sync}",
    "/v1/feed?group=story&limit={limit}",
    "/v1/feed?group=story&limit={limit}&cursor={home_stories}",
]
LISTS = [
    *GROUPED,
    "/v1/tags?q=har&limit={limit}",
    "/v1/search?q=filled&limit={limit}",
    "/v1/search?q=text&limit={limit}&cursor={found}",
    "/v1/search?q=text&group=story&since=2026-01-01T00:00:00Z&limit={limit}&tag=Harbour",
    "/v1/search?q=text&tag=Harbour&source=mill&category=politics&language=en&limit={limit}",
]
OTHERS = [
    "/v1/articles/{article}",
    "/v1/tags/Harbour",
    "/v1/tags/trending",
    "/v1/tags/trending?window=7d",
    "/metrics",
    "/v1/sources",
    "/v1/categories",
    "/",
    "/tag/Harbour",
    "/tag/Harbour.rss",
    "/source/mill",
    "/category/politics",
    "/article/{article}/x",
    "/search?q=text",
    "/sitemap-news.xml",
    "/sitemap.xml",
    "/sitemap-articles-2026-03-0.xml",
    "/sitemap-tags-0.xml",
    "/sitemap-sources.xml",
    "/sitemap-categories.xml",
]


@pytest.mark.parametrize("path", [*PAGES, *LISTS, *OTHERS])
def test_every_statement_enters_an_index_and_sorts_no_feed(asker: Asker, path: str) -> None:
    found = asker.statements(path, 20)

    assert found
    with asker.app.app_context(), db.engine.connect() as connection:
        for statement in found:
            if not any(each in statement.text for each in SORTED_ON_PURPOSE + WHOLE):
                assert_planned_well(connection, statement)


@pytest.mark.parametrize("path", ["/v1/feed?limit={limit}", "/v1/feed?limit={limit}&cursor={home}"])
def test_a_home_where_nearly_all_is_muted_walks_indexes_too(asker: Asker, path: str) -> None:
    asker.phone.prefer(muted_sources=["mill", "muted"])

    found = asker.statements(path, 20)

    assert len(found) == len(asker.statements(path, 100)) <= 8
    assert any("OFFSET" in each.text for each in found)
    with asker.app.app_context(), db.engine.connect() as connection:
        for statement in found:
            if not any(each in statement.text for each in SORTED_ON_PURPOSE):
                assert_planned_well(connection, statement)


@pytest.mark.parametrize("path", [*PAGES, *LISTS])
def test_a_longer_page_asks_no_more_questions(asker: Asker, path: str) -> None:
    short, long = asker.statements(path, 1), asker.statements(path, 100)

    assert len(short) == len(long) <= 12


def test_what_a_process_learns_of_the_changes_is_found_by_an_index(
    make_app: Callable[..., Flask], client: FlaskClient
) -> None:
    """Asked before every page that is kept."""
    app = make_app()
    feed(app.test_client(), publish(client, tags=["Harbour"])["tags"][0])
    publish(client, tags=["Harbour"])
    with app.app_context():
        feed_pages().freshness.wait_for_lease_expiry()

    with heard(app) as found:
        feed(app.test_client(), "Harbour")

    words = ("change_counter", "version >", "seq >")
    learnt = [each for each in found if any(word in each.text for word in words)]
    assert len(learnt) == 4
    with app.app_context(), db.engine.connect() as connection:
        for statement in learnt:
            assert_planned_well(connection, statement)


@pytest.mark.parametrize("path", [*LISTS, *OTHERS])
def test_nothing_is_asked_for_each_row(asker: Asker, path: str) -> None:
    """The same question for a filter or a window each, at most four, is none for each row."""
    times = Counter(each.text for each in asker.statements(path, 20))

    assert max(times.values()) <= 4


def test_a_search_in_a_list_walks_it_from_its_newest_article(asker: Asker) -> None:
    """PostgreSQL; SQLite walks short ones alone, and sorts what it found there."""
    [statement] = [
        each
        for each in asker.statements("/v1/search?q=text&tag=Harbour&source=mill&limit={limit}", 1)
        if "search_words" in each.text and "LIMIT" in each.text and "public_id" in each.text
    ]
    with asker.app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            pytest.skip("SQLite looks each word up in a list of its own")
        nodes = list(postgresql_nodes(connection, statement))

    assert "CROSS JOIN search_words" in statement.text
    assert not [node for node in nodes if "Sort" in node["Node Type"]]


def test_a_word_that_few_wrote_is_looked_up_in_the_index_of_words(asker: Asker) -> None:
    """PostgreSQL; SQLite has no other way."""
    statement = asker.statements("/v1/search?q=nobody&limit={limit}", 20)[-1]

    with asker.app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            pytest.skip("SQLite has no other way")
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        used = [node.get("Index Name") for node in planned(connection, statement)]

    assert "ix_search_words_words" in used


@pytest.mark.parametrize("act", ["PUT", "PATCH", "DELETE"])
def test_publishing_reads_by_indexes_alone(asker: Asker, act: str) -> None:
    """However many articles there are already."""
    client, url = asker.app.test_client(), "/v1/newsroom/articles/mill/own"
    told: dict[str, Any] = {
        "title": "Storm closes the harbour of Aberdeen",
        "body_text": TOLD,
        "tags": ["Ferry"],
    }
    publish(client, source="herald", **told)
    if act != "PUT":
        publish(client, source="mill", external_id="own", tags=["Harbour"])
    body = None if act == "DELETE" else draft(**told)

    with heard(asker.app) as found:
        answer = client.open(url, method=act, headers=EDITOR, json=body)

    assert answer.status_code in {200, 201, 204}, answer.text
    with asker.app.app_context(), db.engine.connect() as connection:
        for statement in found:
            assert GROWING.isdisjoint(read_whole(connection, statement)), statement.text


def test_many_topics_that_list_the_same_are_asked_once(app: Flask, client: FlaskClient) -> None:
    names = [f"Topic{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(50)]
    publish(client, tags=names)
    keys = [FeedKey("tag", int(get(client, f"/v1/tags/{name}")["id"])) for name in names]
    with app.app_context():
        fill(keys, 120)
    asker = Asker(app, register(client, *(f"tag:{name}" for name in names)), {})

    short = asker.statements("/v1/feed?limit={limit}", 5)
    long = asker.statements("/v1/feed?limit={limit}", 100)

    assert len(short) == len(long)
    assert sum("UNION" in each.text or "LATERAL" in each.text for each in long) == 1


@pytest.mark.parametrize("path", [path for path in PAGES if "/v1/feed" not in path])
def test_the_place_in_a_feed_is_found_by_its_key_alone(asker: Asker, path: str) -> None:
    [statement] = [
        each for each in asker.statements(path, 20) if "LIMIT" in each.text and "feed_" in each.text
    ]
    with asker.app.app_context(), db.engine.connect() as connection:
        used = indexes(connection, statement)

    expected = "feed_change" if "changes" in path else "feed_row"
    [place] = [index for table, index in used if table == expected]
    assert place in {"pk_feed_row", "PRIMARY KEY", "ix_feed_change_feed_id_seq"}
    rest = [index for table, index in used if table != expected]
    assert rest
    assert all(index.startswith(UNIQUE) for index in rest)


def assert_planned_well(connection: Connection, statement: Statement) -> None:
    if connection.dialect.name == "sqlite":
        plan = sqlite_plan(connection, statement)
        bad = [
            line
            for line in plan
            if is_scan(line)
            or ("USE TEMP B-TREE" in line and not is_bounded(statement))
            or (WHOLE_LIST.search(line) and "LIMIT" not in statement.text)
        ]
        assert not bad, (statement.text, plan)
        return
    nodes = list(postgresql_nodes(connection, statement))
    scans = [node for node in nodes if node["Node Type"] in {"Seq Scan", "Parallel Seq Scan"}]
    scanned = [node for node in scans if node["Relation Name"] not in FEW_ROWS]
    sorts = [node for node in nodes if node["Node Type"] in {"Sort", "Incremental Sort"}]
    assert not scanned, (statement.text, nodes)
    assert not sorts or is_bounded(statement), (statement.text, nodes)


def read_whole(connection: Connection, statement: Statement) -> Iterator[str]:
    """The tables that grow with the archive and are read from end to end."""
    if connection.dialect.name == "sqlite":
        yield from (table_of(each) for each in sqlite_plan(connection, statement) if is_scan(each))
        return
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    for node in planned(connection, statement):
        if "Relation Name" in node and not node.keys() & {"Index Cond", "Recheck Cond"}:
            yield node["Relation Name"]


def is_scan(line: str) -> bool:
    return line.startswith("SCAN") and table_of(line) in Base.metadata.tables.keys() - FEW_ROWS


def table_of(line: str) -> str:
    """What a line of SQLite's plan is about, without the number of an alias."""
    return line.split()[1].rstrip("0123456789").removesuffix("_")


def is_bounded(statement: Statement) -> bool:
    """What is sorted was cut before: the tops of followed feeds, an article's tags, found tags; or
    is few: the matches in a short list, those of a rare word, the articles of one story.
    """
    bounded = (
        *(") AS place", "FROM tag", "count(*)", "_tag", "CROSS JOIN search_words", "place + 0"),
        "article.story_id = story.id",
    )
    return any(each in statement.text for each in bounded)


def sqlite_plan(connection: Connection, statement: Statement) -> list[str]:
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.text}", statement.parameters)
    return [row[3] for row in rows]


def postgresql_nodes(connection: Connection, statement: Statement) -> Iterator[dict[str, Any]]:
    """With what a small table would make attractive switched off: is there another way at all?"""
    for way in ("seqscan", "sort", "bitmapscan", "hashjoin", "mergejoin"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    return planned(connection, statement)


def planned(connection: Connection, statement: Statement) -> Iterator[dict[str, Any]]:
    """The nodes of PostgreSQL's plan, the outermost first."""
    rows = connection.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) {statement.text}", statement.parameters
    )
    document = rows.scalar_one()
    waiting = [(json.loads(document) if isinstance(document, str) else document)[0]["Plan"]]
    while waiting:
        node = waiting.pop(0)
        yield node
        waiting = node.get("Plans", []) + waiting


def indexes(connection: Connection, statement: Statement) -> list[tuple[str, str]]:
    """Each table with the index that it is entered by, the outermost first."""
    if connection.dialect.name == "postgresql":
        return [
            (node["Relation Name"], node["Index Name"])
            for node in postgresql_nodes(connection, statement)
            if "Index Name" in node
        ]
    words = [line.split() for line in sqlite_plan(connection, statement)]
    return [(line[1], index_named(" ".join(line))) for line in words if line[0] == "SEARCH"]


def index_named(line: str) -> str:
    using = line.split("USING ")[1].split(" (")[0]
    return using.removeprefix("COVERING INDEX ").removeprefix("INDEX ")
