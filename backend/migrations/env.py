"""Alembic's environment: runs on the connection it is given, inside the caller's transaction."""

from alembic import context

from backend.core.db import Base, db


def run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection)
        return
    with db.engine.connect().execution_options(writes=True) as own, own.begin():
        _migrate(own)


def _migrate(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=False,  # the caller's transaction holds every step
    )
    context.run_migrations()


run()
