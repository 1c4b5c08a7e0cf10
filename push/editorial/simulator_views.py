"""The push channel of the phone simulator, which is part of the demo mode."""

import time
from collections.abc import Iterator
from typing import Any

import orjson
from flask import Blueprint, Response, request

from backend.core.db import db, release
from backend.core.problems import NotFound, Unauthorized
from backend.http.auth import hash_secret, installation_only, public
from backend.http.context import current_context
from backend.http.waiting import Pause, waiting_response
from push.bench.page import MOST, policy
from push.editorial import service, simulator_bench
from push.receipts import queries as receipt_queries
from push.receipts import service as receipts
from schemas.notification import NotificationDraft

blueprint = Blueprint("simulator_inbox", __name__)

# Kept short: on a server that has only threads each poll holds one.
POLL_LASTS_S = 4.0
POLL_PAUSE_S = 0.25
_LARGEST_SEQ = 2**63 - 1  # what a database's integer holds
_ALERT = {
    "title": "A test alert",
    "body": "This is how an alert looks on this phone.",
    "topics": ["breaking"],
    "urgency": "breaking",
    "dry_run": True,
}


@blueprint.get("/simulator/inbox")
@public
def simulator_inbox() -> Response:
    """The simulator's push channel: waits until something arrived for this address"""
    _only_in_the_demo()
    _, _, address = request.headers.get("Authorization", "").partition(" ")
    if not address:
        raise Unauthorized("Send the phone's address as a bearer token.")
    after = min(max(request.args.get("after", 0, type=int), 0), _LARGEST_SEQ)
    lasts_s = 0.0 if request.args.get("wait") == "0" else POLL_LASTS_S
    return waiting_response(_news_for(address, after, lasts_s), "application/json")


@blueprint.get("/simulator/messages")
@public
def test_bench() -> Response:
    """What each phone got, as raw messages on one page"""
    _only_in_the_demo()
    session = db.session()
    rows = receipt_queries.newest_local_messages(session, MOST)
    shown = simulator_bench.page(rows, receipt_queries.count_local_messages(session))
    response = Response(shown, mimetype="text/html")
    response.headers["Content-Security-Policy"] = policy()
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.post("/simulator/phones/<installation_id>/alert")
@installation_only
def test_alert(installation_id: str) -> Response:
    """Alert the phone that asks, through everything that a real alert goes through"""
    _only_in_the_demo()
    context = current_context()
    receipts.mark_for_tests(installation_id, is_test=True, now=context.now())
    service.compose(
        NotificationDraft().load(_ALERT | {"phones": [installation_id]}),
        context.settings.public_url,
        author="simulator",
        approval=False,
        now=context.now(),
    )
    return Response(status=202)


def _only_in_the_demo() -> None:
    if not current_context().settings.demo:
        raise NotFound("The phone simulator is part of the demo mode.")


def _news_for(address: str, after: int, lasts_s: float) -> Iterator[bytes]:
    deadline = time.monotonic() + lasts_s
    while not (found := _arrived(address, after)) and time.monotonic() < deadline:
        yield Pause(POLL_PAUSE_S)
    yield orjson.dumps({"messages": found})


def _arrived(address: str, after: int) -> list[dict[str, Any]]:
    """Read the messages after this one; release the session, so that no wait holds one."""
    try:
        rows = receipt_queries.local_messages(db.session(), hash_secret(address), after, 50)
        return [{"seq": row.seq, "message": orjson.loads(row.message)["message"]} for row in rows]
    finally:
        release()
