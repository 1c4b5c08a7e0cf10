"""Command line: settings of sources, one by one or from a file; secrets are asked for."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from marshmallow import ValidationError

from backend.catalog.queries import source_by_slug
from backend.catalog.slug import slug_of
from backend.core.db import db, release
from backend.core.problems import NotFound, Problem
from backend.http.context import current_context
from backend.ingest.saving import save_settings
from schemas.newsroom import SourceDraft


@click.command("set")
@click.argument("slug")
@click.argument("settings", nargs=-1, metavar="NAME=VALUE...")
@click.option("--basic-auth", metavar="USER", help="Ask for the password of this user.")
@click.option("--secret-header", metavar="NAME", help="Ask for the value of this header.")
@with_appcontext
def set_source(
    slug: str, settings: tuple[str, ...], basic_auth: str | None, secret_header: str | None
) -> None:
    """Change settings of a source, such as fast=true rights=full ports=[8443].

    Values are written as in TOML; a bare word is text, and nothing (rights=) takes a value away.

    Example: tagwire sources set paper fast=true rights=summary
    """
    changes = dict(map(_setting, settings))
    if basic_auth:
        password = click.prompt("Password", hide_input=True)
        changes["basic_auth"] = {"user": basic_auth, "password": password}
    if secret_header:
        value = click.prompt("Value", hide_input=True)
        changes["secret_header"] = {"name": secret_header, "value": value}
    if source_by_slug(db.session(), slug_of(slug)) is None:
        raise NotFound(f"There is no source {slug}.")
    _apply(slug, changes)


@click.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def apply_file(file: Path) -> None:
    """Make and change sources as a TOML file says: a table for each, named by its slug.

    Fields are those of the API. All of the file is checked before anything is changed.

    Example: tagwire sources apply sources.toml
    """
    for slug, changes in (tables := _tables(file)).items():
        _checked(slug, changes)
    for slug, changes in tables.items():
        _apply(slug, changes)


def _tables(file: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.ClickException(f"{file.name}: {error}") from error
    for slug, table in document.items():
        if not isinstance(table, Mapping):
            raise click.ClickException(f"{slug}: write a table for each source: [{slug}]")
    return document


def _setting(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator:
        raise click.ClickException(f"{text}: write NAME=VALUE, such as fast=true.")
    if not value:
        return name, None
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name, value


def _checked(slug: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(SourceDraft().load(changes))
    except ValidationError as error:
        wrong = "; ".join(_messages(error.messages_dict))
        raise click.ClickException(f"{slug}: {wrong}") from error


def _messages(messages: Mapping[Any, Any], path: str = "") -> Iterable[str]:
    for name, found in messages.items():
        where = f"{path}{name}"
        if isinstance(found, Mapping):
            yield from _messages(found, f"{where}.")
        else:
            yield f"{where}: {' '.join(map(str, found))}"


def _apply(slug: str, changes: Mapping[str, Any]) -> None:
    try:
        state = save_settings(slug, _checked(slug, changes), now=current_context().now())
    except Problem as problem:
        raise click.ClickException(f"{slug}: {problem}") from problem
    release()
    click.echo(f"{state.slug}: saved")


SETTING_COMMANDS: tuple[click.Command, ...] = (set_source, apply_file)
