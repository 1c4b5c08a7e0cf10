"""Decides which keywords of a publisher are its system's own, by how it uses them. Pure.

A word that stands on nearly everything and hardly ever in the text tells nothing of an article,
whatever it looks like.
"""

from collections import Counter
from collections.abc import Collection, Sequence

from backend.catalog.tag_names import display_name, key_of

# Fewer articles than this prove nothing.
ARTICLES_NEEDED = 12
ARTICLES_LOOKED_AT = 50
_ON_NEARLY_ALL = 0.6
_HARDLY_EVER = 0.25
# Entries of one document are compared at one time: fewer are needed, but a larger share of them.
_ENTRIES_NEEDED = 10
_ON_NEARLY_ALL_ENTRIES = 0.8


def is_machinery(articles: int, filed: int, said: int) -> bool:
    """Whether a keyword is the system's own.

    Of `articles`, `filed` were filed under it, and `said` of these say it in title or lead.
    """
    if articles < ARTICLES_NEEDED or filed < articles * _ON_NEARLY_ALL:
        return False
    return said <= filed * _HARDLY_EVER


def filed_on_everything(entries: Sequence[tuple[Collection[str], str]]) -> tuple[str, ...]:
    """Return the keys that nearly all entries of a document are filed under and hardly one says.

    An entry is its keywords and the text of its title and lead.
    """
    if len(entries) < _ENTRIES_NEEDED:
        return ()
    keys = [{key_of(display_name(each)) for each in keywords} for keywords, _ in entries]
    filed = Counter(key for of_entry in keys for key in of_entry)
    often = [k for k, count in filed.items() if k and count >= len(keys) * _ON_NEARLY_ALL_ENTRIES]
    if not often:
        return ()
    texts = [key_of(text) for _, text in entries]
    return tuple(sorted(key for key in often if not _is_said(key, keys, texts)))


def _is_said(key: str, keys: Sequence[Collection[str]], texts: Sequence[str]) -> bool:
    under = [text for of_entry, text in zip(keys, texts, strict=True) if key in of_entry]
    return sum(key in text for text in under) > len(under) * _HARDLY_EVER
