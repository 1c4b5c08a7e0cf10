"""The API does what its description says, for calls that schemathesis makes up from it."""

import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import EDITOR, Clock
from tests.factories import publish

FRACTION = re.compile(rb"T\d\d:\d\d:\d\d\.\d")


def times_are_whole_seconds(_context: Any, response: Any, _case: Any) -> None:
    assert FRACTION.search(response.content) is None


CHECKS = [
    not_a_server_error,
    times_are_whole_seconds,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
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


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH", "DELETE"])
def test_every_answer_is_one_that_is_described(
    described: schemathesis.BaseSchema, method: str
) -> None:
    calls = described.include(method=method, path_regex="^/v1/").get_all_operations()
    operations = [found.ok() for found in calls if isinstance(found, Ok)]

    assert operations
    for operation in operations:
        PROBE(given(case=operation.as_strategy())(_call))()


def _call(case: Case[Any]) -> None:
    # Its WSGI client asks for compressed answers and opens none.
    case.call_and_validate(headers={**EDITOR, "Accept-Encoding": "identity"}, checks=CHECKS)
