"""Which of the tags that a publisher gave an article does not carry, and why."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy.orm import Session

from backend.catalog.queries import tag_by_key
from backend.catalog.tag_names import display_name, key_of, problem_of
from backend.tables.newsroom import Article
from backend.tagging.keywords import cleaned, is_default_word
from backend.tagging.known_names import known, known_pair, meant_by
from backend.tagging.language import languages_in
from backend.tagging.sections import section_of


class IgnoredTag(NamedTuple):
    tag: str
    reason: str


def ignored(session: Session, article: Article, given: Iterable[str]) -> Iterator[IgnoredTag]:
    """One an unused name, as it was given; a list of names is used when any of them is."""
    carried = {each.tag_id for each in article.tags}
    for name in dict.fromkeys(given):
        subjects = cleaned([name], article.source.name)
        if not any(_is_carried(session, each, article, carried) for each in subjects or [name]):
            yield IgnoredTag(name, reason_against(name, subjects))


def reason_against(name: str, subjects: list[str]) -> str:
    """Pure: `subjects` are what is left of the name when it was cleaned."""
    problem = problem_of(display_name(name)) or problem_of(name)
    if problem is not None:
        return f"{problem}."
    if section_of(name) is not None:
        return "this names a section; send it as the category."
    if not subjects or is_default_word(name):
        return "this names no subject, but the publisher or something of its system."
    return "it was forbidden here, or this publisher files everything under it."


def _is_carried(session: Session, name: str, article: Article, carried: set[int]) -> bool:
    shown = display_name(name)
    entity = known(shown) or meant_by(name, languages_in(name, article.language))
    pair = known_pair(shown)
    names = [shown, *([entity.name] if entity else [])]
    if pair is not None:
        names.append(f"{pair[0].name}-{pair[1].name}")
    tags = (tag_by_key(session, key_of(each)) for each in names)
    return any(tag is not None and tag.id in carried for tag in tags)
