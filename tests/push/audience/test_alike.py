"""Two events that look alike are two alerts, also where they became one story."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.backend.stories.alike import ALIKE, Text
from tests.backend.stories.telling import RESIGNS, story_of
from tests.backend.stories.telling import tell as tell_more
from tests.conftest import EDITOR, Clock
from tests.factories import publish, register
from tests.push.conftest import Provider
from tests.push.editor import alert, read

Work = Callable[[], None]


@pytest.fixture(autouse=True)
def topic(client: FlaskClient) -> None:
    publish(client, title="Welcome", body_text="Good morning.", tags=["World"])


def tell(client: FlaskClient, source: str, language: str, text: Text) -> dict[str, str]:
    title, summary = text
    found: dict[str, str] = publish(
        client,
        source=source,
        title=title,
        summary=summary,
        body_text=summary,
        language=language,
        tags=["World"],
        breaking=True,
    )
    return found


@pytest.mark.parametrize("kind", ALIKE)
def test_the_second_of_two_events_that_became_one_story_is_sent_too(
    client: FlaskClient, work: Work, provider: Provider, kind: str
) -> None:
    reader = register(client, "tag:World")
    language, *texts = ALIKE[kind]
    told = [tell(client, f"source-{at}", language, each) for at, each in enumerate(texts)]
    stories = [story_of(client, each["id"]) for each in told]
    assert stories[0] is not None
    assert stories[0] == stories[1]
    work()

    assert provider.addresses == {reader.address: 2}
    assert read(client, told[1]["notification_id"])["withheld_by"] == []


def test_a_newsroom_sees_which_alert_withheld_another_and_sends_it_all_the_same(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    reader = register(client, "tag:World")
    first, second = (
        tell_more(client, source, told, tags=["World"], breaking=True)
        for source, told in zip(("herald", "courier"), RESIGNS, strict=False)
    )
    work()
    assert provider.addresses == {reader.address: 1}

    earlier, withheld = (read(client, each["notification_id"]) for each in (first, second))
    assert (earlier["counts"]["accepted"], earlier["withheld_by"]) == (1, [])
    assert withheld["counts"]["skipped_by_reason"] == {"same_story": 1}
    named = {name: earlier[name] for name in ("id", "title", "send_at")}
    assert withheld["withheld_by"] == [named]
    article = client.get(f"/v1/newsroom/articles/{second['id']}", headers=EDITOR).get_json()
    [of_article] = article["alerts"]
    assert (of_article["withheld"], of_article["withheld_by"]) == (1, [earlier["id"]])

    alert(client, "tag:World", article_id=second["id"], insist=True)
    work()

    assert provider.addresses == {reader.address: 2}


def test_what_an_editor_joined_is_one_event(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    reader = register(client, "tag:World")
    language, *texts = ALIKE["countries"]
    told = [tell(client, f"source-{at}", language, each) for at, each in enumerate(texts)]
    story = story_of(client, told[0]["id"])["id"]
    clock.forward(minutes=1)
    joined = client.post(
        f"/v1/newsroom/stories/{story}/join",
        headers=EDITOR,
        json={"articles": [each["id"] for each in told]},
    )
    assert joined.status_code == 200
    work()

    assert provider.addresses == {reader.address: 1}
