"""Whether a surname alone is the well-known person's or stands behind another first name. Pure."""

import regex

from backend.tagging.name_words import words as word_list
from backend.tagging.words import Words

_junior = regex.compile(r" (?:Jr|Junior|Sr)\b")
_OFFICE = regex.compile(
    r"(?:president|minist|premier|kanzler|präsident|senat|governor|chef|leader|führer|trainer"
    r"|kandidat|secretary|mayor|envoy|coach|founder|boss|star|chief|presiden|king|prinz|prince)",
    regex.IGNORECASE,
)
# Capitals before a surname that are no first name.
BEFORE_A_SURNAME = word_list("before_a_surname")


def is_anothers(text: str, words: Words, at: int, count: int) -> bool:
    """Whether a surname stands behind another first name: "Eric Trump" is not the president."""
    end = words[at + count - 1].end
    if _junior.match(text, end):
        return True
    if not at or text[words[at - 1].end : words[at].start] != " ":
        return False
    before = words[at - 1].text
    if not before[0].isupper() or before.isupper() or before.lower() in BEFORE_A_SURNAME:
        return False
    return not _OFFICE.search(before) and not _is_title_case(words, at)


def _is_title_case(words: Words, at: int) -> bool:
    """Whether nearly every longer word around begins with a capital, as in a headline."""
    around = [word.text for word in words[max(0, at - 8) : at + 9] if len(word.text) > 3]
    return len(around) > 3 and sum(each[0].isupper() for each in around) > len(around) * 0.75
