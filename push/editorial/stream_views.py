"""The stream by which editors watch an alert leave."""

from collections.abc import Iterator, Set
from functools import partial

from flask import Response, current_app, request
from flask_smorest import Blueprint

from backend.core.db import db, release
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.stream_access import Holder, current_holder, still_let_in
from backend.http.waiting import Pause, waiting_response
from push.editorial import service
from push.editorial.shown import shown
from push.editorial.watched import Reading, Snapshot, Watched
from push.store.states import ENDED
from schemas import notification as wire

# After a minute a stream ends, and a browser asks again: a session that is watched is in use.
STREAM_EVENTS = 60
STREAM_PAUSE_S = 1.0
WATCHED = "push.watched"
_PROGRESS = wire.Notification(only=("state", "failure", "paused", "pauses", "counts", "timing"))

streams = Blueprint("alert_streams", __name__, description="Alerts as they leave")


@streams.get("/v1/newsroom/notifications/<notification_id>/stream")
@streams.response(200, {"type": "string"}, content_type="text/event-stream")
@streams.alt_response(204, description="It has ended, and `Last-Event-ID` is of its end")
@newsroom("editor")
def stream(notification_id: str) -> Response:
    """State and counts once a second, as server-sent events, until the alert has ended

    A client that was cut off sends `Last-Event-ID` and is told what has changed since; when nothing
    has and nothing will, the answer is 204, at which a browser stops asking. It ends within a
    second when the session or the key that opened it has ended.
    """
    last_id = request.headers.get("Last-Event-ID", "")
    seen = _snapshot(notification_id)
    if seen.has_ended and seen.id == last_id:
        return Response(status=204)
    return waiting_response(
        _progress(notification_id, last_id, current_holder()),
        "text/event-stream",
        key=caller().name,
    )


def _progress(public_id: str, last_id: str, holder: Holder) -> Iterator[bytes]:
    watched = _watched()
    with watched.viewer(public_id, holder):
        for number in range(STREAM_EVENTS):
            found = _snapshot(public_id)
            # The first may be from before they came; they have just been let in.
            if number and holder not in found.let_in:
                return
            if found.id != last_id:
                last_id = ""
                yield found.event
            if found.has_ended:
                return
            yield Pause(watched.pause_s(found))


def _watched() -> Watched:
    found: Watched = current_app.extensions[WATCHED]
    return found


def _snapshot(public_id: str) -> Snapshot:
    return _watched().snapshot(public_id, partial(_read, public_id))


def _read(public_id: str, viewers: Set[Holder]) -> Reading:
    now = current_context().now()
    try:
        found = shown(service.described(public_id))
        let_in = still_let_in(db.session(), viewers, {"editor"}, now)
    finally:
        release()
    return Reading(_PROGRESS.dump(found), found["state"] in ENDED, let_in)
