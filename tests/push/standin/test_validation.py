"""A message that was checked for one address is not checked again for another, and never worse."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from push.standin.rules import ADDRESS, violations
from push.standin.validation import validate

texts = st.sampled_from(
    ["a", "", "1s", "HIGH", "#00ff00", "https://x.example", "\u0000", "한" * 22]
)
values = st.recursive(
    texts
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
addresses = texts | st.text() | values


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these, what is right more often than what is not."""
    return st.fixed_dictionaries({}, optional={n: value | values for n, value in fields.items()})


data = st.dictionaries(st.sampled_from(["a", "from", "token", "google.x"]), texts)
blocks = some(
    token=texts,
    fid=texts,
    Token=texts,
    topic=texts,
    data=data,
    notification=some(title=texts, image=texts, token=texts),
    android=some(
        ttl=st.sampled_from(["0s", "3.5s", "1"]), priority=texts, data=data, collapseKey=texts
    ),
    androidV2=some(backgroundSync=st.just({})),
    apns=some(headers=st.just({"apns-priority": "7"}), payload=some(token=texts)),
    webpush=some(data=data, fcm_options=some(link=texts)),
    fcmOptions=some(analyticsLabel=texts),
    long=st.just("x" * 4100),
)
requests = some(message=blocks, validate_only=st.booleans(), token=texts)


@given(requests, st.sampled_from(["token", "fid", "topic"]), addresses, addresses)
def test_the_verdict_is_that_of_all_the_rules_for_any_address(
    request_: dict[str, Any], name: str, first: Any, second: Any
) -> None:
    for address in (first, second, first):
        message = request_.get("message")
        if isinstance(message, dict):
            message[name] = address
        body = json.dumps(request_).encode()
        validated = validate(body)

        wrong = violations(orjson.loads(body))
        assert list(validated.validation.violations) == wrong
        if not wrong:
            assert validated.message == orjson.loads(body)["message"]
            assert validated.target in {validated.message.get(n) for n in ("token", "fid", "topic")}
            assert validated.validation.is_dry_run is bool(request_.get("validate_only"))


@given(data, texts.filter(ADDRESS.fullmatch), texts.filter(ADDRESS.fullmatch))
def test_an_address_elsewhere_in_the_message_stays_what_it_is(
    kept: dict[str, str], first: str, second: str
) -> None:
    """The same text as the address, or as the one that the kept message has in its place."""
    for address in (first, second):
        message = {"token": address, "notification": {"title": address}, "data": {"a": first}}
        assert validate(orjson.dumps({"message": message})).message == message


def test_two_addresses_are_one_too_many_whatever_was_taken_before() -> None:
    assert not validate(b'{"message": {"token": "a"}}').validation.violations
    assert validate(b'{"message": {"token": "a", "fid": "b"}}').validation.violations
    assert validate(b'{"message": {"token": "c", "fid": "b"}}').validation.violations
    assert validate(b'{"message": {"token": "", "topic": ""}}').validation.violations
    assert validate(b'{"message": {"token": "", "fid": "b"}}').validation.violations
    assert not validate(b'{"message": {"token": null, "fid": "b"}}').validation.violations


def test_numbers_are_told_from_flags_and_texts_are_read() -> None:
    flags = ("true", "1", "1.0", '"true"')
    bodies = [b'{"message": {"token": "a"}, "validate_only": %s}' % f.encode() for f in flags]

    assert [bool(validate(body).validation.violations) for body in bodies] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("name", ["validate_only", "validateOnly"])
def test_a_dry_run_is_one_in_both_spellings(name: str) -> None:
    assert validate(orjson.dumps({"message": {"fid": "a"}, name: True})).validation.is_dry_run


def test_what_is_nested_too_deeply_is_refused() -> None:
    deep: Any = {}
    for _ in range(400):
        deep = {"a": deep}
    body = json.dumps({"message": {"token": "a", "apns": {"payload": deep}}}).encode()

    assert validate(body).validation.violations
