"""Connections to PostgreSQL: to one of several addresses, not to one that takes no writes."""

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import OperationalError

# Limits by which libpq detects a machine that vanished; without them it would wait for hours
# (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES).
PATIENCE: Mapping[str, int] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_READ_ONLY = "25006"  # read_only_sql_transaction


def patience(url: URL) -> dict[str, int]:
    """Return the limits of `PATIENCE` that the URL does not set itself."""
    return {name: value for name, value in PATIENCE.items() if name not in url.query}


def conninfo(engine: Engine) -> str:
    """Return the connection string for the driver, with the password and all addresses."""
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - 4 MB that SQLite does without

    _, named = engine.dialect.create_connect_args(engine.url)
    named.pop("context", None)  # SQLAlchemy's adapters of types
    return make_conninfo(**{**patience(engine.url), **named})


def with_hosts_in_query(text: str) -> str:
    """Rewrite several addresses in PostgreSQL's own form, `//one:5432,two:5432/name`, to the one
    that SQLAlchemy reads: each is a `host` of the query.
    """
    parts = urlsplit(text)
    account, at, hosts = parts.netloc.rpartition("@")
    if "," not in hosts:
        return text
    named = [f"host={host}" for host in hosts.split(",")]
    query = "&".join([*named, *filter(None, [parts.query])])
    return urlunsplit(parts._replace(netloc=account + at, query=query))


def leave_what_cannot_be_written(engine: Engine) -> None:
    """Give up connections to a primary that became a standby, which still reads and refuses writes,
    like those of a database that is away: the next ones ask every address again.
    """
    event.listen(engine, "handle_error", _on_error)


def _on_error(context: ExceptionContext) -> OperationalError | None:
    error = context.original_exception
    if getattr(error, "sqlstate", None) != _READ_ONLY:
        return None
    context.is_disconnect = True
    return OperationalError(context.statement, None, error, hide_parameters=True)
