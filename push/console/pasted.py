"""Addresses as people paste them: with what trackers added, with or without a last slash. Pure."""

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit


def spellings(typed: str) -> Iterator[str]:
    """What an article may be found by, the likeliest first; words are themselves."""
    words = typed.strip()
    yield words
    if not words.startswith(("http://", "https://")):
        return
    try:
        parts = urlsplit(words)
    except ValueError:
        return
    for query in dict.fromkeys((parts.query, "")):
        for path in dict.fromkeys((parts.path, parts.path.rstrip("/"), parts.path + "/")):
            address = urlunsplit((parts.scheme, parts.netloc, path, query, ""))
            if address != words:
                yield address
