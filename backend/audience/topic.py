"""Topics as the app writes them: `tag:<name>`, `source:<slug>`, `breaking` and so on. Pure."""

from dataclasses import dataclass
from typing import Literal

TopicKind = Literal["tag", "category", "source", "breaking"]
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Topic:
    kind: TopicKind
    name: str = ""


def parse_topic(text: str) -> Topic | None:
    """Parse a topic; None for a text that is written in no way that a topic can be."""
    kind, colon, name = text.strip().partition(":")
    if kind == "breaking" and not colon:
        return Topic("breaking")
    if len(text) > LONGEST or not name.strip():
        return None
    match kind:
        case "tag" | "category" | "source":
            return Topic(kind, name.strip())
        case _:
            return None


def topic_text(kind: str, name: str) -> str:
    return kind if kind == "breaking" else f"{kind}:{name}"
