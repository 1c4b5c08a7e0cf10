"""Converts feed entries into article drafts. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import orjson

from backend.ingest.entry_counts import NOTHING, EntryCounts
from backend.ingest.identity import EntryId, IdentityRule, entry_ids
from backend.ingest.own_links import without_own_links
from backend.ingest.parsing.dates import (
    CONFIDENCES,
    DEFAULT_HINTS,
    Confidence,
    Dated,
    DateHints,
    hints_for,
    parse_date,
)
from backend.ingest.parsing.entry import Entry, ParsedFeed
from backend.newsroom.draft import ArticleDraft, ImageDraft
from backend.tagging import teasers
from backend.tagging.keywords import cleaned_of_feed, section_on_path
from backend.tagging.language import code_of, languages_in, may_have_scripts, script_language
from backend.tagging.sections import section_of
from backend.text import clean, images

TITLE_GRAPHEMES = 300
BODY_CHARACTERS = 500_000
# So much of the text tells its language and whether it says a keyword.
SAMPLE_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class SourceDefaults:
    """Defaults of a source for what its entries leave out, and how they are told apart."""

    language: str | None = None
    category: str | None = None
    hints: DateHints = DEFAULT_HINTS
    identity: IdentityRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """A draft with its id within the source, and how sure its date is.

    `digest` is of the entry as it came and of all that it was drafted by. `version` is the
    content hash of one that was drafted before: then the draft has lost its texts.
    """

    external_id: str
    draft: ArticleDraft
    date: Confidence | None
    entry_id: EntryId
    digest: bytes = b""
    version: str | None = None

    @property
    def sort_key(self) -> tuple[bool, float]:
        """The key that sorts the oldest first; what has no date counts as the newest."""
        published = self.draft.published_at
        return (published is None, published.timestamp() if published else 0.0)


@dataclass(frozen=True)
class _Text:
    """The start of an entry's text, read only where something depends on it."""

    markup: str

    @cached_property
    def start(self) -> str:
        return clean.opening_text(self.markup, SAMPLE_CHARACTERS)


Remembered = Mapping[bytes, EntryDraft]
NO_ENTRIES: Remembered = {}


@dataclass(frozen=True, slots=True)
class DraftBatch:
    """The drafts of a feed in its order, and what was wrong with the entries that gave none.

    `faults` are errors that nobody foresaw, for whoever may log them.
    """

    entries: tuple[EntryDraft, ...]
    refused: tuple[str, ...] = ()
    faults: tuple[Exception, ...] = ()
    counts: EntryCounts = NOTHING


def drafts_of(
    feed: ParsedFeed, defaults: SourceDefaults, remembered: Remembered = NO_ENTRIES
) -> DraftBatch:
    """Convert every entry; one without a title or an address is refused by its position.

    What is the same as an entry before it is counted and left out. What is `remembered` by its
    digest is not drafted again.
    """
    hints = hints_for(_dates_in(feed), defaults.hints)
    hints = replace(hints, language=hints.language or code_of(feed.language))
    defaults = replace(defaults, hints=hints)
    by_id: dict[str, EntryDraft] = {}
    refused: list[str] = []
    faults = list(feed.faults)
    counts = _counts_of(feed)
    ids = entry_ids(feed.entries, defaults.identity)
    told = repr((feed.home_url, feed.language, defaults)).encode("utf-8", "surrogatepass")
    for position, (entry, entry_id) in enumerate(zip(feed.entries, ids, strict=True), start=1):
        digest = _digest_of(entry, entry_id, told)
        found = remembered.get(digest) or _tried(entry, entry_id, digest, feed, defaults)
        if isinstance(found, Exception):
            faults.append(found)
        elif isinstance(found, str):
            refused.append(f"entry {position}: {found}")
        elif found.external_id in by_id:
            counts = counts.with_one_more("collapsed")
        else:
            by_id[found.external_id] = found
            counts = _with_guesses(counts, entry, found)
    if feed.left_out:
        refused.append(f"{feed.left_out:,} entries after the first {len(feed.entries):,} left out")
    counts = replace(counts, refused=len(faults) + len(refused) - bool(feed.left_out))
    return DraftBatch(tuple(by_id.values()), tuple(refused), tuple(faults), counts)


def _digest_of(entry: Entry, entry_id: EntryId, told: bytes) -> bytes:
    """Digest an entry and all that it is drafted by; `told` is what its feed and source add."""
    try:
        written = orjson.dumps((entry, entry_id))
    except TypeError:  # half a surrogate pair, which is not text
        written = repr((entry, entry_id)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(told + written, digest_size=16).digest()


def _dates_in(feed: ParsedFeed) -> Iterable[str]:
    return (date for entry in feed.entries for date in (*entry.dates, *entry.updates))


def _counts_of(feed: ParsedFeed) -> EntryCounts:
    return EntryCounts(
        entries=len(feed.entries) + len(feed.faults) + feed.left_out,
        left_out=feed.left_out,
        guessed_encodings=int(feed.guessed_encoding is not None),
        damaged_documents=int(not feed.is_well_formed),
    )


def _with_guesses(counts: EntryCounts, entry: Entry, draft: EntryDraft) -> EntryCounts:
    """Add to the counts what was guessed or could not be read of one entry."""
    names = ["guessed_ids"] if draft.entry_id.is_guessed else []
    if draft.date is None:
        names.append("unread_dates" if entry.published else "undated")
    elif draft.date in {"ambiguous", "zone-assumed"}:
        names.append("guessed_dates")
    for name in names:
        counts = counts.with_one_more(name)
    return counts


def _tried(
    entry: Entry, entry_id: EntryId, digest: bytes, feed: ParsedFeed, defaults: SourceDefaults
) -> EntryDraft | str | Exception:
    try:
        return _entry_draft(entry, entry_id, digest, feed, defaults)
    except Exception as error:  # noqa: BLE001 one odd entry keeps no other one back
        return error


def _entry_draft(
    entry: Entry, entry_id: EntryId, digest: bytes, feed: ParsedFeed, defaults: SourceDefaults
) -> EntryDraft | str:
    url = entry.link or feed.home_url
    if url is None:
        return "it has no address"
    body = _body_of(entry, url)
    text = _Text(body)
    title = clean.shortened(clean.storable(entry.title), TITLE_GRAPHEMES)
    title = title or clean.shortened(" ".join(text.start.split()), 90)
    if not title:
        return "it has neither title nor text"
    dated = _date_of(entry, defaults.hints)
    category, keywords = _sections(entry.categories, defaults.category)
    summary = _summary(entry, title, url)
    draft = ArticleDraft(
        title=title,
        url=clean.without_tracking(clean.storable(url)),
        summary=summary,
        body_html=body or None,
        image=_image(entry, body, url),
        category=category,
        tags=_tags(keywords, title, summary, text),
        language=_language(entry.language or feed.language, defaults.language, title, text),
        published_at=dated.instant if dated else None,
        authors=entry.authors,
        media=entry.media,
    )
    return EntryDraft(
        external_id=clean.storable(entry_id.value),
        draft=draft,
        date=dated.confidence if dated else None,
        entry_id=entry_id,
        digest=digest,
    )


def _body_of(entry: Entry, url: str) -> str:
    """Return the text's markup, with absolute addresses where the feed gives it its own base."""
    body = _without_teasers(clean.storable(entry.content or "")[:BODY_CHARACTERS])
    if entry.base_url and entry.base_url != url:
        return clean.safe_html(body, entry.base_url)
    return body


def _date_of(entry: Entry, hints: DateHints) -> Dated | None:
    """Return the surest readable date of publishing, else of a later version."""
    for given in (entry.dates or (entry.published,), entry.updates):
        readable = [found for text in given if (found := parse_date(text, hints))]
        if readable:
            return min(readable, key=lambda each: CONFIDENCES.index(each.confidence))
    return None


def _without_teasers(markup: str) -> str:
    """Strip a trailing list of other articles' headlines; what the cut left open is closed
    when the markup is cleaned.
    """
    at = teasers.tail_of(markup)
    is_tail = at is not None and teasers.are_headlines(clean.plain_text(markup[at:]))
    return markup[:at].rstrip() if is_tail else markup


def _summary(entry: Entry, title: str, url: str) -> str | None:
    """Return the summary as text; None when it is the text itself or only says the title."""
    markup = without_own_links(entry.summary or "", title, url)
    if not markup or markup == entry.content:
        return None
    summary = clean.summary_of(clean.storable(markup), "")
    is_title = summary.casefold() == title.casefold() and entry.content != entry.summary
    return None if is_title else summary or None


def _image(entry: Entry, body: str, url: str) -> ImageDraft | None:
    """Choose the declared picture, else the best of the text, else of the summary."""
    best = images.best_image(entry.images, url)
    for markup in (body, entry.summary or ""):
        best = best or images.best_image(images.images_in(markup, entry.base_url or url), url)
    return ImageDraft(best.url, best.width, best.height, best.alt) if best else None


def _sections(categories: Iterable[str], default: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Return the first category that is a section of the site or a path through one, else the
    default; and as the publisher's tags what is no section.
    """
    chosen, tags = None, []
    for category in categories:
        if section_of(category) is None:
            tags.append(category)
        section = section_on_path(category)
        chosen = chosen or (section and section.name)
    return chosen or default, tuple(dict.fromkeys(tags))


def _tags(keywords: Sequence[str], title: str, summary: str | None, text: _Text) -> tuple[str, ...]:
    return tuple(cleaned_of_feed(keywords, lambda: f"{title} {summary or text.start[:500]}"))


def _language(declared: str | None, of_source: str | None, title: str, text: _Text) -> str | None:
    """Return the language that the publisher declares, unless the script of the text denies it."""
    told = text.start if may_have_scripts(text.markup) else ""
    sample = f"{title}\n{told}"[:SAMPLE_CHARACTERS]
    of_script = script_language(sample)
    for code in (code_of(declared), code_of(of_source)):
        if code and (of_script is None or code in languages_in(sample, None)):
            return code
    return of_script
