"""Takes out of alerts what they copied of an article that may be shown no more."""

from collections.abc import Collection, Sequence, Set
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.core.chunks import chunks
from backend.tables.audit import ArticleVersion, AuditEntry
from backend.tables.newsroom import Article
from backend.text.clean import plain_text
from push.editorial.content import hash_of
from push.editorial.copied import Taken, without
from push.store.models import AlertDraft, LocalMessage, Notification

_READ_TOGETHER = 500
_SAID = ("body", "variants", "image_url", "last_read")


def take_copied(session: Session, article_ids: Sequence[int], names: Set[str]) -> None:
    """Empty what alerts, drafts and the log of both copied of these members of articles.

    Called before the articles lose them, in the same transaction. What is still to be sent is put
    together from what is left.
    """
    session.flush()
    drafts = _drafts_by_article(session)
    for chunk in chunks(article_ids, _READ_TOGETHER):
        for article in _with_alerts(session, chunk, drafts.keys()):
            taken = _taken_of(session, article, names)
            about = session.scalars(
                select(Notification)
                .where(Notification.article_id == article.id)
                .order_by(Notification.id)
                .with_for_update(key_share=True)
            ).all()
            for alert in about:
                _take_of_alert(session, alert, taken)
            for draft in drafts.get(article.public_id, ()):
                draft.content = without(draft.content, taken)
                _take_of_log(session, f"draft:{draft.public_id}", taken)


def _take_of_alert(session: Session, alert: Notification, taken: Taken) -> None:
    said = {name: getattr(alert, name) for name in _SAID}
    left = without(said, taken)
    _take_of_log(session, f"notification:{alert.public_id}", taken)
    if left == said:
        return
    for name, value in left.items():
        setattr(alert, name, value)
    session.flush()
    alert.content_hash = hash_of(session, alert)
    for message in session.scalars(
        select(LocalMessage).where(LocalMessage.message.contains(alert.public_id))
    ):
        session.delete(message)


def _take_of_log(session: Session, subject: str, taken: Taken) -> None:
    for entry in session.scalars(select(AuditEntry).where(AuditEntry.subject == subject)):
        entry.before, entry.after = without(entry.before, taken), without(entry.after, taken)


def _drafts_by_article(session: Session) -> dict[str, list[AlertDraft]]:
    found: dict[str, list[AlertDraft]] = {}
    for draft in session.scalars(select(AlertDraft).order_by(AlertDraft.id).with_for_update()):
        found.setdefault(str(draft.content.get("article_id") or ""), []).append(draft)
    return found


def _with_alerts(
    session: Session, article_ids: Sequence[int], drafted: Collection[str]
) -> Sequence[Article]:
    alert = select(Notification.id).where(Notification.article_id == Article.id).exists()
    has_any = or_(alert, Article.public_id.in_(drafted))
    wanted = select(Article).where(Article.id.in_(article_ids), has_any)
    return session.scalars(wanted.order_by(Article.id)).all()


def _taken_of(session: Session, article: Article, names: Set[str]) -> Taken:
    """What the article says of these, and said in its earlier versions."""
    own = {each: getattr(article, each) for each in ("summary", "body_html", "image_url")}
    befores = select(ArticleVersion.before).where(ArticleVersion.article_id == article.id)
    said: list[dict[str, Any]] = [own, *session.scalars(befores)]
    texts = [*_named("summary", said, names), *map(plain_text, _named("body_html", said, names))]
    pictures, left = _named("image_url", said, names), {"summary"} - names
    return Taken(tuple(texts), tuple(pictures), tuple(_named("summary", said, left)))


def _named(name: str, said: Sequence[dict[str, Any]], names: Set[str]) -> list[str]:
    return [each[name] for each in said if each.get(name)] if name in names else []
