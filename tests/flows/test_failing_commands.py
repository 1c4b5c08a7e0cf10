"""Every command with a failing disk, database or network: one line that says what, exit code 1,
nothing half-written.
"""

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.core.db import db
from backend.core.problems import Invalid
from backend.core.whole_file import whole_file
from backend.http.cli_base import failure_text
from tagwire import ENTRIES, Commands, main
from tests import preloaded
from tests.factories import publish

pytestmark = [pytest.mark.slow, pytest.mark.any_engine]

MakeApp = Callable[..., Flask]
PASSWORD = "never-to-be-seen"
AWAY = f"postgresql://tagwire:{PASSWORD}@127.0.0.1:1/tagwire"
# Every command that needs the database; the words in capitals are files of the test.
WITH_DATABASE = (
    "serve",
    "poll",
    "work",
    "check",
    "status",
    "erase x --yes",
    "erase --report",
    "ingest FEED",
    "articles import WXR --source Paper",
    "installations import PHONES",
    "installations waiting",
    "sources list",
    "sources add Paper https://paper.example/feed.xml",
    "sources pause paper",
    "sources resume paper",
    "sources poll paper",
    "sources try https://paper.example/",
    "sources delete paper --yes",
    "sources import OPML",
    "sources export NEW",
    "sources set paper fast=true",
    "sources apply SOURCES",
    "tags rebuild",
    "tags rebuild --dry-run",
    "keys create --role editor --name Ann",
    "keys list",
    "keys revoke 1 --yes",
    "keys rotate 1",
    "audit export",
    "users create Ann --role editor",
    "users list",
    "users role Ann approver",
    "users disable Ann --yes",
    "users enable Ann",
    "users reset Ann --yes",
    "push test-phone x",
    "push canary --wait 0",
    "push retire --yes",
    "push retire --dry-run",
    "links diff TOML TOML",
    "links import CSV",
    "db backup NEW",
    "db backup --keep 3 NEW",
    "db drill BACKUP",
    "db retention --dry-run",
    "db compact",
    "db copy sqlite:///NEW",
)
UPGRADING = ("up", "db upgrade", "db restore BACKUP")
# What changes many rows asks first whether the database is of this version.
CHECKING = (
    *("serve", "poll", "work", "check", "up", "ingest FEED", "links import CSV"),
    "installations import PHONES",
    *("db upgrade", "db backup NEW", "db copy sqlite:///NEW"),
)
WITHOUT_DATABASE = (
    "i18n check",
    "push vapid-key",
    "links explain http://news.test/tag/x",
    "links generate --lang swift",
    "app config",
)


@pytest.fixture
def files(tmp_path: Path, app_toml: Path) -> dict[str, str]:
    """What the words in capitals stand for."""
    feed, links, backup = tmp_path / "feed.xml", tmp_path / "links.csv", tmp_path / "old.db"
    item = "<item><title>A</title><link>https://p.example/1</link></item>"
    feed.write_text(f"<rss version='2.0'><channel><title>P</title>{item}</channel></rss>")
    links.write_text("short_link,link\nhttps://go.news.test/a,https://news.test/tag/x\n")
    with closing(sqlite3.connect(backup)):
        pass
    sources = tmp_path / "sources.toml"
    sources.write_text("[paper]\nfast = true\n")
    opml = tmp_path / "feeds.opml"
    opml.write_text('<opml><body><outline xmlUrl="https://paper.example/feed"/></body></opml>')
    wxr = tmp_path / "export.xml"
    wxr.write_text(
        '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
        "<wp:wxr_version>1.2</wp:wxr_version></channel></rss>"
    )
    phones = tmp_path / "phones.csv"
    phones.write_text("address,platform,topics\na-phone,ios,breaking\n")
    return {
        "FEED": str(feed),
        "PHONES": str(phones),
        "WXR": str(wxr),
        "CSV": str(links),
        "OPML": str(opml),
        "SOURCES": str(sources),
        "TOML": str(app_toml),
        "BACKUP": str(backup),
        "NEW": str(tmp_path / "new.db"),
    }


@pytest.fixture
def run(make_app: MakeApp, files: dict[str, str]) -> Callable[..., Result]:
    """A command in this process, on a database of the given URL."""

    def command(words: str, **settings: str) -> Result:
        for name, path in files.items():
            words = words.replace(name, path)
        return make_app(**settings).test_cli_runner().invoke(main, words.split())

    return command


def assert_one_line(done: Result, *said: str) -> None:
    assert isinstance(done.exception, SystemExit)
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("Error: ")
    assert PASSWORD not in done.output
    for each in said:
        assert each in done.stderr


@pytest.mark.parametrize("words", [*WITH_DATABASE, *UPGRADING])
def test_a_database_that_is_away_is_said_in_one_line(
    run: Callable[..., Result], files: dict[str, str], words: str
) -> None:
    done = run(words, DATABASE_URL=AWAY, PORT=str(free_port()))

    assert_one_line(done, "Connection refused", "Start the database")
    assert not Path(files["NEW"]).exists()


@pytest.mark.parametrize("words", [*WITH_DATABASE, *UPGRADING])
def test_a_file_that_is_no_database_is_said_in_one_line(
    run: Callable[..., Result], files: dict[str, str], tmp_path: Path, words: str
) -> None:
    letter = tmp_path / "letter.db"
    letter.write_text("Dear editor, " * 1000)

    done = run(words, DATABASE_URL=f"sqlite:///{letter}", PORT=str(free_port()))

    assert_one_line(done, "file is not a database", "Is it the right file?")
    assert not Path(files["NEW"]).exists()


@pytest.mark.parametrize("words", WITH_DATABASE)
def test_a_database_without_tables_is_said_in_one_line(
    run: Callable[..., Result], empty_database: str, words: str
) -> None:
    assert_one_line(run(words, DATABASE_URL=empty_database), "run tagwire db upgrade")


@pytest.mark.parametrize("words", CHECKING)
def test_a_database_of_a_newer_version_is_said_in_one_line(
    run: Callable[..., Result], app: Flask, words: str
) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert_one_line(run(words, PORT=str(free_port())), "newer", "tart that")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("sources set nobody fast=true", "see: tagwire sources list"),
        ("sources pause nobody", "see: tagwire sources list"),
        ("sources delete nobody --yes", "see: tagwire sources list"),
        ("sources set nobody fast", "such as fast=true"),
        ("keys revoke 9 --yes", "see: tagwire keys list"),
        ("users reset Bob --yes", "see: tagwire users list"),
        ("push test-phone x", "`id` of its registration"),
        ("push canary --wait 0", "start a worker"),
        ("tags recognise Geneva", "name one in RECOGNISER"),
        ("db backup NEW/x.db", "Make it first"),
        ("db drill CSV", "Name another"),
    ],
)
def test_an_error_says_what_to_do_next(run: Callable[..., Result], words: str, said: str) -> None:
    assert_one_line(run(words), said)


@pytest.mark.parametrize("words", WITHOUT_DATABASE)
def test_what_needs_no_database_works_without_one(run: Callable[..., Result], words: str) -> None:
    assert run(words, DATABASE_URL=AWAY).exit_code == 0


def test_a_damaged_database_is_said_in_one_line(
    run: Callable[..., Result], app: Flask, tmp_path: Path, files: dict[str, str]
) -> None:
    publish(app.test_client(), tags=["Harbour"])
    whole = tmp_path / "whole.db"
    assert app.test_cli_runner().invoke(main, ["db", "backup", str(whole)]).exit_code == 0
    body = whole.read_bytes()
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(body[:8192] + b"\0" * (len(body) - 8192))

    done = run("db backup NEW", DATABASE_URL=f"sqlite:///{damaged}")

    assert_one_line(done, "malformed")
    assert not Path(files["NEW"]).exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("db backup /nowhere/at/all.db", "/nowhere/at: no such file or directory."),
        ("db backup /dev/full", "exists already"),
        (
            "links generate --lang swift --output /nowhere/x.swift",
            "/nowhere: no such file or directory.",
        ),
        ("links generate --lang swift --output /dev/full", "/dev/full: not a regular file."),
        ("db copy sqlite:////dev/null/x.db", "/dev/null"),
    ],
)
def test_a_file_that_cannot_be_written_is_named(
    run: Callable[..., Result], words: str, said: str
) -> None:
    assert_one_line(run(words), said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ingest /nowhere/feed.xml", "/nowhere/feed.xml: no such file or directory"),
        ("ingest http://127.0.0.1:1/feed.xml", "http://127.0.0.1:1/feed.xml: "),
        ("ingest http://nowhere.invalid/feed.xml", "http://nowhere.invalid/feed.xml: "),
    ],
)
def test_a_feed_that_cannot_be_read_is_named(
    run: Callable[..., Result], words: str, said: str
) -> None:
    done = run(words, FETCH_ALLOW_NETWORKS="127.0.0.0/8")

    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(said)


def test_a_source_that_refuses_is_named_with_its_reason(run: Callable[..., Result]) -> None:
    allowed = {"FETCH_ALLOW_NETWORKS": "127.0.0.0/8"}
    run("sources add Paper http://127.0.0.1:1/feed.xml", **allowed)

    done = run("sources poll paper", **allowed)

    assert done.exit_code == 1
    assert "1 failures" in done.stdout
    assert "Traceback" not in done.output


def test_hosts_that_cannot_be_reached_are_findings(run: Callable[..., Result]) -> None:
    nowhere = "http://127.0.0.1:1/"
    words = f"links doctor --origin {nowhere} --apple-cdn {nowhere} --google-api {nowhere}"

    assert_one_line(run(words, FETCH_ALLOW_NETWORKS="127.0.0.0/8"), "checks failed")


@pytest.mark.parametrize("words", ["up", "purge-files /tmp --port {port}"])
def test_a_taken_port_is_said_in_one_line(
    run: Callable[..., Result], tmp_path: Path, words: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(words.format(port=port, folder=tmp_path), PORT=port)

    assert_one_line(done, port)
    assert "address already in use" in done.stderr.lower()


def test_a_taken_port_of_the_stand_in_is_said_in_one_line(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """A process of its own: it runs an event loop, and the browser's tests have one in this."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = ["fcm-standin", "--port", port, "--folder", str(tmp_path)]
        done = preloaded.run(words, tmp_path, environ)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert port in done.stderr
    assert "address already in use" in done.stderr.lower()


@pytest.mark.parametrize(
    ("words", "to", "said"),
    [
        ("db backup NEW", "/dev/null", "The database failed (d"),
        ("links generate --lang swift --output NEW", "/dev/null", "File too large"),
        ("links generate --lang swift", "/dev/full", "No space left on device"),
        ("--version", "/dev/full", "No space left on device"),
    ],
    ids=["backup", "source code", "standard output", "version"],
)
def test_a_full_disk_leaves_one_line_and_no_file(
    app: Flask, environ: dict[str, str], tmp_path: Path, words: str, to: str, said: str
) -> None:
    """In a process of its own, which may write files of 4 kB at most."""
    publish(app.test_client(), tags=["Harbour"])
    folder = tmp_path / "full"
    folder.mkdir()
    command = words.replace("NEW", str(folder / "new.db"))
    # Python's own cache would be cut, too.
    quiet = environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    script = f"ulimit -f 4; exec {sys.executable} -m tagwire {command} > {to}"

    done = subprocess.run(
        ["bash", "-c", script], env=quiet, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith("Error: ")
    assert said.lower() in done.stderr.lower()
    assert list(folder.iterdir()) == []


def test_a_reader_that_went_away_is_no_failure_to_talk_about(environ: dict[str, str]) -> None:
    script = (
        f"{sys.executable} -m tagwire links generate --lang swift | true; exit ${{PIPESTATUS[0]}}"
    )

    done = subprocess.run(
        ["bash", "-c", script], env=environ, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (1, "")


def test_a_file_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "Routes.swift"
    path.write_text("the old one")

    with pytest.raises(sqlite3.OperationalError):
        write_half(path)
    kept = path.read_text()
    with whole_file(path) as draft:
        draft.write_text("the new one")

    assert (kept, path.read_text()) == ("the old one", "the new one")
    assert [each.name for each in tmp_path.iterdir()] == ["Routes.swift"]


def write_half(path: Path) -> None:
    with whole_file(path) as draft:
        draft.write_text("half")
        raise sqlite3.OperationalError("database or disk is full")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OperationalError("SELECT 1", {}, sqlite3.OperationalError("database is locked")),
            "The database failed (database is locked).",
        ),
        (
            OperationalError("x", {}, Exception("attempt to write\nDETAIL: a row")),
            "The database failed (attempt to write).",
        ),
        (IntegrityError("x", {}, Exception("Key (address)=(a)")), "(IntegrityError)"),
        (PoolTimeout("QueuePool limit"), "it did not answer in time"),
        (sqlite3.DatabaseError("database disk image is malformed"), "image is malformed"),
        (PermissionError(13, "Permission denied", "/a/b"), "/a/b: permission denied."),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused."),
        (Invalid.field("slug", "Use letters."), "slug: Use letters."),
        (RuntimeError(PASSWORD), "Unforeseen RuntimeError; TAGWIRE_DEBUG=1"),
    ],
)
def test_a_failure_is_said_without_what_it_may_quote(error: Exception, said: str) -> None:
    line = failure_text(error)

    assert said in line
    assert not {PASSWORD, "DETAIL", "address"} & set(line.replace("(", " ").split())
    assert "\n" not in line


@pytest.fixture
def faulty() -> Commands:
    group = Commands("tagwire")

    @group.command()
    def stumble() -> None:
        raise KeyError(PASSWORD)

    return group


def test_a_fault_that_nobody_foresaw_is_named_by_its_place(faulty: Commands) -> None:
    done = CliRunner().invoke(faulty, ["stumble"])

    assert_one_line(done, "Unforeseen KeyError at test_failing_commands.py:", "TAGWIRE_DEBUG=1")


def test_its_traceback_is_shown_when_asked_for(faulty: Commands) -> None:
    done = CliRunner().invoke(faulty, ["stumble"], env={"TAGWIRE_DEBUG": "1"})

    assert isinstance(done.exception, KeyError)


def test_every_command_is_tried_here() -> None:
    tried = {words.split()[0] for words in (*WITH_DATABASE, *UPGRADING, *WITHOUT_DATABASE)}

    # `init` asks before it does anything: tests/backend/test_init.py.
    assert tried | {"purge-files", "fcm-standin", "init"} == set(ENTRIES)
    for name in (
        "articles",
        "audit",
        "db",
        "installations",
        "keys",
        "links",
        "push",
        "sources",
        "users",
    ):
        group = main.get_command(click.Context(main), name)
        assert isinstance(group, click.Group)
        words = {each.split()[1] for each in everything() if each.split()[0] == name}
        assert words == set(group.list_commands(click.Context(group)))


def everything() -> tuple[str, ...]:
    return (*WITH_DATABASE, *UPGRADING, *WITHOUT_DATABASE, "links doctor")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
