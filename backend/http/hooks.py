"""Hooks: ordered lists that rooms append to, called inside the transaction of the event.

A failing hook fails the transaction: an article and the intention to alert are one commit.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Select
from sqlalchemy.orm import Session

from backend.core.metrics import Gauge
from backend.core.tally import Tally
from backend.tables.newsroom import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """An article that has just become visible or changed, with the topics that list it."""

    article: Article
    topic_ids: Callable[[], Sequence[int]]  # of its feeds without a language, `breaking` included
    is_new: bool  # first time visible to the public
    is_alert: bool  # marked breaking, and the first time it is
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that other systems may be told, such as `article.published`."""

    name: str
    subject: str
    data: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppLinks:
    """App-link metadata of a public page.

    `head` are (attribute, name, content) of meta elements: Smart App Banner and `al:*`.
    """

    download_path: str
    head: tuple[tuple[str, str, str], ...] = ()
    ios: bool = False
    android: bool = False


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """The screen of the app that a path of ours opens."""

    screen: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A room's check of what production needs.

    `findings` gives a line a finding, each beginning with one of the names in `about`. One that
    `asks_others` uses the network: no request runs it.
    """

    about: tuple[str, ...]
    findings: Callable[[datetime], Iterable[str]]
    asks_others: bool = False


@dataclass(frozen=True, slots=True)
class Backlog:
    """Due work of a background process: since when it waits, None when nothing is due."""

    process: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The retention of rows of one kind, for the time `kept`; zero keeps them for good.

    `kind` is their table. `count` says how many would go now. `sweep` is run by the poller every
    hour; None where another process of the room runs it.
    """

    kind: str
    kept: timedelta
    count: Callable[[Session, datetime], int]
    sweep: Callable[[datetime], Iterator[None]] | None = None


PublishHook = Callable[[Session, Publication], str | None]
EventHook = Callable[[Session, Event], None]
ForgetHook = Callable[[Session, int], None]
TakeHook = Callable[[Session, Sequence[int], Set[str]], None]
PreferHook = Callable[[Session, int, datetime], None]
AppLinksHook = Callable[[str], AppLinks]
TargetHook = Callable[[str], LinkTarget | None]
AlertsHook = Callable[[Session, int], Iterable[Mapping[str, Any]]]
RecallsHook = Callable[[Session, Select[int], datetime], int]
LinksHook = Callable[[Session, str], Iterable[str]]
CountHook = Callable[[Session, date], Iterable[Tally]]
GaugeHook = Callable[[Session, datetime], Iterable[Gauge]]
BacklogHook = Callable[[Session, datetime], Backlog]


@dataclass(slots=True)
class Hooks:
    """The hooks of one app; rooms append to it in their `init_app`."""

    on_publish: list[PublishHook] = field(default_factory=list)
    on_event: list[EventHook] = field(default_factory=list)
    on_forget: list[ForgetHook] = field(default_factory=list)
    on_prefer: list[PreferHook] = field(default_factory=list)
    on_take: list[TakeHook] = field(default_factory=list)
    app_links: list[AppLinksHook] = field(default_factory=list)
    targets: list[TargetHook] = field(default_factory=list)
    alerts: list[AlertsHook] = field(default_factory=list)
    recalls: list[RecallsHook] = field(default_factory=list)
    links: list[LinksHook] = field(default_factory=list)
    counts: list[CountHook] = field(default_factory=list)
    gauges: list[GaugeHook] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    beginnings: list[Callable[[], None]] = field(default_factory=list)
    backlogs: list[BacklogHook] = field(default_factory=list)
    retention: list[Retention] = field(default_factory=list)

    def published(self, session: Session, publication: Publication) -> str | None:
        """Tell every room; return the id of the notification that one of them planned."""
        answers = [hook(session, publication) for hook in self.on_publish]
        return next((answer for answer in answers if answer), None)

    def tell(self, session: Session, event: Event) -> None:
        for hook in self.on_event:
            hook(session, event)

    def forgotten(self, session: Session, installation_id: int) -> None:
        for hook in self.on_forget:
            hook(session, installation_id)

    def preferred(self, session: Session, installation_id: int, now: datetime) -> None:
        """Tell every room that an installation's quiet hours have changed."""
        for hook in self.on_prefer:
            hook(session, installation_id, now)

    def taken(self, session: Session, article_ids: Sequence[int], names: Set[str]) -> None:
        """Tell every room which members articles are about to lose for good."""
        for hook in self.on_take:
            hook(session, article_ids, names)

    def alerts_of(self, session: Session, article_id: int) -> list[Mapping[str, Any]]:
        """The alerts about an article, as `schemas.articles.AlertOfArticle` shows them."""
        return [alert for hook in self.alerts for alert in hook(session, article_id)]

    def recalled_with(self, session: Session, articles: Select[int], now: datetime) -> int:
        """Count the alerts that a takedown of the selected articles would recall."""
        return sum(hook(session, articles, now) for hook in self.recalls)

    def links_to(self, session: Session, path: str) -> int:
        """Count the short links that lead to a page of ours or below it."""
        return sum(1 for hook in self.links for _ in hook(session, path))

    def links_below(self, session: Session, path: str) -> Counter[str]:
        """Count the short links to each page below a path, by the name that the page has there."""
        found = (each for hook in self.links for each in hook(session, path))
        names = (each.removeprefix(f"{path}/").partition("/")[0] for each in found)
        return Counter(unquote(name) for name in names)

    def counted(self, session: Session, day: date) -> Iterator[Tally]:
        """Yield what each room counted on a UTC day."""
        return (count for hook in self.counts for count in hook(session, day))

    def measured(self, session: Session, now: datetime) -> list[Gauge]:
        return [gauge for hook in self.gauges for gauge in hook(session, now)]

    def start_metrics(self) -> None:
        """Let each room's metrics begin at zero, in a process that is to answer Prometheus."""
        for hook in self.beginnings:
            hook()

    def unfit(self, now: datetime) -> list[str]:
        """Return what is unfit for production in each room, a line a finding."""
        return [line for check in self.checks for line in check.findings(now)]

    def links_for(self, path: str) -> AppLinks | None:
        """Return the app links of the page at `path`, as the first room that knows the app says."""
        return self.app_links[0](path) if self.app_links else None

    def target_of(self, path: str) -> LinkTarget | None:
        """Return the screen that a path opens, as the first room that knows the app says."""
        return self.targets[0](path) if self.targets else None
