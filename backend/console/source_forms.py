"""Forms of sources, as the fields that the API would be sent."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from backend.core.problems import Invalid
from schemas.newsroom import SourceDraft, SourceState
from schemas.sources import TrialDraft

TEXTS = (
    *("name", "home_url", "feed_url", "language", "category", "time_zone", "identity"),
    *("rights", "canonical", "attribution", "full_text"),
)
NUMBERS = ("expires_after_days", "embargo_minutes")
ALWAYS = frozenset({"name", "canonical", "full_text"})  # these have no null
SECRETS = {"basic_auth": ("user", "password"), "secret_header": ("name", "value")}
TRIED = ("url", "language", "category", "time_zone", "day_first")
MEGABYTE = 1_000_000


def changes_of(form: Mapping[str, str], present: object) -> dict[str, Any]:
    """Return what the form changes of a source; `present` is its state.

    Raises:
        Invalid: a value cannot be used.
    """
    given = _loaded(SourceDraft(), draft_of(form))
    shown = SourceState().dump(present)
    return {
        name: value
        for name, value in given.items()
        if name in SECRETS or value != shown.get(name)  # secrets are not shown
    }


def draft_of(form: Mapping[str, str]) -> dict[str, Any]:
    """The fields that the form has; one that is left empty takes its value away."""
    given: dict[str, Any] = {name: _text(form[name]) for name in TEXTS if name in form}
    given |= {name: _number(form[name]) for name in NUMBERS if name in form}
    if "document_mb" in form:
        given["document_bytes"] = _bytes(form["document_mb"])
    if "day_first" in form:
        given["day_first"] = _choice(form["day_first"])
    if "ports" in form:
        given["ports"] = [_number(port) for port in form["ports"].replace(",", " ").split()]
    if "has_flags" in form:
        given["fast"] = "fast" in form
    for name in ALWAYS & given.keys():
        if given[name] is None:
            del given[name]
    return given | _secrets(form)


def trial_of(form: Mapping[str, str]) -> dict[str, Any]:
    """Read the form of a trial.

    Raises:
        Invalid: a value cannot be used.
    """
    given: dict[str, Any] = {name: _text(form.get(name, "")) for name in TRIED}
    given["day_first"] = _choice(form.get("day_first", ""))
    url = given["url"] or ""
    if url and "://" not in url:
        given["url"] = f"https://{url}"
    return _loaded(TrialDraft(), {name: each for name, each in given.items() if each is not None})


def new_source_of(form: Mapping[str, str]) -> dict[str, Any]:
    """Read the form of a new source that is polled.

    Raises:
        Invalid: a value cannot be used.
    """
    given = {name: each for name, each in draft_of(form).items() if each is not None}
    for name in ("name", "feed_url"):
        if name not in given:
            raise Invalid.field(name, "This is needed.")
    return _loaded(SourceDraft(), given)


def _secrets(form: Mapping[str, str]) -> dict[str, Any]:
    """Read the secrets, which are never shown: an empty one stays, and a tick takes one away."""
    given: dict[str, Any] = {}
    for name, (first, second) in SECRETS.items():
        if f"forget_{name}" in form:
            given[name] = None
        elif form.get(f"{name}_{first}") or form.get(f"{name}_{second}"):
            given[name] = {part: form.get(f"{name}_{part}", "") for part in (first, second)}
    return given


def _loaded(schema: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(schema.load(given))
    except ValidationError as error:
        errors = dict(_flat(error.messages_dict))
        raise Invalid("Look at the form again.", errors=errors) from error


def _flat(messages: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield the messages of each field of the form, where names are flat."""
    for name, said in messages.items():
        own = prefix if isinstance(name, int) else f"{prefix}_{name}".lstrip("_")
        if isinstance(said, Mapping):
            yield from _flat(said, own)
        else:
            yield own, said


def _text(value: str) -> str | None:
    return value.strip() or None


def _number(value: str) -> int | str | None:
    """Parse a number; what is none is left for the schema to refuse."""
    text = value.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else text or None


def _bytes(value: str) -> int | str | None:
    """Parse a number of megabytes as bytes; what is none is left for the schema to refuse."""
    try:
        return round(float(value.replace(",", ".")) * MEGABYTE)
    except (ValueError, OverflowError):
        return _text(value)


def _choice(value: str) -> bool | None:
    return {"yes": True, "no": False}.get(value)
