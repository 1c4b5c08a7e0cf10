"""Commands that start processes: everything, or the web process alone."""

import errno
import logging
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import click
from flask import current_app
from flask.cli import ScriptInfo, with_appcontext
from sqlalchemy.orm import configure_mappers

from backend.asgi.server import Server
from backend.audit.actor import TAGWIRE
from backend.core import connections, handover, metrics
from backend.core.db import db
from backend.core.handover import Handover
from backend.core.supervisor import Child, Replaced, Supervisor
from backend.http.cli_base import need_tables
from backend.http.context import current_context

log = logging.getLogger(__name__)


@click.command()
@with_appcontext
def up() -> None:
    """Start web, poller and push worker under one supervisor.

    Example: tagwire up
    """
    settings = current_context().settings
    given = handover.received()
    listener = _listener(settings.host, settings.port, given)
    _prepare()
    need_tables()  # and the driver is loaded once for all processes
    click.echo(f"Tagwire is starting on {settings.public_url} (Ctrl-C stops it)", err=True)
    _supervise(
        listener,
        given,
        Child("web", _web(listener)),
        Child("poller", _command("poll")),
        Child("worker", _command("work")),
    )


@click.command()
@with_appcontext
def serve() -> None:
    """Serve the web process alone; the database must be migrated.

    Example: tagwire serve
    """
    need_tables()
    settings, given = current_context().settings, handover.received()
    listener = _listener(settings.host, settings.port, given)
    _supervise(listener, given, Child("web", _web(listener)))


def _prepare() -> None:
    """Upgrade and fill the database in a process that ends: none of its memory is kept."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as process:
        for told in process.submit(_prepared).result():
            click.echo(told, err=True)


def _prepared() -> list[str]:
    from backend.database_cli import upgraded  # noqa: PLC0415 - see `_prepare`
    from backend.demo.service import seed  # noqa: PLC0415
    from backend.people.service import demo_link  # noqa: PLC0415

    context = current_context()
    told = upgraded()
    if context.settings.demo and seed(now=context.now()):
        told.append("The database was empty: it now holds the demo newsroom.")
    # Until somebody of the demo has a password, each start prints a new one-time link.
    if context.settings.demo and (link := demo_link("admin", by=TAGWIRE, now=context.now())):
        told.append(f"Log in to the console with this link, which works once: {link}")
    return told


def _web(listener: socket.socket) -> Callable[[], object]:
    """Make the web process's job; its app is built before the fork, so that memory is shared."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    given = click.get_current_context().ensure_object(ScriptInfo)
    server = Server(given.data["with_routes"](app), listener.fileno())
    return lambda: server.run()


def _command(name: str) -> Callable[[], object]:
    """Make a command of any room the job of a child process."""
    here = click.get_current_context().find_root()
    here.command.get_command(here, name)  # type: ignore[attr-defined] # imported before the fork
    return partial(here.command.main, [name], prog_name=here.info_name, obj=here.obj)


def _supervise(listener: socket.socket, given: Handover | None, *children: Child) -> None:
    """Fork the children, after loading what each of them would load at its first query."""
    former = given.children if given else ()
    supervisor = Supervisor([*children], vital="web", former=former, is_replaceable=_would_start)
    configure_mappers()
    db.session.remove()
    db.engine.dispose()  # no connection survives a fork
    try:
        with metrics.shared_by_children():
            connections.begin()
            raise SystemExit(supervisor.run())
    except Replaced:
        handover.replace(listener, supervisor.pids())


def _would_start() -> bool:
    """Whether a program that reads code and settings now would get as far as this one did."""
    composed = [sys.executable, "-c", "import headless, wsgi; wsgi.with_routes(headless.create())"]
    try:
        tried = subprocess.run(  # noqa: S603 - ourselves
            composed, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:  # such as on a machine that is full
        log.error("reload tried", extra={"reason": type(error).__name__})
        return False
    if tried.returncode:
        log.error("reload tried", extra={"reason": tried.stderr.strip().rpartition("\n")[2]})
    return tried.returncode == 0


def _listener(host: str, port: int, given: Handover | None) -> socket.socket:
    """Bind the port first: what comes while a child starts waits instead of being refused."""
    try:
        return handover.listening(host, port, given.listener if given else None)
    except OSError as error:
        elsewhere = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        name, step = ("HOST", "") if elsewhere else ("PORT", ", or stop what listens there")
        raise click.ClickException(
            f"{name}: {host}:{port} cannot be used ({error.strerror}). Set another {name}{step}."
        ) from error


COMMANDS: tuple[click.Command, ...] = (up, serve)
