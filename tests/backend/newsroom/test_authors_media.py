"""Authors, sound and video of an article: on the API, the page and in its structured data."""

import json

from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import publish

AUTHOR = {"name": "Ann Lee", "url": "https://paper.example/ann"}
SOUND = {
    "url": "https://paper.example/p.mp3",
    "type": "audio/mpeg",
    "length_bytes": 1200,
    "duration_s": 3723,
}


def test_authors_and_media_are_kept_and_shown(client: FlaskClient) -> None:
    made = publish(client, title="Ferries stop", authors=[AUTHOR], media=[SOUND], tags=["Harbour"])
    found = client.get(f"/v1/articles/{made['id']}").get_json()
    listed = client.get("/v1/tags/harbour/articles").get_json()["articles"][0]
    page = client.get(found["url"].partition("localhost")[2] or found["url"]).get_data(as_text=True)

    assert (found["authors"], found["media"]) == ([AUTHOR], [SOUND])
    assert listed["authors"] == [AUTHOR]
    assert 'rel="author' in page
    assert "Ann Lee" in page
    values = json.loads(page.partition('application/ld+json">')[2].partition("</script>")[0])
    person = {"@type": "Person", "name": "Ann Lee", "url": "https://paper.example/ann"}
    assert values["author"] == [person]
    assert values["associatedMedia"][0]["encodingFormat"] == "audio/mpeg"


def test_a_correction_keeps_them(client: FlaskClient) -> None:
    made = publish(client, external_id="1", authors=[AUTHOR], media=[SOUND])

    client.patch(
        "/v1/newsroom/articles/herald/1", headers=EDITOR, json={"title": "Ferries sail again"}
    )

    found = client.get(f"/v1/articles/{made['id']}").get_json()
    assert (found["authors"], found["media"]) == ([AUTHOR], [SOUND])


def test_what_is_neither_sound_nor_video_is_refused(client: FlaskClient) -> None:
    answer = client.put(
        "/v1/newsroom/articles/herald/2",
        headers=EDITOR,
        json={
            "title": "x",
            "url": "https://a.example/",
            "media": [{"url": "https://a.example/x", "type": "text/html"}],
        },
    )

    assert answer.status_code == 422
    assert "media" in answer.get_json()["errors"]
