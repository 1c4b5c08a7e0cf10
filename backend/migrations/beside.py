"""What a migration does to a large table while others read and write it."""

from typing import Any

from alembic import op


def create_index_concurrently(name: str, table: str, columns: list[Any], **options: Any) -> None:
    """Make an index; on PostgreSQL nobody waits for it, and one that failed half-way is made anew.

    A migration that calls it changes nothing before it: on PostgreSQL that would be committed by
    then, and done a second time when the index failed.
    """
    context = op.get_context()
    if context.dialect.name != "postgresql":
        op.create_index(name, table, columns, **options)
        return
    with context.autocommit_block():
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_concurrently=True, **options)
