"""Brings feeds in: a document's entries published oldest first, what is known left alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.core.db import db, release, transaction
from backend.core.faults import ItemFaults
from backend.core.problems import Problem
from backend.http.hooks import Hooks
from backend.ingest import queries
from backend.ingest.dates import DateHints
from backend.ingest.drafts import Drafts, Incoming, Profile, drafts_of
from backend.ingest.entry import ParsedFeed
from backend.newsroom.draft import ArticleDraft, content_hash
from backend.newsroom.queries import source_named
from backend.newsroom.service import Arrival, publish, source_slug
from backend.tables.ingest import SourceFeed
from backend.tagging.language import guess
from backend.text.clean import has_letters, plain_text

AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A feed's drafts and the source they belong to."""

    slug: str
    name: str
    feed: ParsedFeed
    drafts: Drafts

    def of(self, slug: str) -> "Delivery":
        """The same for a source that is called differently from its feed."""
        return replace(self, slug=slug)


@dataclass(slots=True)
class Report:
    """What became of the entries of one source."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    taken_down: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def seen(self) -> int:
        return self.new + self.changed + self.unchanged + self.taken_down


def delivery_of(
    feed: ParsedFeed, *, url: str, name: str | None = None, profile: Profile | None = None
) -> Delivery:
    """The feed as a delivery of the source it names itself, or of its host."""
    host = urlsplit(feed.home_url or url).hostname or "unnamed"
    shown = next(told for told in (name, feed.title, host) if told and has_letters(told))
    shown = shown.strip()[:200]
    known = profile or profile_of(source_slug(shown))
    return Delivery(source_slug(shown), shown, feed, _with_languages(drafts_of(feed, known)))


def _with_languages(drafts: Drafts) -> Drafts:
    """The language is guessed here: what guesses is too large for the web process."""
    incoming: list[Incoming] = []
    faults = list(drafts.faults)
    for each in drafts.incoming:
        language: str | None = each.draft.language
        if language is None:
            try:
                language = guess(_sample_of(each.draft))
            except Exception as error:  # noqa: BLE001 an entry without a language is an entry
                faults.append(error)
        incoming.append(replace(each, draft=replace(each.draft, language=language)))
    return replace(drafts, incoming=tuple(incoming), faults=tuple(faults))


def _sample_of(draft: ArticleDraft) -> str:
    return f"{draft.title}\n{plain_text(draft.body_html or '')[:1_000]}"


def profile_of(slug: str) -> Profile:
    """What was set for a source, read and let go before anything slow."""
    session = db.session()
    source, feed = queries.source_by_slug(session, slug), queries.feed_of(session, slug)
    found = Profile(
        language=source.language if source else None,
        category=feed.category if feed else None,
        hints=hints_of(feed) if feed else DateHints(),
    )
    release()
    return found


def hints_of(feed: SourceFeed) -> DateHints:
    try:
        zone = ZoneInfo(feed.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return DateHints(zone=zone, day_first=feed.day_first)


def deliver(
    hooks: Hooks,
    deliveries: Sequence[Delivery],
    *,
    clock: Callable[[], datetime],
    step: Callable[[], object] = lambda: None,
    is_stopped: Callable[[], bool] = lambda: False,
    item_faults: ItemFaults | None = None,
) -> dict[str, Report]:
    """Publish every new or changed entry of all the deliveries, the oldest first.

    The entries of a source that had no article are an archive: they rank by their own dates.
    `step` is called once an entry. An entry that is refused, or that something unforeseen
    happens to, keeps no other one back.

    Raises:
        DATABASE_AWAY: of `backend.core.faults`; every entry would fail.
    """
    item_faults = item_faults or ItemFaults("ingest")
    reports = {each.slug: _begun(each, item_faults) for each in deliveries}
    queue = [
        (each, _plausible(incoming, clock()))
        for each in deliveries
        for incoming in each.drafts.incoming
    ]
    archives = {each.slug for each in deliveries if _is_first_import(each, clock())}
    beside = _ids_by_source(queue)
    known = {each.slug: _known(each) for each in deliveries}
    release()
    for delivery, incoming in sorted(queue, key=lambda pair: pair[1].sort_key):
        if is_stopped():
            break
        slug = delivery.slug
        arrival = Arrival(
            source=slug,
            external_id=incoming.external_id,
            source_name=delivery.name,
            is_archive=slug in archives,
            beside=beside[slug],
        )
        version = known[slug].get(incoming.external_id)
        report = reports[slug]
        try:
            _take(hooks, arrival, incoming, report, version, clock())
        except Exception as error:  # noqa: BLE001 one odd entry keeps no other one back
            report.refused.append(f"{incoming.draft.title[:60]}: {item_faults.add(error)}")
        step()
    return reports


def _begun(delivery: Delivery, item_faults: ItemFaults) -> Report:
    """The report with what went wrong before anything was published."""
    drafts = delivery.drafts
    odd = (f"an entry: {item_faults.add(error)}" for error in drafts.faults)
    return Report(refused=[*drafts.refused, *odd])


def _ids_by_source(queue: Sequence[tuple[Delivery, Incoming]]) -> dict[str, frozenset[str]]:
    """The ids of all entries that came together, of each source."""
    found: dict[str, set[str]] = {}
    for delivery, incoming in queue:
        found.setdefault(delivery.slug, set()).add(incoming.external_id)
    return {slug: frozenset(ids) for slug, ids in found.items()}


def _plausible(incoming: Incoming, now: datetime) -> Incoming:
    """Without a date that lies further ahead than any time zone: a typing error, or a trick to
    stay on top.
    """
    published = incoming.draft.published_at
    if published is None or published <= now + AHEAD:
        return incoming
    return replace(incoming, draft=replace(incoming.draft, published_at=None), date=None)


def _take(
    hooks: Hooks,
    arrival: Arrival,
    incoming: Incoming,
    report: Report,
    known: tuple[str, bool] | None,
    now: datetime,
) -> None:
    """Publish one entry; one that is known and says the same costs nothing."""
    if known is not None and (known[1] or known[0] == content_hash(incoming.draft)):
        report.taken_down += known[1]
        report.unchanged += not known[1]
        return
    try:
        done = publish(hooks, arrival, incoming.draft, now=now)
    except Problem as problem:
        report.refused.append(f"{incoming.draft.title[:60]}: {problem}")
        return
    report.new += done.is_new
    report.changed += done.is_changed and not done.is_new
    report.unchanged += not done.is_changed


def _known(delivery: Delivery) -> dict[str, tuple[str, bool]]:
    ids = (incoming.external_id for incoming in delivery.drafts.incoming)
    return queries.known_versions(db.session(), delivery.slug, ids)


def _is_first_import(delivery: Delivery, now: datetime) -> bool:
    """Whether the source has no article yet; makes it and fills in what the feed says of it."""
    with transaction() as session:
        source = source_named(session, delivery.slug, delivery.name, now)
        source.home_url = source.home_url or delivery.feed.home_url
        source.language = source.language or _feed_language(delivery)
        return not queries.has_articles(session, delivery.slug)


def _feed_language(delivery: Delivery) -> str | None:
    """The language most of its articles are in, as far as it is known."""
    codes = [each.draft.language for each in delivery.drafts.incoming if each.draft.language]
    return max(set(codes), key=codes.count, default=None)
