"""OPML, the list of feeds that readers exchange: read and write. Pure.

Source: OPML 2.0, "Subscription lists" (opml.org/spec2.opml). What it has no attribute for stands
in a namespace of ours, so that a list that was taken out comes back in whole.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.parsers import expat

from backend.ingest.parsing.encodings import decoded

NAMESPACE = "urn:tagwire:opml"
MOST_FEEDS = 5_000
DEEPEST = 50

_declaration = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
_bare_ampersand = re.compile(r"&(?!(?:#\d+|#x[0-9a-f]+|\w+);)", re.IGNORECASE)
_OWN = {"slug": "slug", "timeZone": "time_zone", "identity": "identity"}
_OWN_FLAGS = {"paused": "paused", "dayFirst": "day_first"}


class OpmlError(Exception):
    """This is no list of feeds that can be read; the message is for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed of the list. `fields` are those of a source, as the document writes them."""

    title: str
    feed_url: str
    fields: dict[str, str | bool] = field(default_factory=dict)

    @property
    def slug(self) -> str | None:
        found = self.fields.get("slug")
        return str(found) if found else None


def read(body: bytes, content_type: str = "") -> list[Outline]:
    """Read the feeds of a document, each address once, in its order; a folder is their category.

    Raises:
        OpmlError: it is no OPML, declares entities, or lists too much.
    """
    text = _declaration.sub("", decoded(body, content_type).text).strip()
    try:
        reader = _parsed(text)
    except expat.ExpatError:  # many programs forget to escape the addresses' ampersands
        try:
            reader = _parsed(_bare_ampersand.sub("&amp;", text))
        except expat.ExpatError as error:
            message = f"the XML is broken in line {error.lineno}"
            raise OpmlError(message if "<opml" in text.lower() else "this is no OPML") from error
    found: dict[str, Outline] = {}
    for each in reader.outlines:
        found.setdefault(each.feed_url, each)
    return list(found.values())


def write(outlines: Iterable[Outline], title: str) -> bytes:
    """Write a document with the feeds, in a folder for each category."""
    ElementTree.register_namespace("tagwire", NAMESPACE)
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = title
    body = ElementTree.SubElement(root, "body")
    folders: dict[str, ElementTree.Element] = {}
    for each in outlines:
        category = str(each.fields.get("category") or "")
        if category and category not in folders:
            named = {"text": category, "title": category}
            folders[category] = ElementTree.SubElement(body, "outline", named)
        ElementTree.SubElement(folders.get(category, body), "outline", _attributes(each))
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _attributes(outline: Outline) -> dict[str, str]:
    fields = outline.fields
    given: dict[str, object] = {
        "type": "rss",
        "text": outline.title,
        "title": outline.title,
        "xmlUrl": outline.feed_url,
        "htmlUrl": fields.get("home_url"),
        "language": fields.get("language"),
        **{f"{{{NAMESPACE}}}{name}": fields.get(ours) for name, ours in _OWN.items()},
    }
    for name, ours in _OWN_FLAGS.items():
        if fields.get(ours) is not None:
            given[f"{{{NAMESPACE}}}{name}"] = "true" if fields[ours] else "false"
    return {name: _xml_text(str(value)) for name, value in given.items() if value}


def _xml_text(text: str) -> str:
    return "".join(character for character in text if character >= " " or character in "\t\n")


def _parsed(text: str) -> "_Reader":
    reader = _Reader()
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.EntityDeclHandler = reader.entity
    parser.Parse(text.encode("utf-8", "replace"), True)
    return reader


class _Reader:
    """Handlers for expat: outlines with an address, inside the folders that hold them."""

    def __init__(self) -> None:
        self.outlines: list[Outline] = []
        self._folders: list[str] = []
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth == 0 and name.lower() != "opml":
            raise OpmlError("this is XML but no OPML")
        self._depth += 1
        if self._depth > DEEPEST:
            raise OpmlError(f"the list is nested more than {DEEPEST} levels deep")
        if name.lower() == "outline":
            self._outline({key.lower(): value.strip() for key, value in attributes.items()})

    def end(self, name: str) -> None:
        self._depth -= 1
        if name.lower() == "outline":
            self._folders.pop()

    def entity(self, *_: object) -> None:
        raise OpmlError("the document declares XML entities")

    def _outline(self, given: dict[str, str]) -> None:
        title = given.get("title") or given.get("text") or ""
        self._folders.append("" if given.get("xmlurl") else title)
        if not given.get("xmlurl"):
            return
        if len(self.outlines) >= MOST_FEEDS:
            raise OpmlError(f"the list has more than {MOST_FEEDS:,} feeds")
        self.outlines.append(Outline(title, given["xmlurl"], dict(self._fields(given))))

    def _fields(self, given: dict[str, str]) -> Iterable[tuple[str, str | bool]]:
        folder = next((each for each in reversed(self._folders) if each), "")
        # "/Boston/Weather,/Harvard": the last part of the first one.
        written = given.get("category", "").partition(",")[0].strip("/ ").rpartition("/")[2]
        found = {
            "category": folder or written.strip(),
            "home_url": given.get("htmlurl", ""),
            "language": given.get("language", ""),
            **{ours: given.get(f"{NAMESPACE} {key}".lower(), "") for key, ours in _OWN.items()},
        }
        yield from ((name, value) for name, value in found.items() if value)
        for key, ours in _OWN_FLAGS.items():
            flag = given.get(f"{NAMESPACE} {key}".lower())
            if flag in {"true", "false"}:
                yield ours, flag == "true"
