"""What a migration does to tables that are there already, as its source says. Pure.

By PostgreSQL's documentation of ALTER TABLE and CREATE INDEX, and of explicit locking: a new
column without a computed default, a new table and a dropped one are a matter of the catalogue.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["beside", "index", "rewrite", "check", "rows", "locked"]

ABOUT: dict[Kind, str] = {
    "beside": "an index is made beside readers and writers: on PostgreSQL nobody waits",
    "index": "an index is made: writers wait, readers do not",
    "rewrite": "it is written anew: readers and writers wait",
    "check": "every row is looked at: readers and writers wait",
    "rows": "rows are changed: whoever writes the same rows waits",
    "locked": "it is changed in the same transaction: readers and writers wait until its end",
}
# Tables that are filled by hand: every other one grows with articles, readers, alerts or days.
SMALL = {"category", "change_counter", "halt", "newsroom_key", "newsroom_key_source", "source"}
SMALL |= {"newsroom_session", "newsroom_user", "pause", "purge_progress", "quota", "source_feed"}
SMALL |= {"retention_progress", "webhook_endpoint", "webhook_sequence", "websub_subscription"}
# Done in the catalogue, whatever the table holds.
QUICK = {"create_table", "drop_table", "drop_index", "drop_constraint", "rename_table"}
QUICK |= {"drop_column", "get_bind", "get_context", "f", "batch_alter_table", "bulk_insert"}
# Quick, but locked against everybody until the transaction ends.
LOCKS = {"add_column", "drop_column", "batch_alter_table"}
CHECKS = {"create_check_constraint", "create_foreign_key", "create_unique_constraint"}
CHECKS |= {"create_primary_key"}
_CHANGES = re.compile(r"\s*(?:UPDATE|DELETE\s+FROM|INSERT\s+INTO)\s+\"?(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Step:
    """A step that takes longer with more rows of `table`, None where the source names none."""

    kind: Kind
    table: str | None

    @property
    def keeps_waiting(self) -> bool:
        """Whether somebody may wait for it, and longer in a larger newsroom."""
        return self.kind != "beside" and self.table not in SMALL


def warning(source: str) -> str:
    """Return the WARNING of a migration for which others have to wait; empty without one."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "WARNING":
            return str(ast.literal_eval(node.value))
    return ""


def steps(source: str) -> list[Step]:
    """Return the steps of a migration that take time, each once.

    Raises:
        ValueError: it calls something of `op` that nothing is known about.
    """
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    tables = (_text(call, 0, "table_name") for call in calls if _of_op(call) == "create_table")
    made = set(filter(None, tables))
    slow = [step for call in calls for step in _of_call(call) if step.table not in made]
    if any(step.keeps_waiting and step.kind in ("index", "rows") for step in slow):
        altered = [_text(call, 0, "table_name") for call in calls if _of_op(call) in LOCKS]
        slow += [Step("locked", table) for table in altered]
    return list(dict.fromkeys(slow))


def _of_call(call: ast.Call) -> Iterator[Step]:
    name = _of_op(call)
    if name == "create_index_concurrently":
        yield Step("beside", _text(call, 1, "table"))
    elif name == "create_index":
        yield Step("index", _text(call, 1, "table_name"))
    elif name in CHECKS:
        yield Step("check", _text(call, 1, "table_name") or _text(call, 1, "source_table"))
    elif name == "alter_column":
        yield from _of_alteration(call)
    elif name == "add_column":
        if _has_computed_default(call):
            yield Step("rewrite", _text(call, 0, "table_name"))
    elif name == "execute":
        yield from _of_statement(call)
    elif name and name not in QUICK:
        raise ValueError(f"op.{name} is not known to take time or not")


def _of_alteration(call: ast.Call) -> Iterator[Step]:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    required = given.get("nullable")
    if "type_" in given:
        yield Step("rewrite", _text(call, 0, "table_name"))
    elif isinstance(required, ast.Constant) and required.value is False:
        yield Step("check", _text(call, 0, "table_name"))


def _of_statement(call: ast.Call) -> Iterator[Step]:
    """Yield the step of a text with the table it changes, or of a built statement without one."""
    texts = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
    words = [each for each in texts if isinstance(each, str)]
    named = [found[1] for each in words if (found := _CHANGES.match(each))]
    if named:
        yield Step("rows", named[0])
    elif not words:
        yield Step("rows", None)


def _has_computed_default(call: ast.Call) -> bool:
    """Whether a default is computed; a constant one is in the catalogue, since PostgreSQL 11."""
    defaults = (
        keyword.value
        for node in ast.walk(call)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "server_default"
    )
    return any("func" in ast.unparse(default) for default in defaults)


def _of_op(call: ast.Call) -> str:
    """Return the name of what is called on `op`, or `execute` on anything; empty for others."""
    if isinstance(call.func, ast.Name) and call.func.id == "create_index_concurrently":
        return call.func.id
    if not isinstance(call.func, ast.Attribute):
        return ""
    on_op = isinstance(call.func.value, ast.Name) and call.func.value.id == "op"
    return call.func.attr if on_op or call.func.attr == "execute" else ""


def _text(call: ast.Call, position: int, name: str) -> str | None:
    given = [keyword.value for keyword in call.keywords if keyword.arg == name]
    for node in given or call.args[position : position + 1]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
    return None
