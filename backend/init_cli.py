"""The command that asks what a newsroom has and writes the configuration of its server."""

import os
import re
import secrets
import tomllib
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from urllib.parse import urlsplit

import click

from backend.core import vapid
from backend.core.environment import DEFAULT_APP_CONFIG
from backend.core.whole_file import whole_file

ENVIRONMENT, APP = "environment", "app.toml"
_IPHONE = re.compile(r"([A-Z0-9]{10}\.[A-Za-z0-9.-]+)\s+(?:id)?(\d{6,12})")
_ANDROID = re.compile(r"([a-zA-Z]\w*(?:\.\w+)+)\s+((?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2})")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
def init(folder: Path) -> None:
    """Ask six questions and write the configuration of a server into FOLDER.

    `environment` (for systemd, containers or a shell) and `app.toml`; neither is overwritten.

    Example: tagwire init /etc/tagwire
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (ENVIRONMENT, APP):
        if (folder / name).exists():
            raise click.ClickException(f"{folder / name} is there already; move it away first.")
    public_url = _asked("Address of the site", _public_url, "https://news.example")
    database = _asked(
        "Database: a folder for SQLite, or postgresql://…", _database, "/var/lib/tagwire"
    )
    proxies = click.prompt("Reverse proxies in front of it", type=click.IntRange(0, 8), default=1)
    account = _asked("Firebase's service account (a JSON file; empty: no alerts yet)", _account, "")
    iphone = _asked("iPhone: TEAMID.bundle.id and App Store number (empty: none)", _iphone, "")
    android = _asked("Android: package and SHA-256 of its certificate (empty: none)", _android, "")
    _write(folder / APP, _app(urlsplit(public_url).hostname or "", iphone, android))
    settings = {
        "PUBLIC_URL": public_url,
        "DATABASE_URL": database,
        "TRUSTED_PROXIES": str(proxies),
        "SECRET_KEY": secrets.token_hex(32),
        "VAPID_PRIVATE_KEY": vapid.new_key(),
        "DEMO": "0",
        "APP_CONFIG": str((folder / APP).resolve()),
        "GOOGLE_APPLICATION_CREDENTIALS": account,
    }
    lines = [f"{name}={quote(value)}\n" for name, value in settings.items() if value]
    _write(folder / ENVIRONMENT, "".join(lines))
    click.echo(_next_steps(folder))


def _asked(question: str, read: Callable[[str], str], default: str) -> str:
    """Ask until the answer can be used."""
    answer: str = click.prompt(
        question, default=default, value_proc=read, show_default=bool(default)
    )
    return answer


def _public_url(answer: str) -> str:
    parts = urlsplit(answer.strip().rstrip("/"))
    if parts.scheme != "https" or not parts.hostname or parts.path or parts.username:
        raise click.UsageError("It begins with https:// and names a host, and nothing behind it.")
    return parts.geturl()


def _database(answer: str) -> str:
    given = answer.strip()
    if "://" in given:
        if not given.startswith(("postgresql://", "postgres://", "sqlite:////")):
            raise click.UsageError("It is a folder, or begins with postgresql://.")
        return given
    return f"sqlite:///{Path(given).absolute() / 'tagwire.db'}"


def _account(answer: str) -> str:
    path = Path(answer.strip())
    if answer.strip() and not path.is_file():
        raise click.UsageError(f"There is no file {path}.")
    return str(path.resolve()) if answer.strip() else ""


def _iphone(answer: str) -> str:
    if answer.strip() and _IPHONE.fullmatch(answer.strip()) is None:
        raise click.UsageError("Such as ABCDE12345.com.example.news 123456789.")
    return answer.strip()


def _android(answer: str) -> str:
    if answer.strip() and _ANDROID.fullmatch(answer.strip()) is None:
        raise click.UsageError(
            "Such as com.example.news and 32 pairs of signs with colons between."
        )
    return answer.strip()


def _app(host: str, iphone: str, android: str) -> str:
    """Return the built-in `app.toml` with the site's host and the app's ids in it."""
    lines = [f'hosts = ["{host}"]']
    if found := _IPHONE.fullmatch(iphone):
        lines += ["", "[app.ios]", f'app_ids = ["{found[1]}"]', f'store_id = "{found[2]}"']
    if found := _ANDROID.fullmatch(android):
        lines += ["", "[app.android]", f'package = "{found[1]}"']
        lines += [f'sha256_cert_fingerprints = ["{found[2].upper()}"]']
    written = DEFAULT_APP_CONFIG.read_text("utf-8").replace("hosts = []", "\n".join(lines), 1)
    tomllib.loads(written)
    return written


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all, and for nobody else: it may hold a secret."""
    with whole_file(path) as draft:
        draft.touch(0o600)
        draft.write_text(text, encoding="utf-8")


def _next_steps(folder: Path) -> str:
    given = os.path.join(folder, ENVIRONMENT)  # noqa: PTH118 - as it is to be typed
    return (
        f"\nWritten: {given}, which holds a secret, and {folder / APP}. Now\n\n"
        f"  set -a; . {given}; set +a\n"
        "  tagwire db upgrade\n"
        "  tagwire check                           # what is missing for production\n"
        "  tagwire users create NAME --role admin  # prints a link that sets a password\n"
        "  tagwire up                              # or examples/systemd, examples/compose\n"
    )


COMMANDS: tuple[click.Command, ...] = (init,)
