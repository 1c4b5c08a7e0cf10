"""Takes out of alerts what they copied of an article that may be shown no more."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import Any

from sqlalchemy.orm import Session

from backend.text.clean import plain_text
from push.editorial import taking_queries as queries
from push.editorial.content import hash_of
from push.editorial.copied import Taken, without
from push.store.models import AlertDraft, Notification
from push.store.states import WAITING

_SAID = ("body", "variants", "image_url", "last_read")


def take_copied(session: Session, article_ids: Sequence[int], names: Set[str]) -> None:
    """Empty what alerts, drafts and the log of both copied of these members of articles.

    Called before the articles lose them, in the same transaction. What is still to be sent is put
    together from what is left.
    """
    session.flush()
    alerts = queries.alerts_about(session, article_ids)
    drafts = queries.drafts_about(session, article_ids)
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
    for message in queries.local_messages(session) if public_ids else ():
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
    for entry in queries.audit_entries(session, subjects) if subjects else ():
        for name in ("before", "after"):
            said = getattr(entry, name)
            left = without(said, subjects[entry.subject])
            if left != said:
                setattr(entry, name, left)


def _taken(session: Session, article_ids: Collection[int], names: Set[str]) -> dict[int, Taken]:
    said = queries.said_by_articles(session, article_ids)
    return {of: _taken_of(says, names) for of, says in said.items()}


def _taken_of(said: Sequence[Mapping[str, Any]], names: Set[str]) -> Taken:
    texts = [*_named("summary", said, names), *map(plain_text, _named("body_html", said, names))]
    pictures, left = _named("image_url", said, names), _named("summary", said, {"summary"} - names)
    return Taken(tuple(texts), tuple(pictures), tuple(left))


def _named(name: str, said: Sequence[Mapping[str, Any]], names: Set[str]) -> list[str]:
    return [each[name] for each in said if each.get(name)] if name in names else []
