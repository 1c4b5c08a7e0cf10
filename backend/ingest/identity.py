"""Entry identity for deduplication: guid, else canonical URL, else title and date. Pure."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

from backend.ingest.entry import Entry
from backend.text.clean import without_tracking

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Longer ids are kept as a digest: they are part of an address and of an index.
LONGEST_ID = 200


def external_ids(entries: Sequence[Entry]) -> list[str]:
    """The id of each entry within its source, in order.

    A guid that several different entries of one document share names none of them.
    """
    guids = Counter(entry.guid for entry in entries if entry.guid)
    return [_external_id(entry, is_distinct=guids[entry.guid or ""] < 2) for entry in entries]


def canonical_url(url: str) -> str:
    """Canonicalize a URL: no tracking parameters, no fragment, no default port."""
    try:
        parts = urlsplit(without_tracking(url))
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url.strip()
    if port and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    return urlunsplit((parts.scheme.lower(), host, parts.path or "/", parts.query, ""))


def _external_id(entry: Entry, *, is_distinct: bool) -> str:
    if entry.guid and is_distinct:
        return _bounded(_without_scheme(entry.guid))
    if entry.link:
        return _bounded(_without_scheme(canonical_url(entry.link)))
    title = " ".join(unicodedata.normalize("NFKC", entry.title).casefold().split())
    return _digest(f"{title}\n{entry.published or ''}")


def _without_scheme(text: str) -> str:
    """A publisher that moves to https re-issues every guid; the article stays the same."""
    return canonical_url(text).partition("://")[2] if "://" in text else text.strip()


def _bounded(text: str) -> str:
    text = text.lstrip("/")  # it stands behind a slash in the newsroom's addresses
    return text if text and len(text) <= LONGEST_ID and text.isprintable() else _digest(text)


def _digest(text: str) -> str:
    return "sha256-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:40]
