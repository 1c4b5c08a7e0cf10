"""Imports feeds idempotently: entries published oldest first, unchanged ones skipped."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.catalog.queries import source_by_slug
from backend.catalog.slug import slug_of
from backend.catalog.told_date import is_ahead
from backend.core.db import db, release, transaction
from backend.core.faults import DATABASE_AWAY, ItemFaults
from backend.core.metrics import count_feed_entries
from backend.core.problems import Problem
from backend.http.hooks import Hooks
from backend.ingest import queries
from backend.ingest.entry_counts import NOTHING, EntryCounts
from backend.ingest.entry_drafts import (
    NO_ENTRIES,
    DraftBatch,
    EntryDraft,
    Remembered,
    SourceDefaults,
    drafts_of,
)
from backend.ingest.identity import IdentityRule, against_known
from backend.ingest.pages.asking import ask_for_page, publish_with_page
from backend.ingest.pages.queries import wanting_pages
from backend.ingest.pages.schedule import is_fresh
from backend.ingest.parsing.dates import DateHints
from backend.ingest.parsing.entry import ParsedFeed
from backend.ingest.queries import KnownVersion
from backend.newsroom.draft import ArticleDraft, content_hash
from backend.newsroom.queries import get_or_create_source
from backend.newsroom.service import Arrival, publish_in
from backend.newsroom.slices import MOST, Outcome, Prepared, prepare, publish_all
from backend.tables.ingest import SourceFeed
from backend.tagging.language import guess
from backend.text.clean import has_letters, opening_text, plain_text, summary_of


@dataclass(frozen=True, slots=True)
class FeedImport:
    """A parsed feed to import: its drafts and the source they belong to."""

    slug: str
    name: str
    feed: ParsedFeed
    drafts: DraftBatch
    defaults: SourceDefaults

    def of(self, slug: str) -> "FeedImport":
        """Return the same import under another source's slug."""
        return replace(self, slug=slug)

    def anew(self) -> "FeedImport":
        """Return the same import with every entry drafted, none remembered."""
        return replace(self, drafts=_with_languages(drafts_of(self.feed, self.defaults)))


@dataclass(slots=True)
class ImportReport:
    """Counts of an import: new, changed, unchanged, taken down, refused; and what was guessed."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    taken_down: int = 0
    counts: EntryCounts = NOTHING
    refused: list[str] = field(default_factory=list)

    @property
    def seen(self) -> int:
        return self.new + self.changed + self.unchanged + self.taken_down


def feed_import_of(
    feed: ParsedFeed,
    *,
    url: str,
    name: str | None = None,
    defaults: SourceDefaults | None = None,
    remembered: Remembered = NO_ENTRIES,
) -> FeedImport:
    """Prepare an import for the source that the feed names, or its host."""
    host = urlsplit(feed.home_url or url).hostname or "unnamed"
    shown = next(told for told in (name, feed.title, host) if told and has_letters(told))
    shown = shown.strip()[:200]
    known = defaults or defaults_of(slug_of(shown))
    drafts = _with_languages(drafts_of(feed, known, remembered))
    return FeedImport(slug_of(shown), shown, feed, drafts, known)


def _with_languages(drafts: DraftBatch) -> DraftBatch:
    """Detect missing languages here: the model is too large for the web process."""
    entries: list[EntryDraft] = []
    faults = list(drafts.faults)
    for each in drafts.entries:
        language: str | None = each.draft.language
        if language is None and each.version is None:
            try:
                language = guess(_sample_of(each.draft))
            except Exception as error:  # noqa: BLE001 an entry without a language is an entry
                faults.append(error)
        entries.append(replace(each, draft=replace(each.draft, language=language)))
    return replace(drafts, entries=tuple(entries), faults=tuple(faults))


def _sample_of(draft: ArticleDraft) -> str:
    return f"{draft.title}\n{opening_text(draft.body_html or '', 1_000)}"


def defaults_of(slug: str) -> SourceDefaults:
    """Read a source's defaults and release the session before anything slow."""
    session = db.session()
    source, feed = source_by_slug(session, slug), queries.source_feed(session, slug)
    found = SourceDefaults(
        language=source.language if source else None,
        category=feed.category if feed else None,
        hints=hints_of(feed) if feed else DateHints(),
        identity=identity_of(feed),
    )
    release()
    return found


def hints_of(feed: SourceFeed) -> DateHints:
    try:
        zone = ZoneInfo(feed.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    language = feed.source.language
    return DateHints(zone=zone, day_first=feed.day_first, language=language)


def identity_of(feed: SourceFeed | None) -> IdentityRule | None:
    """Return the source's own rule of identity, None when this version does not know it."""
    rule = feed.identity if feed else None
    return next((known for known in get_args(IdentityRule) if known == rule), None)


def import_feeds(
    hooks: Hooks,
    imports: Sequence[FeedImport],
    *,
    clock: Callable[[], datetime],
    step: Callable[[], object] = lambda: None,
    is_stopped: Callable[[], bool] = lambda: False,
    item_faults: ItemFaults | None = None,
    is_archive: bool = False,
) -> dict[str, ImportReport]:
    """Publish every new or changed entry of all the imports, the oldest first.

    The entries of a source that had no article are an archive: they rank by their own dates. So
    do others where the caller knows that it brings one, in parts.
    `step` is called once an entry. An entry that is refused, or that something unforeseen
    happens to, keeps no other one back.

    Raises:
        DATABASE_AWAY: of `backend.core.faults`; every entry would fail.
    """
    item_faults = item_faults or ItemFaults("ingest")
    archives = {each.slug for each in imports if _is_first_import(each, clock()) or is_archive}
    known = _known(imports)
    with_pages = wanting_pages(db.session(), set(known))
    release()
    imports = _drafted(imports, known, with_pages, clock())
    reports = _reports(imports, item_faults)
    queue = [pair for each in imports for pair in _settled(each, known[each.slug])]
    beside = _ids_by_source(queue)
    batches = _Batches(hooks, reports, item_faults, clock, is_stopped)
    for feed_import, entry in sorted(queue, key=lambda pair: pair[1].sort_key):
        if is_stopped():
            return reports
        slug = feed_import.slug
        arrival = Arrival(
            source=slug,
            external_id=entry.external_id,
            source_name=feed_import.name,
            is_archive=slug in archives,
            beside=beside[slug],
        )
        version, has_page = known[slug].get(entry.external_id), slug in with_pages
        if not _is_settled(entry, reports[slug], version):
            batches.add(arrival, entry.draft, has_page=has_page)
        elif has_page and _lacks_page(entry, version, clock()):
            batches.ask(arrival, entry.draft)
        step()
    batches.publish()
    return reports


def _drafted(
    imports: Sequence[FeedImport],
    known: Mapping[str, Mapping[str, KnownVersion]],
    with_pages: Collection[str],
    now: datetime,
) -> list[FeedImport]:
    """Draft all entries anew where the remembered ones do not do, and count future dates."""
    drafted = (
        each
        if _is_unchanged(each, known[each.slug], now, has_page=each.slug in with_pages)
        else each.anew()
        for each in imports
    )
    return [_with_future_dates_counted(each, now) for each in drafted]


@dataclass(frozen=True, slots=True)
class _Batches:
    """Entries that wait to be published, and the reports that note what became of them."""

    hooks: Hooks
    reports: Mapping[str, ImportReport]
    faults: ItemFaults
    clock: Callable[[], datetime]
    is_stopped: Callable[[], bool]
    waiting: list[Prepared] = field(default_factory=list)

    def add(self, arrival: Arrival, draft: ArticleDraft, *, has_page: bool) -> None:
        """Sanitize the entry, and publish what waits when it is enough.

        `has_page`: its source lets us fetch the page, if the text here is not whole.
        """
        try:
            verb = publish_with_page if has_page else publish_in
            prepared = prepare(arrival, draft, verb)
        except Exception as error:  # noqa: BLE001 one odd entry keeps no other one back
            self._note(arrival, draft, error)
            return
        self.waiting.append(prepared)
        if len(self.waiting) == MOST:
            self.publish()

    def ask(self, arrival: Arrival, draft: ArticleDraft) -> None:
        """Ask for the page of an article that is known already."""
        try:
            ask_for_page(arrival, draft, now=self.clock())
        except DATABASE_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 one odd entry keeps no other one back
            self._note(arrival, draft, error)

    def publish(self) -> None:
        outcomes = publish_all(
            self.hooks, self.waiting, clock=self.clock, is_stopped=self.is_stopped
        )
        for each, outcome in zip(self.waiting, outcomes, strict=False):
            self._note(each.arrival, each.draft, outcome)
        self.waiting.clear()

    def _note(self, arrival: Arrival, draft: ArticleDraft, outcome: Outcome) -> None:
        report = self.reports[arrival.source]
        if isinstance(outcome, Exception):
            reason = outcome if isinstance(outcome, Problem) else self.faults.add(outcome)
            report.refused.append(f"{draft.title[:60]}: {reason}")
            return
        report.new += outcome.is_new
        report.changed += outcome.is_changed and not outcome.is_new
        report.unchanged += not outcome.is_changed


def _reports(imports: Sequence[FeedImport], item_faults: ItemFaults) -> dict[str, ImportReport]:
    """Make a report for each source, with what was guessed and refused before publishing."""
    reports: dict[str, ImportReport] = {}
    for each in imports:
        drafts = each.drafts
        report = reports.setdefault(each.slug, ImportReport())
        report.refused += drafts.refused
        report.refused += [f"an entry: {item_faults.add(error)}" for error in drafts.faults]
        report.counts += drafts.counts
        for name, count in drafts.counts.as_dict().items():
            count_feed_entries(name, count)
    return reports


def _ids_by_source(queue: Sequence[tuple[FeedImport, EntryDraft]]) -> dict[str, frozenset[str]]:
    """Return the ids of all entries that came together, of each source."""
    found: dict[str, set[str]] = {}
    for feed_import, entry in queue:
        found.setdefault(feed_import.slug, set()).add(entry.external_id)
    return {slug: frozenset(ids) for slug, ids in found.items()}


def _with_future_dates_counted(feed_import: FeedImport, now: datetime) -> FeedImport:
    """Count publication dates in the future; publishing does not believe them.

    The draft keeps what it was told, so that the entry does not change when that time comes.
    """
    drafts = feed_import.drafts
    entries: list[EntryDraft] = []
    for entry in drafts.entries:
        published = entry.draft.published_at
        if published is not None and is_ahead(published, now):
            entry = replace(entry, date=None)
            drafts = replace(drafts, counts=drafts.counts.with_one_more("future_dates"))
        entries.append(entry)
    return replace(feed_import, drafts=replace(drafts, entries=tuple(entries)))


def _is_unchanged(
    feed_import: FeedImport, known: Mapping[str, KnownVersion], now: datetime, *, has_page: bool
) -> bool:
    """Whether all entries that were only remembered are stored as they are, and lack no page."""
    for _, entry in _settled(feed_import, known):
        stored = known.get(entry.external_id)
        if entry.version is None:
            continue
        if stored is None or not _is_stored(entry, stored):
            return False
        if has_page and _lacks_page(entry, stored, now):
            return False
    return True


def _lacks_page(entry: EntryDraft, stored: KnownVersion | None, now: datetime) -> bool:
    is_up = stored is not None and not (stored.is_taken_down or stored.has_page)
    return is_up and is_fresh(entry.draft.published_at, now)


def _is_stored(entry: EntryDraft, stored: KnownVersion) -> bool:
    version = entry.version or content_hash(entry.draft)
    return stored.is_taken_down or stored.content_hash == version


def _is_settled(entry: EntryDraft, report: ImportReport, known: KnownVersion | None) -> bool:
    """Whether nothing is to be done, which is counted: taken down, or unchanged by content hash."""
    if known is None:
        return False
    is_stored = _is_stored(entry, known)
    report.taken_down += known.is_taken_down
    report.unchanged += is_stored and not known.is_taken_down
    return is_stored


def _settled(
    feed_import: FeedImport, known: Mapping[str, KnownVersion]
) -> Iterable[tuple[FeedImport, EntryDraft]]:
    """Yield the entries of a document under the ids they are known by, each id once."""
    entries = {name: version.entry for name, version in known.items()}
    taken: set[str] = set()
    for entry in feed_import.drafts.entries:
        title = " ".join(entry.draft.title.split())
        published = entry.draft.published_at
        lead = partial(_lead_of, entry.draft)
        settled = against_known(entry.entry_id, title, published, entries, taken, lead)
        taken.add(settled)
        yield feed_import, replace(entry, external_id=settled)


def _lead_of(draft: ArticleDraft) -> str:
    return summary_of(draft.summary, plain_text(draft.body_html or ""))


def _known(imports: Sequence[FeedImport]) -> dict[str, dict[str, KnownVersion]]:
    """Return the stored versions of each source's entries, under any id that they may have."""
    known: dict[str, dict[str, KnownVersion]] = {}
    for each in imports:
        ids = {
            name
            for entry in each.drafts.entries
            for name in (entry.external_id, *entry.entry_id.others)
        }
        found = queries.known_versions(db.session(), each.slug, ids)
        known[each.slug] = known.get(each.slug, {}) | found
    return known


def _is_first_import(feed_import: FeedImport, now: datetime) -> bool:
    """Whether the source has no article yet; makes it and fills in what the feed says of it."""
    with transaction() as session:
        source = get_or_create_source(session, feed_import.slug, feed_import.name, now)
        source.home_url = source.home_url or feed_import.feed.home_url
        source.language = source.language or _feed_language(feed_import)
        return not queries.has_articles(session, feed_import.slug)


def _feed_language(feed_import: FeedImport) -> str | None:
    """Return the language most of its articles are in, as far as it is known."""
    codes = [each.draft.language for each in feed_import.drafts.entries if each.draft.language]
    return max(set(codes), key=codes.count, default=None)
