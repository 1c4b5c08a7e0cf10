"""Story grouping against labelled events: `python -m benchmarks.stories [FILE...]`.

Without a file it takes the invented events beside this module: first those that the bounds of
`backend/stories` were chosen by, then these and more of one kind on the same day, then those held
back until their misses were read, then two days of those that nobody looked at yet. A file holds,
by language, events by name, each a list of tellings: `{"en": {"quake": [["title", "lead"], ...]}}`;
the n-th telling of each event comes from the n-th publisher. Prints for each language the share of
same-event pairs that are found, the share of grouped pairs that are right, the largest story in
multiples of its event, and of how many of the found and of the wrong pairs the second alert is
withheld; then articles per second of one core with 20,000 articles in the window.
"""

import argparse
import itertools
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backend.stories.linkage import Group, choose
from backend.stories.repeats import Told, is_repeat
from backend.stories.telling import Telling, telling_of
from backend.stories.window import Window

FOLDER = Path(__file__).parent / "data"
READ_SINCE = [FOLDER / "stories_held_back.json"]
HELD_BACK = [FOLDER / f"stories_{name}_held_back.json" for name in ("second", "third")]
# Another day, with a bus on the same motorway and the same central bank.
IN_PRESS_STYLE = [FOLDER / "stories_fourth_held_back.json"]
# Every event has a neighbour: the same person, country, kind or evening.
WITH_NEIGHBOURS = [FOLDER / "stories_fifth.json"]
NEIGHBOURS_HELD_BACK = [FOLDER / "stories_fifth_held_back.json"]
LOOKED_ALIKE = [FOLDER / "stories_third.json"]
KNOWN = sorted(
    {*FOLDER.glob("stories_*.json")}
    - {*READ_SINCE, *HELD_BACK, *IN_PRESS_STYLE, *LOOKED_ALIKE, *WITH_NEIGHBOURS}
    - {*NEIGHBOURS_HELD_BACK}
)
HOUR_US = 3_600_000_000
WINDOW_SIZE = 20_000
TIMED = 2_000


@dataclass(frozen=True)
class Labelled:
    """A telling whose event is known."""

    event: tuple[str, str]
    source: int
    telling: Telling
    told: Told


@dataclass
class Grouper:
    """Groups tellings as the newsroom does, in memory."""

    window: Window = field(default_factory=Window)
    groups: dict[int, Group] = field(default_factory=dict)

    def add(self, telling: Telling, source: int) -> None:
        self.window.put(telling)
        near = self.window.similar(telling.article_id)
        alone = Group((telling.article_id,), frozenset({source}))
        found = list({self.groups[each].members: self.groups[each] for each in near}.values())
        joined = alone
        for group in choose(alone, found, self.window.link).groups:
            joined = joined.joined(group)
        if len(joined.members) > 1:
            joined = Group(joined.members, joined.sources, min(joined.members))
        for each in joined.members:
            self.groups[each] = joined


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    files = parser.parse_args(arguments).files
    ours = {
        "known": KNOWN,
        "known, with more that look alike": [*KNOWN, *LOOKED_ALIKE],
        "held back, read since": READ_SINCE,
        "held back": HELD_BACK,
        "held back, written as newspapers do": IN_PRESS_STYLE,
        "known, each with a neighbour": WITH_NEIGHBOURS,
        "held back, each with a neighbour": NEIGHBOURS_HELD_BACK,
    }
    sets = {"given": files} if files else ours
    for name, paths in sets.items():
        print(name)
        for line in grouped(paths):
            print(line)
    print(f"{articles_per_second():,.0f} articles/s a core with {WINDOW_SIZE:,} in the window")


def grouped(paths: Sequence[Path]) -> Iterator[str]:
    """Yield a line for all languages of these files, then one for each."""
    numbers = itertools.count(1)
    labelled = [each for path in paths for each in read(path, numbers)]
    grouper = Grouper()
    for each in sorted(labelled, key=lambda one: one.telling.at_us):
        grouper.add(each.telling, each.source)
    for language in ["all", *dict.fromkeys(each.event[0] for each in labelled)]:
        yield report(language, labelled, grouper)


def read(path: Path, numbers: Iterator[int]) -> list[Labelled]:
    """The tellings of a file; events begin two hours apart, tellings of one follow each hour."""
    found = []
    languages = json.loads(path.read_text(encoding="utf-8"))
    for language, events in languages.items():
        for place, (name, tellings) in enumerate(events.items()):
            for source, (title, lead) in enumerate(tellings):
                at_us = (place * 2 % 24 + source) * HOUR_US
                number = next(numbers)
                telling = telling_of(number, at_us, title, lead, language)
                told = Told(number, title, lead, language)
                found.append(Labelled((language, name), source, telling, told))
    return found


def report(language: str, labelled: Sequence[Labelled], grouper: Grouper) -> str:
    chosen = [each for each in labelled if language in {"all", each.event[0]}]
    sizes = Counter(each.event for each in chosen)
    wanted = found = grouped = 0
    withheld = Counter[bool]()
    for one, other in itertools.combinations(chosen, 2):
        if one.source == other.source:
            continue
        members = grouper.groups[one.telling.article_id].members
        is_together, is_one = other.telling.article_id in members, one.event == other.event
        wanted += is_one
        grouped += is_together
        found += is_together and is_one
        withheld[is_one] += is_together and is_repeat(one.told, other.told)
    largest = max(
        len(grouper.groups[e.telling.article_id].members) / sizes[e.event] for e in chosen
    )
    return (
        f"{language:4} {len(sizes):3} events {wanted:4} pairs  recall {found / wanted:6.1%}"
        f"  precision {found / max(grouped, 1):6.1%}  largest {largest:.1f} times its event"
        f"  withheld {withheld[True]} of {found}, {withheld[False]} of {grouped - found} wrong"
    )


def articles_per_second() -> float:
    """Finding candidates, choosing and adding, of made-up articles with Zipf's frequencies."""
    chance = random.Random(1)
    words = [f"w{number}" for number in range(60_000)]
    weights = [1 / (number + 10) for number in range(len(words))]
    made = WINDOW_SIZE + TIMED
    pool = iter(chance.choices(words, weights, k=made * 28))
    grouper = Grouper()
    titles = [[next(pool) for _ in range(28)] for _ in range(made)]
    for number in range(WINDOW_SIZE):
        grouper.window.put(_made(number, titles[number]))
        grouper.groups[number] = Group((number,), frozenset({number % 200}))
    begun = time.process_time()
    for number in range(WINDOW_SIZE, made):
        grouper.add(_made(number, titles[number]), number % 200)
    return TIMED / (time.process_time() - begun)


def _made(number: int, words: Sequence[str]) -> Telling:
    title, lead = " ".join(words[:10]), " ".join(words[10:])
    return telling_of(number, number * HOUR_US // 500, title, lead, "en")


if __name__ == "__main__":
    main(sys.argv[1:])
