"""An article as the newsroom sees it: state, takedown, versions with their differences."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.audit.values import plain
from backend.catalog.card import article_path
from backend.http.hooks import Hooks
from backend.newsroom.article_list import state_of
from backend.newsroom.pins import pins_of
from backend.newsroom.tag_reasons import reasons
from backend.newsroom.text_diff import text_diff
from backend.newsroom.versions import snapshot, versions_of
from backend.tables.audit import ArticleVersion
from backend.tables.newsroom import Article
from backend.tagging.choices import choices_of
from backend.text.clean import plain_text

_COLUMNS = (
    *("external_id", "version", "source", "title", "summary", "source_url", "category"),
    *("language", "breaking", "published_at", "first_seen_at", "updated_at", "corrected_at"),
    *("edited_at", "pinned_at", "embargo_until"),
)


def listed_values(article: Article, public_url: str) -> dict[str, Any]:
    """An article as `schemas.articles.NewsroomArticle` shows it."""
    story = article.story
    return {
        **{name: getattr(article, name) for name in _COLUMNS},
        "id": article.public_id,
        "url": public_url + article_path(article),
        "state": state_of(article),
        "tags": [tagged.tag.name for tagged in article.tags],
        "story": story and {"id": story.public_id, "source_count": story.source_count},
        "takedown": _takedown(article),
    }


def detailed_values(
    session: Session, hooks: Hooks, article: Article, public_url: str
) -> dict[str, Any]:
    """An article as `schemas.articles.NewsroomArticleWithHistory` shows it."""
    chosen = choices_of(session, article.id)
    return {
        **listed_values(article, public_url),
        "body_html": article.body_html,
        "authors": article.authors,
        "tag_reasons": reasons(article, session)["tags"],
        "added_tags": [each.name for each in chosen if each.is_wanted],
        "removed_tags": [each.name for each in chosen if not each.is_wanted],
        "versions": _versions(article, versions_of(session, article.id)),
        "pins": pins_of(session, article),
        "alerts": hooks.alerts_of(session, article.id),
    }


def _takedown(article: Article) -> dict[str, Any] | None:
    if article.unpublished_at is None:
        return None
    told = {"cause": "withdrawn", "text": None, "by": None, **(article.takedown or {})}
    return {
        **told,
        "at": article.unpublished_at,
        "reason": article.unpublish_reason,
        "undo_until": article.undo_until,
    }


def _versions(article: Article, rows: Sequence[ArticleVersion]) -> list[dict[str, Any]]:
    """Return the versions, newest first; the new value of each is what the next one replaced."""
    says, shown = snapshot(article), []
    for row in rows:
        changes = [change_shown(name, old, says[name]) for name, old in row.before.items()]
        values = {name: getattr(row, name) for name in ("number", "at", "by")}
        shown.append({**values, "corrected": row.is_correction, "changes": changes})
        says |= row.before
    return shown


def change_shown(name: str, before: Any, after: Any) -> dict[str, Any]:
    """Return a change of one member: both values, and the differences of a text."""
    if name == "body_html":
        before, after = plain_text(before), plain_text(after)
    is_text = isinstance(before, str) and isinstance(after, str)
    diff = [piece._asdict() for piece in text_diff(before, after)] if is_text else []
    return {"field": name, "before": plain(before), "after": plain(after), "diff": diff}
