"""Assigns tags and language to an article, in the publishing transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import cast

from sqlalchemy.orm import Session

from backend.catalog.queries import NamedTag, tags_named
from backend.catalog.tag_names import (
    bare_key,
    display_name,
    key_of,
    pair_aliases,
)
from backend.core.deferred import defer
from backend.tables.newsroom import Article, ArticleTag
from backend.tagging import choices, evidence, keywords, known_names, queries, recognised, steps
from backend.tagging.language import code_of, guess, languages_in, script_language
from backend.tagging.learning import LEARNED_RULES, WINDOW
from backend.tagging.names import last_word
from backend.tagging.queries import Tagged
from backend.tagging.tagger import FoundTag, Read, read
from backend.tagging.wanted_tags import WantedTag, of_entity_name, of_found, of_name

BY_PUBLISHER = "publisher"
# Each text is read once: ahead of the transaction that tags it, and again only much later.
read_once = lru_cache(maxsize=128)(read)


def assign(
    session: Session,
    article: Article,
    given: Iterable[str],
    *,
    now: datetime,
    is_retag: bool = False,
    is_inserted: bool = False,
) -> None:
    """Set the article's tags: those its publisher gave, then those found in its text.

    What it says is kept as evidence; articles that said a name and carry no tag of it are due,
    unless this article is tagged again for the same reason. `is_inserted` says that this
    transaction made the article.
    """
    filed = keywords.cleaned(given, article.source.name)
    wanted = _given(session, article, filed, now)
    learned: dict[str, int] = {}
    present = _keys_of(article)
    found_tags = _found(session, article, filed, now, is_inserted=is_inserted)
    tags = _tags_of(session, [*map(of_found, found_tags)], now)
    for found, tag in zip(found_tags, tags, strict=True):
        if tag.id not in wanted:
            wanted[tag.id] = _tagged(tag, found.rule, found.score, len(wanted))
        if found.rule in LEARNED_RULES:
            learned |= {tag.key: tag.id, bare_key(found.name): tag.id}
            if tag.key not in present:
                learned |= dict.fromkeys(surname_keys(found), tag.id)
    if not is_inserted:
        _follow_choices(session, article, wanted, now)
    named = {tag_id: each.tag for tag_id, each in wanted.items()}
    for tag_id in steps.banned(session, named, article.source_id):
        wanted.pop(tag_id, None)
    given_tags = [each for each in wanted.values() if each.rule == BY_PUBLISHER]
    learned |= {key: each.tag_id for each in given_tags for key in _keys_of_tag(each.tag)}
    if not is_retag:
        new = {key: tag_id for key, tag_id in learned.items() if key not in present}
        evidence.mark_due_without(session, new, article.id, now - WINDOW)
    if is_inserted:
        _add(session, article, list(wanted.values()))
    else:
        _replace(session, article, wanted)


def read_ahead(
    title: str, summary: str, body_text: str, language: str | None, given: Iterable[str]
) -> Read:
    """Read a text before the transaction that tags it, with the lists of names that this needs."""
    known_names.load()
    for languages in {languages_in(name, language) for name in given}:
        known_names.gazetteer_of(languages)
    as_read = read_once(title, summary, body_text, language)
    _ = as_read.candidates
    return as_read


def _given(
    session: Session, article: Article, filed: Sequence[str], now: datetime
) -> dict[int, Tagged]:
    """The tags that its publisher gave, by their ids."""
    subjects = steps.subjects(session, filed, article.source_id)
    present = tags_named(session, _keys(subjects))
    meant = [of_name(name, article.language, present) for name in subjects]
    wanted: dict[int, Tagged] = {}
    for tag in _tags_of(session, [each for each in meant if each is not None], now):
        wanted.setdefault(tag.id, _tagged(tag, BY_PUBLISHER, 1.0, len(wanted)))
    return wanted


def _found(
    session: Session,
    article: Article,
    filed: Sequence[str],
    now: datetime,
    *,
    is_inserted: bool,
) -> Sequence[FoundTag]:
    """The tags of the article's text by lists and vocabulary; its names become evidence."""
    as_read = read_once(article.title, article.summary, article.body_text, article.language)
    heard = [] if is_inserted else recognised.names_of(session, article.id, as_read)
    said = steps.said(as_read, article.language, heard)
    seen_at = min(article.first_seen_at, now)
    rows = evidence.rows_of(
        article.id, article.source_id, said.names, filed, said.short, now=seen_at
    )
    evidence.record(session, article.id, rows, is_inserted=is_inserted)
    return said.tags(evidence.StoredVocabulary(session, article.id, article.source_id, now))


def surname_keys(found: FoundTag) -> set[str]:
    """Return the keys of surnames by which other articles may call the bearer of a full name."""
    return {key_of(last_word(words)) for words in found.words if " " in words}


def _keys_of_tag(tag: NamedTag) -> set[str]:
    """Return a tag's own key, and the one under which other articles said it."""
    return {tag.key, bare_key(tag.name)}


def _keys(names: Iterable[str]) -> set[str]:
    return {key_of(display_name(name)) for name in names}


def _keys_of(article: Article) -> set[str]:
    """Return the keys of tags that the article had already: they made other articles due once."""
    return {tagged.tag.key for tagged in article.tags}


def _follow_choices(
    session: Session, article: Article, wanted: dict[int, Tagged], now: datetime
) -> None:
    """Apply an editor's choices for this article, over what its text and its feed say."""
    for choice in choices.choices_of(session, article.id):
        if choice.is_wanted:
            tag = given_tag(session, choice.name, article.language, now)
            if tag is not None:
                position = wanted[tag.id].position if tag.id in wanted else len(wanted)
                wanted[tag.id] = _tagged(tag, choices.BY_EDITOR, 1.0, position)
        elif (unwanted := tags_named(session, [choice.key]).get(choice.key)) is not None:
            wanted.pop(unwanted.id, None)


def publisher_tags(article: Article) -> tuple[str, ...]:
    return tuple(tagged.tag.name for tagged in article.tags if tagged.rule == BY_PUBLISHER)


def language_of(declared: str | None, of_source: str | None, title: str, text: str) -> str:
    """Choose the language: declared, the source's unless the script differs, guessed, English."""
    if declared:
        return declared
    sample = f"{title}\n{text[:2000]}"
    of_script = script_language(sample)
    if of_source and (of_script is None or code_of(of_source) in languages_in(sample, None)):
        return of_source
    return of_script or guess(sample) or "en"


def given_tag(session: Session, name: str, language: str | None, now: datetime) -> NamedTag | None:
    """The tag a publisher or editor means; a known name leads to what it stands for."""
    present = tags_named(session, _keys([name]))
    wanted = of_name(name, language, present)
    return None if wanted is None else _tags_of(session, [wanted], now)[0]


def _tags_of(session: Session, wanted: Sequence[WantedTag], now: datetime) -> list[NamedTag]:
    """Return the tags; those that are new are made together."""
    tags = queries.get_or_create_tags(session, wanted, now)
    return [
        _whole_pair(session, tag, each, now) if each.members else tag
        for each, tag in zip(wanted, tags, strict=True)
    ]


def _whole_pair(session: Session, tag: NamedTag, wanted: WantedTag, now: datetime) -> NamedTag:
    """Store the pair's members. A topic that was only spelled like the pair becomes the pair."""
    if tag.kind == "pair" and queries.member_count(session, tag.id) == len(wanted.members):
        return tag
    if key_of(tag.name) != wanted.key:
        return tag  # an editor has led this pair somewhere else
    pair = queries.make_pair(session, tag)
    members = queries.get_or_create_tags(session, [*map(of_entity_name, wanted.members)], now)
    queries.add_members(session, pair, members)
    spellings = pair_aliases(wanted.members[0], wanted.members[1])
    queries.add_aliases(session, dict.fromkeys(map(key_of, spellings), pair))
    return pair


def _tagged(tag: NamedTag, rule: str, score: float, position: int) -> Tagged:
    return Tagged(tag.id, tag, rule, score, position)


def _add(session: Session, article: Article, carried: list[Tagged]) -> None:
    """Defer the tags' rows: they are written once for all articles of the transaction."""
    article.tags = cast(list[ArticleTag], carried)
    defer(session, queries.add_article_tags, (article.id, carried), of=article.id)


def _replace(session: Session, article: Article, wanted: Mapping[int, Tagged]) -> None:
    """Replace the tags; rows that stay are kept, so that a repeated delivery writes nothing."""
    rows = {tagged.tag_id: tagged for tagged in article.tags}
    for tag in queries.tags_of_ids(session, wanted.keys() - rows.keys()):
        rows[tag.id] = ArticleTag(tag_id=tag.id, tag=tag)
    for tag_id, new in wanted.items():
        row = rows[tag_id]
        row.position, row.rule, row.score = new.position, new.rule, new.score
    article.tags = [rows[tag_id] for tag_id in wanted]
    session.flush()
