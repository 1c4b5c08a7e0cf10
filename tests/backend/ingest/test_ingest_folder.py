"""`tagwire ingest` reads folders in one process, and files as of the address they came from."""

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from backend.ingest.cli import ingest
from tests.backend.ingest.feeds import PAIR, Item, rss
from tests.conftest import EDITOR

RELATIVE = (
    b'<rss version="2.0"><channel><title>Paper</title><item><title>Ferry</title>'
    b"<link>/a/1</link><description>The Chile-Peru ferry.</description></item></channel></rss>"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "feeds"
    made.mkdir()
    return made


def run(app: Flask, *words: object) -> Result:
    result: Result = app.test_cli_runner().invoke(ingest, [str(each) for each in words])
    return result


def test_a_folder_is_read_whole_and_a_bad_file_keeps_none_back(
    app: Flask, client: FlaskClient, folder: Path
) -> None:
    (folder / "inner").mkdir()
    (folder / "a.xml").write_bytes(rss(Item(1), title="One"))
    (folder / "inner" / "b.xml").write_bytes(rss(Item(2), title="Two"))
    (folder / "notes.txt").write_bytes(b"hello")
    (folder / ".hidden").write_bytes(b"hello")

    done = run(app, folder)

    assert done.exit_code == 1
    assert "One (one): 1 new" in done.output
    assert "Two (two): 1 new" in done.output
    assert "notes.txt: " in done.stderr
    assert ".hidden" not in done.stderr
    assert len(client.get(PAIR).get_json()["articles"]) == 2


def test_documents_of_one_source_are_counted_together(app: Flask, folder: Path) -> None:
    (folder / "monday.xml").write_bytes(rss(Item(1), Item(2)))
    (folder / "tuesday.xml").write_bytes(rss(Item(2), Item(3)))

    first, second = run(app, folder), run(app, folder)

    assert "3 new, 1 unchanged" in first.output
    assert "4 unchanged" in second.output
    assert first.output.count("Daily Harbour") == 1


def test_relative_links_of_a_file_are_of_the_base(
    app: Flask, client: FlaskClient, folder: Path
) -> None:
    path = folder / "feed.xml"
    path.write_bytes(RELATIVE)

    done = run(app, "--base", "https://paper.example/feeds/all.xml", path)

    assert done.exit_code == 0, done.output
    (article,) = client.get(PAIR).get_json()["articles"]
    assert article["source_url"] == "https://paper.example/a/1"


def test_a_base_that_is_no_address_and_an_empty_folder_are_said(app: Flask, folder: Path) -> None:
    assert "write an http" in run(app, "--base", "paper", folder).stderr
    empty = run(app, folder)
    assert (empty.exit_code, "holds no file" in empty.stderr) == (1, True)


def test_a_document_brings_a_removed_source_back(
    app: Flask, client: FlaskClient, folder: Path
) -> None:
    (folder / "a.xml").write_bytes(rss(Item(1), title="One"))
    run(app, folder)
    client.delete("/v1/newsroom/sources/one", headers=EDITOR)
    (folder / "a.xml").write_bytes(rss(Item(1), Item(2), title="One"))

    assert "1 new, 1 unchanged" in run(app, folder).output
