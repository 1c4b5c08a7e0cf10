"""Buttons are titled in the reader's language, whatever languages the text has."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import register
from tests.push.conftest import Provider
from tests.push.editor import TAG, alert

pytestmark = pytest.mark.usefixtures("tagged")

BUTTON = {"title": "Read on", "titles": {"de": "Weiter lesen", "ko": "더 읽기"}, "to": "/"}


def test_each_reader_has_buttons_in_their_language(
    client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    for locale in ("de-AT", "ko", "fr"):
        register(client, TAG, locale=locale, address=f"address-of-a-phone-in-{locale}")
    made = alert(
        client,
        title="Text",
        variants={"de": {"title": "Meldung", "body": "Bis Mittag."}},
        actions=[BUTTON],
    )
    work()

    shown = {m["token"][-2:]: (m["notification"]["title"], titles(m)) for m in provider.messages}
    assert shown == {
        "AT": ("Meldung", ["Weiter lesen"]),
        "ko": ("Text", ["더 읽기"]),
        "fr": ("Text", ["Read on"]),
    }
    assert made["actions"][0]["titles"] == BUTTON["titles"]


def titles(message: dict[str, Any]) -> list[str]:
    return [action["title"] for action in orjson.loads(message["data"]["actions"])]


@pytest.mark.parametrize(
    "actions",
    [[BUTTON, {"title": "More", "to": "/"}], [{**BUTTON, "titles": {"de": " "}}]],
)
def test_titles_that_no_reader_could_read_are_refused(
    client: FlaskClient, actions: list[dict[str, Any]]
) -> None:
    body = {"title": "Text", "topics": [TAG], "actions": actions}
    answer = client.post("/v1/newsroom/notifications", headers=EDITOR, json=body)

    assert answer.status_code == 422
