"""Authors of an entry: names and addresses, never e-mail addresses. Pure."""

from collections.abc import Iterable

import regex

from backend.ingest.parsing.elements import Children, Element, children_of, first_text, text_of
from backend.ingest.parsing.titles import title_of
from backend.newsroom.draft import AuthorDraft
from backend.text.web_address import absolute

MAX_AUTHORS = 10
LONGEST_NAME = 200
_MANY = regex.compile(r"\s*[;|、；，،]\s*|\s+/\s+|,?\s+(?:and|und|et|y|e|&|và|и|و)\s+")
_by = regex.compile(r"^(?:by|von|por|par|di|door)\s+(?=\p{Lu})", regex.IGNORECASE)
_email = regex.compile(r"[<(\[]?\b(?:mailto:)?[\w.+%-]+@[\w-]+(?:\.[\w-]+)+\b[>)\]]?")
_letter = regex.compile(r"\p{L}")
_wrapped = regex.compile(r"^[\s(\[<\"']+|[\s\]>\"',]+$|(?<!\w[^()]*[(][^()]*)[\s)]+$")


def authors_in(children: Children, base_url: str) -> tuple[AuthorDraft, ...]:
    """Return the authors an entry names, in order and each once."""
    found: list[AuthorDraft] = []
    for element in children.get("author", ()):
        found += _of_element(element, base_url)
    for name in ("dc:creator", "itunes:author", "byline", "media:credit"):
        if found and name not in {"dc:creator"}:
            break
        for element in children.get(name, ()):
            if name != "media:credit" or element.get("role") in {"author", "reporter"}:
                found += named_in(text_of(element))
    return distinct(found)


def named_in(text: str) -> list[AuthorDraft]:
    """Split the names in one field: "By Ann Lee and Bob Ray", "ann@paper.example (Ann Lee)"."""
    plain = _by.sub("", title_of(_email.sub("", text)))
    parts = [each for part in _MANY.split(plain) for each in _listed(part)]
    names = (_wrapped.sub("", part)[:LONGEST_NAME] for part in parts)
    return [AuthorDraft(name) for name in names if _letter.search(name) and "://" not in name]


def distinct(authors: Iterable[AuthorDraft]) -> tuple[AuthorDraft, ...]:
    """Return each name once, with an address when one of them has it."""
    found: dict[str, AuthorDraft] = {}
    for each in authors:
        key = each.name.casefold()
        if key not in found or (each.url and not found[key].url):
            found[key] = each
    return tuple(found.values())[:MAX_AUTHORS]


def _of_element(element: Element, base_url: str) -> list[AuthorDraft]:
    if len(element) == 0:
        return named_in(text_of(element))
    inner = children_of(element)
    url = absolute(first_text(inner, "uri", "url"), base_url)
    names = named_in(first_text(inner, "name"))
    return [AuthorDraft(each.name, url) for each in names]


def _listed(part: str) -> list[str]:
    """Split a list of full names; "Trump, Donald" is one name."""
    names = [name.strip() for name in part.split(",")]
    is_list = len(names) > 1 and all(2 <= len(name.split()) <= 4 for name in names)
    return names if is_list else [part]
