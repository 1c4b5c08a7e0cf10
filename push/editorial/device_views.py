"""HTTP routes of the newsroom's test phones: those that dry runs go to."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.core.cursor import Position, scope_of
from backend.core.db import db
from backend.core.problems import NotFound
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_of, position_of
from push.receipts import queries
from push.receipts import service as receipts
from schemas import devices as wire

SCOPE = scope_of("test devices")

devices = Blueprint("devices", __name__, description="Phones of the newsroom for dry runs")


@devices.get("/v1/newsroom/devices")
@devices.arguments(wire.DevicesQuery, location="query")
@devices.response(200, wire.Devices)
@newsroom("editor")
def list_devices(query: dict[str, Any]) -> Response:
    """The installations that dry runs go to, the newest first"""
    limit, after = query["limit"], position_of(query["cursor"], SCOPE)
    before = after.article_id if after else None
    rows = queries.test_installations(db.session(), before, limit + 1)
    shown, cursor = page_of(rows, limit, SCOPE, lambda row: Position(0, row.id))
    return page_answer({"devices": wire.Device(many=True).dump(shown)}, cursor)


@devices.put("/v1/newsroom/devices/<installation_id>")
@devices.response(204)
@newsroom("editor")
def mark_device(installation_id: str) -> Response:
    """Let dry runs go to this installation; its app shows the id"""
    return _marked(installation_id, is_test=True)


@devices.delete("/v1/newsroom/devices/<installation_id>")
@devices.response(204)
@newsroom("editor")
def unmark_device(installation_id: str) -> Response:
    """Let no dry run go to this installation any more; safe to repeat"""
    return _marked(installation_id, is_test=False)


def _marked(installation_id: str, *, is_test: bool) -> Response:
    now = current_context().now()
    if not receipts.mark_for_tests(installation_id, is_test=is_test, now=now):
        raise NotFound("There is no such installation.")
    return Response(status=204)
