"""Takes out of alerts what they copied of an article that may be shown no more."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core.among import among
from backend.core.db import table_of
from backend.tables.audit import ArticleVersion, AuditEntry
from backend.tables.newsroom import Article
from backend.text.clean import plain_text
from push.editorial.content import hash_of
from push.editorial.copied import Taken, without
from push.store.models import AlertDraft, LocalMessage, Notification
from push.store.states import WAITING

_alert, _entry = table_of(Notification), table_of(AuditEntry)
_article, _version = table_of(Article), table_of(ArticleVersion)
_SAID = ("body", "variants", "image_url", "last_read")


def take_copied(session: Session, article_ids: Sequence[int], names: Set[str]) -> None:
    """Empty what alerts, drafts and the log of both copied of these members of articles.

    Called before the articles lose them, in the same transaction. What is still to be sent is put
    together from what is left.
    """
    session.flush()
    alerts, drafts = _alerts(session, article_ids), _drafts(session, article_ids)
    taken = _taken(session, {*alerts, *drafts}, names)
    changed = [
        alert
        for article_id, about in alerts.items()
        for alert in about
        if _take_of_alert(alert, taken[article_id])
    ]
    for article_id, about_it in drafts.items():
        for draft in about_it:
            draft.content = without(draft.content, taken[article_id])
    _hash_anew(session, changed)
    _take_of_simulator(session, {alert.public_id for alert in changed})
    _take_of_log(session, _subjects(alerts, drafts, taken))


def _take_of_alert(alert: Notification, taken: Taken) -> bool:
    said = {name: getattr(alert, name) for name in _SAID}
    left = without(said, taken)
    for name, value in left.items():
        if value != said[name]:
            setattr(alert, name, value)
    return bool(left != said)


def _hash_anew(session: Session, alerts: Iterable[Notification]) -> None:
    """Hash the content of alerts that wait: a second person is still to approve what is left."""
    session.flush()
    for alert in alerts:
        if alert.state in WAITING:
            alert.content_hash = hash_of(session, alert)


def _take_of_simulator(session: Session, public_ids: Set[str]) -> None:
    for message in session.scalars(select(LocalMessage)) if public_ids else ():
        if any(each in message.message for each in public_ids):
            session.delete(message)


def _subjects(
    alerts: Mapping[int, list[Notification]],
    drafts: Mapping[int, list[AlertDraft]],
    taken: Mapping[int, Taken],
) -> dict[str, Taken]:
    """Return what is taken of log entries, by what they are about."""
    of_alerts = {
        f"notification:{alert.public_id}": taken[of]
        for of, them in alerts.items()
        for alert in them
    }
    of_drafts = {
        f"draft:{draft.public_id}": taken[of] for of, them in drafts.items() for draft in them
    }
    return of_alerts | of_drafts


def _take_of_log(session: Session, subjects: Mapping[str, Taken]) -> None:
    about = select(AuditEntry).where(among(_entry.c.subject, "subjects")).order_by(AuditEntry.id)
    for entry in session.scalars(about, {"subjects": [*subjects]}) if subjects else ():
        for name in ("before", "after"):
            said = getattr(entry, name)
            left = without(said, subjects[entry.subject])
            if left != said:
                setattr(entry, name, left)


def _alerts(session: Session, article_ids: Sequence[int]) -> dict[int, list[Notification]]:
    found = defaultdict(list)
    about = select(Notification).where(among(_alert.c.article_id, "ids"))
    locked = about.order_by(Notification.id).with_for_update(key_share=True)
    for alert in session.scalars(locked, {"ids": article_ids}):
        found[alert.article_id or 0].append(alert)
    return found


def _drafts(session: Session, article_ids: Sequence[int]) -> dict[int, list[AlertDraft]]:
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


def _taken(session: Session, article_ids: Collection[int], names: Set[str]) -> dict[int, Taken]:
    """Return what each article says of these members, and said in its earlier versions."""
    said: dict[int, list[dict[str, Any]]] = defaultdict(list)
    ids = {"ids": [*article_ids]}
    columns = (Article.summary, Article.body_html, Article.image_url)
    for row in session.execute(
        select(Article.id, *columns).where(among(_article.c.id, "ids")), ids
    ):
        said[row.id].append(dict(row._mapping))
    of_versions = select(ArticleVersion.article_id, ArticleVersion.before)
    for of, before in session.execute(of_versions.where(among(_version.c.article_id, "ids")), ids):
        said[of].append(before)
    return {of: _taken_of(says, names) for of, says in said.items()}


def _taken_of(said: Sequence[Mapping[str, Any]], names: Set[str]) -> Taken:
    texts = [*_named("summary", said, names), *map(plain_text, _named("body_html", said, names))]
    pictures, left = _named("image_url", said, names), _named("summary", said, {"summary"} - names)
    return Taken(tuple(texts), tuple(pictures), tuple(left))


def _named(name: str, said: Sequence[Mapping[str, Any]], names: Set[str]) -> list[str]:
    return [each[name] for each in said if each.get(name)] if name in names else []
