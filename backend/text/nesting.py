"""Markup made flat where it nests too deep: a parser of HTML looks through all open elements for
a tag, so that the time it takes grows with the square of their number. Pure.
"""

import re
from collections import Counter

# What publishers write is nested some twenty deep; a parser needs no time worth telling for these.
DEEPEST = 256
# The limit for any nesting: what the counting here takes for closed may be open to a parser.
MOST_TAGS = 20_000

_tag = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)[^<>]*>?")
# They have no end, or the next one ends them (HTML, 13.1.2.4): more of them are no deeper.
_FLAT = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"),
    *("source", "track", "wbr", "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot"),
    *("option", "rt", "rp"),
}


def flattened(markup: str) -> str:
    """The markup without the tags, but with the text, of what stands deeper than `DEEPEST`."""
    if markup.count("<") <= DEEPEST:
        return markup
    return _tag.sub(_Levels().kept, markup)


class _Levels:
    """The elements that are open while tags are read in their order."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._depth = self._read = 0

    def kept(self, tag: re.Match[str]) -> str:
        is_end, name = bool(tag[1]), tag[2].lower()
        self._read += 1
        if self._read > MOST_TAGS or (self._depth >= DEEPEST and not is_end and name not in _FLAT):
            return ""
        if name not in _FLAT and (not is_end or self._open[name]):
            step = -1 if is_end else 1
            self._open[name] += step
            self._depth += step
        return tag[0]
