"""What of a migration takes time is read from its source, and told before it begins."""

from collections.abc import Callable

import pytest
from flask import Flask

from backend.core.migration_steps import Step, steps
from backend.core.revisions import FOLDER
from tagwire import main

SOURCES = {
    path.name.partition("_")[0]: path.read_text(encoding="utf-8")
    for path in sorted((FOLDER / "versions").glob("[0-9]*.py"))
}
# From here on there are releases to upgrade from, and large tables in them.
HELD_SINCE = "0057"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('op.create_index("ix", "article", ["a"])', [Step("index", "article")]),
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
    ],
)
def test_what_takes_time_is_known(source: str, expected: list[Step]) -> None:
    assert steps(source) == expected


def test_what_nothing_is_known_about_is_refused() -> None:
    with pytest.raises(ValueError, match="run_async"):
        steps("op.run_async(work)")


@pytest.mark.parametrize("revision", SOURCES)
def test_every_migration_can_be_told_and_new_ones_write_no_table_anew(revision: str) -> None:
    kinds = {step.kind for step in steps(SOURCES[revision])}

    if revision >= HELD_SINCE:
        assert not kinds & {"rewrite", "check"}


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
