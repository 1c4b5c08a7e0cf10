"""What editors do with stories: join and split. Each is one transaction."""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import NamedTuple

from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.catalog.card import refresh_card
from backend.catalog.listing import relist_all
from backend.core.db import insert_ignore, retried, to_us, transaction
from backend.core.locks import lock_newsroom
from backend.core.problems import Invalid, NotFound
from backend.core.sweep import slices
from backend.http.auth import current_actor
from backend.stories import queries
from backend.stories.grouping import SKETCH_WINDOW, absorb, new_story, show
from backend.stories.similarity import WINDOW
from backend.tables.newsroom import Article, Story
from backend.tables.stories import StoryApart, StoryTerms
from backend.tables.tagging import ArticleSketch, SketchHash

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """The author and the time of a decision."""

    by: str
    at: datetime


class Preview(NamedTuple):
    """Numbers of a decision: articles it moves, what the story has after it, stories that end."""

    articles: int
    article_count: int
    source_count: int
    stories: int


@retried
def join(
    public_id: str, articles: Collection[str], stories: Collection[str], decision: Decision
) -> str:
    """Bring articles and whole stories into a story; what they were split from before is undone.

    Raises:
        NotFound: there is no such story.
        Invalid: an article or a story named in the body is not there.
    """
    with transaction() as session:
        lock_newsroom(session)
        kept = found_story(session, public_id)
        before = _ids(session, kept)
        others = [_named(session, each) for each in stories]
        chosen = _articles(session, articles)
        left = {each.story_id: each.story for each in chosen if each.story_id != kept.id}
        _mark(kept, decision)
        for other in others:
            if other.id != kept.id:
                absorb(session, kept, other)
        for article in chosen:
            if article.story_id != kept.id:
                article.story, article.story_score = kept, None
        _show_all(session, kept, left.values(), decision.at)
        members = [each.id for each, _ in queries.tellings(session, [kept.id])]
        queries.forget_apart(session, members)
        became = _ids(session, kept)
        record(
            session,
            current_actor(),
            "story.joined",
            f"story:{kept.public_id}",
            before={"articles": before},
            after={"articles": became, "stories": sorted(stories)},
            whole={"moved": sorted({*became} - {*before})},
            now=decision.at,
        )
        log.info("story joined", extra={"story": kept.public_id, "by": decision.by})
        return kept.public_id


def preview_join(
    session: Session, public_id: str, articles: Collection[str], stories: Collection[str]
) -> Preview:
    """Count what a join would move; nothing is written.

    Raises:
        NotFound: there is no such story.
        Invalid: an article or a story named in the body is not there.
    """
    kept = found_story(session, public_id)
    others = {_named(session, each).id for each in stories} - {kept.id}
    chosen = [each for each in _articles(session, articles) if each.story_id != kept.id]
    left = {each.story_id for each in chosen if each.story_id is not None} - others
    whole = [each for each, _ in queries.tellings(session, [kept.id, *others])]
    after = {*whole, *chosen}
    rests = [
        [each for each, _ in queries.tellings(session, [story]) if each not in after]
        for story in left
    ]
    return Preview(
        articles=sum(each.story_id != kept.id for each in after),
        article_count=len(after),
        source_count=_sources(after),
        stories=len(others) + sum(_sources(rest) < 2 for rest in rests),
    )


def preview_split(session: Session, public_id: str, articles: Collection[str]) -> Preview:
    """Count what a split would move; nothing is written.

    Raises:
        NotFound: there is no such story.
        Invalid: an article is not in it, or none would be left.
    """
    chosen, rest = _halves(session, found_story(session, public_id), articles)
    return Preview(len(chosen), len(rest), _sources(rest), int(len(rest) < 2))


@retried
def split(public_id: str, articles: Collection[str], decision: Decision) -> tuple[str, str | None]:
    """Take articles out of a story; they become a story of their own, or one stands alone.

    Grouping never puts them together with the rest again. Returns the ids of both stories.

    Raises:
        NotFound: there is no such story.
        Invalid: an article is not in it, or none would be left.
    """
    with transaction() as session:
        lock_newsroom(session)
        whole = found_story(session, public_id)
        before = _ids(session, whole)
        chosen, rest = _halves(session, whole, articles)
        made = new_story(session, decision.at) if len(chosen) > 1 else None
        for article in chosen:
            article.story, article.story_score = made, None
        _keep_apart(session, chosen, rest, decision)
        _mark(whole, decision)
        _show_split(session, whole, chosen, made, decision)
        after = {
            "articles": sorted(each.public_id for each in rest),
            "taken_out": sorted(articles),
            "into": made and made.public_id,
        }
        record(
            session,
            current_actor(),
            "story.split",
            f"story:{whole.public_id}",
            before={"articles": before},
            after=after,
            whole={"members": before},
            now=decision.at,
        )
        log.info("story split", extra={"story": whole.public_id, "by": decision.by})
        return whole.public_id, made.public_id if made is not None else None


def forget_old(*, now: datetime) -> Iterator[None]:
    """Drop the sketches and words that no new article is compared with any more."""
    before = now - SKETCH_WINDOW
    yield from slices(SketchHash.article_id, doomed=[queries.has_old_sketch(before)])
    yield from slices(ArticleSketch.article_id, doomed=[ArticleSketch.made_at < before])
    yield from slices(StoryTerms.at_us, StoryTerms.at_us < to_us(now - WINDOW))


def found_story(session: Session, public_id: str) -> Story:
    found = queries.story_named(session, public_id)
    if found is None:
        raise NotFound(f"There is no story {public_id}.")
    return found


def _ids(session: Session, story: Story) -> list[str]:
    return sorted(article.public_id for article, _ in queries.tellings(session, [story.id]))


def _halves(
    session: Session, whole: Story, articles: Collection[str]
) -> tuple[Sequence[Article], Sequence[Article]]:
    """Return the articles to take out, and those that stay."""
    chosen = _articles(session, articles)
    members = [each for each, _ in queries.tellings(session, [whole.id])]
    rest = [each for each in members if each not in chosen]
    if any(each not in members for each in chosen):
        raise Invalid.field("articles", "Every article has to be in this story.")
    if not rest:
        raise Invalid.field("articles", "At least one article has to stay in the story.")
    return chosen, rest


def _sources(articles: Iterable[Article]) -> int:
    return len({each.source_id for each in articles})


def _named(session: Session, public_id: str) -> Story:
    found = queries.story_named(session, public_id)
    if found is None:
        raise Invalid.field("stories", f"There is no story {public_id}.")
    return found


def _articles(session: Session, public_ids: Collection[str]) -> Sequence[Article]:
    found = queries.listed_articles(session, public_ids)
    unknown = sorted(set(public_ids) - {each.public_id for each in found})
    if unknown:
        raise Invalid.field("articles", f"There is no listed article {unknown[0]}.")
    return found


def _mark(story: Story, decision: Decision) -> None:
    story.curated_by, story.curated_at = decision.by, decision.at


def _keep_apart(
    session: Session, chosen: Sequence[Article], rest: Sequence[Article], decision: Decision
) -> None:
    for one, other in product(chosen, rest):
        low, high = sorted((one.id, other.id))
        insert_ignore(
            session,
            StoryApart,
            article_id=low,
            other_id=high,
            decided_by=decision.by,
            decided_at=decision.at,
        )


def _show_all(session: Session, kept: Story, left: Collection[Story | None], now: datetime) -> None:
    show(session, kept, now=now)
    for story in left:
        if story is not None and story.merged_into_id is None:
            show(session, story, now=now)


def _show_split(
    session: Session,
    whole: Story,
    chosen: Sequence[Article],
    made: Story | None,
    decision: Decision,
) -> None:
    show(session, whole, now=decision.at)
    if made is not None:
        _mark(made, decision)
        show(session, made, now=decision.at)
        return
    refresh_card(session, *chosen)
    relist_all(session, chosen, now=decision.at)
