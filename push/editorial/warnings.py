"""Warnings for an editor before an alert leaves. Pure: facts in, warnings out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from push.editorial.display import FIRST_LOOKS, Look
from push.editorial.placeholder_words import placeholder_in

# More than half of the readers asleep is most of them.
MANY_ASLEEP = 0.5

Texts = Mapping[str, tuple[str, str]]  # title and text by language; "" is the original


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning: `code` for programs, `detail` for editors; language None for all languages."""

    code: str
    detail: str
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Counts of readers: sent it now (`audience`), `held` until a morning, `excluded` by reason;
    `reachable`, and `asleep` of these. Whom an estimate does not find may exist.
    """

    audience: int
    by_platform: Mapping[str, int]
    excluded: Mapping[str, int]
    held: int
    reachable: int
    asleep: int
    is_estimate: bool = False

    @property
    def is_nobody(self) -> bool:
        """Whether it is certain that nobody would be sent it."""
        return not self.audience and not self.held and not self.is_estimate

    @property
    def asleep_share(self) -> float:
        return round(self.asleep / self.reachable, 3) if self.reachable else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts about an alert that is being written.

    `told` are the ids of alerts to the same story; `dead` says of each link that leads nowhere why.
    The readers are None when nobody counted them.
    """

    texts: Texts
    last_texts: Texts
    looks: Mapping[str, Sequence[Look]]  # by language
    told: Sequence[str]
    insists: bool
    readers: Readers | None
    dead: Sequence[str]
    has_image: bool


def warnings_of(facts: Facts) -> list[Warned]:
    """Return the warnings, the gravest first."""
    return [*_of_links(facts), *_of_readers(facts), *_of_texts(facts), *_of_looks(facts)]


def _of_links(facts: Facts) -> Iterator[Warned]:
    for reason in facts.dead:
        yield Warned("dead_link", reason)


def _of_readers(facts: Facts) -> Iterator[Warned]:
    if facts.told:
        what = "they hear of it again" if facts.insists else "who had one gets no second"
        named = ", ".join(facts.told)
        yield Warned("already_told", f"Readers were alerted to this story ({named}): {what}.")
    readers = facts.readers
    if readers is not None and readers.is_nobody:
        yield Warned("nobody", "It would be sent to nobody.")
    if readers is not None and readers.asleep_share > MANY_ASLEEP:
        detail = f"It is night for {readers.asleep_share:.0%} of its readers when it is sent."
        yield Warned("mostly_asleep", detail)


def _of_texts(facts: Facts) -> Iterator[Warned]:
    for language, texts in facts.texts.items():
        word = next((found for text in texts if (found := placeholder_in(text))), None)
        if word is not None:
            yield Warned("placeholder_words", f"“{word}” reads like a test.", language or None)
        last = facts.last_texts.get(language)
        if last is not None and _plain(texts) == _plain(last):
            yield Warned("same_text", "The last alert said exactly this.", language or None)


def _of_looks(facts: Facts) -> Iterator[Warned]:
    if not facts.has_image:
        yield Warned("no_picture", "It has no picture.")
    for language, all_looks in facts.looks.items():
        for look in all_looks:
            if look.surface in FIRST_LOOKS and look.title.is_cut:
                shown = f"{look.title.shown_graphemes} of {look.title.graphemes} characters"
                where = look.surface.replace("_", " ")
                detail = f"The title is cut ({where}): {shown} show."
                yield Warned("title_cut", detail, language or None)


def _plain(texts: tuple[str, str]) -> list[str]:
    return [" ".join(text.split()).casefold() for text in texts]
