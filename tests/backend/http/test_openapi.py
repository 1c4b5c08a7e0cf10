"""The API does what its description says, for calls that schemathesis makes up from it."""

import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
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
    known = NOT_SAID_BY_A_SCHEMA.get(problem["type"].removeprefix("/problems/"), set())
    assert {*problem.get("errors", {"": 1})} <= known, (case.operation.label, problem)


# What no schema can say: whether a cursor was given out here, whose an address is, whether there
# is what a name names, whether a character is printable, whether a time zone is one.
NOT_SAID_BY_A_SCHEMA = {
    "bad-cursor": {""},
    "foreign-url": {""},
    "invalid": {
        *("all", "any", "article_id", "articles", "none", "since", "source", "stories", "topics"),
        *("alias", "external_id", "into", "name", "slug", "tag", "time_zone", "muted_sources"),
        *("feed_url", "home_url", "image", "url", "body", "levels"),
        *NEED_A_FEED,
    },
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
CALLS_EACH = 4
PROBE = settings(
    max_examples=CALLS_EACH,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def described(app: Flask, clock: Clock) -> schemathesis.BaseSchema:
    clock.forward(microseconds=123_456)
    publish(app.test_client(), tags=["Harbour"], category="World", breaking=True)
    return schemathesis.openapi.from_wsgi("/v1/openapi.json", app)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH", "DELETE"])
def test_every_answer_is_one_that_is_described(
    described: schemathesis.BaseSchema, method: str
) -> None:
    """To an editor, for calls that fit the document and for others."""
    for mode in GenerationMode:
        _probe(described, EDITOR, mode, method=method, path_regex="^/v1/")


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
