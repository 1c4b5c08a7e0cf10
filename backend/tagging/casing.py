"""Truecasing: whether a capitalized word is a name, by how the same article writes it. Pure."""

from itertools import pairwise

from backend.tagging.name_words import CONNECTORS, DETERMINERS
from backend.tagging.names import CAPITAL_NOUNS, Candidate

# "Stadt der Superlative" is a phrase; "Ursula von der Leyen" and "Frankfurt an der Oder" are names.
_ARTICLES = frozenset({"der", "die", "das", "des", "den"})
_BEFORE_ARTICLES = frozenset({"an", "auf", "bei", "in", "ob", "van", "von", "zu"})


def as_written(each: Candidate, text: str, language: str | None) -> Candidate | None:
    """Strip a first word that the text also uses as a common word; None when no name is left."""
    nouns = (language or "")[:2] in CAPITAL_NOUNS
    first, blank, rest = each.name.partition(" ")
    if not blank:
        return None if not nouns and _is_common(first, text) else each
    if nouns and _is_genitive(each.name.split(" ")):
        return None
    is_noun = nouns and _is_noun(first, rest.partition(" ")[0], text)
    if not is_noun and not (each.is_opening and _is_common(first, text)):
        return each
    while rest.partition(" ")[0].lower() in CONNECTORS and " " in rest:
        rest = rest.partition(" ")[2]
    return each._replace(name=rest, start=each.end - len(rest), is_opening=False)


def _is_common(word: str, text: str) -> bool:
    lower = word.lower()
    return lower != word and f" {lower} " in text


def _is_genitive(words: list[str]) -> bool:
    return any(
        word in _ARTICLES and before not in _BEFORE_ARTICLES for before, word in pairwise(words)
    )


def _is_noun(word: str, following: str, text: str) -> bool:
    """Whether the text has the word behind an article and without what follows it in the name."""
    at = text.find(f" {word}")
    while at >= 0:
        before = text[max(0, at - 8) : at].rpartition(" ")[2].rpartition("\n")[2]
        behind = text[at + 1 + len(word) : at + 2 + len(word) + len(following)]
        is_word = not behind[:1].isalpha() and behind[:1] != "-"
        if is_word and before.lower() in DETERMINERS and behind.strip() != following:
            return True
        at = text.find(f" {word}", at + 1)
    return False
