"""Whether a surname alone is the well-known person's or stands behind another first name. Pure."""

import regex

from backend.tagging.name_words import COMMON
from backend.tagging.name_words import words as word_list
from backend.tagging.names import is_office
from backend.tagging.words import Words

_junior = regex.compile(r" (?:Jr|Junior|Sr)\b")
# "FC", "MSV", "VfB", "ThSV": what stands before the city of a club.
_club = regex.compile(r"\p{Lu}{2,4}|\p{Lu}\p{Ll}{1,2}\p{Lu}{1,2}")
_STATES = frozenset({"EU", "UAE", "UK", "UN", "US", "USA"})
_OFFICE = regex.compile(
    r"(?:president|minist|premier|kanzler|präsident|senat|governor|chef|leader|führer|trainer"
    r"|kandidat|secretary|mayor|envoy|coach|founder|boss|star|chief|presiden|king|prinz|prince)",
    regex.IGNORECASE,
)
# Clubs and newspapers named after a city, in whatever case a title is written.
_CLUB_BEGINS, _CLUB_ENDS = word_list("club_begins"), word_list("club_ends")
_OF_PLACES, _OF_A_CITY = frozenset({"city", "town"}), word_list("of_a_city")
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


def is_part_of_name(words: Words, at: int, count: int) -> bool:
    """Whether a city's name is part of another one: "MSV Duisburg", "Safi Arpaguş"."""
    if is_part_of_club(words, at, count):
        return True
    following = _next_to(words, at + count)
    is_name = following[:1].isupper() and not following.isupper() and not is_office(following)
    return is_name and following.lower() not in COMMON and not _is_title_case(words, at)


def is_part_of_club(words: Words, at: int, count: int) -> bool:
    """Whether a club or a newspaper is named after the city: "Dynamo Dresden", "Boston Globe"."""
    end = at + count
    if at and _is_club(words.texts[at - 1]) and words.gap_behind(at - 1) == " ":
        return True
    following = _next_to(words, end)
    if not following[:1].isupper() or following.lower() not in _CLUB_ENDS:
        return False
    is_place = following.lower() in _OF_PLACES
    return not (is_place and _next_to(words, end + 1).lower() in _OF_A_CITY)


def _next_to(words: Words, end: int) -> str:
    """Return the next word if nothing but a blank is between, else an empty string."""
    is_next = 0 < end < len(words.texts) and words.gap_behind(end - 1) == " "
    return words.texts[end] if is_next else ""


def _is_club(before: str) -> bool:
    is_name = before[0].isupper() and before.lower() in _CLUB_BEGINS
    return is_name or (_club.fullmatch(before) is not None and before not in _STATES)


def _is_title_case(words: Words, at: int) -> bool:
    """Whether nearly every longer word around begins with a capital, as in a headline."""
    around = [each for each in words.texts[max(0, at - 8) : at + 9] if len(each) > 3]
    return len(around) > 3 and sum(each[0].isupper() for each in around) > len(around) * 0.75
