"""Entry identity for deduplication: distinct entries of one document stay distinct. Pure.

The canonical form of a guid counts only while no other entry with another title or date has it;
then the guid as it is written, then the link, then title and date, then the text.
"""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple, get_args
from urllib.parse import urlsplit, urlunsplit

from backend.ingest.parsing.entry import Entry
from backend.outbound.redirects import DEFAULT_PORTS
from backend.text.clean import without_tracking

IdentityRule = Literal["guid", "link", "title"]
IDENTITY_RULES: tuple[str, ...] = get_args(IdentityRule)

# An address that has one spelling only, as nearly all are.
_canonical = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+/[\w.~:@!$&'()*+,;=%/-]*", re.ASCII)
# Longer ids are kept as a digest: they are part of an address and of an index.
LONGEST_ID = 200
# Leads of different news in one language share a third, those of two versions nearly all.
_ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class EntryId:
    """The id of an entry within its source.

    `others` are the ids it would have with other entries beside it, `is_lossy` when its guid or
    link was shortened to it, `is_guessed` when no guid or link of its own names it.
    """

    value: str
    others: tuple[str, ...] = ()
    is_lossy: bool = False
    is_guessed: bool = False


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """A stored article: enough of it to tell whether an entry is a version of it."""

    title: str
    published_at: datetime
    lead: str = ""


_Level = Callable[[Entry], str | None]


class _PossibleIds(NamedTuple):
    """Ids that may identify an entry, the best first."""

    canonical_guid: str | None
    guid: str | None
    canonical_link: str | None
    link: str | None
    title_and_date: str
    text: str


_CANONICAL_GUID, _CANONICAL_LINK, _TITLE_AND_DATE = 0, 2, 4


def entry_ids(entries: Sequence[Entry], rule: IdentityRule | None = None) -> list[EntryId]:
    """Return the id of each entry, in order. Two have the same one only when they say the same, or
    when the source's own rule makes them one.
    """
    if rule is not None:
        ruled = _RULES[rule]
        return [EntryId(ruled(entry) or _title_and_date(entry)) for entry in entries]
    possible = [_possible_ids(entry) for entry in entries]
    found: list[EntryId | None] = [None] * len(entries)
    taken: set[str] = set()
    left = list(range(len(entries)))
    for level in range(len(_PossibleIds._fields)):
        left = _settle(possible, left, level, found, taken)
    pairs = zip(found, possible, strict=True)
    return [each or EntryId(ids.title_and_date, is_guessed=True) for each, ids in pairs]


def external_ids(entries: Sequence[Entry]) -> list[str]:
    """Return the ids alone."""
    return [each.value for each in entry_ids(entries)]


def against_known(
    entry_id: EntryId,
    title: str,
    published_at: datetime | None,
    known: Mapping[str, KnownEntry],
    taken: Iterable[str] = (),
    lead: Callable[[], str] = str,
) -> str:
    """Return the id under which an entry is known already, or its own.

    A fragment or parameter that was left out of a guid counts after all when the article known
    under the short form is another one: two fragments of a page may have its date or its title.
    """
    free = [each for each in (entry_id.value, *entry_id.others) if each not in taken]
    own = known.get(entry_id.value)
    is_own = not entry_id.is_lossy or (own and _is_version(own, title, published_at, lead))
    if own is not None and is_own and entry_id.value in free:
        return entry_id.value
    for each in free:
        found = known.get(each)
        if found and found.title == title and _is_version(found, title, published_at, lead):
            return each
    return next((each for each in free if each not in known), entry_id.value)


def _is_version(
    known: KnownEntry, title: str, published_at: datetime | None, lead: Callable[[], str]
) -> bool:
    """Whether an entry is a version of what is known: title and date agree, or one and the lead."""
    agreeing = (known.title == title) + (known.published_at == published_at)
    if agreeing != 1:
        return agreeing == 2
    told = lead()
    return _is_alike(known.lead, told) if known.lead and told else known.title == title


def _is_alike(one: str, other: str) -> bool:
    """Whether most of the shorter text stands in the other one, by three characters at a time."""
    trigrams = [
        {text[at : at + 3] for at in range(max(1, len(text) - 2))}
        for text in (_folded(one), _folded(other))
    ]
    return len(trigrams[0] & trigrams[1]) >= min(map(len, trigrams)) * _ALIKE


@lru_cache(maxsize=2_048)
def canonical_url(url: str) -> str:
    """Canonicalize a URL: no tracking parameters, no fragment, no default port."""
    if _canonical.fullmatch(url):
        return url
    return _with_one_spelling(without_tracking(url), keep_fragment=False)


def _possible_ids(entry: Entry) -> _PossibleIds:
    named = _title_and_date(entry)
    guids = _spellings(entry.guid)
    links = guids if entry.link == entry.guid else _spellings(entry.link)
    return _PossibleIds(
        *guids,
        *links,
        named,
        # The text counts where nothing else names an entry.
        named if entry.guid or entry.link else _digest(f"{named}\n{entry.content}"),
    )


def _settle(
    possible: Sequence[_PossibleIds],
    left: Sequence[int],
    level: int,
    found: list[EntryId | None],
    taken: set[str],
) -> list[int]:
    """Give ids of one level to the entries whose key nobody else has; return who is left."""
    groups: dict[str, list[int]] = defaultdict(list)
    for at in left:
        if key := possible[at][level]:
            groups[key].append(at)
    for key, members in groups.items():
        if key not in taken and len({_sense(possible[at]) for at in members}) == 1:
            taken.add(key)
            for at in members:
                found[at] = _entry_id(possible[at], level)
    return [at for at in left if found[at] is None]


def _entry_id(ids: _PossibleIds, level: int) -> EntryId:
    value = ids[level] or ""
    others = tuple(dict.fromkeys(each for each in ids if each and each != value))
    exact = {_CANONICAL_GUID: ids.guid, _CANONICAL_LINK: ids.link}.get(level, value)
    is_own = level == _CANONICAL_GUID or (ids.guid is None and level < _TITLE_AND_DATE)
    return EntryId(value, others, is_lossy=exact != value, is_guessed=not is_own)


def _sense(ids: _PossibleIds) -> tuple[str, str]:
    """Return the key by which entries are the same: title and date as written, and page or text."""
    return ids.text, ids.canonical_link or ""


def _spellings(text: str | None) -> tuple[str | None, str | None]:
    """Return the canonical form of a guid or link and the exact one, which are mostly the same."""
    if not text:
        return None, None
    if _canonical.fullmatch(text):
        only = _bounded(text.partition("://")[2])
        return only, only
    spellings = (canonical_url, _exact_url)
    canonical, exact = (_bounded(_without_scheme(text, spelling)) for spelling in spellings)
    return canonical, exact


def _exact_guid(entry: Entry) -> str | None:
    return _spellings(entry.guid)[1]


def _canonical_link(entry: Entry) -> str | None:
    return _spellings(entry.link)[0]


def _title_and_date(entry: Entry) -> str:
    title = _folded(entry.title) or (entry.summary or "")[:200]
    return _digest(f"{title}\n{entry.published or ''}")


_RULES: Mapping[IdentityRule, _Level] = {
    "guid": _exact_guid,
    "link": _canonical_link,
    "title": _title_and_date,
}


@lru_cache(maxsize=2_048)
def _exact_url(url: str) -> str:
    if _canonical.fullmatch(url):
        return url
    return _with_one_spelling(url.strip(), keep_fragment=True)


def _with_one_spelling(url: str, *, keep_fragment: bool) -> str:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url.strip()
    if port and port != DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    fragment = parts.fragment if keep_fragment else ""
    return urlunsplit((parts.scheme.lower(), host, parts.path or "/", parts.query, fragment))


def _without_scheme(text: str, spelling: Callable[[str], str]) -> str:
    """Drop the scheme: on a move to https every guid is re-issued, the article stays the same."""
    return spelling(text).partition("://")[2] if "://" in text else text.strip()


def _folded(title: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def _bounded(text: str) -> str:
    text = text.lstrip("/")  # it stands behind a slash in the newsroom's addresses
    return text if text and len(text) <= LONGEST_ID and text.isprintable() else _digest(text)


def _digest(text: str) -> str:
    return "sha256-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:40]
