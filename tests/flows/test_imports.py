"""Imports of real processes that are killed in the middle."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.backend.ingest.feeds import Item, rss
from tests.flows.running import PASSED_ON
from tests.preloaded import Begun, begin

pytestmark = pytest.mark.slow

ENTRIES = 300
WRITTEN = (
    "SELECT a.external_id, a.public_id, c.seq FROM article a"
    " JOIN feed_change c ON c.article_id = a.id JOIN feed f ON f.id = c.feed_id"
    " JOIN search_entry s ON s.article_id = a.id"
    " WHERE f.kind = 'all' AND f.language = ''"
)


def begun(folder: Path, *words: str) -> Begun:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    given = kept | {"DATABASE_URL": f"sqlite:///{folder / 'tagwire.db'}"}
    with Path(os.devnull).open("w") as nowhere:
        return begin([*words], folder, given, nowhere, nowhere)


def written(folder: Path) -> set[tuple[str, str, int]]:
    with closing(sqlite3.connect(folder / "tagwire.db", timeout=15)) as connection:
        return set(connection.execute(WRITTEN).fetchall())


def test_an_import_that_is_killed_repeats_nothing_and_loses_nothing(tmp_path: Path) -> None:
    document = tmp_path / "feed.xml"
    document.write_bytes(rss(*(Item(number) for number in range(ENTRIES))))
    assert begun(tmp_path, "db", "upgrade").wait(60) == 0

    killed = begun(tmp_path, "ingest", str(document))
    deadline = time.monotonic() + 60
    while not (before := written(tmp_path)):
        assert killed.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    killed.kill()
    killed.wait()
    before = written(tmp_path)
    assert 0 < len(before) < ENTRIES

    assert begun(tmp_path, "ingest", str(document)).wait(60) == 0
    after = written(tmp_path)

    assert before < after
    assert len(after) == len({external_id for external_id, _, _ in after}) == ENTRIES


PHONES = 10_000
MOVED = (
    "SELECT i.address_value, f.feed_id FROM installation i"
    " LEFT JOIN follow f ON f.installation_id = i.id"
)


def phones(folder: Path) -> list[tuple[str, int | None]]:
    with closing(sqlite3.connect(folder / "tagwire.db", timeout=15)) as connection:
        found: list[tuple[str, int | None]] = connection.execute(MOVED).fetchall()
    return found


def test_phones_that_are_moved_in_twice_after_a_kill_are_there_once(tmp_path: Path) -> None:
    document = tmp_path / "phones.csv"
    rows = (f"phone-{number}:secret,ios,breaking\n" for number in range(PHONES))
    document.write_text("address,platform,topics\n" + "".join(rows))
    assert begun(tmp_path, "db", "upgrade").wait(60) == 0

    killed = begun(tmp_path, "installations", "import", str(document))
    deadline = time.monotonic() + 60
    while not phones(tmp_path):
        assert killed.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    killed.kill()
    killed.wait()
    before = phones(tmp_path)
    assert 0 < len(before) < PHONES

    assert begun(tmp_path, "installations", "import", str(document)).wait(120) == 0
    after = phones(tmp_path)

    assert set(before) < set(after)
    assert len(after) == len({address for address, _ in after}) == PHONES
    assert None not in {feed for _, feed in after}
