"""An article as the fields of a form, and what was typed as the API would be sent it. Pure."""

from collections.abc import Mapping
from typing import Any

TEXTS = (
    *("title", "summary", "body_html", "url", "category", "language"),
    *("image_url", "image_alt", "authors"),
)
NAMES = (*TEXTS, "breaking")
# The member of an article's versions that a field shows, where it is called otherwise.
MEMBERS = {"url": "source_url"}
_NULL = ("summary", "body_html", "category", "language")

Shown = dict[str, str]


def shown_of(says: Mapping[str, Any]) -> Shown:
    """The fields of what an article says, as `backend.newsroom.versions.snapshot` has it."""
    shown = {name: says[MEMBERS.get(name, name)] or "" for name in TEXTS}
    shown["authors"] = "\n".join(map(_author_line, says["authors"]))
    shown["breaking"] = "yes" if says["breaking"] else ""
    return {name: _one_kind_of_break(value) for name, value in shown.items()}


def typed_in(form: Mapping[str, str]) -> Shown:
    return {name: _one_kind_of_break(form.get(name, "")) for name in NAMES}


def merged(base: Shown, typed: Shown, present: Shown) -> Shown:
    """Merge what was typed with what somebody else wrote meanwhile in the other fields."""
    return {n: present[n] if typed[n] == base[n] else typed[n] for n in NAMES}


def wire_of(typed: Shown, base: Shown, size: tuple[int | None, int | None]) -> dict[str, Any]:
    """The changed fields as `schemas.articles.ArticleCorrection` takes them.

    `size` is the present picture's: it stays while the picture does.
    """
    changed = {name for name in NAMES if typed[name] != base[name]}
    wire: dict[str, Any] = {n: typed[n] for n in ("title", "url") if n in changed}
    wire |= {name: typed[name] or None for name in _NULL if name in changed}
    if "authors" in changed:
        wire["authors"] = [_author(line) for line in typed["authors"].splitlines() if line.strip()]
    if changed & {"image_url", "image_alt"}:
        width, height = (None, None) if "image_url" in changed else size
        image = {"url": typed["image_url"], "alt": typed["image_alt"] or None}
        wire["image"] = image | {"width": width, "height": height} if typed["image_url"] else None
    if "breaking" in changed:
        wire["breaking"] = bool(typed["breaking"])
    return wire


def new_of(typed: Shown, form: Mapping[str, str]) -> dict[str, Any]:
    """A new article as `schemas.newsroom.ArticleDraft` takes it."""
    nothing = dict.fromkeys(NAMES, "")
    tags = [each.strip().lstrip("#") for each in form.get("tags", "").split(",")]
    given = {"tags": list(filter(None, tags)), "body_text": form.get("body_text") or None}
    needed = {"title": typed["title"], "url": typed["url"]}
    return wire_of(typed, nothing, (None, None)) | needed | given


def _author_line(author: Mapping[str, Any]) -> str:
    return f"{author['name']} {author['url']}" if author.get("url") else author["name"]


def _author(line: str) -> dict[str, str | None]:
    """A name, and the address of the author's page if the line ends with one."""
    name, _, last = line.strip().rpartition(" ")
    if name and last.startswith(("http://", "https://")):
        return {"name": name.strip(), "url": last}
    return {"name": line.strip(), "url": None}


def _one_kind_of_break(text: str) -> str:
    """Make all ends of lines alike: browsers send another one than they were given."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
