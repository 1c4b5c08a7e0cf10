"""How much of real articles the tagger names, how often it is right, and how fast.

`python -m benchmarks.tagging [PATH]`: PATH is a file of JSON lines with source, title, lead, body
and publisher_topics. Each article is tagged without its own publisher's topics, by a vocabulary
that read the other publishers' articles with theirs. Without a path the labelled headlines of
`benchmarks/data/headlines.tsv` alone are read: 151 that mistakes were mended on, and 150 that were
written before their author read the lists and are only counted (the judged half).
"""

import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from backend.catalog.tag_names import display_name, key_of, pair_aliases
from backend.tagging.keywords import cleaned_of_feed
from backend.tagging.known_names import known, meant_by
from backend.tagging.language import guess, languages_in
from backend.tagging.learning import (
    BY_PUBLISHERS,
    BY_SHORT_FORM,
    Known,
    NoVocabulary,
    Vocabulary,
    names_worth_keeping,
    short_forms,
)
from backend.tagging.sections import section_of
from backend.tagging.short_forms import bearer_of
from backend.tagging.tagger import FoundTag, read, tag_article

LABELLED = Path(__file__).parent / "data" / "headlines.tsv"
KINDS = ("people", "organisations", "places", "topics", "pairs")


@dataclass(slots=True)
class Stream:
    """A vocabulary in memory: who used which name, and who filed under it."""

    names: dict[str, str] = field(default_factory=dict)
    keyword_of: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    used_by: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    short: defaultdict[str, Counter[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def learn(
        self,
        source: str,
        keywords: Iterable[str],
        candidates: Iterable[str],
        short_forms: Mapping[str, str],
    ) -> None:
        for key, name in short_forms.items():
            self.short[key][name, source] += 1
        for keyword in keywords:
            name = display_name(keyword)
            self.keyword_of[self._key(name)].add(source)
        for name in candidates:
            self.used_by[self._key(display_name(name))].add(source)

    def _key(self, name: str) -> str:
        self.names.setdefault(key_of(name), name)
        return key_of(name)


@dataclass(frozen=True, slots=True)
class WithoutOne:
    """The stream as it is for an article of one publisher: what the others taught."""

    stream: Stream
    source: str

    def known(self, keys: Collection[str]) -> Mapping[str, Known]:
        found = {}
        for key in keys:
            if bearer := bearer_of(self._uses(key)):
                found[key] = Known(display_name(bearer), "entity", BY_SHORT_FORM)
            filed = self.stream.keyword_of.get(key, set()) - {self.source}
            used = self.stream.used_by.get(key, set()) | {self.source}
            if filed:
                found[key] = Known(self.stream.names[key], "topic", "keyword")
            elif key in self.stream.used_by and len(used) > 1:
                found[key] = Known(self.stream.names[key], "entity", BY_PUBLISHERS)
        return found

    def _uses(self, key: str) -> dict[str, tuple[int, int]]:
        """The others' uses of a short form."""
        uses: dict[str, tuple[int, int]] = {}
        for (name, source), count in self.stream.short.get(key, {}).items():
            if source != self.source:
                articles, publishers = uses.get(name, (0, 0))
                uses[name] = (articles + count, publishers + 1)
        return uses


class Headline(NamedTuple):
    """A labelled headline: what it must be tagged with, by kind, and what it may be, too."""

    half: str
    language: str
    title: str
    lead: str
    labels: Mapping[str, Sequence[str]]
    also: Sequence[str]


def main() -> None:
    headlines = [_headline(line) for line in LABELLED.read_text("utf-8").splitlines()[1:]]
    for half in ("known", "judged"):
        _labelled(half, [each for each in headlines if each.half == half])
    for path in [each for each in sys.argv[1:] if each != "-v"]:
        rows = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]
        _real(sorted(rows, key=lambda row: str(row.get("published_at", ""))))


def _labelled(half: str, headlines: Sequence[Headline]) -> None:
    wanted: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    right = shown = untagged = 0
    for each in headlines:
        found = tag_article(each.title, each.lead, "", each.language)
        untagged += not found
        for kind, names in each.labels.items():
            wanted[kind] += len(names)
            hit[kind] += sum(_is_found(name, found, each.language) for name in names)
        every = [*(name for names in each.labels.values() for name in names), *each.also]
        shown += len(found)
        right += sum(_is_labelled(tag, every, each.language) for tag in found)
        if "-v" in sys.argv and half == "known":
            print(each.language, each.title, [tag.name for tag in found], every)
    print(f"{len(headlines)} {half} headlines: {untagged / len(headlines):.0%} without a tag")
    for kind in KINDS:
        print(f"  {kind:14} {hit[kind]:4} of {wanted[kind]:4} {_share(hit[kind], wanted[kind])}")
    print(f"  precision      {right:4} of {shown:4} {_share(right, shown)}")


def _real(rows: Sequence[Mapping[str, object]]) -> None:
    stream, languages = Stream(), [guess(f"{row['title']} {row['lead']}") for row in rows]
    for row, language in zip(rows, languages, strict=True):
        article = read(str(row["title"]), str(row["lead"] or ""), str(row["body"]), language)
        candidates = article.candidates
        names = names_worth_keeping(candidates, language)
        short = short_forms(candidates, [*names, *article.people()])
        stream.learn(str(row["source"]), _topics(row), names, short)
    found = [
        tag_article(
            str(row["title"]), str(row["lead"] or ""), str(row["body"]), language,
            vocabulary=WithoutOne(stream, str(row["source"])),
        )
        for row, language in zip(rows, languages, strict=True)
    ]  # fmt: skip
    for name, chosen in (("one half", slice(0, None, 2)), ("the other half", slice(1, None, 2))):
        _report(name, rows[chosen], found[chosen], languages[chosen])
    for bodies in (False, True):
        print(f"  {_rate(rows, languages, bodies=bodies):8,.0f} articles/s", end="")
        print(" with bodies" if bodies else " without bodies")


def _report(
    name: str,
    rows: Sequence[Mapping[str, object]],
    found: Sequence[list[FoundTag]],
    languages: Sequence[str | None],
) -> None:
    near = near_hit = every = every_hit = 0
    for row, tags, language in zip(rows, found, languages, strict=True):
        said = key_of(f"{row['title']} {row['lead']}")
        for topic in _topics(row):
            is_hit = _is_found(topic, tags, language)
            every, every_hit = every + 1, every_hit + is_hit
            if key_of(display_name(topic)) in said:
                near, near_hit = near + 1, near_hit + is_hit
                if not is_hit and "-v" in sys.argv:
                    print("missed", topic, "|", row["title"], [tag.name for tag in tags])
    untagged = sum(not tags for tags in found)
    print(f"{name}: {len(rows)} articles, {untagged / len(rows):.0%} without a tag")
    print(f"  topics in title or lead {near_hit} of {near} {_share(near_hit, near)}")
    print(f"  topics anywhere         {every_hit} of {every} {_share(every_hit, every)}")
    print(f"  tags an article         {sum(map(len, found)) / len(rows):.1f}")


def _topics(row: Mapping[str, object]) -> list[str]:
    given = row.get("publisher_topics") or ()
    assert isinstance(given, list | tuple)
    said = f"{row['title']} {row['lead']}"
    kept = cleaned_of_feed(map(str, given), lambda: said, str(row["source"]))
    # What is a section of the site is no tag.
    return [topic for topic in kept if section_of(topic) is None]


def _rate(
    rows: Sequence[Mapping[str, object]], languages: Sequence[str | None], *, bodies: bool
) -> float:
    """Articles a second of processor time, the vocabulary empty."""
    vocabulary: Vocabulary = NoVocabulary()
    began, count = time.process_time(), 0
    while time.process_time() - began < 3.0:
        for row, language in zip(rows, languages, strict=True):
            body = str(row["body"]) if bodies else ""
            tag_article(
                str(row["title"]), str(row["lead"] or ""), body, language, vocabulary=vocabulary
            )
        count += len(rows)
    return count / (time.process_time() - began)


def _is_found(label: str, found: Sequence[FoundTag], language: str | None) -> bool:
    return any(_means(tag, label, language) for tag in found)


def _is_labelled(tag: FoundTag, labels: Sequence[str], language: str | None) -> bool:
    return any(_means(tag, label, language) for label in labels)


def _means(tag: FoundTag, label: str, language: str | None) -> bool:
    """Whether a tag is what a label names, by its name, an alias or a word that was read."""
    wanted = key_of(display_name(label))
    names = {key_of(tag.name), *(key_of(display_name(words)) for words in tag.words)}
    if tag.members:
        names |= {key_of(each) for each in pair_aliases(*tag.members)}
    entity = known(label) or meant_by(label, languages_in(label, language))
    return wanted in names or (entity is not None and key_of(entity.name) in names)


def _headline(line: str) -> Headline:
    half, language, title, lead, *labels = line.split("\t")
    named = {kind: label.split(";") for kind, label in zip(KINDS, labels, strict=False) if label}
    also = labels[len(KINDS)].split(";") if len(labels) > len(KINDS) else []
    return Headline(half, language, title, lead, named, also)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


if __name__ == "__main__":
    main()
