"""Alembic's environment: on the connection that it is given.

What has begun a transaction keeps it for every step; otherwise each step has one of its own.
"""

from alembic import context

from backend.core.db import Base


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
