"""Groups articles into stories, in the publishing transaction: by copied text, by shared words."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.catalog.card import card_in_story
from backend.catalog.listing import part_keys, tell_changed, touch_story
from backend.core.db import to_us
from backend.core.deferred import write_deferred
from backend.stories import queries, sketch
from backend.stories.linkage import Choice, Group, choose
from backend.stories.queries import Place
from backend.stories.similarity import WINDOW
from backend.stories.telling import Telling, packed, telling_of
from backend.stories.window import Window
from backend.stories.windows import current_window
from backend.tables.newsroom import Article, Story

# A wire piece is republished within days; older texts are only quoted.
SKETCH_WINDOW = timedelta(days=5)


def join_story(
    session: Session, article: Article, *, now: datetime, is_inserted: bool = False
) -> None:
    """Group the article with those of other publishers that tell of the same event.

    An article that is in a story stays there: only an editor takes it out. `is_inserted` says
    that this transaction made the article: nothing is kept of it yet.
    """
    if not article.is_listed:
        return
    copied = _copied(session, article, now, is_inserted=is_inserted)
    told = told_by(article)
    is_recent = told.at_us >= to_us(now - WINDOW)
    window = current_window(session, now) if is_recent else None
    is_changed = window is not None and _keep_terms(session, told, is_inserted=is_inserted)
    if article.story is None and (copied is not None or is_changed):
        choice = _choice(session, article, told, window or Window(), copied)
        _join(session, article, choice, now)


def leave_story(session: Session, article: Article, *, now: datetime) -> None:
    """Take the article out of its story."""
    queries.drop_sketch(session, article.id)
    queries.drop_terms(session, article.id)
    left, article.story, article.story_score = article.story, None, None
    if left is not None:
        show(session, left, besides=article, now=now)


def told_by(article: Article) -> Telling:
    at_us = article.rank_us or 0
    return telling_of(article.id, at_us, article.title, article.summary, article.language)


def new_story(session: Session, now: datetime) -> Story:
    made = Story(public_id=secrets.token_hex(8), created_at=now, source_count=1)
    session.add(made)
    session.flush()
    return made


def absorb(session: Session, kept: Story, other: Story) -> None:
    """Merge a story into another one; its address leads there from now on."""
    session.flush()
    queries.move_articles(session, other.id, kept.id)
    other.merged_into_id, other.source_count = kept.id, 0
    if other.curated_at is not None and kept.curated_at is None:
        kept.curated_at, kept.curated_by = other.curated_at, other.curated_by
    session.flush()


def show(
    session: Session,
    changed: Story,
    *,
    now: datetime,
    besides: Article | None = None,
) -> None:
    """List every article of the story anew: lists and pages show who else tells it.

    All cards are written before the first change number is allocated, so that two publications
    of one story cannot wait for each other. The article in `besides` is shown by whoever is
    changing it.
    """
    session.flush()
    count = changed.source_count = queries.story_sources(session, changed.id)
    members = queries.story_members(session, changed.id)
    is_kept = len(members) > 1 and (count > 1 or changed.curated_at is not None)
    others = [each for each in members if besides is None or each.id != besides.id]
    shown, story_id = (changed, changed.id) if is_kept else (None, None)
    cards = ((each, card_in_story(each.card, shown)) for each in others)
    # A publisher's second telling changes no card: the story has as many publishers as before.
    new = {each.id: card for each, card in cards if card != each.card or not is_kept}
    queries.show_members(session, new, story_id)
    parts = {
        each.id: part_keys(each.id, each.rank_us, story_id, canonical=each.canonical)
        for each in others
    }
    tell_changed(session, parts, now=now)
    if not is_kept:
        touch_story(session, changed.id, now=now)


def _copied(session: Session, article: Article, now: datetime, *, is_inserted: bool) -> int | None:
    """Return the id of a near-duplicate by another publisher or in a story; None if unchanged."""
    made = sketch.sketch_of(article.body_text)
    packed = sketch.pack(made)
    if not made:
        return None
    if not is_inserted:
        if queries.sketch_of_article(session, article.id) == packed:
            return None
        queries.drop_sketch(session, article.id)
    hashes = sketch.index_of(made)
    queries.add_sketch(session, article.id, packed, hashes, now)
    candidates = queries.story_candidates(session, article.id, hashes, now - SKETCH_WINDOW)
    for other in candidates:
        is_joinable = other.source_id != article.source_id or other.story_id is not None
        if is_joinable and sketch.is_same_story(made, sketch.unpack(other.sketch)):
            article_id: int = other.id
            return article_id
    return None


def _keep_terms(session: Session, told: Telling, *, is_inserted: bool) -> bool:
    """Store the words that others are compared with; return whether they are new."""
    if not told.terms:
        return False
    terms = packed(told)
    if not is_inserted:
        if queries.terms_of_article(session, told.article_id) == terms:
            return False
        queries.drop_terms(session, told.article_id)
    queries.add_terms(session, told.article_id, told.at_us, terms)
    return True


def _choice(
    session: Session, article: Article, told: Telling, window: Window, copied: int | None
) -> Choice:
    with window.with_telling(told):
        found = list(window.similar(article.id)) + ([copied] if copied is not None else [])
        groups = [group for group in _groups(session, found) if article.id not in group.members]
        if not groups:
            return Choice()
        alone = Group((article.id,), frozenset({article.source_id}))
        choice = choose(alone, groups, window.link, copied=copied)
        if not choice.groups:
            return choice
        members = {article.id, *(each for group in groups for each in group.members)}
        apart = queries.apart_pairs(session, members)
        return choose(alone, groups, window.link, apart=apart, copied=copied) if apart else choice


def _groups(session: Session, article_ids: Sequence[int]) -> list[Group]:
    """The stories of these articles, and those that stand alone."""
    if not article_ids:
        return []
    told: dict[tuple[str, int], list[Place]] = {}
    for place in queries.places(session, article_ids):
        key = ("article", place.id) if place.story_id is None else ("story", place.story_id)
        told.setdefault(key, []).append(place)
    return [_group(places) for places in told.values()]


def _group(places: Sequence[Place]) -> Group:
    """Make a group of the articles of one story, the newest first, or of one article alone."""
    members = tuple(each.id for each in places)
    return Group(members, frozenset(each.source_id for each in places), places[0].story_id)


def _join(session: Session, article: Article, choice: Choice, now: datetime) -> None:
    """Make the chosen groups one story; the oldest of several keeps its address."""
    if not choice.groups:
        return
    write_deferred(session, {each for group in choice.groups for each in group.members})
    ids = sorted(group.story_id for group in choice.groups if group.story_id is not None)
    kept = session.get_one(Story, ids[0]) if ids else new_story(session, now)
    for story_id in ids[1:]:
        absorb(session, kept, session.get_one(Story, story_id))
    joined = {article.id: choice.scores[0]}
    for group, score in zip(choice.groups, choice.scores, strict=True):
        if group.story_id is None:
            joined[group.members[0]] = score
    article.story, article.story_id, article.story_score = kept, kept.id, choice.scores[0]
    queries.set_story(session, joined, kept.id)
    show(session, kept, besides=article, now=now)
