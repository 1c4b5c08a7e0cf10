"""The form of the alert desk: what is typed there, as the content of a draft, and back. Pure.

A form is a list of texts by the name of its field. Whatever can be typed can be kept: what is
typed in no way that a draft can be is refused by the draft's schema, by its name.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from backend.audience.topic import parse_topic

Form = Mapping[str, Sequence[str]]
Fields = dict[str, list[str]]

_LISTS = ("platforms", "languages", "countries", "editions")
_PLAIN = ("title", "body", "article_id", "image", "deliver_at")
_SEPARATED = re.compile(r"[,\n،]")


def content_typed(form: Form, instant: Callable[[str], datetime | None]) -> dict[str, Any]:
    """Return what was typed, as `schemas.drafts.AlertContent` loads it, without empty fields.

    `instant` reads a time in the editor's zone.

    Raises:
        ValueError: the time is none.
    """
    said: dict[str, Any] = {name: one for name in _PLAIN if (one := _text(form, name))}
    if send_at := instant(_text(form, "send_at")):
        said["send_at"] = send_at.isoformat()
    if (lives := _text(form, "expires_in_s")).isdecimal():
        said["expires_in_s"] = int(lives)
    if form.get("insist"):
        said["insist"] = True
    # One choice for editors: an alert is breaking by its urgency, and important by its level.
    loudness = _text(form, "loudness")
    said["urgency"] = "breaking" if loudness == "breaking" else "normal"
    if loudness == "important":
        said["level"] = "important"
    parts = {"variants": _variants(form), "audience": _audience(form)}
    return said | {name: part for name, part in parts.items() if part}


def fields_of(content: Mapping[str, Any], for_field: Callable[[str], str]) -> Fields:
    """Return the fields for this content; `for_field` writes an instant in the editor's zone."""
    audience = content.get("audience", {})
    versions = audience.get("app_version", {})
    found: Fields = {name: [content[name]] for name in _PLAIN if content.get(name)}
    found["topic"] = [*audience.get("any", ())]
    for role in ("all", "none"):
        found[role] = [", ".join(audience.get(role, ()))]
    for name in _LISTS:
        listed = audience.get(name, [])
        found[name] = [*listed] if name == "platforms" else [", ".join(listed)]
    for end in ("min", "max"):
        found[f"app_version_{end}"] = [versions.get(end, "")]
    for language, text in content.get("variants", {}).items():
        for part in ("title", "body"):
            found[f"{part}:{language}"] = [text.get(part, "")]
    loudness = content.get("level") or content.get("urgency", "normal")
    found["loudness"] = ["breaking" if content.get("urgency") == "breaking" else loudness]
    found["send_at"] = [for_field(content["send_at"]) if content.get("send_at") else ""]
    found["expires_in_s"] = [str(content.get("expires_in_s", ""))]
    return found | ({"insist": ["yes"]} if content.get("insist") else {})


def languages_in(form: Form) -> list[str]:
    """Return the languages that a form has fields for beside the original."""
    return [name.removeprefix("title:") for name in form if name.startswith("title:")]


def _text(form: Form, name: str) -> str:
    return next(iter(form.get(name, ())), "").replace("\r\n", "\n").strip()


def _variants(form: Form) -> dict[str, dict[str, str]]:
    """Return the texts by language. One whose fields are both empty is kept, to be written yet."""
    return {
        language: {part: _text(form, f"{part}:{language}") for part in ("title", "body")}
        for language in languages_in(form)
    }


def _audience(form: Form) -> dict[str, Any]:
    said: dict[str, Any] = {
        "any": [*dict.fromkeys(form.get("topic", ()))],
        "all": [topic_typed(each) for each in _words(form, "all")],
        "none": [topic_typed(each) for each in _words(form, "none")],
        **{name: _words(form, name) for name in _LISTS},
    }
    said["countries"] = [each.upper() for each in said["countries"]]
    ends = {end: _text(form, f"app_version_{end}") for end in ("min", "max")}
    said["app_version"] = {end: version for end, version in ends.items() if version}
    return {name: part for name, part in said.items() if part}


def topic_typed(typed: str) -> str:
    """Return a topic as apps write it; a bare name is a tag's."""
    bare = typed.strip().lstrip("#")
    return bare if parse_topic(bare) else f"tag:{bare}"


def _words(form: Form, name: str) -> list[str]:
    """Return what stands between commas, and every box of the name that is ticked."""
    parts = (part.strip() for text in form.get(name, ()) for part in _SEPARATED.split(text))
    return [part for part in parts if part]
