"""The page of the newsroom's test phones: their names, whether alerts reach them, a try."""

from collections.abc import Callable

from flask import Flask, Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from backend.console.blueprint import console_blueprint
from backend.console.forms import loaded
from backend.console.shell import Section, add_section, back, page
from backend.core.problems import Invalid, NotFound, Problem
from backend.http.auth import newsroom
from backend.http.context import current_context
from push.editorial import device_tests
from push.editorial.device_views import devices_page
from push.receipts import service as receipts
from schemas import devices as wire

blueprint = console_blueprint("console_devices", __name__, template_folder="../templates")


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    section = Section("console_devices.devices", "Devices", frozenset({"editor"}), order=60)
    add_section(app, section)


@blueprint.get("/console/devices")
@newsroom("editor")
def devices() -> Response:
    """The test phones, whether alerts reach them, and how the last try went"""
    return _devices_page(done=request.args.get("done"))


@blueprint.post("/console/devices")
@newsroom("editor")
def add() -> BaseResponse:
    """Make an installation a test phone, by the id that its app shows"""
    return _tried("add", request.form.get("id", "").strip(), _name, done="added")


@blueprint.post("/console/devices/<installation_id>")
@newsroom("editor")
def rename(installation_id: str) -> BaseResponse:
    """Call a phone something else"""
    return _tried(installation_id, installation_id, _name, done="renamed")


@blueprint.post("/console/devices/<installation_id>/remove")
@newsroom("editor")
def remove(installation_id: str) -> BaseResponse:
    """Let no try go to a phone any more; it can be added again"""
    return _tried(installation_id, installation_id, _let_go, done="removed")


@blueprint.post("/console/devices/try")
@newsroom("editor")
def try_all() -> BaseResponse:
    """Send a dry run to all of them"""
    try:
        device_tests.start(now=current_context().now())
    except Problem as error:
        return _devices_page(error.status, place="try", error=error)
    return back(".devices", done="tried")


def _name(installation_id: str) -> bool:
    draft = loaded(wire.DeviceDraft(), {"name": request.form.get("name", "").strip()})
    now = current_context().now()
    return receipts.mark_for_tests(installation_id, is_test=True, name=draft["name"], now=now)


def _let_go(installation_id: str) -> bool:
    now = current_context().now()
    return receipts.mark_for_tests(installation_id, is_test=False, now=now)


def _tried(
    place: str, installation_id: str, change: Callable[[str], bool], *, done: str
) -> BaseResponse:
    """Make a change and show the page; show what is wrong beside the form that asked for it."""
    try:
        if not change(installation_id):
            if place == "add":
                raise Invalid.field("id", "No app has this id. Look at it in the app again.")
            raise NotFound("There is no such installation.")
    except Invalid as error:
        return _devices_page(error.status, place=place, error=error, form=request.form)
    return back(".devices", done=done)


def _devices_page(status: int = 200, **context: object) -> Response:
    given = {name: value for name, value in request.args.items() if name == "cursor" and value}
    found, cursor = devices_page(loaded(wire.DevicesQuery(), given))
    return page(
        "devices/devices.html",
        status,
        devices=found,
        more=url_for(".devices", cursor=cursor) if cursor else None,
        last=device_tests.newest(),
        **context,
    )
