"""Removes from an alert what it copied of its article. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Length of a text that proves a copy; a shorter one may stand in both by chance.
PROVES = 20


@dataclass(frozen=True, slots=True)
class Taken:
    """The texts and pictures that may be shown no more; `left` are texts that still may."""

    texts: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def is_text(self, said: str) -> bool:
        """Whether it is one of the texts, or a part of one."""
        return _is_of(said, self.texts) and not _is_of(said, self.left)

    def is_picture(self, url: str) -> bool:
        """Whether it is one of the pictures; an alert puts our site's address before a path."""
        return any(
            url == picture or (picture.startswith("/") and url.endswith(picture))
            for picture in self.pictures
        )


def without(said: Any, taken: Taken) -> Any:
    """Return what an alert, a draft or a log entry about one says, without what is taken.

    An editor's own words stay, in each language.
    """
    if isinstance(said, Mapping):
        return {name: _emptied(name, value, taken) for name, value in said.items()}
    return [without(each, taken) for each in said] if isinstance(said, list) else said


def _is_of(said: str, texts: Iterable[str]) -> bool:
    words = " ".join(said.split())
    whole = (" ".join(text.split()) for text in texts)
    return bool(words) and any(
        words == text or (len(words) >= PROVES and words in text) for text in whole
    )


def _emptied(name: str, value: Any, taken: Taken) -> Any:
    if isinstance(value, str) and name in _JUDGED:
        is_taken, empty = _JUDGED[name]
        return empty if is_taken(taken, value) else value
    return without(value, taken)


_JUDGED: Mapping[str, tuple[Callable[[Taken, str], bool], str | None]] = {
    "body": (Taken.is_text, ""),
    "image": (Taken.is_picture, None),
    "image_url": (Taken.is_picture, None),
}
