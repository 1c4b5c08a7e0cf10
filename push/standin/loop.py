"""The stand-in as a process."""

import asyncio
import json
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from push.standin.bench import PATH
from push.standin.certificate import write_certificate
from push.standin.server import serve, tls_context
from push.standin.service import Standin


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the process; `folder` gets the service account and, with TLS, the certificate."""

    host: str
    port: int
    project: str
    folder: Path
    tls: bool
    per_minute: int
    latency_ms: int


def run(options: Options) -> None:
    """Answer until SIGTERM or SIGINT."""
    asyncio.run(_run(options))


async def _run(options: Options) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    standin = Standin(_now, project=options.project, per_minute=options.per_minute)
    files = write_certificate(options.folder, now=_now()) if options.tls else None
    context = tls_context(*map(str, files)) if files else None
    server = await serve(
        standin, options.host, options.port, context=context, latency_s=options.latency_ms / 1000
    )
    port = server.sockets[0].getsockname()[1]
    url = f"{'https' if options.tls else 'http'}://{options.host}:{port}"
    key_file = _write_key(options.folder, standin.service_account(url))
    click.echo("The FCM stand-in answers. Start Tagwire with")
    click.echo(f"  FCM_URL={url}")
    click.echo(f"  GOOGLE_APPLICATION_CREDENTIALS={key_file}")
    if files:
        click.echo(f"  FCM_CA_FILE={files[0]}")
        click.echo(f"  WEBPUSH_SERVICES={options.host}:{port}")
        click.echo("  FETCH_ALLOW_NETWORKS=127.0.0.0/8")
    click.echo(f"What each phone got: {url}{PATH}")
    await stopped.wait()
    server.close()


def _write_key(folder: Path, account: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "standin-key.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(account), encoding="utf-8")
    return path


def _now() -> datetime:
    return datetime.now(UTC)
