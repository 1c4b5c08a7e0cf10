"""Who chose languages is alerted to articles in these alone; an alert about none is for all."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import Phone, publish, register
from tests.push.conftest import Provider
from tests.push.editor import TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]


@pytest.fixture
def phones(client: FlaskClient) -> dict[str, Phone]:
    found = {name: register(client, TAG) for name in ("all", "en-US", "es")}
    for name in ("en-US", "es"):
        found[name].prefer(languages=[name])
    return found


def inbox(phone: Phone) -> list[str]:
    answer = phone.client.get(f"/v1/installations/{phone.id}/notifications", headers=phone.auth)
    return [each["id"] for each in answer.get_json()["notifications"]]


def audience(client: FlaskClient, article: dict[str, Any], **query: Any) -> dict[str, Any]:
    query |= {"topics": TAG, "article_id": article["id"]}
    answer = client.get("/v1/newsroom/audience", headers=EDITOR, query_string=query)
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.mark.parametrize("automatic", [True, False])
def test_an_alert_about_an_article_is_for_those_who_read_its_language(
    client: FlaskClient,
    work: Work,
    provider: Provider,
    phones: dict[str, Phone],
    automatic: bool,
) -> None:
    article = publish(client, language="en-GB", tags=["Harbour"], breaking=automatic)
    asked = audience(client, article, insist=True)
    if automatic:
        number = article["notification_id"]
    else:
        number = alert(client, article_id=article["id"])["id"]
    work()

    assert provider.addresses == {phones["all"].address: 1, phones["en-US"].address: 1}
    counts = read(client, number)["counts"]
    assert (counts["audience"], counts["skipped_by_reason"]) == (2, {"language": 1})
    assert (asked["audience"], asked["excluded"]["language"]) == (2, 1)
    assert [inbox(phone) for phone in phones.values()] == [[number], [number], []]


def test_an_alert_about_no_article_has_no_language_and_is_for_all(
    client: FlaskClient, work: Work, provider: Provider, phones: dict[str, Phone]
) -> None:
    number = alert(client, variants={"fr": {"title": "Pont fermé", "body": ""}})["id"]
    work()

    assert provider.addresses == {phone.address: 1 for phone in phones.values()}
    assert all(inbox(phone) == [number] for phone in phones.values())


def test_who_chooses_others_before_it_is_sent_is_not_sent_it(
    client: FlaskClient, work: Work, provider: Provider, phones: dict[str, Phone]
) -> None:
    night = {"start": "11:00", "end": "13:00"}
    phones["all"].prefer(quiet_hours=night, breaking_overrides_quiet_hours=False)
    number = publish(client, language="en", tags=["Harbour"], breaking=True)["notification_id"]
    work()

    phones["all"].prefer(languages=["es"], quiet_hours=None)
    work()

    assert provider.addresses == {phones["en-US"].address: 1}
    assert read(client, number)["counts"]["skipped_by_reason"] == {"language": 2}
