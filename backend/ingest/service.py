"""Imports feeds idempotently: entries published oldest first, unchanged ones skipped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.catalog.queries import source_by_slug
from backend.core.db import db, release, transaction
from backend.core.faults import ItemFaults
from backend.core.problems import Problem
from backend.http.hooks import Hooks
from backend.ingest import queries
from backend.ingest.dates import DateHints
from backend.ingest.entry import ParsedFeed
from backend.ingest.entry_drafts import DraftBatch, EntryDraft, SourceDefaults, drafts_of
from backend.newsroom.draft import ArticleDraft, content_hash
from backend.newsroom.queries import get_or_create_source
from backend.newsroom.service import Arrival, publish, source_slug
from backend.tables.ingest import SourceFeed
from backend.tagging.language import guess
from backend.text.clean import has_letters, plain_text

AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FeedImport:
    """A parsed feed to import: its drafts and the source they belong to."""

    slug: str
    name: str
    feed: ParsedFeed
    drafts: DraftBatch

    def of(self, slug: str) -> "FeedImport":
        """The same import under another source's slug."""
        return replace(self, slug=slug)


@dataclass(slots=True)
class ImportReport:
    """Counts of an import: new, changed, unchanged, taken down, refused."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    taken_down: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def seen(self) -> int:
        return self.new + self.changed + self.unchanged + self.taken_down


def feed_import_of(
    feed: ParsedFeed, *, url: str, name: str | None = None, defaults: SourceDefaults | None = None
) -> FeedImport:
    """Prepare an import for the source that the feed names, or its host."""
    host = urlsplit(feed.home_url or url).hostname or "unnamed"
    shown = next(told for told in (name, feed.title, host) if told and has_letters(told))
    shown = shown.strip()[:200]
    known = defaults or defaults_of(source_slug(shown))
    return FeedImport(source_slug(shown), shown, feed, _with_languages(drafts_of(feed, known)))


def _with_languages(drafts: DraftBatch) -> DraftBatch:
    """Detect missing languages here: the model is too large for the web process."""
    entries: list[EntryDraft] = []
    faults = list(drafts.faults)
    for each in drafts.entries:
        language: str | None = each.draft.language
        if language is None:
            try:
                language = guess(_sample_of(each.draft))
            except Exception as error:  # noqa: BLE001 an entry without a language is an entry
                faults.append(error)
        entries.append(replace(each, draft=replace(each.draft, language=language)))
    return replace(drafts, entries=tuple(entries), faults=tuple(faults))


def _sample_of(draft: ArticleDraft) -> str:
    return f"{draft.title}\n{plain_text(draft.body_html or '')[:1_000]}"


def defaults_of(slug: str) -> SourceDefaults:
    """Read a source's defaults and release the session before anything slow."""
    session = db.session()
    source, feed = source_by_slug(session, slug), queries.source_feed(session, slug)
    found = SourceDefaults(
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


def import_feeds(
    hooks: Hooks,
    imports: Sequence[FeedImport],
    *,
    clock: Callable[[], datetime],
    step: Callable[[], object] = lambda: None,
    is_stopped: Callable[[], bool] = lambda: False,
    item_faults: ItemFaults | None = None,
) -> dict[str, ImportReport]:
    """Publish every new or changed entry of all the imports, the oldest first.

    The entries of a source that had no article are an archive: they rank by their own dates.
    `step` is called once an entry. An entry that is refused, or that something unforeseen
    happens to, keeps no other one back.

    Raises:
        DATABASE_AWAY: of `backend.core.faults`; every entry would fail.
    """
    item_faults = item_faults or ItemFaults("ingest")
    reports = _begun(imports, item_faults)
    queue = [
        (each, _without_future_date(entry, clock()))
        for each in imports
        for entry in each.drafts.entries
    ]
    archives = {each.slug for each in imports if _is_first_import(each, clock())}
    beside = _ids_by_source(queue)
    known = _known(imports)
    release()
    for feed_import, entry in sorted(queue, key=lambda pair: pair[1].sort_key):
        if is_stopped():
            break
        slug = feed_import.slug
        arrival = Arrival(
            source=slug,
            external_id=entry.external_id,
            source_name=feed_import.name,
            is_archive=slug in archives,
            beside=beside[slug],
        )
        version = known[slug].get(entry.external_id)
        report = reports[slug]
        try:
            _import_entry(hooks, arrival, entry, report, version, clock())
        except Exception as error:  # noqa: BLE001 one odd entry keeps no other one back
            report.refused.append(f"{entry.draft.title[:60]}: {item_faults.add(error)}")
        step()
    return reports


def _begun(imports: Sequence[FeedImport], item_faults: ItemFaults) -> dict[str, ImportReport]:
    """A report of each source, of which there may be several documents, with the entries that
    were refused before publishing.
    """
    reports: dict[str, ImportReport] = {}
    for each in imports:
        report = reports.setdefault(each.slug, ImportReport())
        report.refused += each.drafts.refused
        report.refused += (f"an entry: {item_faults.add(error)}" for error in each.drafts.faults)
    return reports


def _ids_by_source(queue: Sequence[tuple[FeedImport, EntryDraft]]) -> dict[str, frozenset[str]]:
    """The ids of all entries that came together, of each source."""
    found: dict[str, set[str]] = {}
    for feed_import, entry in queue:
        found.setdefault(feed_import.slug, set()).add(entry.external_id)
    return {slug: frozenset(ids) for slug, ids in found.items()}


def _without_future_date(entry: EntryDraft, now: datetime) -> EntryDraft:
    """Drop a publication date in the future, beyond any time zone: a typing error, or a trick to
    stay on top.
    """
    published = entry.draft.published_at
    if published is None or published <= now + AHEAD:
        return entry
    return replace(entry, draft=replace(entry.draft, published_at=None), date=None)


def _import_entry(
    hooks: Hooks,
    arrival: Arrival,
    entry: EntryDraft,
    report: ImportReport,
    known: tuple[str, bool] | None,
    now: datetime,
) -> None:
    """Publish one entry; an unchanged one is skipped by its content hash."""
    if known is not None and (known[1] or known[0] == content_hash(entry.draft)):
        report.taken_down += known[1]
        report.unchanged += not known[1]
        return
    try:
        done = publish(hooks, arrival, entry.draft, now=now)
    except Problem as problem:
        report.refused.append(f"{entry.draft.title[:60]}: {problem}")
        return
    report.new += done.is_new
    report.changed += done.is_changed and not done.is_new
    report.unchanged += not done.is_changed


def _known(imports: Sequence[FeedImport]) -> dict[str, dict[str, tuple[str, bool]]]:
    """The versions that are known of each source's entries."""
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for each in imports:
        ids = (entry.external_id for entry in each.drafts.entries)
        known = queries.known_versions(db.session(), each.slug, ids)
        found.setdefault(each.slug, {}).update(known)
    return found


def _is_first_import(feed_import: FeedImport, now: datetime) -> bool:
    """Whether the source has no article yet; makes it and fills in what the feed says of it."""
    with transaction() as session:
        source = get_or_create_source(session, feed_import.slug, feed_import.name, now)
        source.home_url = source.home_url or feed_import.feed.home_url
        source.language = source.language or _feed_language(feed_import)
        return not queries.has_articles(session, feed_import.slug)


def _feed_language(feed_import: FeedImport) -> str | None:
    """The language most of its articles are in, as far as it is known."""
    codes = [each.draft.language for each in feed_import.drafts.entries if each.draft.language]
    return max(set(codes), key=codes.count, default=None)
