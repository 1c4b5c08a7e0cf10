"""A publisher whose feed has teasers and whose pages have the text; all of it written for this."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import escape
from ipaddress import ip_network
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from backend.background import repeat
from backend.core.db import db
from backend.ingest.pages.fetcher import LOOP, PageFetcher
from backend.ingest.pages.robots import Robots
from backend.ingest.poller import Poller
from backend.outbound.fetch import FetchPolicy
from tests.backend.injection import FlyingTime
from tests.backend.outbound.server import Publisher
from tests.conftest import EDITOR, Clock

POLICY = FetchPolicy(allow_networks=(ip_network("127.0.0.0/8"),), deadline_s=2)
PATH = "/v1/newsroom/sources/harbour"
TITLE = "Ferry pilots of the estuary strike over night shifts"
TEASER = "Pilots of the estuary ferries walk out from Monday in a dispute about night shifts…"
PARAGRAPHS = (
    "The pilots who steer the estuary ferries will walk out on Monday morning, their union said, "
    "after talks about night shifts with the harbour office ended without an agreement.",
    "Night crossings doubled last winter when the old bridge was closed to lorries, and the union "
    "says that its members have worked eleven nights a month since then without a pause.",
    "The harbour office answered that it had offered two more pilots for each watch, and asked the "
    "union to keep the hospital boat running whatever comes of the strike.",
    "Commuters on both banks should expect buses over the upper bridge, forty minutes longer than "
    "the crossing, the transport authority said in a notice that was put up on the quays.",
    "The last strike of the pilots, nine years ago, lasted for six days and ended with a night "
    "allowance that has not been raised since, according to the union.",
)
LAST = PARAGRAPHS[-1][:60]
MENU = "<nav><ul>" + "".join(f"<li><a href='/s/{n}'>Part {n}</a></li>" for n in range(9))
MENU += "</ul></nav>"


def page_of(
    *paragraphs: str,
    title: str = TITLE,
    head: str = "",
    lang: str = "en",
    extra: str = "",
    charset: str = "utf-8",
) -> bytes:
    """A page with menu, article and footer."""
    inner = "".join(f"<p>{escape(each)}</p>" for each in paragraphs or PARAGRAPHS)
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="{charset}">'
        f"<title>{escape(title)} | Daily Harbour</title>{head}</head><body><header>{MENU}</header>"
        f"<main><article><h1>{escape(title)}</h1>{inner}{extra}</article></main>"
        f"<footer><p>About us. Imprint. All rights of the Daily Harbour.</p></footer></body></html>"
    ).encode(charset)


def feed_of(url: str, *, text: str = TEASER, title: str = TITLE, item: str = "") -> bytes:
    """A feed with one item at this address."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        "<title>Daily Harbour</title><link>https://harbour.example/</link>"
        f"<item><title>{escape(title)}</title><link>{escape(url)}</link><guid>one</guid>"
        f"<description>{escape(text)}</description>{item}</item></channel></rss>"
    ).encode()


@dataclass
class Room:
    """An app that polls one source and fetches its pages, driven step by step."""

    app: Flask
    client: FlaskClient
    clock: Clock
    server: Publisher
    policy: FetchPolicy = POLICY
    settings: dict[str, Any] = field(default_factory=dict)

    def start(self, page: bytes | None = None, *, path: str = "/a/1", **item: str) -> None:
        """Set the source up, poll its feed of one teaser, and put its page there."""
        if page is not None:
            self.server.answers(path, page, Content_Type="text/html")
        self.server.answers("/feed", feed_of(self.server.url(path), **item))
        self.put(
            name="Daily Harbour",
            feed_url=self.server.url(),
            rights="full",
            full_text="page",
            ports=[self.server.port],
            **self.settings,
        )
        self.poll()

    def put(self, **fields: Any) -> Any:
        answer = self.client.put(f"{PATH}?check=false", json=fields, headers=EDITOR)
        assert answer.status_code in {200, 201}, answer.get_json()
        return answer.get_json()

    def poll(self) -> None:
        with self.app.app_context():
            hooks = self.app.extensions["tagwire"].hooks
            Poller(hooks, self.policy, self.clock, chance=lambda: 0.5).poll_one()
            db.session.remove()

    def poll_again(self, document: bytes, **by: float) -> None:
        self.server.answers("/feed", document)
        self.clock.forward(**(by or {"hours": 3}))
        self.poll()

    def fetcher(self, **parts: Any) -> PageFetcher:
        hooks = self.app.extensions["tagwire"].hooks
        made = PageFetcher(hooks, self.policy, self.clock, Robots(self.clock), lambda: 0.5)
        return replace(made, **parts)

    def fetch(self, fetcher: PageFetcher | None = None) -> bool:
        """One step of the loop."""
        with self.app.app_context():
            done = (fetcher or self.fetcher()).step()
            db.session.remove()
        return done

    def fly(
        self, fetcher: PageFetcher | None = None, *, rests: int | None = None, **by: float
    ) -> None:
        """The loop as the background process runs it; the longer the time, the longer it rests."""
        time = timedelta(**by)
        rest = time / (rests or (200 if time.days else 40))
        flying: Any = FlyingTime(self.clock, self.clock.now + time, rest)
        repeat(self.app, LOOP, (fetcher or self.fetcher()).step, flying)

    def article(self) -> dict[str, Any]:
        listed = self.client.get("/v1/sources/harbour/articles").get_json()["articles"]
        found: dict[str, Any] = self.client.get(f"/v1/articles/{listed[0]['id']}").get_json()
        return found

    def text(self) -> str:
        return str(self.article()["body_html"])

    def rows(self, statement: str) -> list[Any]:
        with self.app.app_context():
            found = list(db.session.connection().exec_driver_sql(statement).all())
            db.session.remove()
        return found

    def counts(self) -> dict[str, int]:
        """What became of pages, without what never happened."""
        shown = self.client.get(PATH, headers=EDITOR).get_json()["page_counts"]
        return {name: count for name, count in shown.items() if count}

    def asked(self, path: str = "/a/1") -> int:
        return [request.path for request in self.server.asked].count(path)
