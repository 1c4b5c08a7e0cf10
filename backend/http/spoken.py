"""The language of a public page, one of those that there are texts in.

The address says it (`?lang=ar`), or the reader chose it before, or else the browser asks for it.
The cache key of a page has this one word, and nothing else of the header and the cookie.
"""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from backend.text.catalogue import best_language
from backend.text.languages import lookups
from backend.text.page_languages import LANGUAGES

# The name of the parameter and of the cookie.
NAME = "lang"
# Headers that a page depends on whose address says no language.
VARY = ("Accept-Language", "Cookie")
# Other cookies of the same line may be in no encoding at all.
_COOKIE = re.compile(rf"(?:^|;)\s*{NAME}=(\w+)")
_HEADERS_CACHED, _LONGEST_HEADER = 2_000, 200
# The longest tag of a language that is looked up; more says no more (RFC 5646, 4.4.1).
_LONGEST_TAG = 35


def spoken_language(environ: dict[str, Any]) -> str:
    """Return the language in which this request is answered."""
    return (
        addressed_language(environ.get("QUERY_STRING", ""))
        or _remembered(environ.get("HTTP_COOKIE", ""))
        or _accepted(environ.get("HTTP_ACCEPT_LANGUAGE", "")[:_LONGEST_HEADER])
    )


def addressed_language(query: str) -> str | None:
    """Return the language that a query names; None where it leaves it to the reader."""
    if f"{NAME}=" not in query:
        return None
    return _known(dict(reversed(parse_qsl(query))).get(NAME))


def _remembered(cookies: str) -> str | None:
    found = _COOKIE.search(cookies)
    return _known(found[1]) if found else None


def _known(tag: str | None) -> str | None:
    if not tag or len(tag) > _LONGEST_TAG:
        return None
    return next((each for each in lookups(tag) if each in LANGUAGES), None)


@lru_cache(maxsize=_HEADERS_CACHED)
def _accepted(header: str) -> str:
    return best_language([*parse_accept_header(header, LanguageAccept).values()])
