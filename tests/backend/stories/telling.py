"""One event as several publishers tell it, and other events that look alike."""

from typing import Any

from flask.testing import FlaskClient

from tests.factories import publish

RESIGNS = [
    (
        "Danish minister Henrik Solberg resigns over leaked submarine contract",
        "Solberg said he took responsibility after documents about the deal reached a newspaper.",
    ),
    (
        "Denmark's Solberg steps down after submarine leak",
        "The minister had been under pressure since the contract papers were published on Sunday.",
    ),
    (
        "Submarine affair costs Danish minister Henrik Solberg his job",
        "The prime minister accepted the resignation and will name a successor on Friday.",
    ),
    (
        "Solberg quits as Danish minister in submarine contract row",
        "Henrik Solberg goes four days after the leak of the contract for new submarines.",
    ),
    (
        "Henrik Solberg resigns: submarine leak topples Danish minister",
        "He is the second minister to leave the government in Copenhagen this year.",
    ),
    (
        "Leaked submarine papers: Danish minister Solberg resigns",
        "A newspaper had printed the contract. The opposition asks for an inquiry.",
    ),
    (
        "Danish government loses minister Solberg over submarine contract leak",
        "Henrik Solberg told reporters that trust was gone. His party regrets the resignation.",
    ),
]
RECRUITS = (
    "Solberg promises 2,000 more recruits for the army",
    "Conscription for women is to begin next year, he told cadets in Aarhus.",
)
QUAKE = (
    "Strong earthquake shakes Arequipa before dawn",
    "Rescue teams dig through collapsed houses in the south of Peru.",
)
SOURCES = ("herald", "courier", "gazette", "tribune", "observer", "mail", "times")


def tell(client: FlaskClient, source: str, told: tuple[str, str], **fields: Any) -> dict[str, Any]:
    title, summary = told
    body = {"title": title, "summary": summary, "body_text": summary, "language": "en"}
    return publish(client, source=source, **{**body, **fields})


def tell_all(client: FlaskClient, count: int = 3, **fields: Any) -> list[str]:
    """So many publishers tell of the resignation; the ids of their articles."""
    return [
        tell(client, source, told, **fields)["id"]
        for source, told in list(zip(SOURCES, RESIGNS, strict=True))[:count]
    ]


def story_of(client: FlaskClient, article_id: str) -> Any:
    return client.get(f"/v1/articles/{article_id}").get_json()["story"]
