"""Command line: purge nginx's cache by surrogate key."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from backend.http.context import current_context
from backend.purge.files import listen


@click.command("purge-files")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8090, show_default=True)
@with_appcontext
def purge_files(folder: Path, host: str, port: int) -> None:
    """Take the purge call for nginx and remove what changed from the FOLDER of its cache.

    Runs beside nginx, as a user who may remove its files; PURGE_TOKEN has to be the poller's.

    Example: tagwire purge-files /var/cache/nginx/tagwire --port 8090
    """
    try:
        server = listen(folder, host, port, current_context().settings.purge_token)
    except OSError as error:
        raise click.ClickException(
            f"{host}:{port} cannot be used ({error.strerror}); choose another --port."
        ) from error
    click.echo(f"PURGE_URL=http://{host}:{server.server_port}/", err=True)
    with server:
        server.serve_forever()


COMMANDS: tuple[click.Command, ...] = (purge_files,)
