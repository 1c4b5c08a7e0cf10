"""Commands of the alerts."""

import time
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from backend.core import vapid
from backend.core.db import db
from backend.http.cli_base import ask_first, need_tables, unasked
from backend.http.context import current_context
from push.delivery import suspects
from push.editorial import canary
from push.receipts import service as receipts

CANARY_POLL_S = 0.5


@click.group()
def push() -> None:
    """Look after the alerts."""


@push.command("test-phone")
@click.argument("installation_id")
@click.option("--off", is_flag=True, help="It is no test installation any more.")
@with_appcontext
def test_phone(installation_id: str, off: bool) -> None:
    """Let dry runs go to this installation.

    Example: tagwire push test-phone 0f8e2a6c91d45b7733aa
    """
    if not receipts.mark_for_tests(installation_id, is_test=not off, now=current_context().now()):
        raise click.ClickException(
            f"There is no installation {installation_id}: it is the `id` of its registration."
        )
    click.echo("Dry runs no longer reach it." if off else "Dry runs reach it from now on.")


@push.command("vapid-key")
def vapid_key() -> None:
    """Print a new private key for push services of browsers: VAPID_PRIVATE_KEY.

    A new one goes before the old one, with a comma, until browsers have subscribed again.

    Example: tagwire push vapid-key
    """
    click.echo(vapid.new_key())


@push.command("retire")
@click.option(
    "--days",
    default=suspects.ENOUGH_DAYS,
    show_default=True,
    type=click.IntRange(1),
    help="On how many different days alerts must have found an address gone.",
)
@click.option("--dry-run", is_flag=True, help="Only list all suspects.")
@unasked
@with_appcontext
def retire(days: int, *, dry_run: bool, is_sure: bool) -> None:
    """Retire addresses that the provider called unregistered on several days.

    When an alert finds very many dead at once nothing is believed, for an outage looks the same.
    Those of whom three alerts said so on different days, while others were accepted, are retired
    without this command; it can do so earlier, such as after old tokens were imported. Suspects are
    listed by the ids of their installations, never by their addresses.

    Example: tagwire push retire --days 270 --dry-run
    """
    need_tables()
    if not dry_run:
        ask_first(f"Retire every address that was gone on {days} days?", is_sure=is_sure)
    found = suspects.listed(db.session(), days=1 if dry_run else days)
    for each in found:
        word = "confirmed" if each.days >= days else "suspected"
        click.echo(f"{each.installation_id}  {word}: {each.reason}, {each.days} days, {each.day}")
    if not dry_run:
        while suspects.retire(days=days, now=current_context().now()):
            pass
    click.echo(f"{len(found)} suspects." if dry_run else f"{len(found)} retired.")


@push.command("canary")
@click.option("--wait", default=60, show_default=True, help="Seconds until it counts as failed.")
@with_appcontext
def run_canary(wait: int) -> None:
    """Send a dry run to the test installations and say whether all of them were accepted.

    A worker has to be running. While everything is halted nothing is tried, which is no failure.

    Example: tagwire push canary --wait 60
    """
    public_id = canary.start(now=current_context().now())
    deadline = time.monotonic() + wait
    failure = canary.result_of(public_id) if public_id else canary.HALTED
    while public_id and failure is None and time.monotonic() < deadline:
        time.sleep(CANARY_POLL_S)
        failure = canary.result_of(public_id)
    if failure == canary.HALTED:
        click.echo(f"Nothing was tried: {failure}.")
        return
    if failure is None:
        raise click.ClickException(
            f"Nothing happened within {wait} s: start a worker, or wait longer."
        )
    if failure:
        raise click.ClickException(failure)
    click.echo("The dry run was accepted.")


@click.command("fcm-standin")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8099, show_default=True)
@click.option("--project", default="standin", show_default=True)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var"),
    show_default=True,
    help="Where to write the service account and the certificate.",
)
@click.option("--tls", is_flag=True, help="TLS with a certificate of its own, and HTTP/2.")
@click.option("--per-minute", default=600_000, show_default=True, help="The project's quota.")
@click.option("--latency-ms", default=0, show_default=True)
def fcm_standin(**options: Any) -> None:
    """Answer like FCM's HTTP v1 API, strictly, on this machine.

    Faults are switched on and off over /standin/faults, for everybody or for single phones, and an
    address such as gone-1 is answered by its name: docs/standin.md lists them. GET
    /standin/messages and /standin/counts show what was accepted, and /standin/ is a page of it.

    Example: tagwire fcm-standin --port 8443 --per-minute 6000
    """
    # Its cryptography costs 0.2 s: only this process pays for it.
    try:
        from push.standin.loop import Options, run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = f"{error.name} is missing; install the extra with: pip install 'tagwire[standin]'"
        raise click.ClickException(message) from error
    run(Options(**options))


COMMANDS: tuple[click.Command, ...] = (push, fcm_standin)
