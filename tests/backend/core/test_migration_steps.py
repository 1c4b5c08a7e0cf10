"""What of a migration takes time is read from its source, and told before it begins."""

from collections.abc import Callable

import pytest
from flask import Flask

from backend.core.db import Base
from backend.core.migration_steps import SMALL, Step, steps, warning
from backend.core.revisions import FOLDER
from tagwire import main

SOURCES = {
    path.name.partition("_")[0]: path.read_text(encoding="utf-8")
    for path in sorted((FOLDER / "versions").glob("[0-9]*.py"))
}
# From here on there are releases to upgrade from, and large tables in them.
HELD_SINCE = "0060"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('op.create_index("ix", "article", ["a"])', [Step("index", "article")]),
        ('create_index_concurrently("ix", "article", ["a"])', [Step("beside", "article")]),
        ('op.create_table("x")\nop.create_index("ix", "x", ["a"])', []),
        ("op.create_index(name, table, ['a'])", [Step("index", None)]),
        ('op.add_column("article", sa.Column("a", sa.Text(), nullable=True))', []),
        ('op.add_column("article", sa.Column("a", sa.Integer(), server_default="0"))', []),
        (
            'op.add_column("article", sa.Column("a", sa.Text(), server_default=sa.func.now()))',
            [Step("rewrite", "article")],
        ),
        ('op.alter_column("article", "a", type_=sa.Text())', [Step("rewrite", "article")]),
        ('op.alter_column("article", "a", nullable=False)', [Step("check", "article")]),
        ('op.alter_column("article", "a", nullable=True)', []),
        ('op.create_foreign_key("fk", "a", "b", ["x"], ["y"])', [Step("check", "a")]),
        ('op.execute("UPDATE article SET a = 1")', [Step("rows", "article")]),
        ('op.get_bind().execute(sa.text("DELETE FROM tag"))', [Step("rows", "tag")]),
        ("connection.execute(update, changed)", [Step("rows", None)]),
        ('op.drop_column("article", "a")', []),
        (
            'op.add_column("article", column)\nop.execute("UPDATE feed SET a = 1")',
            [Step("rows", "feed"), Step("locked", "article")],
        ),
    ],
)
def test_what_takes_time_is_known(source: str, expected: list[Step]) -> None:
    assert steps(source) == expected


def test_what_nothing_is_known_about_is_refused() -> None:
    with pytest.raises(ValueError, match="run_async"):
        steps("op.run_async(work)")


@pytest.mark.parametrize("revision", SOURCES)
def test_new_migrations_keep_nobody_waiting_or_say_so_first(revision: str) -> None:
    source = SOURCES[revision]
    found = steps(source)
    waited_for = [step for step in found if step.keeps_waiting and not warning(source)]

    if revision >= HELD_SINCE:
        assert waited_for == [], "use migrations/beside.py, or say in WARNING who waits, how long"
    if any(step.kind == "beside" for step in found):
        assert {step.kind for step in found} == {"beside"}, "an index has a migration of its own"


def test_who_waits_for_small_tables_does_not_wait_long() -> None:
    small, large = (Step("index", name) for name in ("source", "article"))

    assert Base.metadata.tables.keys() >= SMALL
    assert [step.keeps_waiting for step in (small, large, Step("rows", None))] == [
        False,
        True,
        True,
    ]
    assert warning('"""Title."""\nWARNING = "Lists are locked."') == "Lists are locked."
    assert warning('"""Title."""') == ""


def test_a_plan_is_told_and_nothing_is_done(
    make_app: Callable[..., Flask], empty_database: str
) -> None:
    runner = make_app(DATABASE_URL=empty_database).test_cli_runner()

    first = runner.invoke(main, ["db", "upgrade", "--plan"])
    second = runner.invoke(main, ["db", "upgrade", "--plan"])

    assert first.exit_code == 0, first.output
    told = [line for line in first.stdout.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in told] == list(SOURCES)
    assert first.stdout == second.stdout


def test_a_database_of_this_version_has_nothing_before_it(app: Flask) -> None:
    done = app.test_cli_runner().invoke(main, ["db", "upgrade", "--plan"])

    assert done.stdout.startswith("Nothing is to be done")
