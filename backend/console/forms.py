"""Forms of the console read by the schemas of the API, so that both take and refuse the same."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError

from backend.core.problems import Invalid


def loaded(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """Load a form's values by a schema.

    Raises:
        Invalid: some fields cannot be used; each has its messages in one list.
    """
    try:
        return dict(schema.load(given))
    except ValidationError as error:
        said = {name: [*_messages(each)] for name, each in error.messages_dict.items()}
        raise Invalid("Look at the form again.", errors=said) from error


def listed(text: str) -> list[str]:
    """Split what was typed as one line with commas."""
    return [each.strip() for each in text.split(",") if each.strip()]


def _messages(found: Any) -> Iterator[str]:
    """Yield the messages of a field; a list has them by place, a form within a form by name."""
    if isinstance(found, str):
        yield found
        return
    for each in found.values() if isinstance(found, Mapping) else found:
        yield from _messages(each)
