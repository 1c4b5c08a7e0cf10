"""Set-up: what is missing for going live, as the command says it, without asking anybody."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from backend.http.hooks import Check
from backend.http.readiness import Point, points_of
from tagwire import main
from tests.conftest import START, Clock
from tests.people import SECURE, person

PAGE = "/console/going-live"


def test_an_admin_sees_what_the_command_says(make_app: Callable[..., Flask]) -> None:
    app = make_app(PUBLIC_URL=SECURE, TRUSTED_PROXIES="0", CORS_ORIGINS="http://old.example")
    ada = person(app, "ada", "admin")

    page = ada.get(PAGE).text
    said = app.test_cli_runner().invoke(main, ["check"]).output

    for line in said.splitlines():
        about, _, rest = line.partition(": ")
        if about not in {"Error", "clock"}:
            assert f"<code>{about}</code>: {rest}" in page.replace("&#39;", "'"), line
    assert "TRUSTED_PROXIES" in said
    assert "only the command asks" in page


def test_the_api_tells_it_as_well(app: Flask, clock: Clock) -> None:
    ada = person(app, "ada", "admin")
    ada.send("/console/sources", data={"name": "Herald", "feed_url": "https://herald.example/f"})
    clock.forward(hours=1)

    found = ada.get("/v1/newsroom/check").get_json()

    states = {point["about"]: point["state"] for point in found["points"]}
    assert states["PUBLIC_URL"] == "fit"
    assert states["PUSH_TRANSPORT"] == "unfit"
    assert states["GOOGLE_APPLICATION_CREDENTIALS"] == "unseen"
    assert found["is_current"]
    assert not found["is_fit"]
    late = {each["process"]: each["since"] for each in found["backlogs"]}
    assert late == {"poller": "2026-03-02T12:00:00Z", "worker": None}
    assert "stands still" in ada.get(PAGE).text


def test_what_needs_the_network_is_never_asked_for_a_page() -> None:
    asked = []

    def look(now: object) -> list[str]:
        asked.append(now)
        return ["disk: full; make room."]

    near = Check(about=("disk", "clock"), findings=look)
    far = Check(about=("key",), findings=look, asks_others=True)

    found = list(points_of([near, far], START + timedelta(days=1)))

    assert found == [
        Point("disk", "unfit", ("full; make room.",)),
        Point("clock", "fit"),
        Point("key", "unseen"),
    ]
    assert len(asked) == 1
