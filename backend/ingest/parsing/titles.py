"""Headlines as one line of text: markup taken out, words in angle brackets kept. Pure."""

import html

import regex

from backend.text.clean import one_line

# Marks that no reader sees. Joiners stay: Persian, Indic scripts and emoji are spelt with them.
_invisible = regex.compile(
    "[\u00ad\u200b\u200e\u200f\u061c\u202a-\u202e\u2060\u2066-\u2069\u180e\ufeff\ufff9-\ufffc]"
)
_LONGEST = 5_000
_breaks = regex.compile(r"<\s*/?\s*(?:br|hr|p|div|li|img)\b[^<>]*>", regex.IGNORECASE)
_nothing = regex.compile(r"<!--.*?-->|<wbr\s*/?>", regex.DOTALL | regex.IGNORECASE)
# A character that was escaped once more than its markup: &amp;#039; is an apostrophe.
_escaped_again = regex.compile(
    r"&(?:amp;)+(?=(?:#\d{2,6}|#x[0-9a-f]{2,6}|amp|quot|apos|nbsp|hellip|[lr][sd]quo|[mn]dash);)",
    regex.IGNORECASE,
)
_NAMES = (
    "b|i|u|s|em|strong|small|big|sub|sup|span|font|a|q|cite|mark|code|abbr"
    "|h[1-6]|ins|del|bdi|bdo|strike|center|tt|ruby|rt|rp|time|acronym|kbd|var|samp|dfn|nobr"
)
_paired = regex.compile(
    rf"<(?P<name>{_NAMES})(?:\s[^<>]*)?>(?P<inner>.*?)</(?P=name)\s*>",
    regex.IGNORECASE | regex.DOTALL,
)
# A tag whose other half was cut off: it stands at a word, has an attribute or closes itself.
# Vec<U> and "the <b> tag" are words.
_unpaired = regex.compile(
    rf"(?<!\w)<(?:{_NAMES})>(?=[\w\p{{Pi}}\p{{Ps}}\"'])|(?<=\S)</(?:{_NAMES})\s*>(?!\w)"
    rf"|<(?:{_NAMES})(?:\s[^<>=]*=[^<>]*(?:>|$)|\s*/>)",
    regex.IGNORECASE,
)


def title_of(markup: str) -> str:
    """Read a title whose publisher may have written text or markup: `List<String>` stays."""
    markup = markup[:_LONGEST]
    if "<" in markup:
        markup = _breaks.sub(" ", _nothing.sub("", markup))
        for _ in range(5):
            markup, count = _paired.subn(lambda found: found["inner"], markup)
            if not count:
                break
        markup = _unpaired.sub("", markup)
    if "&" in markup:
        markup = html.unescape(_escaped_again.sub("&", markup))
    return literal_title(markup)


def literal_title(text: str) -> str:
    """Read a title that is text already (RFC 4287, section 3.1.1.1)."""
    return " ".join(_invisible.sub("", text).split())


def html_title(markup: str) -> str:
    """Read a title that is declared as HTML: every tag is one."""
    return literal_title(one_line(markup)) if "<" in markup else title_of(markup)
