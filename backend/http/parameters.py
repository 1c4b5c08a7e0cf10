"""Query parameters that a view reads: those of its schema, and those that it names itself."""

from collections.abc import Callable
from functools import cache
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
    """Return the query parameters that the view may read."""
    arguments: dict[str, Any] = getattr(view, "_apidoc", {}).get("arguments", {})
    schemas = [each["schema"] for each in arguments.get("parameters", ()) if each["in"] == "query"]
    named = {name for schema in schemas for name in _names_of(schema)}
    return frozenset(named.union(getattr(view, "query_parameters", ())))


def _names_of(schema: Schema | type[Schema]) -> tuple[str, ...]:
    return _names_of_class(schema) if isinstance(schema, type) else _names(schema)


@cache  # to make a schema takes as long as to answer from memory
def _names_of_class(schema: type[Schema]) -> tuple[str, ...]:
    return _names(schema())


def _names(schema: Schema) -> tuple[str, ...]:
    return tuple(field.data_key or name for name, field in schema.fields.items())
