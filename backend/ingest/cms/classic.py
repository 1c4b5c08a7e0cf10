"""Converts texts as WordPress stores them to the markup that it shows. Pure.

Shortcodes and the paragraphs of the editor before version 5 (`do_shortcode` and `wpautop` in
developer.wordpress.org): an export has texts as they are stored.
"""

import html
import re
from collections.abc import Mapping

_CAPTION = re.compile(r"(?<!\[)\[(wp_)?caption\b([^\]]*)\](.*?)\[/(?:wp_)?caption\]", re.S)
_PICTURE = re.compile(r"\s*((?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?)(.*)", re.S)
_GALLERY = re.compile(r"(?<!\[)\[gallery\b([^\]]*)\]")
# Films and sounds: the address is what is inside, or one of the attributes.
_EMBED = re.compile(r"(?<!\[)\[(embed|video|audio|playlist)\b([^\]]*)\](?:([^\[\]]*)\[/\1\])?")
_ADDRESS = re.compile(r"https?://[^\s\"'\]<>]+")
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s\]]+))""")
_CLOSING = re.compile(r"\[/([A-Za-z][\w-]*)\]")
_WITH_ATTRIBUTES = re.compile(r"(?<!\[)\[[A-Za-z][\w-]*\s[^\[\]]*=[^\[\]]*\]")
_ESCAPED = re.compile(r"\[(\[(?:caption|gallery|embed|video|audio|playlist)\b[^\[\]]*\])\]")
_HELD = re.compile(r"(<pre\b.*?</pre>)", re.S | re.I)
_BLOCK = re.compile(
    r"<(?:/|!--|p|pre|h[1-6]|ul|ol|li|dl|table|blockquote|figure|div|hr|iframe|section)\b", re.I
)


def markup_of(written: str, files: Mapping[str, str]) -> str:
    """Convert a text to what the site shows; `files` are addresses of attachments by their ids."""
    shown = _without_shortcodes(written, files)
    # Blocks of the present editor bring their paragraphs along.
    return shown if "<!-- wp:" in shown else _paragraphs(shown)


def _without_shortcodes(written: str, files: Mapping[str, str]) -> str:
    shown = _CAPTION.sub(lambda found: _figure(found[2], found[3]), written)
    shown = _GALLERY.sub(lambda found: _gallery(found[1], files), shown)
    shown = _EMBED.sub(lambda found: _link(f"{found[3] or ''} {found[2]}"), shown)
    # Extensions' shortcodes go, what they enclose stays. `[sic]` and `[…]` are the author's.
    shown = _WITH_ATTRIBUTES.sub("", _without_pairs(shown))
    return _ESCAPED.sub(r"\1", shown)


def _without_pairs(shown: str) -> str:
    names = "|".join(sorted({*_CLOSING.findall(shown)}))
    return re.sub(rf"\[/?(?:{names})(?:\s[^\[\]]*)?\]", "", shown) if names else shown


def _attributes(written: str) -> dict[str, str]:
    return {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(written)}


def _figure(attributes: str, inside: str) -> str:
    found = _PICTURE.match(inside)
    picture, words = (found[1], found[2].strip()) if found else (inside, "")
    words = words or html.escape(_attributes(attributes).get("caption", ""))
    told = f"<figcaption>{words}</figcaption>" if words else ""
    return f"\n\n<figure>{picture}{told}</figure>\n\n"


def _gallery(attributes: str, files: Mapping[str, str]) -> str:
    ids = re.split(r"[\s,]+", _attributes(attributes).get("ids", ""))
    pictures = (f'<img src="{html.escape(files[each])}" alt="">' for each in ids if each in files)
    return "".join(f"\n\n<figure>{picture}</figure>\n\n" for picture in pictures)


def _link(written: str) -> str:
    found = _ADDRESS.search(written)
    address = html.escape(found[0]) if found else ""
    return f'\n\n<p><a href="{address}">{address}</a></p>\n\n' if found else ""


def _paragraphs(written: str) -> str:
    """Make paragraphs of what empty lines part, keep single line ends; blocks stay themselves."""
    parts = _HELD.split(written.replace("\r\n", "\n"))
    return "".join(part if at % 2 else _of_lines(part) for at, part in enumerate(parts))


def _of_lines(written: str) -> str:
    blocks = (block.strip() for block in re.split(r"\n\s*\n", written))
    return "".join(
        block if _BLOCK.match(block) else f"<p>{_with_breaks(block)}</p>"
        for block in blocks
        if block
    )


def _with_breaks(block: str) -> str:
    return re.sub(r"\s*\n", "<br>", block)
