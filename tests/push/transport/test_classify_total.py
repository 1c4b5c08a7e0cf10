"""Whatever a stranger answers has a meaning, and no odd shape costs anybody the address."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from push.standin import answers
from push.transport.error_body import (
    APNS_ERROR,
    BAD_REQUEST,
    FCM_ERROR,
    NOTHING,
    UNREADABLE_FIELD,
    ProviderError,
    has_message_name,
    parse_error,
)
from push.transport.outcome import (
    MAX_RETRY_AFTER,
    Answer,
    Kind,
    Outcome,
    back_off,
    classify,
    concerns_everybody,
    is_token_refused,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KINDS = set(get_args(Kind))

Path = tuple[str | int, ...]

# Every shape that the stand-in knows, and one that holds everything at once.
DOCUMENTS: list[tuple[int, Any]] = [
    (reply.status, orjson.loads(reply.body))
    for reply in (answers.of_behaviour(name, NOW) for name in answers.BEHAVIOURS)
    if reply.body.startswith(b"{")
]
DOCUMENTS.append(
    (
        400,
        {
            "error": {
                "code": 400,
                "message": "The registration token is not a valid FCM registration token",
                "status": "INVALID_ARGUMENT",
                "details": [
                    {"@type": FCM_ERROR, "errorCode": "INVALID_ARGUMENT"},
                    {
                        "@type": BAD_REQUEST,
                        "fieldViolations": [{"field": "message.token", "description": "bad"}],
                    },
                    {"@type": APNS_ERROR, "statusCode": 400, "reason": "BadDeviceToken"},
                ],
            }
        },
    )
)

WORDS = (
    *("UNREGISTERED", "Unregistered", "SENDER_ID_MISMATCH", "THIRD_PARTY_AUTH_ERROR"),
    *(FCM_ERROR, APNS_ERROR, BAD_REQUEST, "message.token", "registration token", "²", ""),
)
numbers = st.integers(-(2**63), 2**64 - 1) | st.sampled_from([410, 404, 0]) | st.floats()
leaves = st.none() | st.booleans() | numbers | st.text(max_size=8) | st.sampled_from(WORDS)
names = st.sampled_from(["error", "details", "@type", "errorCode", "field", "name"]) | st.text(
    max_size=3
)
json_values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
)
statuses = st.sampled_from([200, 204, 302, 400, 401, 403, 404, 408, 429, 500, 503]) | st.integers()
headers = (
    st.none()
    | st.text()
    | st.sampled_from(
        [
            "²",
            "9" * 5_000,
            "-1",
            "1e9",
            "Fri, 31 Dec 9999 23:59:59 -2359",
            "Mon, 01 Jan 0001 00:00:00",
        ]
    )
)


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """The place of every member, the document itself included."""
    yield here
    inner: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, Mapping):
        inner = iter(value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        inner = iter(enumerate(value))
    for name, member in inner:
        yield from paths(member, (*here, name))


def replaced(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    changed = deepcopy(document)
    holder = changed
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    return changed


def meaning(status: int, body: bytes, header: str | None = None) -> Outcome:
    """The outcome, and what every outcome keeps to."""
    outcome = classify(Answer(status, body, header), NOW)
    assert outcome.kind in KINDS
    assert outcome.kind != "accepted" or (status == 200 and b'"name"' in body)
    assert outcome.wait is None or timedelta(0) <= outcome.wait <= MAX_RETRY_AFTER
    assert NOW + back_off(1, outcome.wait, 1.0) > NOW
    if outcome.kind == "gone":
        assert says_gone(status, body)
    if outcome.kind == "suspect":
        assert says_suspect(status, body)
    return outcome


def says_gone(status: int, body: bytes) -> bool:
    fcm = FCM_ERROR.encode() in body and b'"UNREGISTERED"' in body
    apns = status == 400 and APNS_ERROR.encode() in body
    said = {"unregistered", "notregistered"} & {words_of(body).lower()}
    is_gone_at_apns = apns and (b"410" in body or b'"Unregistered"' in body)
    return status in {400, 404} and (fcm or bool(said) or is_gone_at_apns)


def says_suspect(status: int, body: bytes) -> bool:
    if status == 403 or "sender" in words_of(body).lower():
        is_told = FCM_ERROR.encode() in body and b'"SENDER_ID_MISMATCH"' in body
        return is_told or "sender" in words_of(body).lower()
    about = (b"token", b"fid", b"installation id")
    return status == 400 and any(word in body.lower() for word in about)


def words_of(body: bytes) -> str:
    """The message of an error, or an error that is a text itself."""
    try:
        error = orjson.loads(body)["error"]
        return error if isinstance(error, str) else str(error["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return ""


@given(statuses, st.binary(), headers)
def test_any_status_any_header_and_any_bytes_have_a_meaning(
    status: int, body: bytes, header: str | None
) -> None:
    assert meaning(status, body, header).kind not in {"gone", "suspect"}


@given(statuses, json_values, headers)
def test_any_json_has_a_meaning(status: int, document: Any, header: str | None) -> None:
    meaning(status, orjson.dumps(document), header)


@given(st.data(), st.sampled_from(DOCUMENTS), json_values, headers)
def test_any_json_in_place_of_any_member_of_a_real_document_has_a_meaning(
    data: st.DataObject, real: tuple[int, Any], value: Any, header: str | None
) -> None:
    own_status, document = real
    path = data.draw(st.sampled_from(list(paths(document))))
    status = data.draw(st.just(own_status) | statuses)

    meaning(status, orjson.dumps(replaced(document, path, value)), header)


@pytest.mark.parametrize("value", [None, 5, True, 0.5, "x", [], ["x"], {}, [[]], [None], [{}]])
@pytest.mark.parametrize(("status", "document"), DOCUMENTS)
def test_each_member_of_each_document_may_be_of_another_type(
    status: int, document: Any, value: Any
) -> None:
    for path in paths(document):
        meaning(status, orjson.dumps(replaced(document, path, value)))


@pytest.mark.parametrize(
    ("violations", "fields"),
    [
        (None, set()),
        ([], set()),
        (5, {UNREADABLE_FIELD}),
        (["x"], {UNREADABLE_FIELD}),
        ([{"field": {}}], {UNREADABLE_FIELD}),
        ([{"field": "message.token"}, None], {"message.token", UNREADABLE_FIELD}),
    ],
)
def test_a_complaint_that_cannot_be_read_is_not_about_the_address(
    violations: Any, fields: set[str]
) -> None:
    detail = {"@type": BAD_REQUEST, "fieldViolations": violations}
    body = orjson.dumps({"error": {"details": [detail], "message": "fine"}})

    assert parse_error(body) == ProviderError(message="fine", fields=frozenset(fields))
    assert classify(Answer(400, body), NOW).kind == "ours"


@pytest.mark.parametrize("body", [b"", b"[1]", b"null", b"<html>", b'{"error": 5}', b"\xff", b"{"])
def test_a_body_without_an_error_is_nothing(body: bytes) -> None:
    assert parse_error(body) == NOTHING
    assert not has_message_name(body)


@pytest.mark.parametrize("name", [None, "", [1], {}, 5, True])
def test_only_a_text_is_the_name_of_a_message(name: Any) -> None:
    assert meaning(200, orjson.dumps({"name": name})).kind == "ambiguous"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(-1, "ambiguous"), (99, "later"), (204, "ambiguous"), (600, "later"), (10**30, "later")],
)
def test_a_status_that_nobody_defined(status: int, kind: str) -> None:
    assert meaning(status, b'{"name": "projects/p/messages/1"}').kind == kind


def test_a_message_of_which_no_request_can_be_made_is_ours_and_stops_nobody_elses() -> None:
    outcome = classify(Answer(0, unsent=True, unsendable=True), NOW)

    assert (outcome.kind, outcome.stops) == ("ours", False)
    assert not concerns_everybody([outcome] * 50, accepted=0, failed=50)


def test_a_platforms_missing_key_is_no_refused_token() -> None:
    by_name = {name: answers.of_behaviour(name, NOW) for name in ("apnskey", "stranger")}
    refused = {name: is_token_refused(Answer(r.status, r.body)) for name, r in by_name.items()}

    assert refused == {"apnskey": False, "stranger": True}
    assert is_token_refused(Answer(401, b'{"error": {"details": 5}}'))
    assert not is_token_refused(Answer(403))
