"""Kinds of daily numbers, and the reports that are made of them. Pure."""

from dataclasses import dataclass
from typing import Literal

# Kinds of rows. Alerts without a subject, and by topic; follows and listed articles by topic;
# articles by their id; downloads by campaign. A topic is named by its feed's row.
ALERTS, TOPICS, FOLLOWS = "alerts", "topics", "follows"
LISTED, ARTICLES, DOWNLOADS = "listed", "articles", "downloads"
KINDS = (ALERTS, TOPICS, FOLLOWS, LISTED, ARTICLES, DOWNLOADS)

By = Literal["day", "hour", "platform", "topic", "campaign", "article"]


@dataclass(frozen=True, slots=True)
class Report:
    """A report: the rows of `kinds` grouped by one of `by`, the first of which is the default.

    Lists that are no time line are ordered by their measures, the largest first. `feed_kind` limits
    the topics to one kind; empty means all.
    """

    kinds: tuple[str, ...]
    measures: tuple[str, ...]
    by: tuple[By, ...]
    feed_kind: str = ""


_OF_ALERTS = ("alerts", "accepted", "received", "opened")
REPORTS = {
    "alerts": Report((ALERTS,), _OF_ALERTS, ("day", "hour", "platform", "topic")),
    "follows": Report((FOLLOWS,), ("gained", "lost"), ("day", "topic")),
    "downloads": Report(
        (DOWNLOADS,),
        ("visits", "downloads", "claims", "installations", "follows"),
        ("day", "campaign"),
    ),
    "tags": Report((TOPICS, LISTED), ("opened", "articles"), ("topic",), "tag"),
    "articles": Report((ARTICLES,), ("opened", "clicks"), ("article",)),
    "sources": Report((LISTED,), ("articles",), ("topic",), "source"),
}
