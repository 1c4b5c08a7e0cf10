"""HTTP routes of alerts, for editors and apps."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Response
from flask_smorest import Blueprint as ApiBlueprint
from marshmallow import ValidationError

from backend.core.cursor import scope_of
from backend.core.db import db
from backend.http.auth import (
    caller,
    current_installation_id,
    installation_only,
    newsroom,
)
from backend.http.context import current_context
from backend.http.paging import cursor_at, page_answer, page_by_id, position_of
from push.audience.audience import NO_STORY, audience_of, story_of_article
from push.audience.estimate import quick_audience
from push.editorial import correction, examples, recall, repeat, service
from push.editorial.lookup import article_named, criteria_named, source_named
from push.editorial.preview import present_site, preview
from push.editorial.readers import exact_readers, quick_readers
from push.editorial.settings import push_settings
from push.editorial.shown import shown
from push.receipts import service as receipts
from push.store import queries
from push.store.models import Notification
from schemas import inbox as inbox_wire
from schemas import notification as wire
from schemas.halt import HaltState
from schemas.preview import Preview, PreviewQuery

api = ApiBlueprint("notifications", __name__, description="Alerts to those who follow a topic")

INBOX_REACHES = timedelta(days=7)
_ALWAYS_TOLD = ("muted", "quiet", "over_limit", "no_address", "retired")


@api.post("/v1/newsroom/notifications")
@api.arguments(wire.NotificationDraft)
@api.response(202, wire.Notification)
@newsroom("editor")
def send_notification(draft: dict[str, Any]) -> Any:
    """Alert the followers of topics; safe to repeat with the caller's own id"""
    approval = draft["approval"] or push_settings().needs_approval(draft["urgency"])
    public_id = service.compose(
        draft,
        current_context().settings.public_url,
        author=caller().name,
        approval=approval and not draft["dry_run"],
        now=current_context().now(),
    )
    return shown(service.described(public_id))


@api.post("/v1/newsroom/notifications/preview")
@api.arguments(PreviewQuery, location="query")
@api.arguments(wire.NotificationDraft, example=examples.DRAFT)
@api.response(200, Preview, example=examples.PREVIEW)
@newsroom("editor")
def preview_notification(query: dict[str, Any], draft: dict[str, Any]) -> Any:
    """What phones would be sent and show, and what to look at before; nothing is stored"""
    now, count = current_context().now(), None
    if query["audience"]:
        count = quick_readers if query["estimate"] else exact_readers
    return preview(db.session(), draft, present_site(), now, count=count)


@api.get("/v1/newsroom/notifications")
@api.arguments(wire.NotificationListQuery, location="query")
@api.response(200, wire.NotificationList)
@newsroom("editor")
def list_notifications(query: dict[str, Any]) -> Response:
    """The latest notifications first"""
    session, wanted = db.session(), query["state"] or ""
    about = article_named(session, query["article_id"] or None)

    def read(before: int | None, limit: int) -> Sequence[Notification]:
        states, article_id = [wanted] if wanted else (), about.id if about else None
        return queries.latest(session, limit, before=before, states=states, article_id=article_id)

    scope = scope_of("notifications", wanted, about.public_id if about else "")
    found, cursor = page_by_id(query["cursor"], query["limit"], scope, read)
    page = [shown(notification) for notification in found]
    return page_answer({"notifications": wire.Notification(many=True).dump(page)}, cursor)


@api.get("/v1/newsroom/notifications/<notification_id>")
@api.response(200, wire.Notification)
@newsroom("editor")
def read_notification(notification_id: str) -> Any:
    """One notification with its counts"""
    return shown(service.described(notification_id))


@api.patch("/v1/newsroom/notifications/<notification_id>")
@api.arguments(wire.NotificationChange)
@api.response(200, wire.Notification)
@newsroom("editor")
def change(fields: dict[str, Any], notification_id: str) -> Any:
    """Edit what has not begun; an approval given before is void"""
    author, now = caller().name, current_context().now()
    site = current_context().settings.public_url
    return shown(service.change(notification_id, fields, site, author=author, now=now))


@api.post("/v1/newsroom/notifications/<notification_id>/approve")
@api.arguments(wire.Approval)
@api.response(200, wire.Notification)
@newsroom("approver")
def approve(approval: dict[str, Any], notification_id: str) -> Any:
    """The second person's word, for exactly the content that was read"""
    return shown(
        service.approve(
            notification_id,
            author=caller().name,
            content_hash=approval["content_hash"],
            now=current_context().now(),
        )
    )


@api.post("/v1/newsroom/notifications/<notification_id>/correct")
@api.arguments(wire.Correction)
@api.response(202, wire.Notification)
@newsroom("editor")
def correct_notification(fields: dict[str, Any], notification_id: str) -> Any:
    """Replace the alert on the phones of those who were sent it"""
    author, now = caller().name, current_context().now()
    return shown(correction.correct(notification_id, fields, author=author, now=now))


@api.post("/v1/newsroom/notifications/<notification_id>/recall")
@api.response(200, wire.Recall)
@newsroom("editor")
def recall_notification(notification_id: str) -> Any:
    """Stop what has not left, and say how many had"""
    window = push_settings().story_window
    done = recall.recall(notification_id, story_window=window, now=current_context().now())
    counted = {"sent": done.sent, "not_sent": done.not_sent, "unknown": done.unknown}
    return shown(done.notification) | counted


@api.post("/v1/newsroom/notifications/<notification_id>/repeat")
@api.response(202, wire.Notification)
@newsroom("editor")
def repeat_notification(notification_id: str) -> Any:
    """Send it once more to those whose outcome is not certain"""
    author, now = caller().name, current_context().now()
    return shown(repeat.repeat(notification_id, author=author, now=now))


@api.get("/v1/newsroom/audience")
@api.arguments(wire.AudienceQuery, location="query")
@api.response(200, wire.Audience)
@newsroom("editor")
def audience(query: dict[str, Any]) -> Any:
    """How many a notification to these topics would be sent to now, exactly or estimated"""
    session = db.session()
    article, now = article_named(session, query["article_id"]), current_context().now()
    story, since = NO_STORY, now - push_settings().story_window
    if article is not None and not query["insist"]:
        story = story_of_article(session, article.id, query["urgency"], since)
    source_id = article.source_id if article else source_named(session, query["source"])
    criteria = criteria_named(session, query, article, source_id, now)
    count = quick_audience if query["estimate"] else audience_of
    found = count(session, criteria, now=now, story=story)
    told = {*_ALWAYS_TOLD, *({"same_story"} if article else ())} | found.excluded.keys()
    return {
        "audience": found.size,
        "by_platform": dict(found.by_platform),
        "excluded": {name: found.excluded[name] for name in told},
        "is_estimate": found.is_estimate,
    }


@api.get("/v1/newsroom/halt")
@api.response(200, HaltState)
@newsroom("editor")
def halted() -> Any:
    """Whether everything is stopped, since when and by whom"""
    row = queries.halt(db.session())
    return {"halted": row is not None, "since": row and row.since, "by": row and row.by}


@api.post("/v1/newsroom/halt")
@api.response(200, HaltState)
@newsroom("editor")
def halt() -> Any:
    """Stop everything: nothing leaves until it is lifted, also after a restart"""
    service.halt(caller().name, now=current_context().now())
    return halted()


@api.delete("/v1/newsroom/halt")
@api.response(200, HaltState)
@newsroom("editor")
def resume() -> Any:
    """Let alerts leave again"""
    service.resume(now=current_context().now())
    return halted()


@api.get("/v1/installations/<installation_id>/notifications")
@api.arguments(inbox_wire.InboxQuery, location="query")
@api.response(200, inbox_wire.Inbox)
@installation_only
def inbox(query: dict[str, Any], installation_id: str) -> Response:
    """What was sent to this installation's topics lately"""
    now, scope = current_context().now(), scope_of("inbox", str(current_installation_id()))
    found, position = receipts.inbox(
        db.session(),
        current_installation_id(),
        query["limit"],
        before=position_of(query["cursor"], scope),
        since=now - INBOX_REACHES,
        now=now,
    )
    entries = inbox_wire.InboxEntry(many=True).dump(found)
    return page_answer({"notifications": entries}, cursor_at(position, scope))


@api.post("/v1/installations/<installation_id>/events")
@api.arguments(inbox_wire.AppEvents)
@api.response(202, inbox_wire.EventResults)
@installation_only
def events(body: dict[str, Any], installation_id: str) -> Any:
    """The app says what arrived and what was opened; repeats are harmless

    Every event has a result of its own: one that cannot be read, such as of a type that is not
    known here, keeps no other back. None of them is worth sending again.
    """
    context, installation = current_context(), current_installation_id()
    good = [each for each in body["events"] if not isinstance(each, ValidationError)]
    counted = iter(receipts.count_events(context.hooks, installation, good, now=context.now()))
    results = [
        {"status": "refused", "errors": each.messages}
        if isinstance(each, ValidationError)
        else {"status": next(counted)}
        for each in body["events"]
    ]
    return {"results": results}
