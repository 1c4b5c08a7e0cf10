"""Reads the form of a short link into what the API would be sent."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from backend.console.forms import listed
from backend.console.shell import typed_time
from backend.core.problems import Invalid
from deeplinks.short_links.link import Link
from schemas.fields import instant_text

Form = MultiDict[str, str]
_TARGET = ("url", "platform", "language", "country")
# Empty rows of targets at the end of a form.
SPARE_TARGETS = 1


def whole_address(text: str, site: str) -> str:
    """Complete a path to an address of this site; leave other addresses as they are."""
    return f"{site}{text.strip()}" if text.strip().startswith("/") else text.strip()


def typed_link(form: Form, site: str) -> dict[str, Any]:
    """Return the fields of `schemas.links.ShortLinkDraft` that stand in the form.

    Raises:
        Invalid: the end is no time.
    """
    return {
        "url": whole_address(form.get("url", ""), site),
        "campaign": form.get("campaign", "").strip() or None,
        "tags": listed(form.get("tags", "")),
        "expires_at": _typed_end(form),
        "targets": [
            {name: value or None for name, value in row.items()}
            | {"url": whole_address(row["url"], site)}
            for row in typed_targets(form)
            if row["url"]
        ],
    }


def typed_change(form: Form, site: str, link: Link) -> dict[str, Any]:
    """Return the change of a link that was typed; an end in the past that nobody touched stays."""
    given = typed_link(form, site)
    if given["expires_at"] == (link.expires_at and _to_the_minute(link)):
        del given["expires_at"]
    return given


def typed_targets(form: Form) -> list[dict[str, str]]:
    """Return each row of the targets as it was typed."""
    columns = [form.getlist(f"target_{name}") for name in _TARGET]
    return [
        dict(zip(_TARGET, (value.strip() for value in row), strict=True))
        for row in zip(*columns, strict=False)
    ]


def form_of(link: Link, site: str) -> dict[str, Any]:
    """Return a form filled in with a link as it is."""
    return {
        "url": site + link.path,
        "campaign": link.campaign or "",
        "tags": ", ".join(link.tags),
        "targets": [
            {"url": site + rule.path} | {name: getattr(rule, name) or "" for name in _TARGET[1:]}
            for rule in link.rules
        ],
    }


def form_again(form: Mapping[str, Any], targets: list[dict[str, str]]) -> dict[str, Any]:
    """Return a form as it was typed."""
    return {**form, "targets": [row for row in targets if any(row.values())]}


def _typed_end(form: Form) -> str | None:
    try:
        end = typed_time(form.get("expires_at", ""))
    except ValueError as error:
        raise Invalid.field("expires_at", "Write a day and a time.") from error
    return instant_text(end) if end else None


def _to_the_minute(link: Link) -> str | None:
    end = link.expires_at
    return instant_text(end.replace(second=0, microsecond=0)) if end else None
