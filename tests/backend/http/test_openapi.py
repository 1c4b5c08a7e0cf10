"""The API does what its description says, for calls that schemathesis makes up from it."""

import re
from collections.abc import Hashable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from hypothesis.strategies._internal import regex as patterns
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.http.request_checks import MESSAGE
from backend.ingest.saving import NEED_A_FEED
from tests.conftest import EDITOR, Clock
from tests.factories import publish, register

FRACTION = re.compile(rb"T\d\d:\d\d:\d\d\.\d")


def times_are_whole_seconds(_context: Any, response: Any, _case: Any) -> None:
    assert FRACTION.search(response.content) is None


def what_is_described_is_taken(_context: Any, response: Any, case: Any) -> None:
    """A call that fits the document is not refused for how it is written."""
    if not case.meta.generation.mode.is_positive or response.status_code not in {
        400,
        413,
        414,
        422,
    }:
        return
    problem = response.json()
    if problem["type"].removeprefix("/problems/") in ALWAYS_REFUSED:
        return
    unsaid = [
        (name, message)
        for name, said in problem.get("errors", {"": [problem["detail"]]}).items()
        for message in _messages(said)
        if not (name in NEED_A_FEED and message.startswith("This is about a feed"))
        and message != MESSAGE  # docs/api.md says it of all texts
        and not re.match(NOT_SAID_BY_A_SCHEMA.get(name, NOTHING)[0], message)
    ]
    assert unsaid == [], (case.operation.label, problem)


def _messages(said: Any) -> list[str]:
    """Of a list, of its items, or of a member's own members."""
    if isinstance(said, str):
        return [said]
    parts = said.values() if isinstance(said, dict) else said
    return [message for part in parts for message in _messages(part)]


# What no schema can say, by member: the beginning of what is said of it, and why.
# Settings of a feed are refused for a source without one, which depends on what is kept.
NOTHING = "(?!)", ""
EXISTENCE = "whether there is what it names"
OTHERS = "it depends on other members or on what is kept"
UNICODE = "which characters are printable, or letters, differs by edition and engine of patterns"
NETWORK = "whether the host is one that may be asked"
NOT_SAID_BY_A_SCHEMA: dict[str, tuple[str, str]] = {
    "all": ("There is no topic|.* named in another part|Length", "a topic may have a comma in it"),
    "any": ("There is no topic|.* named in another part|Name a topic in any", EXISTENCE),
    "none": ("There is no topic|.* named in another part", EXISTENCE),
    "topic": ("There is no topic|Only alerts and follows", EXISTENCE),
    "topics": ("There is no topic|One of them is named", EXISTENCE),
    "countries": ("There is no country", EXISTENCE),
    "until": ("A pin ends within", "it depends on the hour"),
    "article_id": ("There is no such public article", EXISTENCE),
    "articles": ("There is no listed article|Every article has|At least one article", EXISTENCE),
    "stories": ("There is no story", EXISTENCE),
    "muted_sources": ("There is no source", EXISTENCE),
    "levels": ("This installation does not follow", EXISTENCE),
    "source": ("There is no source|The name of a source needs a letter", EXISTENCE),
    "into": ("a tag ", UNICODE),
    "time_zone": ("There is no such time zone", EXISTENCE),
    "image": ("There is no picture of an article", EXISTENCE),
    "since": ("Ask for at most a year", OTHERS),
    "platform": ("Only alerts are told by platform", OTHERS),
    "by": (".* are told by", OTHERS),
    "from": ("Ask for at most", OTHERS),
    "alias": ("a tag ", UNICODE),
    "name": ("a tag |The name of a source needs", UNICODE),
    "tag": ("a tag ", UNICODE),
    "slug": ("Use letters or digits", UNICODE),
    "external_id": ("An id has at most", "it is counted in bytes"),
    "url": (
        "Write an? (https|absolute|numeric)|This is not an address|Port|The host|The address"
        "|No route|Only addresses",
        NETWORK,
    ),
    "sources": ("Name its sources|Name a source|Sources are for", OTHERS),
    "home_url": ("Write an absolute|The host|Port", NETWORK),
    "feed_url": ("Write an? (absolute|numeric)|The host|Port|The address", NETWORK),
    "ports": ("A port is 80, 443", "generators make two types of one number"),
    "body": ("this is", "it is a document of another format"),
}
ALWAYS_REFUSED = {
    "bad-cursor": "whether a cursor was given out here",
    "foreign-url": "whose an address is",
}
CHECKS = [
    not_a_server_error,
    times_are_whole_seconds,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    what_is_described_is_taken,
]
METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE"]
CALLS_EACH = 4
PROBE = settings(
    max_examples=CALLS_EACH,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


PATTERNS: dict[Hashable, SearchStrategy[str]] = {}


@pytest.fixture
def _patterns_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis reads a pattern anew for each operation that names it, twice, and again for each
    filter; of a pattern with the letters of a host it looks at each of 60,000, a third of a second.
    """
    read = patterns.regex_strategy

    def read_once(*given: Any, **more: Any) -> SearchStrategy[str]:
        key = (*given, repr(more))
        if key not in PATTERNS:
            PATTERNS[key] = read(*given, **more)
        return PATTERNS[key]

    monkeypatch.setattr(patterns, "regex_strategy", read_once)


@pytest.fixture
def described(app: Flask, clock: Clock, _patterns_read_once: None) -> schemathesis.BaseSchema:
    clock.forward(microseconds=123_456)
    publish(app.test_client(), tags=["Harbour"], category="World", breaking=True)
    return schemathesis.openapi.from_wsgi("/v1/openapi.json", app)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_every_answer_is_one_that_is_described(
    described: schemathesis.BaseSchema, method: str
) -> None:
    """To an editor, for calls that fit the document."""
    _probe(described, EDITOR, GenerationMode.POSITIVE, method=method, path_regex="^/v1/")


@pytest.mark.slow
@pytest.mark.any_engine  # what does not fit is refused before the database is asked
@pytest.mark.parametrize("method", METHODS)
def test_every_refusal_is_one_that_is_described(
    described: schemathesis.BaseSchema, method: str
) -> None:
    _probe(described, EDITOR, GenerationMode.NEGATIVE, method=method, path_regex="^/v1/")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH"])
def test_every_answer_to_an_installation_is_one_that_is_described(
    described: schemathesis.BaseSchema, app: Flask, method: str
) -> None:
    phone = register(app.test_client(), "tag:Harbour")
    own = {"path_parameters": {"installation_id": phone.id}}

    _probe(described, phone.auth, GenerationMode.POSITIVE, own, method=method,
           path_regex="^/v1/(installations/|feed)")  # fmt: skip


def test_the_document_is_valid(described: schemathesis.BaseSchema) -> None:
    described.validate()


def _probe(
    described: schemathesis.BaseSchema,
    headers: dict[str, str],
    mode: GenerationMode,
    own: dict[str, Any] | None = None,
    **chosen: Any,
) -> None:
    calls = described.include(**chosen).get_all_operations()
    operations = [found.ok() for found in calls if isinstance(found, Ok)]

    def call(case: Case[Any]) -> None:
        case.path_parameters.update((own or {}).get("path_parameters", {}))
        # Its WSGI client asks for compressed answers and opens none.
        case.call_and_validate(headers={**headers, "Accept-Encoding": "identity"}, checks=CHECKS)

    assert operations
    for operation in operations:
        try:
            PROBE(given(case=operation.as_strategy(generation_mode=mode))(call))()
        except Unsatisfiable:
            assert mode.is_negative, "nothing about the call can be wrong"
