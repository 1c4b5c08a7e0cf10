"""Every call that `docs/tags.md` shows works as it stands there."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import publish

DOCUMENT = Path(__file__).parents[3] / "docs" / "tags.md"


def calls() -> list[list[str]]:
    """The words of every curl command, with what the first block sets still to fill in."""
    blocks = re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)
    lines = (line for block in blocks for line in block.splitlines())
    return [shlex.split(line) for line in lines if line.startswith("curl ")]


def asked(client: FlaskClient, words: list[str], article: str) -> Any:
    url = next(word for word in words if word.startswith("$SITE"))
    options = dict(pairwise(words))
    assert options["-H"] == "$AUTH"
    body = json.loads(options["--json"]) if "--json" in options else None
    method = options.get("-X", "GET" if body is None else "POST")
    path = url.removeprefix("$SITE").replace("$ARTICLE", article)
    return client.open(path, method=method, headers=EDITOR, json=body)


def test_the_calls_of_the_document_work_in_their_order(client: FlaskClient) -> None:
    lead = "The council heard Orla Vandenberg on Monday evening."
    article = publish(client, source="herald", tags=["Overnight", "Quay"], body_text=lead)
    publish(client, source="mercury", tags=["Ferrys"])
    publish(client, source="mercury", tags=["Ferry"])

    answers = [(words, asked(client, words, article["id"])) for words in calls()]

    assert len(answers) == 14
    assert {
        tuple(words): answer.text for words, answer in answers if answer.status_code >= 300
    } == {}
    tags = client.get(f"/v1/articles/{article['id']}").get_json()["tags"]
    assert "Overnight" not in tags
    assert client.get("/v1/tags/fähren").get_json()["name"] == "Ferries"
    assert client.get("/v1/tags/ferry").get_json()["name"] == "Ferry"
