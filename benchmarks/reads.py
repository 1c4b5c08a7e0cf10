"""Every public read from memory, its 304, and pages never made, against a bare Flask view.

`python -m benchmarks.reads [--articles N] [--part memory|cold|large]`; under
`python -m tests.postgres` it asks PostgreSQL. The bare view answers as many bytes. The part
`large` compares an archive of 1,000,000 articles with a small one, page never made by page.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from benchmarks.archive import POPULAR, SECRET, TAGS, WORDS, first_page, tag_name
from benchmarks.feed import LARGE, SECRET_KEY, SMALL, VARIANTS, Site, get, site
from benchmarks.serving import Server, compared

ROUNDS, SLICE_S = 5, 1
TAG = tag_name(POPULAR)
PATHS = {
    "tag feed": first_page(POPULAR),
    "article": "/v1/articles/{id}",
    "tag": f"/v1/tags/{TAG}",
    "tags": f"/v1/tags?q={TAG[:3]}",
    "trending": "/v1/tags/trending",
    "sources": "/v1/sources",
    "search": "/v1/search?q=harbour",
    "web home": "/",
    "web tag": f"/tag/{TAG}",
    "web article": "{path}",
    "RSS": f"/tag/{TAG}.rss",
    "news sitemap": "/sitemap-news.xml",
    "robots.txt": "/robots.txt",
    "config": "/v1/config",
    "OpenAPI": "/v1/openapi.json",
    "static file": "/static/site.css",
}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--articles", type=int, default=SMALL)
    asked.add_argument("--part", choices=(*PARTS, "large"), action="append")
    options = asked.parse_args()
    parts = options.part or list(PARTS)
    with site(options.articles) as found:
        for part in parts:
            for told in PARTS[part](found) if part in PARTS else ():
                print(told, flush=True)
        if "large" in parts:
            with site(LARGE) as large:
                for told in _large(found, large):
                    print(told, flush=True)


def _memory(found: Site) -> Iterator[str]:
    for name, path in _addresses(found).items():
        yield _told(found, name, path)


def _cold(found: Site) -> Iterator[str]:
    """Compare pages never made: addresses in turn, more than the page cache has room for."""
    for name, paths in _never_made(found).items():
        size_bytes = len(get(found.cold, paths[0], **_own(paths))[0])
        constant = found.bare.asked(f"/constant/{size_bytes}")
        ratio = compared(
            found.cold.asked(*paths, **_own(paths)), constant, rounds=ROUNDS, seconds=SLICE_S
        )
        yield ratio.told(f"{name}, never made, {size_bytes:,} bytes")


def _large(small: Site, large: Site) -> Iterator[str]:
    theirs = _never_made(small)
    for name, paths in _never_made(large).items():
        ours = large.cold.asked(*paths, **_own(paths))
        others = small.cold.asked(*theirs[name], **_own(paths))
        ratio = compared(ours, others, rounds=ROUNDS, seconds=SLICE_S)
        yield ratio.told(f"{name}, {LARGE:,} articles to {small.archive.articles:,}")


PARTS: dict[str, Callable[[Site], Iterator[str]]] = {"memory": _memory, "cold": _cold}


def _never_made(found: Site) -> dict[str, Sequence[str]]:
    """Tags and articles in turn; deep pages of the popular tag; searches for two words."""
    tags = [tag_name(number) for number in range(1, TAGS + 1)]
    newest = found.archive.articles
    ids = [f"{number:020x}" for number in range(newest, max(0, newest - VARIANTS), -1)]
    pages = [_page_of(found.cold, public_id) for public_id in ids]
    words = [f"{one}+{other}" for one in WORDS for other in WORDS if one != other]
    below = [found.archive.below(each + 1, SECRET_KEY, f"/tag/{TAG}") for each in range(VARIANTS)]
    return {
        "article": [f"/v1/articles/{public_id}" for public_id in ids],
        "tag feed": found.pages(1),
        "tag": [f"/v1/tags/{name}" for name in tags],
        "search": [f"/v1/search?q={each}" for each in words],
        "web tag": [f"/tag/{name}" for name in tags],
        "web tag, deep": below,
        "web article": pages,
        "web search": [f"/search?q={each}" for each in words],
        "RSS": [f"/tag/{name}.rss" for name in tags],
        "home of 50 topics": ["/v1/feed"],
    }


def _page_of(server: Server, public_id: str) -> str:
    shown = json.loads(get(server, f"/v1/articles/{public_id}")[0])
    return urlsplit(str(shown["url"])).path


def _own(paths: Sequence[str]) -> dict[str, str]:
    """Return the installation's secret as a header where there is one address only: home."""
    return {"Authorization": f"Bearer {SECRET}"} if len(paths) == 1 else {}


def _addresses(found: Site) -> dict[str, str]:
    newest = json.loads(get(found.kept, PATHS["tag feed"])[0])["articles"][0]
    page = newest["url"].partition("://")[2].partition("/")[2]
    return {name: path.format(id=newest["id"], path=f"/{page}") for name, path in PATHS.items()}


def _told(found: Site, name: str, path: str) -> str:
    body, etag = get(found.kept, path)
    constant = found.bare.asked(f"/constant/{len(body)}")
    whole = compared(found.kept.asked(path), constant, rounds=ROUNDS, seconds=SLICE_S)
    told = whole.told(f"{name}, {len(body):,} bytes")
    unchanged = compared(
        found.kept.asked(path, If_None_Match=etag),
        found.bare.asked("/unchanged"),
        rounds=ROUNDS,
        seconds=SLICE_S,
    )
    return f"{told}\n{unchanged.told(f'{name}, 304')}"


if __name__ == "__main__":
    main()
