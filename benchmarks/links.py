"""Links against a bare Flask view: redirects, pages, association files; and the pure decisions.

`python -m benchmarks.links`. Both servers run under the same gunicorn settings and are asked in
turns within one run, so that a busy machine slows both; what counts is the ratio.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.serving import ROOT, Ratio, Server, compared, serving
from deeplinks.routing.routes import parse_table
from deeplinks.short_links.service import shorten
from deeplinks.visitors.useragent import destination_of
from wsgi import compose

ROUNDS, SLICE_S = 7, 2
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36"
)
DOWNLOAD = "/download?to=/tag/NorthKorea-Russia&campaign=spring"
REDIRECT = "/download"
ASSOCIATION = "/.well-known/apple-app-site-association"
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
HTML = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br"}
SHORT = "/l/storm"
CASES = (
    ("iPhone redirect", DOWNLOAD, {"User-Agent": IPHONE}),
    ("Android redirect with a claim token", DOWNLOAD, {"User-Agent": ANDROID}),
    ("short link", SHORT, {"User-Agent": IPHONE} | HTML),
    ("page, iPhone", DOWNLOAD, {"User-Agent": IPHONE} | HTML),
    ("page, Android", DOWNLOAD, {"User-Agent": ANDROID} | HTML),
    ("page, desktop", DOWNLOAD, {"User-Agent": DESKTOP} | HTML),
    ("association file", ASSOCIATION, {"User-Agent": "AASA-Bot/1.0.0"}),
)
APP = """
[app]
name = "Bench"
scheme = "bench"
[app.ios]
app_ids = ["ABCDE12345.bench.news"]
store_id = "123456789"
campaign = { pt = "118325" }
[app.android]
package = "bench.news"
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, ratio in _ratios(Path(folder)):
            print(ratio.told(name), flush=True)
    for name, microseconds in _decisions():
        print(f"{name:<48} {microseconds:>7.2f} µs")


def _ratios(folder: Path) -> Iterator[tuple[str, Ratio]]:
    settings = settings_of(folder)
    _shorten(settings)
    with (
        serving("benchmarks.bare:app", folder, **settings) as bare,
        serving("wsgi:asgi", folder, **settings) as ours,
    ):
        for name, path, headers in CASES:
            status, size_bytes = _answered(ours, path, headers)
            other = REDIRECT if status == 302 else f"/constant/{size_bytes}"
            asked = ours.asked(path, **headers), bare.asked(other, **headers)
            yield name, compared(*asked, rounds=ROUNDS, seconds=SLICE_S)


def _answered(server: Server, path: str, headers: Mapping[str, str]) -> tuple[int, int]:
    """Status and size of the first answer, which is made and then kept."""
    asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    asked.request("GET", path, headers=dict(headers))
    answer = asked.getresponse()
    return answer.status, len(answer.read())


def _shorten(settings: Mapping[str, str]) -> None:
    app = compose(os.environ | settings, ROOT)
    with app.app_context():
        fields = {"path": "/tag/NorthKorea-Russia", "campaign": "poster"}
        shorten(fields, SHORT.removeprefix("/l/"), now=datetime.now(UTC))


def settings_of(folder: Path) -> dict[str, str]:
    config = folder / "app.toml"
    routes = (ROOT / "app.toml").read_text(encoding="utf-8")
    config.write_text(APP + routes[routes.index("[[routes]]") :], encoding="utf-8")
    database = {"DATABASE_URL": f"sqlite:///{folder / 'bench.db'}", "APP_CONFIG": str(config)}
    upgrade = [sys.executable, "-m", "tagwire", "db", "upgrade"]
    subprocess.run(upgrade, env=os.environ | database, check=True, capture_output=True, cwd=ROOT)
    return database


def _decisions() -> Iterator[tuple[str, float]]:
    cases = json.loads((ROOT / "tests/deeplinks/visitors/data/download_ua_cases.json").read_text())
    agents = [case["ua"] for case in cases]
    # Without the memory of the last few thousand agents: each one as if it were new.
    decide = destination_of.__wrapped__
    yield "user agent, new", _time(lambda: [decide(agent) for agent in agents], len(agents))
    yield (
        "user agent, seen before",
        _time(lambda: [destination_of(agent) for agent in agents], len(agents)),
    )
    routes = [{"screen": f"s{n}", "path": f"/s{n % 20}/a{n}/{{id}}/{{slug?}}"} for n in range(200)]
    table = parse_table({"routes": routes, "links": {"never_open": ["/v1/*", "/console/*"]}})
    paths = [f"/s{n % 20}/a{n}/%EB%B6%81%ED%95%9C/words" for n in range(0, 200, 7)]
    yield "resolver, 200 routes", _time(lambda: [table.match(path) for path in paths], len(paths))
    missing = [f"/s{n}/nothing/x/y" for n in range(20)]
    yield (
        "resolver, 200 routes, no match",
        _time(lambda: [table.match(path) for path in missing], len(missing)),
    )


def _time(work: Callable[[], object], size: int) -> float:
    """Microseconds for each of `size` pieces of work, the median of many runs."""
    work()
    times = []
    for _ in range(200):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times) / size * 1e6


if __name__ == "__main__":
    main()
