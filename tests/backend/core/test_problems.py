"""A refusal says what is wrong in a bounded number of words."""

import json
from typing import Any

import pytest
from flask import Flask

from backend.core.problems import Invalid, problem_response

FEW = {"limit": ["Must be between 1 and 100."], "tags": {0: ["Not a valid string."]}}
BODIES: dict[str, dict[str, Any]] = {
    "a long list": {"tags": {number: ["Not a valid string."] for number in range(100_000)}},
    "long names": {"x" * 100_000 + str(number): ["Unknown field."] for number in range(1000)},
    "long messages": {"url": ["x" * 1_000_000]},
    "lists in lists": {"x": {n: {m: ["Bad."] * 50 for m in range(50)} for n in range(50)}},
    "deep": {"a": {"b": {"c": {"d": {"e": {"f": {"g": ["x"] * 1000}}}}}}},
}


@pytest.mark.parametrize("errors", BODIES.values(), ids=BODIES)
def test_a_refusal_does_not_grow_with_what_it_refuses(app: Flask, errors: dict[str, Any]) -> None:
    with app.test_request_context("/v1/tags"):
        answer = problem_response(422, Invalid.slug, Invalid.title, "x" * 100_000, errors=errors)

    body = answer.get_data()
    assert len(body) < 16_384
    assert set(json.loads(body)["errors"])


def test_few_faults_are_all_told(app: Flask) -> None:
    with app.test_request_context("/v1/tags"):
        answer = problem_response(422, Invalid.slug, Invalid.title, "limit: x", errors=FEW)

    assert json.loads(answer.get_data())["errors"] == json.loads(json.dumps(FEW))
