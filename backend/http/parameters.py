"""Which query parameters a view reads: those of its schema, and those that it names itself."""

from collections.abc import Callable
from typing import Any, TypeVar

from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])


def reads(*names: str) -> Callable[[View], View]:
    """Mark a view that reads these parameters without a schema."""

    def mark(view: View) -> View:
        view.query_parameters = names  # type: ignore[attr-defined]
        return view

    return mark


def parameters_of(view: Callable[..., Any]) -> frozenset[str]:
    """What the view may read of a query."""
    arguments: dict[str, Any] = getattr(view, "_apidoc", {}).get("arguments", {})
    schemas = [each["schema"] for each in arguments.get("parameters", ()) if each["in"] == "query"]
    named = {name for schema in schemas for name in _names(schema)}
    return frozenset(named.union(getattr(view, "query_parameters", ())))


def _names(schema: Schema | type[Schema]) -> list[str]:
    made = schema() if isinstance(schema, type) else schema
    return [field.data_key or name for name, field in made.fields.items()]
