"""`docs/api.md` shows calls that work, and explains every problem that is answered."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from standardwebhooks import WebhookVerificationError

from backend.core.problems import HTTP_SLUGS, Problem
from backend.http.openapi import VERSION
from backend.http.rate_limits import INSTALLATION, Standing
from backend.webhooks.deliverer import DeliveryRequest, signed
from tests.factories import publish

DOCUMENT = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
# What an answer gives to the calls after it.
KEPT = {
    "next_cursor": "NEXT",
    "newest_cursor": "NEWEST",
    "sync_cursor": "SYNC",
    "id": "ID",
    "secret": "SECRET",
}


def test_the_calls_of_the_document_work_in_their_order(client: FlaskClient) -> None:
    for number in range(2):
        publish(client, external_id=str(number), tags=["Harbour"])
    known = {"SITE": ""}

    for line in re.findall(r"^curl .*", DOCUMENT, re.MULTILINE):
        answer = client.open(**request_of(line, known))

        assert answer.status_code in {200, 201, 204}, (line, answer.text)
        told = answer.get_json(silent=True) or {}
        known |= {name: told[member] for member, name in KEPT.items() if told.get(member)}
    assert {*known} == {"SITE", *KEPT.values()}


def test_every_problem_is_explained_with_its_status() -> None:
    explained = dict(re.findall(r"^\| `/problems/([\w-]+)` \| (\d+) \|", DOCUMENT, re.MULTILINE))
    answered = {slug: str(status) for status, (slug, _) in HTTP_SLUGS.items()}
    answered |= {kind.slug: str(kind.status) for kind in problems(Problem)}

    assert answered.items() <= explained.items()


def test_the_receiver_of_the_document_takes_what_is_sent_and_nothing_else() -> None:
    secret = "whsec_" + "c2VjcmV0" * 4
    body = '{"type": "article.published"}'
    request = DeliveryRequest(url="", message_id="msg_1", body=body, secrets=[secret])
    headers = signed(request, datetime.now(UTC))
    named: dict[str, Any] = {}
    exec(DOCUMENT.partition("```python\n")[2].partition("```")[0], named)  # noqa: S102

    assert named["received"](body, headers, secret) == json.loads(body)
    assert re.findall(r"^(webhook-[a-z]+): ", DOCUMENT, re.MULTILINE) == [
        name for name in headers if name.startswith("webhook-")
    ]
    with pytest.raises(WebhookVerificationError):
        named["received"](body + " ", headers, secret)


def test_the_changelog_begins_with_the_version_that_is_served() -> None:
    changelog = DOCUMENT.partition("## Changelog of the contract")[2]

    assert re.findall(r"^- \*\*(\S+)\*\*", changelog, re.MULTILINE)[0] == VERSION


def test_the_headers_of_limits_are_those_that_are_sent() -> None:
    standing = Standing(INSTALLATION, remaining=1180, resets_in_s=42)

    for name, value in standing.headers.items():
        assert f"\n{name}: {value}\n" in DOCUMENT


def request_of(line: str, known: dict[str, str]) -> dict[str, Any]:
    """What a line of curl sends."""
    words = [
        re.sub(r"\$([A-Z]+)", lambda found: known[found[1]], word) for word in shlex.split(line)
    ]
    options = dict(pairwise(words))
    given = [value for name, value in pairwise(words) if name == "-H"]
    return {
        "method": options.get("-X", "GET"),
        "path": next(word for word in words if word.startswith("/v1/")),
        "headers": [tuple(each.split(": ", 1)) for each in given],
        "data": options.get("-d"),
    }


def problems(kind: type[Problem]) -> Iterator[type[Problem]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from problems(narrower)
