"""One line of migrations whose result is exactly the models."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from backend.db import Base, db
from backend.migrate import FOLDER


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(FOLDER)).get_heads()) == 1


def test_the_migrated_tables_are_the_models(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        options = {"compare_type": True, "include_object": _is_ours}
        context = MigrationContext.configure(connection, opts=options)
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def _is_ours(_item: object, name: str, kind: str, *_: object) -> bool:
    """The index of words is made by each engine in its own way, outside the models."""
    return kind != "table" or not name.startswith("search_words")
