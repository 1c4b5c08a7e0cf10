"""Every public read from memory, and its 304, against a bare Flask view with as many bytes.

`python -m benchmarks.reads [--articles N]`; under `python -m tests.postgres` it asks PostgreSQL.
"""

import argparse
import json

from benchmarks.archive import POPULAR, first_page, tag_name
from benchmarks.feed import SMALL, Site, get, site
from benchmarks.serving import compared

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
}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--articles", type=int, default=SMALL)
    with site(asked.parse_args().articles) as found:
        for name, path in _addresses(found).items():
            print(_told(found, name, path), flush=True)


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
