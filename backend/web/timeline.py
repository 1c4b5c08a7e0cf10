"""View model of a story's page: who told it when, and what each publisher said first."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.stories.queries import tellings
from backend.stories.story_list import first_titles
from backend.tables.newsroom import Story
from backend.web.cards import Card, card_of
from backend.web.pages import purge_keys


@dataclass(frozen=True, slots=True)
class Teller:
    """A publisher: its first article, as that was called at first, and what it said later."""

    first: Card
    first_title: str
    later: list[Card]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The publishers in the order in which they told of the event."""

    tellers: Sequence[Teller]

    @property
    def first(self) -> Card:
        return self.tellers[0].first

    @property
    def keys(self) -> list[str]:
        """Surrogate keys: a new article of the story changes every article that it had."""
        cards = (card for each in self.tellers for card in (each.first, *each.later))
        return purge_keys(cards)


def timeline_of(session: Session, story: Story, public_url: str) -> Timeline | None:
    """Build the time line of a story; None when none of its articles is listed any more."""
    rows = tellings(session, [story.id])
    called = first_titles(session, [article.id for article, _ in rows])
    tellers: dict[int, Teller] = {}
    for article, source in rows:
        card = card_of(article.card, public_url)
        if source.id in tellers:
            tellers[source.id].later.append(card)
        else:
            tellers[source.id] = Teller(card, called.get(article.id, card.title), [])
    return Timeline([*tellers.values()]) if tellers else None
