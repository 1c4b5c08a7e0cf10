"""The text of a post of Ghost from what its editors keep, where an export has no HTML. Pure.

Lexical is the present editor's form, Mobiledoc the one before (github.com/bustle/mobiledoc-kit,
MOBILEDOC.md, version 0.3). Emphasis is not kept; what a card of HTML holds is.
"""

import html
from collections.abc import Iterable
from typing import Any

import orjson

from backend.ingest.cms.post import Fields, objects, text

_QUOTES = dict.fromkeys(("aside", "quote", "extended-quote"), "blockquote")
_LINES = {"paragraph": "p", **_QUOTES}
_HEADINGS = frozenset({"heading", "extended-heading"})
_MARKUP, _IMAGE, _LIST, _CARD = 1, 2, 3, 10  # sections of Mobiledoc


def markup_of(post: Fields) -> str | None:
    lexical, mobiledoc = _loaded(text(post, "lexical")), _loaded(text(post, "mobiledoc"))
    if lexical is not None:
        root = lexical.get("root")
        nodes = objects(root.get("children")) if isinstance(root, dict) else []
        return "".join(_block(node) for node in nodes) or None
    return "".join(_sections(mobiledoc)) or None if mobiledoc is not None else None


def _loaded(written: str | None) -> Fields | None:
    try:
        found = orjson.loads(written or "null")
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _block(node: Fields) -> str:
    kind = text(node, "type") or ""
    if kind == "list":
        return "".join(_wrapped("li", _inner(item)) for item in objects(node.get("children")))
    if kind in _HEADINGS:
        return _wrapped("h2", _inner(node))
    return _wrapped(_LINES[kind], _inner(node)) if kind in _LINES else _card(kind, node)


def _inner(node: Fields) -> str:
    return "".join(_inline(each) for each in objects(node.get("children")))


def _inline(node: Fields) -> str:
    kind, inner = node.get("type"), _inner(node)
    if kind == "linebreak":
        return "<br>"
    if kind == "link":
        return _link(text(node, "url") or "", inner)
    words = node.get("text")
    return html.escape(words, quote=False) if isinstance(words, str) else inner


def _card(kind: str, content: Fields) -> str:
    if kind == "html":
        return text(content, "html") or ""
    if kind == "image":
        return _figure(text(content, "src"), text(content, "caption") or "")
    if address := text(content, "url"):  # a film, or a page that is pointed to
        return f"<p>{_link(address, html.escape(address))}</p>"
    return _wrapped("p", html.escape(text(content, "markdown") or "", quote=False))


def _link(address: str, inner: str) -> str:
    return f'<a href="{html.escape(address)}">{inner}</a>'


def _figure(address: str | None, caption: str) -> str:
    told = _wrapped("figcaption", caption)
    return f'<figure><img src="{html.escape(address)}">{told}</figure>' if address else ""


def _wrapped(tag: str, inner: str) -> str:
    return f"<{tag}>{inner}</{tag}>" if inner.strip() else ""


def _sections(document: Fields) -> Iterable[str]:
    cards = _lists(document.get("cards"))
    for section in _lists(document.get("sections")):
        match section:
            case [kind, str(tag), markers, *_] if kind == _MARKUP:
                yield _wrapped(tag if tag in {"h2", "h3", "blockquote"} else "p", _words(markers))
            case [kind, str(address), *_] if kind == _IMAGE:
                yield _figure(address, "")
            case [kind, _, items, *_] if kind == _LIST:
                yield "".join(_wrapped("li", _words(item)) for item in _lists(items))
            case [kind, int(at), *_] if kind == _CARD and 0 <= at < len(cards):
                match cards[at]:
                    case [str(name), dict(content), *_]:
                        yield _card("markdown" if "markdown" in name else name, content)


def _lists(value: Any) -> list[list[Any]]:
    return [each for each in value if isinstance(each, list)] if isinstance(value, list) else []


def _words(markers: Any) -> str:
    """Join the words of markers: each ends with them; an atom, such as a line's end, has none."""
    words = (
        marker[3] if len(marker) > 3 and marker[0] == 0 and isinstance(marker[3], str) else " "
        for marker in _lists(markers)
    )
    return html.escape("".join(words), quote=False)
