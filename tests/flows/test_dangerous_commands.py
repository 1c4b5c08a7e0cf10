"""What nobody can take back asks first: without a terminal and without --yes nothing changes."""

import io
import sys
from collections.abc import Iterator

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.core.db import Base, db
from backend.http.cli_base import ask_first
from tagwire import ENTRIES, main
from tests.conftest import EDITOR
from tests.factories import publish, register

pytestmark = pytest.mark.any_engine

# Each would change something here; PHONE is an installation's id.
DANGEROUS = (
    "erase PHONE",
    "keys revoke 1",
    "users disable Ann",
    "users reset Ann",
    "sources delete harbour",
    "sources delete harbour --articles",
    "push retire --days 1",
    "db retention",
)
TAKES_AWAY = {
    *("delete", "disable", "drop", "erase", "forget", "prune", "purge", "remove", "reset"),
    *("retention", "retire", "revoke"),
}


def commands(group: click.Command, context: click.Context, name: str = "") -> Iterator[str]:
    """The words of every command that takes `--yes`, or whose name says that it takes away."""
    if isinstance(group, click.Group):
        for each in group.list_commands(context):
            found = group.get_command(context, each)
            assert found is not None
            yield from commands(found, context, f"{name} {each}".strip())
    elif name.split()[-1] in TAKES_AWAY or "--yes" in options(group):
        yield name


def options(command: click.Command) -> set[str]:
    return {word for parameter in command.params for word in parameter.opts}


def rows(app: Flask) -> dict[str, list[str]]:
    with app.app_context():
        tables = Base.metadata.sorted_tables
        found = {each.name: db.session.execute(select(each)).all() for each in tables}
        return {name: sorted(map(repr, each)) for name, each in found.items()}


@pytest.fixture
def phone(app: Flask, client: FlaskClient) -> str:
    """Of a newsroom in which each of the commands has something to take away."""
    run = app.test_cli_runner()
    for words in ("keys create --role editor --name Bea", "users create Ann --role editor"):
        assert run.invoke(main, words.split()).exit_code == 0
    feed = {"name": "Harbour", "feed_url": "https://harbour.example/feed"}
    assert client.put("/v1/newsroom/sources/harbour", headers=EDITOR, json=feed).status_code < 300
    publish(client, source="harbour", tags=["Harbour"])
    return register(client, "source:harbour").id


@pytest.mark.parametrize("words", DANGEROUS)
def test_without_a_terminal_nothing_is_taken_away_unless_it_is_said_aloud(
    app: Flask, phone: str, words: str
) -> None:
    asked = words.replace("PHONE", phone).split()
    before = rows(app)

    done = app.test_cli_runner().invoke(main, asked)

    assert done.exit_code == 1
    assert "--yes" in done.stderr
    assert rows(app) == before
    assert app.test_cli_runner().invoke(main, [*asked, "--yes"]).exit_code == 0


def test_no_command_takes_away_without_asking() -> None:
    context = click.Context(main)
    here = {" ".join(word for word in words.split()[:2] if word.islower()) for words in DANGEROUS}

    assert ENTRIES
    assert {*commands(main, context)} == here


@pytest.mark.parametrize(("answer", "goes_on"), [("y", True), ("n", False), ("", False)])
def test_on_a_terminal_nothing_but_yes_is_yes(
    monkeypatch: pytest.MonkeyPatch, answer: str, goes_on: bool
) -> None:
    terminal = io.StringIO(f"{answer}\n")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)

    if goes_on:
        ask_first("Erase it?", is_sure=False)
    else:
        with pytest.raises(click.Abort):
            ask_first("Erase it?", is_sure=False)
