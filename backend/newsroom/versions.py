"""Versions of articles: what each changed, who wrote it, and what changed since one was read."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.audit.values import identified, plain
from backend.core.among import among
from backend.core.chunks import chunks
from backend.core.db import table_of
from backend.core.problems import Conflict
from backend.http.auth import current_actor
from backend.tables.audit import ArticleVersion
from backend.tables.newsroom import Article
from schemas.fields import instant_text

# A live blog that changes every minute keeps its latest versions.
MOST_KEPT = 50
_COLUMNS = (
    *("title", "summary", "body_html", "source_url", "language", "published_at", "embargo_until"),
    *("breaking", "authors", "media", "image_url", "image_alt", "pinned_at"),
)

_READ_TOGETHER = 500
_version = table_of(ArticleVersion)
_BEFORE = select(_version.c.article_id, _version.c.number, _version.c.before).where(
    among(_version.c.article_id, "ids")
)
_SAY = (
    update(_version)
    .where(
        _version.c.article_id == bindparam("of_article"),
        _version.c.number == bindparam("of_number"),
    )
    .values(before=bindparam("says"))
)

# Members that rights may take away. The audit log, from which nothing is deleted, has digests only.
TAKEABLE = frozenset({"summary", "body_html", "image_url", "image_alt"})
# Members whose changes correct nothing that the article says.
NO_STATEMENTS = frozenset({"tags", "pinned_at"})


class Changed(Conflict):
    """A refusal: the article was changed since the caller read it."""


def snapshot(article: Article) -> dict[str, Any]:
    """Return the members of the article by which its versions are compared."""
    values = {name: getattr(article, name) for name in _COLUMNS}
    values["category"] = article.category.name if article.category else None
    values["tags"] = [tagged.tag.name for tagged in article.tags]
    return values


def snapshot_at(session: Session, article: Article, number: int) -> dict[str, Any]:
    """Return what the article said in that version, as far back as versions are kept."""
    says = snapshot(article)
    for row in versions_of(session, article.id, after=number):
        says |= row.before
    return says


def changed_members(before: Mapping[str, Any], article: Article) -> dict[str, Any]:
    """Return the members that have changed, with what they said before."""
    now_says = snapshot(article)
    return {name: value for name, value in before.items() if value != now_says[name]}


def keep(
    session: Session,
    article: Article,
    before: Mapping[str, Any],
    *,
    by: str | None,
    now: datetime,
    is_correction: bool = False,
) -> dict[str, Any]:
    """Store a version with what the article said before, if it changed; return those members."""
    changed = changed_members(before, article)
    if changed or is_correction:
        article.version += 1
        row = ArticleVersion(
            article_id=article.id,
            number=article.version,
            at=now,
            by=by,
            is_correction=is_correction,
            before={name: _stored(value) for name, value in changed.items()},
        )
        session.add(row)
        session.execute(
            delete(ArticleVersion).where(
                ArticleVersion.article_id == article.id,
                ArticleVersion.number <= article.version - MOST_KEPT,
            )
        )
    return changed


def write_down(
    session: Session,
    article: Article,
    before: Mapping[str, Any] | None,
    now: datetime,
    *,
    is_correction: bool = False,
) -> None:
    """Store the version before, and log whose act it was; what a feed brings is nobody's act."""
    actor, changed = current_actor(), {}
    is_act, subject = actor.kind != "cli", f"article:{article.public_id}"
    if before is not None:
        by = actor.name if is_act else None
        changed = keep(session, article, before, by=by, now=now, is_correction=is_correction)
    elif is_act:
        after = {"title": article.title, "source": article.source.slug}
        record(session, actor, "article.published", subject, after=after, now=now)
    if is_act and (changed or is_correction):
        act = "article.corrected" if is_correction else "article.changed"
        was = identified(before or {}, TAKEABLE)
        became = identified({"version": article.version, **snapshot(article)}, TAKEABLE)
        record(session, actor, act, subject, before=was, after=became, now=now)


def versions_of(session: Session, article_id: int, after: int = 0) -> Sequence[ArticleVersion]:
    """The versions that are kept, the newest first."""
    return session.scalars(
        select(ArticleVersion)
        .where(ArticleVersion.article_id == article_id, ArticleVersion.number > after)
        .order_by(ArticleVersion.number.desc())
    ).all()


def forget_members(session: Session, article_ids: Sequence[int], names: Set[str]) -> None:
    """Take members out of the versions that are kept; that there were these versions stays."""
    session.flush()
    for chunk in chunks(article_ids, _READ_TOGETHER):
        rows = [
            {"of_article": row.article_id, "of_number": row.number, "says": says}
            for row in session.execute(_BEFORE, {"ids": chunk})
            if (says := _without(names, row.before)) != row.before
        ]
        if rows:
            session.connection().execute(_SAY, rows)


def refuse_changed(session: Session, article: Article, version: int | None) -> None:
    """Refuse a change of a version that is not the present one.

    Raises:
        Changed: it was changed since; `errors` has by whom, when, and how it reads now.
    """
    if version is None or version == article.version:
        return
    says = snapshot(article)
    errors: dict[str, list[str]] = {"version": [f"It is {article.version} now."]}
    for row in versions_of(session, article.id, after=version):
        said = f"Changed at {instant_text(row.at)} by {row.by or 'its source'}"
        for name in row.before:
            errors.setdefault(name, []).append(f"{said}; it reads: {_told(says[name])}")
    raise Changed("It was changed since you read it; read it again.", errors=errors)


def _told(value: Any) -> str:
    shown = plain(value)
    return ", ".join(map(str, shown)) if isinstance(shown, list) else str(shown)


def _without(names: Set[str], before: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in before.items() if name not in names}


def _stored(value: Any) -> Any:
    """Return a former value to store; unlike in the audit log, a text is kept whole."""
    return value if isinstance(value, str) else plain(value)
