"""JSON into the fields of protocol buffer messages, with the words of Google's front end. Pure.

Null is an unset field, both spellings of a name are taken but not at once, numbers and flags may
be texts, one value may stand for a list of one. Sources: protobuf.dev, "ProtoJSON Format"; the
words are those of answers in public reports.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import orjson

NOT_REPEATED = "Proto field is not repeating, cannot start list."
TYPES = "type.googleapis.com/"
_DURATION = re.compile(r"-?(\d{1,12})(\.\d{1,9})?\Z", re.ASCII)
_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII
)
_MOST_SECONDS = 315_576_000_000
_FLOAT_LIMIT = 3.4028235e38


class Violation(NamedTuple):
    """A violation; `field` is its path in the request, spelled as the API's description does."""

    field: str
    description: str


class Violations(list[Violation]):
    """The violations that were found so far."""

    def unknown(self, at: str, name: str, reason: str) -> None:
        where = f" at '{at}'" if at else ""
        text = f'Invalid JSON payload received. Unknown name "{name}"{where}: {reason}'
        self.append(Violation(at, text))

    def invalid(self, at: str, kind: str, reason: str) -> None:
        self.append(Violation(at, f"Invalid value at '{at}' ({kind}), {reason}"))


class Kind(Protocol):
    """The type of a field: what it may hold."""

    def read(self, value: Any, at: str, found: Violations) -> Any:
        """Return the value as the API understands it; add what is wrong to `found`."""


class Scalar:
    """A scalar type; `convert` raises ValueError, with a reason or none, for what it refuses."""

    def __init__(self, name: str, convert: Callable[[Any], Any]) -> None:
        self.name = name
        self._convert = convert

    def read(self, value: Any, at: str, found: Violations) -> Any:
        parent, _, name = at.rpartition(".")
        if isinstance(value, list):
            found.unknown(parent, name, NOT_REPEATED)
        elif isinstance(value, dict):
            found.invalid(parent, name, "Starting an object on a scalar field")
        else:
            try:
                return self._convert(value)
            except ValueError as error:
                reason = f"Field '{camel_case(_name_of(at))}', {error}" if error.args else ""
                found.invalid(at, self.name, reason or _shown(value))
        return None


class Message:
    """A message with its fields; `oneof` names those of which one at most is set."""

    def __init__(
        self, name: str, fields: Mapping[str, Kind], oneof: str = "", *members: str
    ) -> None:
        self.name = TYPES + name
        self._fields = fields
        self._names = {camel_case(own): own for own in fields} | {own: own for own in fields}
        self._oneof, self._members = oneof, frozenset(members)

    def read(self, value: Any, at: str, found: Violations) -> dict[str, Any]:
        if isinstance(value, dict):
            return self._read_members(value, at, found)
        parent, _, name = at.rpartition(".")
        if isinstance(value, list):
            found.unknown(parent, name, NOT_REPEATED)
        else:
            found.invalid(at, self.name, _shown(value))
        return {}

    def _read_members(self, value: Mapping[str, Any], at: str, found: Violations) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, item in value.items():
            name = self._names.get(key, "")
            if not name:
                found.unknown(at, key, "Cannot find field.")
            elif item is None:
                continue
            elif name in result:
                found.unknown(at, key, "Proto field is already set.")
            elif name in self._members and self._members & result.keys():
                reason = f"oneof field '{self._oneof}' is already set. Cannot set '{key}'"
                found.invalid(at, "oneof", reason)
            else:
                path = f"{at}.{name}" if at else name
                result[name] = self._fields[name].read(item, path, found)
        return result


class Repeated:
    """A list, or one value in its place."""

    def __init__(self, kind: Scalar) -> None:
        self._kind = kind

    def read(self, value: Any, at: str, found: Violations) -> list[Any]:
        if not isinstance(value, list):
            return [self._kind.read(value, at, found)]
        places = [f"{at}[{number}]" for number in range(len(value))]
        return [self._kind.read(i, place, found) for i, place in zip(value, places, strict=True)]


class Map:
    """A map of texts. On the wire it is a list of entries, and complaints number them so."""

    def __init__(self, entry: str) -> None:
        self.name = TYPES + entry

    def read(self, value: Any, at: str, found: Violations) -> dict[str, Any]:
        if isinstance(value, dict):
            for number, item in enumerate(value.values()):
                self._read_value(item, f"{at}[{number}].value", found)
            return value
        parent, _, name = at.rpartition(".")
        if isinstance(value, list):
            text = f"Cannot bind a list to map for field '{camel_case(name)}'."
            found.invalid(parent, "Map", text)
        else:
            found.invalid(at, self.name, _shown(value))
        return {}

    def _read_value(self, value: Any, at: str, found: Violations) -> None:
        if not isinstance(value, dict):
            TEXT.read(value, at, found)
        for name in value if isinstance(value, dict) else ():
            found.unknown(at, name, "Cannot find field.")


class Struct:
    """A type that takes any JSON object."""

    name = f"{TYPES}google.protobuf.Struct"

    def read(self, value: Any, at: str, found: Violations) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        parent, _, name = at.rpartition(".")
        if isinstance(value, list):
            found.unknown(parent, name, NOT_REPEATED)
        else:
            found.invalid(at, self.name, _shown(value))
        return {}


def read(kind: Message, document: Any) -> tuple[dict[str, Any], Violations]:
    """Return a whole document as the API understands it, and what is wrong with it."""
    found = Violations()
    if isinstance(document, dict):
        return kind.read(document, "", found), found
    found.unknown("", "", "Root element must be a message.")
    return {}, found


def camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def enum(name: str, *values: str) -> Scalar:
    """Make a type that takes one of these values by name, in any case, or by number."""

    def convert(value: Any) -> str:
        if isinstance(value, str) and (named := value.upper().replace("-", "_")) in values:
            return named
        number = _integer(value)
        if 0 <= number < len(values):
            return values[number]
        raise ValueError

    return Scalar(TYPES + name, convert)


def seconds_of(duration: str) -> float:
    """Return the seconds of a duration that was read."""
    return float(duration.removesuffix("s"))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise ValueError
    return value


def _integer(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,10}", value, re.ASCII):
        value = int(value)
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    if not whole or not -(2**31) <= value < 2**31:
        raise ValueError
    return int(value)


def _float(value: Any) -> float:
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", value, re.ASCII):
        value = float(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or abs(value) > _FLOAT_LIMIT:
        raise ValueError
    return float(value)


def _duration(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"Invalid data type for duration, value is {_shown(value)}")
    if not value.endswith("s"):
        raise ValueError("Illegal duration format; duration must end with 's'")
    if not _DURATION.match(value[:-1]):
        raise ValueError("Invalid duration format, failed to parse seconds")
    if abs(seconds_of(value)) > _MOST_SECONDS:
        raise ValueError("Duration value exceeds limits")
    return value


def _timestamp(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"Invalid data type for timestamp, value is {_shown(value)}")
    found = _TIMESTAMP.match(value)
    try:
        datetime.fromisoformat(f"{found[1]}{found[2]}" if found else "")
    except ValueError as error:
        raise ValueError(f"Invalid time format: {value}") from error
    return value


def _name_of(at: str) -> str:
    return at.rpartition(".")[2].partition("[")[0]


def _shown(value: Any) -> str:
    return orjson.dumps(value).decode()


TEXT = Scalar("TYPE_STRING", _text)
FLAG = Scalar("TYPE_BOOL", _flag)
INT32 = Scalar("TYPE_INT32", _integer)
FLOAT = Scalar("TYPE_FLOAT", _float)
DURATION = Scalar(f"{TYPES}google.protobuf.Duration", _duration)
TIMESTAMP = Scalar(f"{TYPES}google.protobuf.Timestamp", _timestamp)
