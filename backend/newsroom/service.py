"""Write side: publish, correct, release embargoes. Each is one transaction."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from backend.catalog.card import refresh_card
from backend.catalog.feed_ids import feed_ids
from backend.catalog.listing import relist, topics_of
from backend.catalog.rank import rank_at
from backend.core import faults
from backend.core.db import db, kept_lookups, retried, to_us, transaction
from backend.core.faults import Fault
from backend.core.locks import lock_newsroom
from backend.core.problems import Gone, NotFound
from backend.http.auth import caller_name
from backend.http.hooks import Event, Hooks, Publication
from backend.newsroom import queries, rights, source_refusals, versions
from backend.newsroom.article_fields import fill, held_by_its_date, sign
from backend.newsroom.article_text import Content, content_of
from backend.newsroom.draft import (
    ArticleDraft,
    amended,
    content_hash,
    edit_of,
    is_same_version,
)
from backend.newsroom.duplicates import known_by_text
from backend.newsroom.inserting import insert_article, new_article, save_later
from backend.newsroom.read_ahead import read_amended, read_articles, read_new
from backend.newsroom.sent_articles import SentArticle, sent_article
from backend.newsroom.stored_draft import draft_of
from backend.newsroom.tag_choices import choose_tags
from backend.newsroom.text_hash import text_hash
from backend.stories import grouping
from backend.stories.windows import read_window
from backend.tables.newsroom import Article
from backend.tagging import service as tagging

RELEASE_BATCH = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The result of publishing a draft; `sent` is the article as it is now, if it was changed."""

    article_id: int
    public_id: str
    is_new: bool
    is_changed: bool
    notification_id: str | None
    sent: SentArticle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The origin of a draft. `is_archive` marks the first import of a new source.

    `beside` are the ids of all entries of the feed it came with; None for an article that was
    sent to us, which its publisher's id alone identifies. With `may_embargo` a future date is
    an embargo.
    """

    source: str
    external_id: str
    source_name: str | None = None
    is_archive: bool = False
    beside: frozenset[str] | None = None
    may_embargo: bool = False


@retried
def publish(hooks: Hooks, arrival: Arrival, draft: ArticleDraft, *, now: datetime) -> Published:
    """Publish an article or a new version of it; idempotent for the same draft.

    Raises:
        Gone: the article was taken down; a repeated delivery must not bring it back.
    """
    content = read_new(arrival.source, arrival.external_id, draft, now)
    with transaction() as session, kept_lookups(session):
        return publish_in(session, hooks, arrival, draft, now=now, content=content)


def publish_in(
    session: Session,
    hooks: Hooks,
    arrival: Arrival,
    draft: ArticleDraft,
    *,
    now: datetime,
    content: Content | None = None,
) -> Published:
    """Do as `publish` inside the caller's transaction; `content` is the draft's, if it was made."""
    lock_newsroom(session)
    name = arrival.source_name or arrival.source.replace("-", " ").title()
    source = queries.get_or_create_source(session, arrival.source, name, now)
    source_refusals.refuse_removed(source, is_polled=arrival.beside is not None)
    article = queries.article_by_external(session, arrival.source, arrival.external_id)
    if article is None and arrival.beside is not None:
        content, told_at = content or content_of(draft), draft.published_at or now
        origin = arrival.beside, arrival.is_archive
        article = known_by_text(session, source, content, *origin, told_at=told_at)
    if article is not None and article.unpublished_at is not None:
        raise _gone(article)
    if article is not None:
        article.external_id = arrival.external_id
    source_refusals.bring_back(session, source)  # sending an article ends the removal
    if article is not None and article.pinned_at is not None:
        return _published(article, None, is_new=False, is_changed=False)
    if article is not None and is_same_version(article.content_hash, draft):
        return _repeated(session, hooks, article, draft, content, now)
    is_new = article is None
    before = None if article is None else versions.snapshot(article)
    article = article or new_article(source, arrival.external_id, now)
    was_listed = article.is_listed
    if arrival.may_embargo:
        draft = held_by_its_date(draft, article, now)
    content = content or content_of(draft)
    fill(session, article, draft, content, now)
    _identify(article, draft, content)
    sign(article, caller_name())
    _list(article, _place(article, now, is_archive=arrival.is_archive), now)
    _tag(session, article, draft, now, is_inserted=is_new)
    notification_id = announce(
        session, hooks, article, is_new=not was_listed, now=now, is_inserted=is_new
    )
    versions.write_down(session, article, before, now)
    if article.is_listed and not was_listed and not is_new:
        rights.forget_forbidden(session, article)
    return _published(article, notification_id, is_new=is_new, is_changed=True)


@retried
def correct(
    hooks: Hooks, arrival: Arrival, fields: Mapping[str, Any], *, now: datetime
) -> Published:
    """Change what an article says, or which tags it carries."""
    read_amended(arrival.source, arrival.external_id, fields, now)
    with transaction() as session:
        return correct_in(session, hooks, arrival, fields, now=now)


def correct_in(
    session: Session, hooks: Hooks, arrival: Arrival, fields: Mapping[str, Any], *, now: datetime
) -> Published:
    """Do as `correct` inside the caller's transaction.

    Readers are told of a correction where an editor calls it one, and never of other tags.
    """
    lock_newsroom(session)
    article, edit = _present(session, arrival), edit_of(fields)
    source_refusals.refuse_blocked_sender(article.source)
    versions.refuse_changed(session, article, edit.version)
    was_listed, said = article.is_listed, versions.snapshot(article)
    before = draft_of(article)
    draft = amended(before, edit.fields)
    if arrival.may_embargo:
        draft = held_by_its_date(draft, article, now)
    fill(session, article, draft, content_of(draft), now)
    if draft != before or edit.add_tags or edit.remove_tags:
        sign(article, caller_name())
    choose_tags(session, article, edit, by=caller_name(), now=now)
    if edit.pinned is not None:
        article.pinned_at = (article.pinned_at or now) if edit.pinned else None
    _list(article, _place(article, now), now)
    _tag(session, article, draft, now)
    changed = versions.changed_members(said, article).keys()
    told = changed - versions.NO_STATEMENTS
    is_correction = edit.corrected and was_listed and bool(told or not changed)
    if is_correction:
        article.corrected_at = now
    if told:
        article.edited_at = now
    notification_id = announce(session, hooks, article, is_new=not was_listed, now=now)
    if was_listed:  # before that nobody could have read the error
        hooks.tell(session, event_of("article.corrected", article, now))
    versions.write_down(session, article, said, now, is_correction=is_correction)
    if article.is_listed and not was_listed:
        rights.forget_forbidden(session, article)
    return _published(article, notification_id, is_new=False, is_changed=True)


def complete_in(
    session: Session, hooks: Hooks, arrival: Arrival, fields: Mapping[str, Any], *, now: datetime
) -> None:
    """Add fields to an article, as neither a correction nor a version of its feed."""
    lock_newsroom(session)
    article = _present(session, arrival)
    if article.pinned_at is not None:
        return
    before = versions.snapshot(article)
    draft, updated_at = amended(draft_of(article), fields), article.updated_at
    fill(session, article, draft, content_of(draft), now)
    article.updated_at = updated_at
    _tag(session, article, draft, now)
    announce(session, hooks, article, is_new=False, now=now)
    versions.write_down(session, article, before, now)


def release_due(
    hooks: Hooks,
    *,
    now: datetime,
    leave_out: Collection[int] = (),
    on_fault: Callable[[int], None] = lambda _: None,
) -> int:
    """List the articles whose embargo has ended; return how many.

    Each is a transaction of its own: one that fails does not stop the others, and `on_fault` is
    told its id. A read comes first: most seconds nothing is due, and a write would lock SQLite.
    """
    session = db.session()
    due = queries.due_embargoes(session, now, RELEASE_BATCH, leave_out)
    if due:
        read_articles(due)
        read_window(session, now)
    session.rollback()
    return sum(_released(hooks, article_id, now, on_fault) for article_id in due)


@retried
def release(hooks: Hooks, article_id: int, *, now: datetime) -> bool:
    """List an article whose embargo has ended, unless another process did or it was moved."""
    with transaction() as session:
        lock_newsroom(session)
        article = queries.held_article(session, article_id, now)
        if article is None:
            return False
        # At the end of its embargo, also when the release is late.
        _list(article, article.embargo_until or now, now)
        announce(session, hooks, article, is_new=True, now=now)
        rights.forget_forbidden(session, article)
        return True


def _released(
    hooks: Hooks, article_id: int, now: datetime, on_fault: Callable[[int], None]
) -> bool:
    def told(_: Fault) -> bool:
        on_fault(article_id)
        return False

    attempt = partial(release, hooks, article_id, now=now)
    return faults.outcome_of("embargoes", attempt, told, article_id=article_id)


def _repeated(
    session: Session,
    hooks: Hooks,
    article: Article,
    draft: ArticleDraft,
    content: Content | None,
    now: datetime,
) -> Published:
    """Answer a draft that says what the article says already."""
    if article.content_hash != content_hash(draft) or article.text_hash is None:
        _identify(article, draft, content or content_of(draft))  # older versions stored others
    notification_id = _tell_rooms(session, hooks, article, is_new=False, now=now)
    return _published(article, notification_id, is_new=False, is_changed=False)


def _identify(article: Article, draft: ArticleDraft, content: Content) -> None:
    """Store the digests by which the draft and its text are recognised when they come again."""
    article.content_hash, article.text_hash = content_hash(draft), text_hash(content.body_text)


def _gone(article: Article) -> Gone:
    """Return the refusal with the reason, which only the newsroom is told."""
    reason = f" ({article.unpublish_reason})" if article.unpublish_reason else ""
    return Gone(f"This article was taken down{reason} and stays down.")


def known_article(session: Session, arrival: Arrival) -> Article:
    """The article, also one that was taken down.

    Raises:
        NotFound: there is none.
    """
    article = queries.article_by_external(session, arrival.source, arrival.external_id)
    if article is None:
        raise NotFound(f"{arrival.source} has no article {arrival.external_id}.")
    return article


def _present(session: Session, arrival: Arrival) -> Article:
    article = known_article(session, arrival)
    if article.unpublished_at is not None:
        raise _gone(article)
    return article


def _tag(
    session: Session,
    article: Article,
    draft: ArticleDraft,
    now: datetime,
    *,
    is_inserted: bool = False,
) -> None:
    if is_inserted:
        insert_article(session, article)
    else:
        session.flush()
    tagging.assign(session, article, draft.tags, now=now, is_inserted=is_inserted)


def _place(article: Article, now: datetime, *, is_archive: bool = False) -> datetime:
    """Return the time that ranks an article listed now: for one that was held back it is `now`."""
    if article.first_seen_at < now:
        return now
    return rank_at(article.published_at, article.first_seen_at, is_archive=is_archive)


def _list(article: Article, rank: datetime, now: datetime) -> None:
    """Set the rank once; under embargo there is none.

    Raises:
        Gone: an editor blocked the source.
    """
    is_held = article.embargo_until is not None and article.embargo_until > now
    if article.rank_us is None and not is_held:
        source_refusals.refuse_blocked(article.source)
        article.rank_us = to_us(rank)


def announce(
    session: Session,
    hooks: Hooks,
    article: Article,
    *,
    is_new: bool,
    now: datetime,
    is_inserted: bool = False,
) -> str | None:
    """Run hooks first, allocate change numbers last: their row stays locked until the commit."""
    grouping.join_story(session, article, now=now, is_inserted=is_inserted)
    if article.is_listed:  # after everything that reads the full text
        rights.restrict(article)
    refresh_card(session, article)
    notification_id = None
    if article.is_listed:
        notification_id = _tell_rooms(session, hooks, article, is_new=is_new, now=now)
        if is_new:
            hooks.tell(session, event_of("article.published", article, now))
    if is_inserted:
        save_later(session, article)
    relist(session, article, now=now, is_inserted=is_inserted)
    return notification_id


def _tell_rooms(
    session: Session, hooks: Hooks, article: Article, *, is_new: bool, now: datetime
) -> str | None:
    if not article.is_listed:
        return None
    is_alert = article.breaking and article.breaking_first_at is None
    if is_alert:
        article.breaking_first_at = now
    publication = Publication(
        article=article,
        topic_ids=lambda: list(feed_ids(session, topics_of(article)).values()),
        is_new=is_new,
        is_alert=is_alert,
        now=now,
    )
    return hooks.published(session, publication)


def event_of(name: str, article: Article, now: datetime) -> Event:
    """Build the event that tells other systems of an article."""
    data = {
        "id": article.public_id,
        "source": article.source.slug,
        "external_id": article.external_id,
        "title": article.title,
    }
    return Event(name=name, subject=f"article:{article.public_id}", data=data, now=now)


def _published(
    article: Article, notification_id: str | None, *, is_new: bool, is_changed: bool
) -> Published:
    return Published(
        article_id=article.id,
        public_id=article.public_id,
        is_new=is_new,
        is_changed=is_changed,
        notification_id=notification_id,
        sent=sent_article(article) if is_changed else None,
    )
