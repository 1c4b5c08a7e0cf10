"""Converts feed entries into article drafts. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.ingest.dates import DEFAULT_HINTS, Confidence, DateHints, parse_date
from backend.ingest.entry import Entry, ParsedFeed
from backend.ingest.identity import external_ids
from backend.newsroom.draft import ArticleDraft, ImageDraft
from backend.tagging import teasers
from backend.tagging.language import code_of, languages_in, script_language
from backend.tagging.sections import section_of
from backend.text import clean

TITLE_GRAPHEMES = 300
BODY_CHARACTERS = 500_000
MAX_TAGS = 12


@dataclass(frozen=True, slots=True)
class SourceDefaults:
    """Defaults of a source for what its entries leave out: language, category, date hints."""

    language: str | None = None
    category: str | None = None
    hints: DateHints = DEFAULT_HINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """A draft with its id within the source, and how sure its date is."""

    external_id: str
    draft: ArticleDraft
    date: Confidence | None

    @property
    def sort_key(self) -> tuple[bool, float]:
        """Oldest first; what has no date counts as the newest."""
        published = self.draft.published_at
        return (published is None, published.timestamp() if published else 0.0)


@dataclass(frozen=True, slots=True)
class DraftBatch:
    """The drafts of a feed in its order, and what was wrong with the entries that gave none.

    `faults` are errors that nobody foresaw, for whoever may log them.
    """

    entries: tuple[EntryDraft, ...]
    refused: tuple[str, ...] = ()
    faults: tuple[Exception, ...] = ()


def drafts_of(feed: ParsedFeed, defaults: SourceDefaults) -> DraftBatch:
    """Convert every entry; one without a title or an address is refused by its position."""
    by_id: dict[str, EntryDraft] = {}
    refused: list[str] = []
    faults = list(feed.faults)
    for position, (entry, external_id) in enumerate(
        zip(feed.entries, external_ids(feed.entries), strict=True), start=1
    ):
        found = _tried(entry, clean.storable(external_id), feed, defaults)
        if isinstance(found, EntryDraft):
            by_id.setdefault(found.external_id, found)
        elif isinstance(found, Exception):
            faults.append(found)
        else:
            refused.append(f"entry {position}: {found}")
    if feed.left_out:
        refused.append(f"{feed.left_out:,} entries after the first {len(feed.entries):,} left out")
    return DraftBatch(tuple(by_id.values()), tuple(refused), tuple(faults))


def _tried(
    entry: Entry, external_id: str, feed: ParsedFeed, defaults: SourceDefaults
) -> EntryDraft | str | Exception:
    try:
        return _entry_draft(entry, external_id, feed, defaults)
    except Exception as error:  # noqa: BLE001 one odd entry keeps no other one back
        return error


def _entry_draft(
    entry: Entry, external_id: str, feed: ParsedFeed, defaults: SourceDefaults
) -> EntryDraft | str:
    url = entry.link or clean.absolute(entry.guid or "", "") or feed.home_url
    if url is None:
        return "it has no address"
    body = _without_teasers(clean.storable(entry.content or "")[:BODY_CHARACTERS])
    text = clean.plain_text(body)
    title = clean.shortened(clean.storable(entry.title), TITLE_GRAPHEMES)
    title = title or clean.shortened(" ".join(text.split()), 90)
    if not title:
        return "it has neither title nor text"
    dated = parse_date(entry.published or entry.updated, defaults.hints)
    category, tags = _sections(entry.categories, defaults.category)
    draft = ArticleDraft(
        title=title,
        url=clean.without_tracking(url),
        summary=_summary(entry),
        body_html=body or None,
        image=_image(entry, body, url),
        category=category,
        tags=tags,
        language=_language(entry.language or feed.language, defaults.language, f"{title}\n{text}"),
        published_at=dated.instant if dated else None,
    )
    return EntryDraft(
        external_id=external_id, draft=draft, date=dated.confidence if dated else None
    )


def _without_teasers(markup: str) -> str:
    """Strip a trailing list of other articles' headlines; what the cut left open is closed
    when the markup is cleaned.
    """
    at = teasers.tail_of(markup)
    is_tail = at is not None and teasers.are_headlines(clean.plain_text(markup[at:]))
    return markup[:at].rstrip() if is_tail else markup


def _summary(entry: Entry) -> str | None:
    if entry.summary is None or entry.summary == entry.content:
        return None
    return clean.summary_of(clean.storable(entry.summary), "") or None


def _image(entry: Entry, body: str, url: str) -> ImageDraft | None:
    declared = clean.best_image(entry.images, url)
    best = declared or clean.best_image(clean.images_in(body, url), url)
    return ImageDraft(best.url, best.width, best.height, best.alt) if best else None


def _sections(categories: Iterable[str], default: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The first category that is a section of the site; the others are the publisher's tags."""
    chosen, tags = None, []
    for category in categories:
        section = section_of(category)
        if section is None:
            tags.append(category)
        else:
            chosen = chosen or section.name
    return chosen or default, tuple(dict.fromkeys(tags))[:MAX_TAGS]


def _language(declared: str | None, of_source: str | None, text: str) -> str | None:
    """What the publisher declares, unless the script of the text denies it."""
    sample = text[:2_000]
    of_script = script_language(sample)
    for code in (code_of(declared), code_of(of_source)):
        if code and (of_script is None or code in languages_in(sample, None)):
            return code
    return of_script
