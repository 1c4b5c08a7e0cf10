"""Queries of what copied something of an article, and of what the article says and said."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core.among import among
from backend.core.db import table_of
from backend.tables.audit import ArticleVersion, AuditEntry
from backend.tables.newsroom import Article
from push.store.models import AlertDraft, LocalMessage, Notification

_alert, _entry = table_of(Notification), table_of(AuditEntry)
_article, _version = table_of(Article), table_of(ArticleVersion)


def alerts_about(session: Session, article_ids: Sequence[int]) -> dict[int, list[Notification]]:
    """Return alerts by the article that they are about, locked."""
    found = defaultdict(list)
    about = select(Notification).where(among(_alert.c.article_id, "ids"))
    locked = about.order_by(Notification.id).with_for_update(key_share=True)
    for alert in session.scalars(locked, {"ids": article_ids}):
        found[alert.article_id or 0].append(alert)
    return found


def drafts_about(session: Session, article_ids: Sequence[int]) -> dict[int, list[AlertDraft]]:
    """Return drafts by article, which they name by our public id inside their JSON."""
    all_of_them = select(AlertDraft).order_by(AlertDraft.id).with_for_update()
    named = [(each.content.get("article_id"), each) for each in session.scalars(all_of_them)]
    names = [str(name) for name, _ in named if name]
    if not names:
        return {}
    own = among(_article.c.id, "ids"), among(_article.c.public_id, "names")
    rows = session.execute(
        select(Article.public_id, Article.id).where(*own), {"ids": article_ids, "names": names}
    )
    numbers = {str(name): number for name, number in rows}
    found = defaultdict(list)
    for name, draft in named:
        if str(name) in numbers:
            found[numbers[str(name)]].append(draft)
    return found


def said_by_articles(
    session: Session, article_ids: Collection[int]
) -> dict[int, list[dict[str, Any]]]:
    """Return what each article says, and what it said in its earlier versions."""
    said: dict[int, list[dict[str, Any]]] = defaultdict(list)
    ids = {"ids": [*article_ids]}
    columns = (Article.summary, Article.body_html, Article.image_url)
    of_articles = select(Article.id, *columns).where(among(_article.c.id, "ids"))
    for row in session.execute(of_articles, ids):
        said[row.id].append(dict(row._mapping))
    of_versions = select(ArticleVersion.article_id, ArticleVersion.before)
    for of, before in session.execute(of_versions.where(among(_version.c.article_id, "ids")), ids):
        said[of].append(before)
    return said


def local_messages(session: Session) -> Iterable[LocalMessage]:
    return session.scalars(select(LocalMessage))


def audit_entries(session: Session, subjects: Iterable[str]) -> Iterable[AuditEntry]:
    about = select(AuditEntry).where(among(_entry.c.subject, "subjects")).order_by(AuditEntry.id)
    return session.scalars(about, {"subjects": [*subjects]})
