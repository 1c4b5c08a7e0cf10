"""Entity salience: position (title, lead) and capped frequency."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from backend.tagging.gazetteer import Gazetteer, Mention, Sign, as_city

Place = Literal["title", "lead", "body"]

TITLE_SCORE = 4.0
LEAD_SCORE = 2.0
MENTION_SCORE = 0.5
MENTIONS_COUNTED = 6
# An entity must be worth this much before it becomes a tag: in the title, or in the lead and
# twice more, or six times in the body. A topic is a vaguer claim and needs more.
THRESHOLDS = {"entity": 3.0, "topic": 3.5}

IN_SHORT = {"entity": 2.5, "topic": 2.5}
# An article with fewer tags than these gets what its text names four times, or its lead and text.
FEW, IN_FEW = 4, 2.5
# An article that would have no tag gets what its lead names once, or its text twice.
FALLBACK, FALLBACK_TAGS = 1.0, 2

SEATS = frozenset({"seat", "voice"})
# The Kremlin is Russia, but less than "Russia" is.
_WEIGHT: dict[Sign, float] = {"seat": 0.65, "context": 0.5}


@dataclass(frozen=True, slots=True)
class Weighed:
    """An entity's score and the place that gave it."""

    entity: str
    score: float
    rule: Place


def confirmed_mentions(mentions: Iterable[tuple[Place, Mention]]) -> list[tuple[Place, Mention]]:
    """Drop weak mentions whose entity nothing else in the article confirms."""
    kept = list(mentions)
    sure = {entity for _, each in kept if not each.weak for entity in each.entities}
    confirmed = ((place, _confirmed(each, sure)) for place, each in kept)
    return [(place, each) for place, each in confirmed if each is not None]


def _confirmed(mention: Mention, sure: Collection[str]) -> Mention | None:
    """Return the mention if another confirms it; of an unconfirmed seat the city remains."""
    if not mention.weak or all(entity in sure for entity in mention.entities):
        return mention
    if mention.sign in SEATS:
        return mention if mention.entities[0] in sure else as_city(mention)
    return None


def weigh(
    mentions: Sequence[tuple[Place, Mention]],
    names: Gazetteer,
    *,
    others: int = FEW,
    is_short: bool = False,
) -> list[Weighed]:
    """Every entity that is salient enough to be a tag, the most salient first.

    With few tags, `others` included, the threshold is lower; with none, the best named are taken.
    A short article has no room to repeat what its lead names.
    """
    counted = [(place, each) for place, each in mentions if each.sign != "prefix"]
    weighed = [_weighed(entity, seen) for entity, seen in _by_entity(counted).items()]
    weighed.sort(key=lambda each: (-each.score, each.entity))
    needed = IN_SHORT if is_short else THRESHOLDS
    salient = [each for each in weighed if each.score >= needed[names.entities[each.entity].kind]]
    room = FEW - others - len(salient)
    salient += [each for each in weighed if each not in salient and each.score >= IN_FEW][
        : max(0, room)
    ]
    if salient or others:
        return salient
    return [each for each in weighed if each.score >= FALLBACK][:FALLBACK_TAGS]


def _by_entity(
    mentions: Sequence[tuple[Place, Mention]],
) -> Mapping[str, list[tuple[Place, Sign]]]:
    by_entity: defaultdict[str, list[tuple[Place, Sign]]] = defaultdict(list)
    for place, mention in mentions:
        for entity, sign in _signs(mention):
            by_entity[entity].append((place, sign))
    return by_entity


def _signs(mention: Mention) -> Iterable[tuple[str, Sign]]:
    """Return each entity's sign: a seat says more of its city, a voice more of its state."""
    if mention.sign in SEATS and len(mention.entities) == 2:
        state, city = mention.entities
        is_voice = mention.sign == "voice"
        return (
            ((state, "name"), (city, "context")) if is_voice else ((state, "seat"), (city, "name"))
        )
    return ((entity, mention.sign) for entity in mention.entities)


def _weighed(entity: str, seen: Sequence[tuple[Place, Sign]]) -> Weighed:
    title, lead = _best(seen, "title"), _best(seen, "lead")
    weights = sum(_WEIGHT.get(sign, 1.0) for place, sign in seen if place != "title")
    score = title * TITLE_SCORE + lead * LEAD_SCORE
    score += MENTION_SCORE * min(weights, MENTIONS_COUNTED)
    return Weighed(entity, score, "title" if title else "lead" if lead else "body")


def _best(seen: Sequence[tuple[Place, Sign]], place: Place) -> float:
    return max((_WEIGHT.get(sign, 1.0) for where, sign in seen if where == place), default=0.0)
