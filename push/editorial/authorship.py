"""The second person: whoever wrote any part of an alert may not approve it. Pure.

A person is the name of a user or of a newsroom key, however it is capitalised. Corrections and
repeats say again what others wrote, so their authors are those of what they follow, and whoever
asks for them.
"""

from collections.abc import Iterable
from typing import Protocol


class Written(Protocol):
    """A text with its writers: `created_by` wrote last, `authors` are all who wrote any part."""

    @property
    def created_by(self) -> str: ...

    @property
    def authors(self) -> list[str]: ...


def authors_of(written: Written) -> list[str]:
    """Return all who wrote any part, also for rows from before authors were kept."""
    return joined(written.authors, written.created_by)


def joined(authors: Iterable[str], author: str) -> list[str]:
    return sorted({*authors, author})


def authors_of_follow_up(standing: Written, author: str) -> list[str]:
    """Return the authors of a correction or a repeat of what stands now."""
    return joined(authors_of(standing), author)


def may_approve(written: Written, person: str) -> bool:
    return person.casefold() not in {author.casefold() for author in authors_of(written)}
