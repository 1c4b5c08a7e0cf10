"""A tag that cannot be used is named in the answer, with its reason."""

import pytest
from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import publish


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("Node.js", "no '/'"),
        ("2024", "at least one letter"),
        ("Uncategorized", "names no subject"),
        ("Herald", "names no subject"),
    ],
)
def test_a_tag_that_cannot_be_used_is_named(client: FlaskClient, tag: str, reason: str) -> None:
    done = publish(client, tags=["Harbour", tag])

    assert "Harbour" in done["tags"]
    assert [each["tag"] for each in done["ignored_tags"]] == [tag]
    assert reason in done["ignored_tags"][0]["reason"]


def test_what_is_used_under_any_name_is_not_named(client: FlaskClient) -> None:
    used = ["Harbour", "#harbour", "C++", "C#", "AT&T", "DPRK", "North Korea-Russia", "Ferry, Quay"]

    done = publish(client, tags=used)

    assert done["ignored_tags"] == []


def test_a_forbidden_tag_is_named(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    path = "/v1/newsroom/tags/Harbour/forbid"
    assert client.post(path, headers=EDITOR, json={}).status_code in {200, 204}

    done = publish(client, tags=["Harbour"])

    assert "forbidden" in done["ignored_tags"][0]["reason"]
