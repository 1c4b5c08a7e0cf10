"""Texts cut between characters as readers count them (grapheme clusters). Pure."""

import regex


def clusters(text: str) -> list[str]:
    """Split a text into characters as readers count them."""
    found: list[str] = regex.findall(r"\X", text)
    return found


def cut_graphemes(text: str, most: int) -> str:
    """Cut to `most` characters as readers count them; an ellipsis says that text is missing."""
    found = clusters(" ".join(text.split()))
    return "".join(found) if len(found) <= most else "".join(found[: most - 1]) + "…"


def shorten(text: str, most_bytes: int) -> str:
    """Cut to `most_bytes` of UTF-8, between characters as readers count them."""
    kept: list[str] = []
    used = len("…".encode())
    for cluster in clusters(text):
        used += len(cluster.encode())
        if used > most_bytes:
            return "".join(kept).rstrip() + "…" if kept else ""
        kept.append(cluster)
    return text
