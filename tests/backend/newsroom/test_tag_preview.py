"""What a preview says is what publishing does, and previewing writes nothing."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.catalog.queries import source_by_slug
from backend.newsroom.tag_preview import Preview, Reading, TagPreviews
from tests.conftest import EDITOR, Clock
from tests.factories import publish

TABLES = ("tag", "tag_alias", "tag_member", "name_evidence", "article_tag", "feed_change")
# What the tagger knows, and what it has to learn.
SUBJECTS = (
    *("North Korea-Russia talks", "Norway", "Orla Vandenberg", "Ilse Marchetti", "the DPRK"),
    *(
        "Tidal Power",
        "OPEC",
        "Vandenberg",
        "Harbour Trust",
        "Berlin",
        "Gaza",
        "KQRS",
        "the Kremlin",
    ),
)
KEYWORDS = (
    "Tidal Power",
    "Ferries",
    "USA",
    "Russia-NorthKorea",
    "News",
    "Vandenberg, Orla",
    "Spam",
)


def written(seed: int) -> dict[str, Any]:
    """An article about subjects drawn by chance."""
    chance = random.Random(seed)
    title, first, second, third = chance.choices(SUBJECTS, k=4)
    return {
        "title": f"The council hears {title}",
        "body_text": f"Yesterday {first} and {second} met in the hall. {title} said no to {third}.",
        "tags": chance.sample(KEYWORDS, k=chance.choice((0, 0, 1, 2))),
        "language": "en",
        "source": chance.choice(("herald", "mercury", "courier")),
    }


def previewed(session: Session, previews: TagPreviews, fields: dict[str, Any]) -> Preview:
    source = source_by_slug(session, fields["source"])
    reading = Reading(
        id=0,
        source_id=source.id if source else 0,
        source_name=fields["source"].title(),
        title=fields["title"],
        summary=fields["body_text"],
        body_text=fields["body_text"],
        language="en",
        given=tuple(fields["tags"]),
        seen_at=previews.now,
    )
    return previews.preview(session, reading)


def names(previews: Sequence[Preview]) -> list[list[str]]:
    return [[tag.name for tag in each.tags] for each in previews]


@pytest.mark.parametrize("seed", range(6))
def test_a_preview_says_what_publishing_does(
    client: FlaskClient, session: Session, clock: Clock, seed: int
) -> None:
    client.post("/v1/newsroom/tags/Spam/forbid", headers=EDITOR, json={})
    for number in range(12):
        fields = written(seed * 100 + number)
        said = previewed(session, TagPreviews(clock.now), fields)
        session.rollback()

        assert publish(client, **fields)["tags"] == names([said])[0]


@pytest.mark.parametrize("seed", range(6))
def test_previews_in_a_row_know_what_the_ones_before_would_have_left(
    client: FlaskClient, session: Session, clock: Clock, seed: int
) -> None:
    for source in ("herald", "mercury", "courier"):
        publish(client, source=source, title="Nothing", body_text="Nothing at all.")
    articles = [written(seed * 100 + number) for number in range(12)]
    previews = TagPreviews(clock.now)
    said = names([previewed(session, previews, fields) for fields in articles])
    session.rollback()

    assert [publish(client, **fields)["tags"] for fields in articles] == said


def test_a_preview_writes_nothing(app: Flask, client: FlaskClient, session: Session) -> None:
    publish(client, source="herald", title="Nothing", body_text="Nothing at all.")
    counts = [text(f"SELECT count(*) FROM {table}") for table in TABLES]
    before = [session.scalar(count) for count in counts]

    previews = TagPreviews(Clock().now)
    assert any(names([previewed(session, previews, written(seed)) for seed in range(8)]))

    assert [session.scalar(count) for count in counts] == before
