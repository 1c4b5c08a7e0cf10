"""Numbers as a person of the console's language reads them, in digits that scripts write too."""

from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from backend.console.shell import language


def number(value: float | None) -> str:
    return "–" if value is None else format_decimal(value, locale=language())


def share(value: float | None) -> str:
    """Format a share of one as per cent."""
    return "–" if value is None else format_percent(value, locale=language())


def seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return format_unit(round(value, 1), "duration-second", "short", locale=language())
