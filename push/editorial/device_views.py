"""HTTP routes of the newsroom's test phones: those that dry runs go to."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.core.cursor import scope_of
from backend.core.db import db
from backend.core.problems import NotFound
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_by_id
from backend.tables.audience import Installation
from push.editorial import device_tests
from push.editorial.device_tests import DeviceTest
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
    shown, cursor = devices_page(query)
    return page_answer({"devices": wire.Device(many=True).dump(shown)}, cursor)


@devices.put("/v1/newsroom/devices/<installation_id>")
@devices.arguments(wire.DeviceDraft, required=False)
@devices.response(204)
@newsroom("editor")
def mark_device(draft: dict[str, Any], installation_id: str) -> Response:
    """Let dry runs go to this installation, and name it; its app shows the id"""
    return _marked(installation_id, is_test=True, name=draft["name"])


@devices.delete("/v1/newsroom/devices/<installation_id>")
@devices.response(204)
@newsroom("editor")
def unmark_device(installation_id: str) -> Response:
    """Let no dry run go to this installation any more; safe to repeat"""
    return _marked(installation_id, is_test=False)


@devices.post("/v1/newsroom/devices:test")
@devices.response(202, wire.DeviceTest)
@devices.alt_response(409, schema=None, description="Everything is halted")
@newsroom("editor")
def try_devices() -> DeviceTest:
    """Send a dry run to all test phones; they show nothing"""
    return device_tests.start(now=current_context().now())


@devices.get("/v1/newsroom/devices:test")
@devices.response(200, wire.DeviceTest)
@devices.alt_response(404, description="None was made in the last days")
@newsroom("editor")
def last_device_test() -> DeviceTest:
    """How the last dry run to the test phones went, whoever asked for it"""
    found = device_tests.newest()
    if found is None:
        raise NotFound("No dry run was made yet.")
    return found


def devices_page(query: Mapping[str, Any]) -> tuple[Sequence[Installation], str | None]:
    """Return a page of what `schemas.devices.DevicesQuery` asks for, and its cursor."""
    read = partial(queries.test_installations, db.session())
    return page_by_id(query["cursor"], query["limit"], SCOPE, read)


def _marked(installation_id: str, *, is_test: bool, name: str | None = None) -> Response:
    now = current_context().now()
    if not receipts.mark_for_tests(installation_id, is_test=is_test, name=name, now=now):
        raise NotFound("There is no such installation.")
    return Response(status=204)
