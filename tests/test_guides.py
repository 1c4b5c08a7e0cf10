"""What the guides for app developers show is what the code does."""

import json
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.core.app_info import Channels
from backend.core.db import Base
from backend.tables.audience import Installation
from deeplinks.tools import checks
from push.transport.nonce import nonce_template
from push.transport.payload import Action, Alert, message
from push.transport.webpush_message import web_push_template

ROOT = Path(__file__).parent.parent
APP = ROOT / "docs" / "app"
GUIDES = sorted(APP.glob("*.md"))
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BRIDGE = Alert(
    notification_id="ntf_1",
    title="Harbour bridge closed",
    body="Until the evening.",
    url="https://news.example/article/8f14e45fceea",
    image_url="https://img.example/bridge.jpg",
    is_breaking=True,
    is_correction=False,
    collapse_key="tw-ntf_1",
    thread="story-7",
    expires_at=NOW + timedelta(hours=1),
    actions=(Action("1", "All about the harbour", "https://news.example/tag/Harbour"),),
)
CORRECTED = replace(
    BRIDGE, notification_id="ntf_2", title="Harbour bridge open", is_correction=True, actions=()
)


def text_of(name: str) -> str:
    return (APP / f"{name}.md").read_text(encoding="utf-8")


def shown(name: str) -> list[Any]:
    """The guide's blocks of JSON."""
    blocks = re.findall(r"^```json\n(.*?)^```", text_of(name), re.M | re.S)
    return [json.loads(block) for block in blocks]


def nonce() -> Any:
    body = nonce_template("token", "a-nonce").to("the-token")
    return json.loads(body)["message"]


def test_an_iphone_gets_what_its_guide_shows() -> None:
    alert, asked = shown("push-ios")

    assert alert == message(BRIDGE, "ios", NOW)
    assert asked == {name: nonce()[name] for name in ("data", "apns")}


def test_android_gets_what_its_guide_shows() -> None:
    alert, by_night, asked = shown("push-android")

    assert alert == message(BRIDGE, "android", NOW)
    assert by_night == message(replace(CORRECTED, is_quiet=True), "android", NOW)
    assert asked == {name: nonce()[name] for name in ("data", "android")}


def test_a_browser_gets_what_its_guide_shows() -> None:
    alert, correction, asked = shown("push-web")

    assert alert == json.loads(web_push_template(BRIDGE, now=NOW).payload)
    assert correction == json.loads(web_push_template(CORRECTED, now=NOW).payload)
    assert asked == {"data": nonce()["data"]}


def test_the_levels_of_an_iphone_are_those_that_are_sent() -> None:
    table = re.findall(
        r"^\| ([a-z ]+) \| `([a-z-]+)` \| (\w+) \| (5|10) \|$", text_of("push-ios"), re.M
    )
    alerts = {
        "breaking news": BRIDGE,
        "other alerts": replace(BRIDGE, is_breaking=False),
        "a correction of breaking news": CORRECTED,
        "a topic set to silent": replace(BRIDGE, is_silent=True),
    }

    assert {what for what, *_ in table} == {*alerts}
    for what, level, sound, priority in table:
        apns = message(alerts[what], "ios", NOW)["apns"]
        aps = apns["payload"]["aps"]
        assert (aps["interruption-level"], apns["headers"]["apns-priority"]) == (level, priority)
        assert ("sound" in aps) == (sound == "yes"), what


def test_android_s_guide_names_every_channel() -> None:
    table = re.findall(r"^\| `(\w+)` \| `IMPORTANCE_", text_of("push-android"), re.M)

    assert table == [channel.name for channel in fields(Channels)]


def test_what_the_checklist_says_of_the_doctor_is_what_it_says() -> None:
    source = Path(checks.__file__).read_text(encoding="utf-8")
    said = re.findall(r"“([^”]+)”", text_of("taps-and-links"))

    assert len(said) > 8
    assert {text for text in said if text not in source} == set()


def test_the_privacy_guide_names_everything_that_is_kept_of_an_installation() -> None:
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", text_of("privacy")))))
    own = {column.name for column in Installation.__table__.columns}
    others = {
        table.name
        for table in Base.metadata.sorted_tables
        if {"installation_id", "address_hash"} & {*table.columns.keys()}
    }

    assert (own | others) - named == set()


def test_the_sample_app_declares_to_apple_what_the_privacy_guide_answers() -> None:
    file = ROOT / "examples" / "app" / "app.json"
    settings = json.loads(file.read_text(encoding="utf-8"))["expo"]
    declared = {
        each["NSPrivacyCollectedDataType"].removeprefix("NSPrivacyCollectedDataType"): [
            purpose.removeprefix("NSPrivacyCollectedDataTypePurpose")
            for purpose in each["NSPrivacyCollectedDataTypePurposes"]
        ]
        for each in settings["ios"]["privacyManifests"]["NSPrivacyCollectedDataTypes"]
    }
    rows = re.findall(r"^\|[^|]*\| `(\w+)` \| yes[^|]*\| ([^|]*) \|", text_of("privacy"), re.M)

    assert declared == {name: told.replace(" ", "").split(",") for name, told in rows}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_a_guide_is_short_and_is_in_the_list(guide: Path) -> None:
    assert len(guide.read_text(encoding="utf-8").split()) < 1_300
    if guide.name != "README.md":
        assert f"({guide.name})" in text_of("README")
