"""The minute after an alert: what phones ask for then, against a bare Flask view in one run.

`python -m benchmarks.surge`, on SQLite with one web process on a core of its own. Of a hundred
requests 50 are for articles, 15 for their web pages, 10 for a tag's feed, 10 for home feeds and 10
say what arrived (each of another phone), 5 ask for the store. Beside it an alert leaves, a poller
publishes, an article is corrected and one is taken down. The bare view answers the mix with
constants of the same sizes, under the same settings, in turns.
"""

import random
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from sqlalchemy import insert, select, update

from backend.core.db import release, transaction
from backend.http.auth import hash_secret
from backend.http.context import current_context
from backend.tables.audience import Follow, Installation
from backend.tables.newsroom import Feed
from benchmarks.audience import KEY, Newsroom, newsroom
from benchmarks.crowd import Kind, Plan, Told, begin, get, request, told_by
from benchmarks.polling import (
    ENTRIES,
    add_sources,
    asked_since,
    due_again,
    next_round,
    polling,
    publishers,
)
from benchmarks.provider import CORES, endpoint
from benchmarks.serving import ROOT, Server, cpu_s, pin, serving
from benchmarks.siege import working

FOLLOWERS = 20_000
ARTICLES, TAGS, FOLLOWED, SOURCES = 120, 24, 6, 6
ROUNDS, SLICE_S = 3, 5
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
TEXT = "The harbour master says that ships wait outside until the wind has gone. " * 12
SHARES = {"article": 50, "web article": 15, "tag feed": 10, "home": 10, "events": 10, "download": 5}
MEMORY = ("article", "web article", "tag feed", "download")
COMMON = "Lighthouse"
WITHDRAWN = "Bell of the old pier rings twice"
APP = """
[app]
name = "Bench"
scheme = "bench"
[app.ios]
app_ids = ["ABCDE12345.bench.news"]
store_id = "123456789"
"""


@dataclass
class Day:
    """A newsroom on the day of the big story, its web server, and what the crowd asks for."""

    desk: Newsroom
    web: Server
    bare: Server
    feeds: int
    alert: str
    articles: list[dict[str, Any]]
    asked: int = field(default=0)

    def kinds(self, *names: str) -> dict[str, Kind]:
        found = asked_for(self.articles, self.alert)
        return {name: Kind(SHARES[name], found[name]) for name in names or SHARES}

    def plan(self, kinds: Mapping[str, Kind], seconds: float, per_s: float = 0) -> Plan:
        """Plan a run, which begins with the phones that come after those of the last one."""
        start, self.asked = self.asked, self.asked + int(seconds * max(per_s, 4_000))
        return Plan(self.web.port, kinds, seconds, per_s, start, WITHDRAWN)


def main() -> None:
    with day() as found:
        kinds = found.kinds()
        told_by(begin(found.plan(kinds, 2), core=CORES[-1]))  # what is asked for later is in memory
        constants, ours, theirs = _constants(found, kinds), [], []
        for turn in range(ROUNDS):
            break_news(found)
            ours.append(_asked(found, found.web, found.plan(kinds, SLICE_S), at=turn))
            theirs.append(_asked(found, found.bare, constants))
        _tell(ours, theirs)
        half = statistics.median(each.rate for each, _ in ours) / 2
        break_news(found)
        told, _ = _asked(found, found.web, found.plan(kinds, 2 * SLICE_S, half))
        print(f"at half of it, {told.rate:.0f}/s; p50, p99 and most of a kind:")
        for name, times in told.kinds.items():
            print(times.told(name), flush=True)


def _asked(found: Day, server: Server, plan: Plan, *, at: int = -1) -> tuple[Told, float]:
    """Run a slice; return it with the server's processor microseconds a request. In the middle of
    the first round an article is corrected, in that of the second one is taken down.
    """
    before = cpu_s(server.pid)
    process = begin(plan, core=CORES[-1])
    time.sleep(plan.seconds / 2)
    if at == 0:
        _write(found, "PUT", found.articles[1], title="Corrected: no ship waits any more")
    withdrawn_at = time.time()
    if at == 1:
        _write(found, "DELETE", found.articles[0])
        withdrawn_at = time.time()
    told = told_by(process)
    used = cpu_s(server.pid) - before
    if at >= 1:
        late = sum(asked_at > withdrawn_at for asked_at in told.sightings)
        print(f"seen after its takedown was answered: {late} times, before {len(told.sightings)}")
    return told, used / max(1, told.rate * plan.seconds) * 1e6


def _tell(ours: list[tuple[Told, float]], theirs: list[tuple[Told, float]]) -> None:
    rate, bare = (statistics.median(each.rate for each, _ in side) for side in (ours, theirs))
    cpu, bare_cpu = (statistics.median(us for _, us in side) for side in (ours, theirs))
    print(
        f"the whole mix {rate:.0f}/s, {cpu:.0f} µs; a bare view {bare:.0f}/s, {bare_cpu:.0f} µs;"
        f" x{rate / bare:.2f}, by processor x{bare_cpu / cpu:.2f}; p50, p99 and most of a kind:"
    )
    for name in ours[-1][0].kinds:
        print(ours[-1][0].kinds[name].told(name))
    print("of the bare view:")
    for name, times in theirs[-1][0].kinds.items():
        print(times.told(name), flush=True)


@contextmanager
def day(followers: int = FOLLOWERS, **settings: str) -> Iterator[Day]:
    """An alert went out to all; the web server is on the first core, all others on the last."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        provider = stack.enter_context(endpoint(root))
        desk = stack.enter_context(newsroom(f"sqlite:///{root}/surge.db", followers))
        desk.environ.update(provider.environ, FETCH_ALLOW_NETWORKS="127.0.0.0/8", **settings)
        (root / "app.toml").write_text(app_config())
        desk.environ["APP_CONFIG"] = str(root / "app.toml")
        articles = [published(desk, number) for number in range(ARTICLES)]
        settle(range(1, followers + 1))
        feeds = stack.enter_context(publishers(None, ENTRIES))
        add_sources(SOURCES, feeds)
        web = stack.enter_context(serving("wsgi:asgi", root, **desk.environ))
        bare = stack.enter_context(serving("benchmarks.bare:app", root))
        for server in (web, bare):
            pin(server.pid, CORES[0])
        worker = stack.enter_context(working(desk, root))
        pin(worker.pid, CORES[-1])
        began = current_context().now()
        poller = stack.enter_context(polling(desk.environ, root))
        while asked_since(began) < SOURCES:  # its archive is no news
            time.sleep(0.5)
        pin(poller, CORES[-1])
        alert = desk.alert()
        while desk.read(alert)["state"] in {"planning", "sending"}:
            time.sleep(0.1)
        yield Day(desk, web, bare, feeds, alert, articles)


def break_news(found: Day) -> None:
    """An alert to all begins to leave, and a third of the sources have an article more."""
    next_round(found.feeds)
    due_again()
    found.desk.alert()


def asked_for(own: Sequence[dict[str, Any]], alert: str) -> dict[str, list[str]]:
    """List the requests of each kind; home feeds and events are each of another phone."""
    phones = range(1, FOLLOWERS + 1)
    # Four of five open what the alert was about.
    articles = [each for other in own[:-1] for each in (*[own[-1]] * 4, other)]
    pages = [urlsplit(each["url"]).path for each in articles]
    tags = [COMMON, *map(_tag, range(TAGS))]
    return {
        "article": [get(f"/v1/articles/{each['id']}") for each in articles],
        "web article": [get(path, Accept="text/html") for path in pages],
        "tag feed": [get(f"/v1/tags/{tag}/articles") for tag in tags],
        "home": [get("/v1/feed", Authorization=f"Bearer {_secret(n)}") for n in phones],
        "events": [_event(alert, n, kind) for kind in ("received", "opened") for n in phones],
        "download": [get("/download?to=/tag/Lighthouse", User_Agent=IPHONE)],
    }


def _event(alert: str, phone: int, kind: str) -> str:
    at = datetime.now(UTC).isoformat()
    body = orjson.dumps({"events": [{"notification_id": alert, "type": kind, "at": at}]}).decode()
    path, secret = f"/v1/installations/phone-{phone}/events", _secret(phone)
    return request("POST", path, body, {"Authorization": f"Bearer {secret}"})


def _constants(found: Day, kinds: Mapping[str, Kind]) -> Plan:
    """Plan what the bare view is asked for: as many bytes as an answer of each kind has."""
    plan = Plan(found.web.port, {}, 0.5)
    sizes = {}
    for name, kind in kinds.items():
        only = replace(plan, kinds={name: Kind(1, kind.requests[-1:])})
        sizes[name] = told_by(begin(only, core=CORES[-1])).kinds[name].size_bytes
    asked = {name: Kind(SHARES[name], [get(f"/constant/{sizes[name]}")]) for name in kinds}
    return Plan(found.bare.port, asked, SLICE_S)


def published(desk: Newsroom, number: int) -> dict[str, Any]:
    title = f"Ships wait before the harbour, day {number}" if number else WITHDRAWN
    tags = [COMMON, _tag(number % TAGS)]
    path = f"articles/a/{number}"
    body = {"url": f"https://a.example/{number}", "body_text": TEXT, "tags": tags}
    return {**desk.call("PUT", path, title=title, **body), "path": path, "body": body}


def _write(found: Day, method: str, article: dict[str, Any], **changed: str) -> None:
    """Write an article as a newsroom does, over HTTP."""
    body = orjson.dumps({**article["body"], **changed}) if changed else None
    head = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{found.web.port}/v1/newsroom/{article['path']}"
    urllib.request.urlopen(urllib.request.Request(url, body, head, method=method)).close()


def settle(phones: range) -> None:
    """Give the phones secrets that are known here, and topics to follow."""
    chance = random.Random(1)
    with transaction() as session:
        feeds = session.scalars(
            select(Feed.id).where(Feed.kind == "tag", Feed.language == "").order_by(Feed.id)
        ).all()[-TAGS:]
        session.execute(
            update(Installation),
            [{"id": n, "secret_hash": hash_secret(_secret(n))} for n in phones],
        )
        since = datetime.now(UTC)
        follows = [
            {"feed_id": feed, "installation_id": n, "since": since}
            for n in phones
            for feed in chance.sample(feeds, FOLLOWED)
        ]
        session.execute(insert(Follow), follows)
    release()


def _tag(number: int) -> str:
    return f"Quay{number}"


def _secret(number: int) -> str:
    return f"a-secret-of-phone-{number:08}"


def app_config() -> str:
    routes = (ROOT / "app.toml").read_text(encoding="utf-8")
    return APP + routes[routes.index("[[routes]]") :]


if __name__ == "__main__":
    main()
