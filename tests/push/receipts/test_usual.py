"""Events read without their schema are what the schema reads."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as some
from marshmallow import ValidationError

from push.receipts.usual import usual_events
from schemas.inbox import AppEvents

TIMES = [
    "2026-03-02T12:00:00Z",
    "2026-03-02T12:00:00.123456+09:00",
    "20260302T120000+0000",
    "2026-W10-1T12:00Z",
    "2026-03-02T12:00:00",
    "2026-03-02",
    "0001-01-01T00:00:00+14:00",
    "2200-01-01T00:00:00Z",
    "1799-12-31T23:59:59Z",
    "soon",
    "",
]
ODD = some.none() | some.booleans() | some.integers() | some.lists(some.text(max_size=2))
EVENT = some.fixed_dictionaries(
    {
        "type": some.sampled_from(["received", "opened", "seen", ""]) | ODD,
        "notification_id": some.sampled_from(["", "a", "b" * 64, "c" * 65]) | ODD,
        "at": some.sampled_from(TIMES) | ODD,
    },
    optional={"why": some.text(max_size=2)},
)


@given(
    some.fixed_dictionaries(
        {"events": some.lists(EVENT | ODD, max_size=3) | ODD}, optional={"more": some.none()}
    )
    | ODD
)
def test_what_is_read_without_the_schema_is_what_the_schema_reads(document: Any) -> None:
    found = usual_events(document)

    assert found is None or found == AppEvents().load(document)["events"]


def test_what_apps_send_all_the_time_is_read_without_it() -> None:
    event = {"type": "opened", "notification_id": "0123", "at": TIMES[0]}

    assert usual_events({"events": [event, {**event, "at": TIMES[1]}]}) is not None
    assert usual_events({"events": [event] * 200}) is not None
    assert usual_events({"events": [event] * 201}) is None
    assert _is_refused({"events": [event] * 201})


def _is_refused(document: Any) -> bool:
    try:
        AppEvents().load(document)
    except ValidationError:
        return True
    return False
