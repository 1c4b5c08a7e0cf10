"""Words of a text in ASCII but for its typography, as most of English are: read at once. Pure."""

import re

# None of them is a letter, a digit or part of one, whatever form of Unicode they are brought into.
_typography = re.compile("[\u00a0\u00ab\u00b7\u00bb\u2010-\u2022\u2026\u2032\u2033\u2190-\u2193]")
_BLANKS = {code: " " for code in range(128) if not chr(code).isalnum()}


def ascii_words(text: str) -> list[str] | None:
    """Its runs of letters and digits in lower case; None for a text that has other characters."""
    plain = text if text.isascii() else _typography.sub(" ", text)
    return plain.lower().translate(_BLANKS).split() if plain.isascii() else None
