"""Fields that several wire formats share."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields

EARLIEST = datetime(1800, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Instant(fields.AwareDateTime):
    """RFC 3339 with an offset when read, UTC, whole seconds and `Z` when written.

    Years that only a mistake can mean are refused: near either end of the calendar an instant
    has no time of day in some zones.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **_: Any) -> Any:
        return None if value is None else instant_text(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise ValidationError("Write a time as text, such as 2026-01-31T08:00:00Z.")
        try:
            instant = super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError as error:
            raise ValidationError("This time is out of range.") from error
        if not EARLIEST <= instant < LATEST:
            raise ValidationError("A time lies between the years 1800 and 2200.")
        return instant


class Item(fields.Nested):
    """One of a list: what is wrong with it is its own result and spoils no other item."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(*args, **kwargs)
        except ValidationError as error:
            return error


class Flag(fields.Boolean):
    """JSON's true or false and nothing that only looks like one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Write true or false.")
        return value


class WholeNumber(fields.Integer):
    """JSON's number without a fraction, also where it is written as 5.0."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)

    def _validated(self, value: Any) -> int:
        is_whole = isinstance(value, float) and value.is_integer()
        return int(super()._validated(int(value) if is_whole else value))


# Scripts by their ranges, because Python knows no `\p{L}` and others take `\w` for ASCII alone.
LETTERS = "0-9A-Za-zÀ-ÖØ-öø-ʯΑ-Ωα-ωЀ-ҁԱ-Ֆא-תؠ-يऄ-हก-ะა-ჰぁ-ゖァ-ヺ一-鿋가-힣"
LONGEST_PICTURE_BYTES = 500  # it stands in a push message twice
LONGEST_URL_BYTES = 2000  # what an index of PostgreSQL takes, with room to spare


class WebUrl(fields.String):
    """An absolute http or https address of bounded length."""

    _begins, _longest = "https?", LONGEST_URL_BYTES

    def __init__(self, **kwargs: Any) -> None:
        host, rest = f"[{LETTERS}][{LETTERS}._-]*(:[0-9]{{1,5}})?", f"([/?#][!-~{LETTERS}]*)?"
        limits = {"pattern": f"^{self._begins}://{host}{rest}$", "maxLength": self._longest}
        super().__init__(metadata=limits | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if not _is_web_url(text):
            raise ValidationError("Write an absolute http or https address.")
        if urlsplit(text).username is not None:  # it would be shown to whoever reads the address
            raise ValidationError("Write an address without a user name or password.")
        if len(text.encode()) > LONGEST_URL_BYTES:
            raise ValidationError("An address may have at most 2,000 bytes.")
        return text


class PictureUrl(WebUrl):
    """The https address of a picture: phones load no other."""

    _begins, _longest = "https", LONGEST_PICTURE_BYTES

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text.startswith("https://"):
            raise ValidationError("Write an address that begins with https://.")
        if len(text.encode()) > LONGEST_PICTURE_BYTES:
            raise ValidationError(f"It may have at most {LONGEST_PICTURE_BYTES} bytes.")
        return text


def _is_web_url(text: str) -> bool:
    if " " in text or not text.isprintable():
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def instant_text(value: datetime) -> str:
    """The one way a time is written: UTC, whole seconds, `Z`.

    Parsers of apps take times with fractions or without, not both in one list (Foundation's
    ISO8601 strategy, for one), and one that fails takes the page with it.
    """
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
