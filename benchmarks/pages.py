"""Full text from pages, how right and how fast: `python -m benchmarks.pages [FOLDER]`.

FOLDER has articles with their true paragraphs, laid out as the parser tests of Fundus: a folder a
country with `NAME.json` and `NAME_DATE.html.gz` for each of its versions. Without one the pages are
made up, in the shapes that sites have.
"""

import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import mean, median

import regex

from backend.ingest.pages.judgement import Wanted, judged
from backend.ingest.pages.page import Page
from backend.ingest.pages.reading import read_page
from backend.tagging.language import guess

URL = "https://paper.example/2026/an-article"
SHORTEST = 500
_not_word = regex.compile(r"[\W_]+")
SENTENCES = (
    "The council of the island voted on Tuesday to keep the lighthouse lit through the winter.",
    "Two of its nine members said that the money would be missing at the school.",
    "Its keeper, who has lived there for thirty years, had asked for a second pair of hands.",
    "Boats of the northern harbour had gone around the rock in fog three times since autumn.",
    "A new lamp would cost as much as the ferry earns in a month, the treasurer said.",
    "Nobody on the quay remembers a winter in which the light was out for a whole night.",
)
CHROME = (
    "<nav><ul>" + "<li><a href='/x'>Section</a></li>" * 12 + "</ul></nav>",
    "<div class='cookie-banner'><p>We use cookies. Accept all or choose.</p></div>",
    "<h3>Most read</h3><ul>" + "<li><a href='/y'>A story of today</a></li>" * 8 + "</ul>",
    "<footer><p>Contact, imprint, terms. All rights reserved by the paper.</p></footer>",
)  # fmt: skip
SHAPES = (
    "<article><h1>{title}</h1>{text}</article>",
    "<div id='content'><div class='story'><h1>{title}</h1><div>{text}</div></div></div>",
    "<main><h1>{title}</h1><section>{text}</section><section class='comments'>"
    "<p>I never liked that lamp, said a reader.</p></section></main>",
    "<table><tr><td><h2>{title}</h2>{text}</td></tr></table>",
)
PARAGRAPHS = ("<p>{}</p>", "<div><p>{}</p></div>", "<p><span>{}</span></p>")


@dataclass(frozen=True)
class Case:
    body: bytes
    url: str
    title: str
    lead: str
    paragraphs: tuple[str, ...]


def made_up() -> Iterator[Case]:
    """The same article in every shape, with the clutter of a site around it."""
    title = "Island keeps its lighthouse lit"
    texts = tuple(" ".join(SENTENCES[n:] + SENTENCES[:n]) for n in range(5))
    for shape, wrapped in product(SHAPES, PARAGRAPHS):
        text = "".join(wrapped.format(each) for each in texts)
        inner = shape.format(title=title, text=text)
        chrome = CHROME[0] + CHROME[1] + inner + CHROME[2] + CHROME[3]
        page = f"<html lang='en'><head><title>{title}</title></head><body>{chrome}</body></html>"
        yield Case(page.encode(), URL, title, SENTENCES[0], texts)


def of_folder(folder: Path) -> Iterator[Case]:
    for described in sorted(folder.glob("*/*.json")):
        versions = json.loads(described.read_text(encoding="utf-8"))
        addresses = json.loads((described.parent / "meta.info").read_text(encoding="utf-8"))
        pages = sorted(described.parent.glob(f"{described.stem}_2*.html.gz"))
        if len(pages) != len(versions):
            continue
        for path, told in zip(pages, versions.values(), strict=True):
            body = told.get("body") or {"sections": []}
            texts = tuple(each for part in body["sections"] for each in part["paragraphs"])
            if sum(map(len, texts)) >= SHORTEST:
                lead = " ".join(body.get("summary", ()))
                page = gzip.decompress(path.read_bytes())
                yield Case(page, addresses[path.name]["url"], told["title"], lead, texts)


def f1_of(page: Page | None, case: Case) -> float:
    """Return the F1 of the characters of paragraphs: recall of those found word for word, precision
    of those that came.
    """
    blocks = _letters(page.text.split("\n") if page else ())
    wanted = _letters(case.paragraphs)
    known, came = "".join([*wanted, *_letters([case.lead])]), "".join(blocks)
    recall = sum(len(each) for each in wanted if each in came) / len("".join(wanted))
    right = sum(len(each) for each in blocks if each in known or any(w in each for w in wanted))
    precision = right / max(1, len(came))
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0


def _letters(texts: Iterable[str]) -> list[str]:
    found = (_not_word.sub("", each).casefold() for each in texts)
    return [each for each in found if each]


def _wanted(case: Case) -> Wanted:
    """The article as a feed with this lead would have given it."""
    language = guess(f"{case.title}\n{case.lead}")
    languages = frozenset({language} if language else ())
    return Wanted(url=case.url, title=case.title, text=case.lead, languages=languages)


def main() -> None:
    cases = list(of_folder(Path(sys.argv[1])) if len(sys.argv) > 1 else made_up())
    read_page(cases[0].body, url=cases[0].url, content_type="text/html")  # loads the library
    verdicts, taken, scores, spent = Counter[str](), [], [], 0.0
    for case in cases:
        begun = time.process_time()
        page = read_page(case.body, url=case.url, content_type="text/html")
        spent += time.process_time() - begun
        scores.append(f1_of(page, case))
        verdict = judged(page, _wanted(case)) if page else "short"
        verdicts[verdict] += 1
        if verdict == "taken":
            taken.append(scores[-1])
    print(f"{len(cases)} pages: paragraph F1 {mean(scores):.3f}, median {median(scores):.3f}")
    print(f"of those that are taken {mean(taken):.3f}; {dict(verdicts.most_common())}")
    print(f"{len(cases) / spent:.0f} pages/s of one core")


if __name__ == "__main__":
    main()
