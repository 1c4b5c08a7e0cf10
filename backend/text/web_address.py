"""Addresses as publishers write them, made absolute and repaired as browsers do. Pure."""

import html
import re
from urllib.parse import quote, urljoin, urlsplit

import regex

# Tab, line feed and carriage return inside an address are nothing (url.spec.whatwg.org).
_breaks = regex.compile(r"\s*[\t\r\n]+\s*")
_blank = regex.compile(r"\s")
# What stands around an address in a text (RFC 3986, appendix C).
_AROUND = " \t\r\n\f\u00a0<>\"'\u200b\u200e\u200f\ufeff"
_scheme = regex.compile(
    r"^(?:https?(?::/*|//+))*(https?)(?::/*|//+)\s*(?=[^/\s])", regex.IGNORECASE
)
# A first segment that is a host whose scheme was forgotten, and not a file.
_bare_host = regex.compile(
    r"^(www\.)?(?:[\w-]+\.)+([a-z]{2,24})(?::\d+)?(?=[/?#]|$)", regex.IGNORECASE
)
# An address that means the same on every page and needs no repair.
_whole = re.compile(
    r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?:/[\w.~:@!$&'()*+,;=%/-]*)?"
    r"(?:\?[\w.~:@!$&'()*+,;=%/?-]+)?(?:#[\w.~:@!$&'()*+,;=%/?-]+)?",
    re.ASCII,
)
# Scheme and host of an address; empty for one without them.
_origin = re.compile(r"(?:https?://[^/?#]*)?", re.IGNORECASE)
_bare_percent = re.compile(r"%(?![0-9A-Fa-f]{2})")
_FILES = {
    *(
        "html",
        "htm",
        "xhtml",
        "shtml",
        "php",
        "asp",
        "aspx",
        "jsp",
        "jspx",
        "do",
        "cgi",
        "pl",
        "cfm",
    ),
    *("xml", "rss", "json", "txt", "pdf", "jpg", "jpeg", "png", "gif", "webp", "svg", "mp3", "mp4"),
}


def absolute(url: str, base_url: str) -> str | None:
    """Return the http(s) address of `url` on a page at `base_url`; None if empty or unusable."""
    if _whole.fullmatch(url) and "&amp;" not in url:
        return url
    if not url.strip():
        return None
    try:
        joined = urljoin(base_url, _repaired(url))
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:
        return None
    usable = parts.scheme in {"http", "https"} and host and "%" not in host
    return joined if usable and not any(map(str.isspace, joined)) else None


def well_formed(url: str) -> str:
    """Return the address with characters that none may hold escaped as browsers do (RFC 3986)."""
    if _whole.fullmatch(url):
        return url
    origin = _origin.match(url)
    start = origin.end() if origin else 0
    rest, mark, fragment = _bare_percent.sub("%25", url[start:]).partition("#")
    allowed = "!$&'()*+,-./:;=?@_~%"
    return f"{url[:start]}{quote(rest, allowed)}{mark}{quote(fragment, allowed)}"


def _repaired(url: str) -> str:
    text = _breaks.sub("", url.strip(_AROUND))
    if "&amp;" in text:
        text = html.unescape(text)
    before, mark, after = text.partition("?")
    text = before.replace("\\", "/") + mark + after  # as url.spec.whatwg.org reads them
    text = _scheme.sub(lambda found: f"{found[1].lower()}://", text)
    bare = _bare_host.match(text)
    if bare and bare[2].lower() not in _FILES and (bare[1] or text[bare.end() :].startswith("/")):
        text = f"https://{text}"
    return _blank.sub("%20", text)
