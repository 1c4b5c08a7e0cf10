"""Who is in a segment, and why somebody is not; which alerts a follow lets through."""

from dataclasses import dataclass
from typing import Any

import pytest

from backend.audience.app_version import version_of
from backend.audience.zone import KNOWN, countries, country_of
from push.audience.levels import heard_by
from push.audience.segment import reason_against, segment_of


@dataclass
class Phone:
    platform: str = "ios"
    locale: str = "en-US"
    time_zone: str = "Asia/Seoul"
    app_version: str | None = "4.12.0"
    edition: str | None = "uk"


@pytest.mark.parametrize(
    ("parts", "said", "reason"),
    [
        ({}, {}, None),
        ({"platforms": ["ios", "web"]}, {}, None),
        ({"platforms": ["android"]}, {}, "platform"),
        ({"languages": ["en"]}, {}, None),
        ({"languages": ["en-GB"]}, {}, "language"),
        ({"languages": ["he"]}, {"locale": "iw"}, None),
        ({"languages": ["zh-Hant"]}, {"locale": "zh_TW"}, None),
        ({"languages": ["zh-Hant"]}, {"locale": "zh-CN"}, "language"),
        ({"countries": ["KR"]}, {}, None),
        ({"countries": ["JP"]}, {}, "country"),
        ({"countries": ["IN"]}, {"time_zone": "Asia/Calcutta"}, None),
        ({"countries": ["KR"]}, {"time_zone": "UTC"}, "unknown_country"),
        ({"countries": ["KR"]}, {"time_zone": "Nowhere/Bogus"}, "unknown_country"),
        ({"app_version": {"min": "4.12"}}, {}, None),
        ({"app_version": {"max": "4.12"}}, {}, None),
        ({"app_version": {"min": "4.9"}}, {"app_version": "4.10.1"}, None),
        ({"app_version": {"max": "4.9"}}, {"app_version": "4.10"}, "app_version"),
        ({"app_version": {"min": "4.12"}}, {"app_version": "4.12.0-beta+3"}, "app_version"),
        ({"app_version": {"min": "1"}}, {"app_version": None}, "unknown_app_version"),
        ({"app_version": {"min": "1"}}, {"app_version": "dev"}, "unknown_app_version"),
        ({"editions": ["us", "uk"]}, {}, None),
        ({"editions": ["us"]}, {}, "edition"),
        ({"editions": ["us"]}, {"edition": None}, "unknown_edition"),
        ({"platforms": ["web"], "countries": ["JP"]}, {}, "platform"),
        ({"platforms": ["ios"], "languages": ["en"], "countries": ["JP"]}, {}, "country"),
    ],
)
def test_every_part_has_to_fit(
    parts: dict[str, Any], said: dict[str, Any], reason: str | None
) -> None:
    assert reason_against(Phone(**said), segment_of(parts)) == reason


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        ("4.12", "4.12.0", 0),
        ("v4.12", "4.12 (2031)", 0),
        ("4.12.0+3", "4.12.0+77", 0),
        ("4.12-SNAPSHOT", "4.12", 0),
        ("4.9", "4.10", -1),
        ("4.12.0-beta+3", "4.12.0", -1),
        ("4.12.0-beta.2", "4.12.0-rc.1", -1),
        ("4.12.9", "2025.11", -1),
    ],
)
def test_versions_are_compared_as_versions(left: str, right: str, order: int) -> None:
    first, second = version_of(left), version_of(right)

    assert first is not None
    assert second is not None
    assert (first > second) - (first < second) == order


@pytest.mark.parametrize("text", ["", "dev", "-1", "beta 4.2", "٤.١"])
def test_what_is_no_version_is_none(text: str) -> None:
    assert version_of(text) is None


def test_every_zone_of_a_region_lies_in_a_country() -> None:
    regions = ("Africa/", "America/", "Asia/", "Australia/", "Europe/", "Indian/", "Pacific/")
    named = {zone for zone in KNOWN if zone.startswith(regions)}

    assert len({zone for zone in named if country_of(zone) is None}) <= 3  # newer than the CLDR's
    assert {"KR", "DE", "US", "IS", "WS"} <= countries()


LEVELS = ("all", "important", "breaking", "silent")


@pytest.mark.parametrize(
    ("follow", "heard"),
    [
        ("all", {"normal", "important", "breaking"}),
        ("important", {"important", "breaking"}),
        ("breaking", {"breaking"}),
        ("silent", set()),
    ],
)
def test_a_follow_hears_alerts_of_its_level_and_above(follow: str, heard: set[str]) -> None:
    alerts = ("normal", "important", "breaking")

    assert {alert for alert in alerts if follow in heard_by(alert)} == heard
