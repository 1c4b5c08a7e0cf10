"""Reports of the numbers: by day, hour, platform, topic, campaign or article, and their sums."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy.orm import Session

from backend.audience.queries import topic_names
from backend.audience.topic import topic_text
from backend.numbers import queries
from backend.numbers.due import DAY
from backend.numbers.floor import REST
from backend.numbers.kinds import REPORTS, TOPICS, By
from backend.numbers.queries import Wish

Counts = Mapping[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A report that somebody asks for; days both included. `feed_id` is a topic's."""

    kind: str
    by: By
    since: date
    until: date
    platform: str | None = None
    feed_id: int | None = None

    @property
    def days(self) -> timedelta:
        return self.until - self.since + DAY


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a report: `key` is the day, hour, platform, topic, campaign or article. A count of
    None is too small to be kept.
    """

    key: str
    name: str | None
    counts: Counts

    @property
    def open_rate(self) -> float | None:
        return open_rate(self.counts)


def open_rate(counts: Counts) -> float | None:
    """Return the share of accepted ones that were opened; None where one of them is unknown."""
    opened, accepted = counts.get("opened"), counts.get("accepted")
    return None if opened is None or not accepted else round(opened / accepted, 4)


def measures_of(asked: Asked) -> tuple[str, ...]:
    """Return the measures; an alert goes to phones of every platform, so it is counted on none."""
    is_by_platform = asked.platform is not None or asked.by == "platform"
    measures = REPORTS[asked.kind].measures
    return tuple(each for each in measures if not (is_by_platform and each == "alerts"))


def lines(session: Session, asked: Asked, limit: int) -> list[Line]:
    """Return a whole time line, or the first `limit` lines of a list."""
    found: dict[str, dict[str, int | None]] = defaultdict(dict)
    for key, measure, count in queries.sums(session, _wish(asked), asked.by):
        found[_key(key)][measure] = count
    measures = measures_of(asked)
    if asked.by in ("day", "hour"):
        return [Line(key, None, _filled(found.get(key, {}), measures)) for key in _times(asked)]
    filled = [(key, _filled(counts, measures)) for key, counts in found.items()]
    filled.sort(key=_place)
    return _named(session, asked.by, filled[:limit])


def totals(session: Session, asked: Asked) -> Counts:
    return _filled(queries.totals(session, _wish(asked)), measures_of(asked))


def summed(lines: Sequence[Line]) -> Counts:
    """Sum a whole time line."""
    found: dict[str, int | None] = {}
    for measure in lines[0].counts:
        counts = [line.counts[measure] for line in lines]
        told = [count for count in counts if count is not None]
        found[measure] = sum(told) if any(told) or None not in counts else None
    return found


def totals_before(session: Session, asked: Asked) -> Counts:
    """Return the totals of as many days before."""
    before = replace(asked, since=asked.since - asked.days, until=asked.since - DAY)
    return totals(session, before)


def _wish(asked: Asked) -> Wish:
    report = REPORTS[asked.kind]
    is_by_topic = asked.kind == "alerts" and (asked.by == "topic" or asked.feed_id is not None)
    return Wish(
        kinds=(TOPICS,) if is_by_topic else report.kinds,
        measures=measures_of(asked),
        since=asked.since,
        until=asked.until,
        subject=None if asked.feed_id is None else str(asked.feed_id),
        platform=asked.platform,
        feed_kind=report.feed_kind,
    )


def _key(value: object) -> str:
    return f"{value:02}" if isinstance(value, int) else str(value)


def _place(line: tuple[str, Counts]) -> tuple[bool, list[int], str]:
    """Return a sort key: largest first, in the order of the measures; the sum of others last."""
    key, counts = line
    return key == REST, [-(count or 0) for count in counts.values()], key


def _times(asked: Asked) -> list[str]:
    if asked.by == "hour":
        return [f"{hour:02}" for hour in range(24)]
    return [str(asked.since + number * DAY) for number in range(asked.days // DAY)]


def _filled(counts: Counts, measures: Iterable[str]) -> dict[str, int | None]:
    return {name: counts.get(name, 0) for name in measures}


def _named(session: Session, by: By, found: Sequence[tuple[str, Counts]]) -> list[Line]:
    keys = [key for key, _ in found]
    if by == "topic":
        topics = _topics(session, keys)
        return [_of_topic(key, topics.get(key), counts) for key, counts in found]
    titles = queries.article_titles(session, keys) if by == "article" else {}
    return [Line(key, titles.get(key), counts) for key, counts in found]


def _of_topic(key: str, topic: tuple[str, str] | None, counts: Counts) -> Line:
    return Line(key, None, counts) if topic is None else Line(*topic, counts)


def _topics(session: Session, keys: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return for each feed the topic as the app writes it, and its name."""
    feeds = queries.feeds(session, [int(key) for key in keys if key.isdigit()])
    names = topic_names(session, feeds)
    return {
        str(feed.id): (topic_text(feed.kind, names[feed.id]), names[feed.id] or feed.kind)
        for feed in feeds
        if feed.id in names
    }
