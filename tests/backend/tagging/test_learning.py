"""The vocabulary learns from the stream, and editors' decisions on tags hold."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.newsroom.retag import retag_due
from tagwire import main
from tests.conftest import EDITOR, Clock
from tests.factories import publish, register

LEAD = "The council heard Orla Vandenberg on Monday evening about the bridge."


def tags_of(client: FlaskClient, article: dict[str, Any]) -> list[str]:
    found: list[str] = client.get(f"/v1/articles/{article['id']}").get_json()["tags"]
    return found


def said(client: FlaskClient, source: str, title: str = "Bridge to close", **more: Any) -> Any:
    return publish(client, source=source, title=title, body_text=LEAD, language="en", **more)


def decide(client: FlaskClient, tag: str, verb: str, **body: Any) -> Any:
    return client.post(f"/v1/newsroom/tags/{tag}/{verb}", headers=EDITOR, json=body)


def test_a_second_publisher_makes_a_name_a_tag_and_the_first_article_follows(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    first = said(client, "herald")
    assert "OrlaVandenberg" not in first["tags"]

    second = said(client, "mercury")
    with app.app_context():
        retag_due(now=clock.now)

    assert "OrlaVandenberg" in second["tags"]
    assert "OrlaVandenberg" in tags_of(client, first)
    feed = client.get("/v1/tags/OrlaVandenberg/articles").get_json()["articles"]
    assert {each["id"] for each in feed} == {first["id"], second["id"]}


def test_one_publisher_alone_makes_no_tag_of_a_mention(client: FlaskClient) -> None:
    said(client, "herald")

    assert "OrlaVandenberg" not in said(client, "herald")["tags"]


def test_two_days_later_the_evidence_is_too_old(client: FlaskClient, clock: Clock) -> None:
    said(client, "herald")
    clock.forward(hours=49)

    assert "OrlaVandenberg" not in said(client, "mercury")["tags"]


def test_a_keyword_of_one_publisher_tags_what_another_says(client: FlaskClient) -> None:
    publish(client, source="herald", tags=["Tidal Power"])

    other = publish(client, source="mercury", title="Tidal power for the islands", language="en")

    assert "TidalPower" in other["tags"]


def test_a_learned_tag_is_suggested_from_its_second_article_on(client: FlaskClient) -> None:
    def suggested() -> list[str]:
        answer = client.get("/v1/tags", query_string={"q": "OrlaVan"}).get_json()
        return [each["name"] for each in answer["tags"]]

    said(client, "herald", title="Orla Vandenberg resigns")
    assert suggested() == []

    said(client, "mercury", title="Orla Vandenberg resigns")
    assert suggested() == ["OrlaVandenberg"]


def test_an_editor_confirms_a_name_and_articles_follow(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    article = said(client, "herald")

    assert decide(client, "OrlaVandenberg", "confirm").status_code == 200
    with app.app_context():
        retag_due(now=clock.now)

    assert "OrlaVandenberg" in tags_of(client, article)


def test_a_forbidden_tag_leaves_its_articles_and_does_not_return(client: FlaskClient) -> None:
    article = publish(client, source="herald", tags=["Ferries", "Harbour"])

    decide(client, "Ferries", "forbid", source="herald")

    assert tags_of(client, article) == ["Harbour"]
    assert publish(client, source="herald", tags=["Ferries"])["tags"] == []
    assert publish(client, source="mercury", tags=["Ferries"])["tags"] == ["Ferries"]


def test_a_ban_is_taken_back(client: FlaskClient) -> None:
    decide(client, "Ferries", "forbid")
    client.delete("/v1/newsroom/tags/Ferries/forbid", headers=EDITOR)

    assert publish(client, tags=["Ferries"])["tags"] == ["Ferries"]


def test_every_tag_says_why(client: FlaskClient) -> None:
    article = said(client, "herald", title="Norway closes a bridge", tags=["Ferries"])

    answer = client.get(f"/v1/newsroom/articles/{article['id']}/tags", headers=EDITOR).get_json()

    by_name = {each["name"]: each for each in answer["tags"]}
    assert by_name["Ferries"]["rule"] == "publisher"
    assert by_name["Ferries"]["used_by"] == [{"source": "herald", "as_keyword": True}]
    assert by_name["Norway"]["rule"] == "title"
    assert {"words": "Norway", "place": "title"} in by_name["Norway"]["found"]


def test_a_merge_is_previewed_and_undone(client: FlaskClient, clock: Clock) -> None:
    old = publish(client, tags=["Ferries"])
    both = publish(client, tags=["Ferries", "Ferry"])
    phone = register(client, "tag:Ferries")

    preview = decide(client, "Ferries", "merge", into="Ferry", dry_run=True).get_json()["preview"]
    assert (preview["articles"], preview["articles_of_both"], preview["followers"]) == (2, 1, 1)
    assert tags_of(client, old) == ["Ferries"]

    decide(client, "Ferries", "merge", into="Ferry")
    assert tags_of(client, old) == ["Ferry"]
    clock.forward(hours=23)
    undone = client.delete("/v1/newsroom/tags/Ferries/merge", headers=EDITOR)

    assert undone.status_code == 200, undone.get_json()
    assert tags_of(client, old) == ["Ferries"]
    assert sorted(tags_of(client, both)) == ["Ferries", "Ferry"]
    feed = client.get("/v1/tags/Ferries/articles").get_json()
    assert {each["id"] for each in feed["articles"]} == {old["id"], both["id"]}
    home = client.get(f"/v1/installations/{phone.id}/topics", headers=phone.auth).get_json()
    assert "tag:Ferries" in str(home)


def test_a_merge_is_not_undone_after_a_day(client: FlaskClient, clock: Clock) -> None:
    publish(client, tags=["Ferries"])
    publish(client, tags=["Ferry"])
    decide(client, "Ferries", "merge", into="Ferry")
    clock.forward(hours=25)

    assert client.delete("/v1/newsroom/tags/Ferries/merge", headers=EDITOR).status_code == 409


def test_a_rebuild_shows_its_changes_before_it_makes_them(app: Flask, client: FlaskClient) -> None:
    article = said(client, "herald")
    decide(client, "OrlaVandenberg", "confirm")
    runner = app.test_cli_runner()

    dry = runner.invoke(main, ["tags", "rebuild", "--dry-run"])
    assert f"{article['id']}\tBridge to close\t+OrlaVandenberg" in dry.output, dry.output
    assert "OrlaVandenberg" not in tags_of(client, article)

    runner.invoke(main, ["tags", "rebuild"])
    assert "OrlaVandenberg" in tags_of(client, article)


def test_what_was_tagged_again_is_not_due_any_more(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    said(client, "herald")
    said(client, "mercury")

    with app.app_context():
        assert retag_due(now=clock.now) == 1
        assert retag_due(now=clock.now) == 0


def test_an_article_that_has_the_tag_is_not_tagged_again_for_others_that_say_it(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    said(client, "herald")
    said(client, "mercury")
    with app.app_context():
        retag_due(now=clock.now)

    assert "OrlaVandenberg" in said(client, "tribune")["tags"]

    with app.app_context():
        assert retag_due(now=clock.now) == 0


SURNAME = "On Tuesday the harbour board asked Vandenberg about the bridge, and Vandenberg left."


def test_a_bare_surname_is_whoever_two_publishers_mean_by_it(client: FlaskClient) -> None:
    said(client, "herald")
    said(client, "mercury")

    later = publish(client, source="herald", title="A silent evening", body_text=SURNAME)

    assert "OrlaVandenberg" in later["tags"]
    assert "Vandenberg" not in later["tags"]
    why = client.get(f"/v1/newsroom/articles/{later['id']}/tags", headers=EDITOR).get_json()
    by_name = {each["name"]: each for each in why["tags"]}
    assert by_name["OrlaVandenberg"]["rule"] == "short-form"
    assert by_name["OrlaVandenberg"]["found"] == [{"words": "Vandenberg", "place": "lead"}]


def test_a_surname_that_two_people_share_is_neither(client: FlaskClient) -> None:
    other = LEAD.replace("Orla", "Pieter")
    for source in ("herald", "mercury"):
        said(client, source)
        publish(client, source=source, title="Bridge to close", body_text=other, language="en")

    later = publish(client, source="herald", title="A silent evening", body_text=SURNAME)

    assert not {"OrlaVandenberg", "PieterVandenberg"}.intersection(later["tags"])


def test_somebody_else_of_that_surname_stays_herself(client: FlaskClient) -> None:
    said(client, "herald")
    said(client, "mercury")

    lead = "In May Maud Vandenberg opened a library. The mayor thanked Vandenberg."
    later = publish(client, title="Maud Vandenberg opens a library", body_text=lead, language="en")

    assert "MaudVandenberg" in later["tags"]
    assert "OrlaVandenberg" not in later["tags"]


def fed(client: FlaskClient, source: str) -> None:
    """A source whose articles come from a feed."""
    body = {"name": source.title(), "feed_url": "https://feed.example/rss.xml"}
    answer = client.put(f"/v1/newsroom/sources/{source}", headers=EDITOR, json=body)
    assert answer.status_code in {200, 201}, answer.get_json()


def file_under(client: FlaskClient, source: str, word: str, title: str, count: int) -> list[str]:
    """Publish articles under a keyword of their publisher; the tags of the last."""
    for number in range(count):
        last = publish(client, source=source, title=f"{title} {number}", tags=[word])
    tags: list[str] = last["tags"]
    return tags


def test_a_keyword_on_everything_that_no_text_says_is_left_out(client: FlaskClient) -> None:
    fed(client, "herald")
    fed(client, "mercury")

    assert "Webgate" not in file_under(client, "herald", "Webgate", "Bridge", 14)
    assert "Harbour" in file_under(client, "mercury", "Harbour", "Harbour news", 14)


def test_what_a_newsroom_files_itself_under_is_kept(client: FlaskClient) -> None:
    assert "Webgate" in file_under(client, "herald", "Webgate", "Bridge", 14)


def test_a_keyword_in_another_language_is_the_same_tag(client: FlaskClient) -> None:
    german = publish(client, tags=["Vereinte Nationen"], language="de")

    assert german["tags"] == ["UnitedNations"]
    assert client.get("/v1/tags/VereinteNationen/articles").status_code == 200


def test_a_word_that_tells_of_a_topic_is_a_tag_of_its_own_when_it_is_given(
    client: FlaskClient,
) -> None:
    assert publish(client, tags=["Airport"])["tags"][0] == "Airport"


@pytest.mark.parametrize(
    ("language", "title", "body", "name"),
    [
        ("zh", "张桂源宣布退役", "昨天张桂源在杭州感谢粉丝。观众为张桂源欢呼。", "张桂源"),
        ("ko", "고은별 사퇴", "고은별은 오늘 물러났다. 모두가 고은별의 뜻을 존중했다.", "고은별"),
        ("ja", "山本恵子さんが当選", "山本恵子氏は初当選。市長に山本恵子が就任した。", "山本恵子"),
        ("ar", "ليلى منصور تفوز بالجائزة", "وقالت ليلى منصور إن الرواية قديمة.", "ليلىمنصور"),
        ("th", "สมหญิงดาวเรือง ลาออก", "เมื่อวาน สมหญิงดาวเรืองยิ้ม คนรัก สมหญิงดาวเรือง", "สมหญิงดาวเรือง"),
    ],
)
def test_a_name_without_capitals_is_learned_from_two_publishers(
    client: FlaskClient, language: str, title: str, body: str, name: str
) -> None:
    first = publish(client, source="herald", title=title, body_text=body, language=language)
    second = publish(client, source="mercury", title=title, body_text=body, language=language)

    assert name not in first["tags"]
    assert name in second["tags"]


def test_a_common_word_without_capitals_is_never_learned(client: FlaskClient) -> None:
    body = "정부는 오늘 계획을 밝혔다. 정부가 말했다. 모두가 정부의 뜻을 안다."
    for source in ("herald", "mercury"):
        last = publish(client, source=source, title="정부 발표", body_text=body, language="ko")

    assert last["tags"] == []
