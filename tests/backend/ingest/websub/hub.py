"""A WebSub hub on a real socket, beside the publisher, that behaves and misbehaves as told."""

import hmac
import http.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask
from werkzeug.serving import make_server

from backend.core.db import db, release
from backend.ingest import source_states
from backend.ingest.extension import fetch_policy
from backend.ingest.poller import Poller
from backend.ingest.saving import save_settings
from backend.ingest.source_state import SourceState
from backend.ingest.websub.extension import subscriber
from backend.ingest.websub.state import WebSubState
from tests.backend.ingest.feeds import Item, rss
from tests.backend.outbound.server import Publisher, answer, publisher
from tests.conftest import Clock

ATOM = 'xmlns:atom="http://www.w3.org/2005/Atom"'


@dataclass(frozen=True)
class Heard:
    """What our callback answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Hub:
    """Remembers what it was asked for; `verifies` says when it asks back."""

    server: Publisher
    verifies: bool = True
    status: str = "202 Accepted"
    headers: dict[str, str] = field(default_factory=dict)
    lease: str | None = "86400"
    forms: list[dict[str, str]] = field(default_factory=list)
    answers: list[Heard] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url("/hub")

    @property
    def topic(self) -> str:
        return self.server.url("/feed")

    @property
    def last(self) -> dict[str, str]:
        return self.forms[-1]

    def take(self, connection: Any, request: Any) -> None:
        """A request of a subscriber: verified before it is answered, as fast hubs do."""
        form = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        self.forms.append(form)
        if self.verifies and self.status.startswith("2"):
            self.answers.append(self.verify())
        connection.sendall(answer(b"", self.status, **self.headers))

    def verify(self, form: Mapping[str, str] | None = None, /, **changed: str | None) -> Heard:
        """Ask whether the last request was meant; a field that is None is left out."""
        form = form or self.last
        asked = {
            "hub.mode": form["hub.mode"],
            "hub.topic": form["hub.topic"],
            "hub.challenge": "a-challenge",
            "hub.lease_seconds": self.lease,
        }
        asked |= {f"hub.{name}": value for name, value in changed.items()}
        given = {name: value for name, value in asked.items() if value is not None}
        return call("GET", f"{form['hub.callback']}?{urlencode(given)}")

    def deny(self, reason: str | None = None) -> Heard:
        return self.verify(mode="denied", reason=reason, challenge=None, lease_seconds=None)

    def push(self, body: bytes = b"<rss/>", /, algorithm: str = "sha256", **changed: str) -> Heard:
        """Distribute a document, signed with the secret that we gave."""
        form = self.forms[0]
        secret = changed.get("secret", form.get("hub.secret", ""))
        digest = hmac.new(secret.encode(), body, algorithm).hexdigest()
        headers = {"X-Hub-Signature": changed.get("signature", f"{algorithm}={digest}")}
        return call("POST", form["hub.callback"], body, headers)


def call(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Heard:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, body, {"Content-Type": "text/xml", **(headers or {})})
        found = connection.getresponse()
        return Heard(found.status, found.read(), dict(found.getheaders()))
    finally:
        connection.close()


@dataclass
class Newsroom:
    """An app that hubs reach, with the loops of its poller run step by step."""

    app: Flask
    clock: Clock
    hub: Hub

    def add(self, name: str = "Harbour", path: str = "/feed", **fields: Any) -> None:
        with self.app.app_context():
            given = {"feed_url": self.hub.server.url(path), **fields}
            save_settings(name, given, now=self.clock())

    def poll(self) -> int:
        """Poll what is due; how many polls that were."""
        polls = 0
        with self.app.app_context():
            hooks = self.app.extensions["tagwire"].hooks
            while Poller(hooks, fetch_policy(), self.clock, chance=lambda: 0.5).poll_one():
                polls += 1
        return polls

    def step(self) -> None:
        """Let the subscriber do all that is due."""
        with self.app.app_context():
            own = subscriber(self.app, fetch_policy())
            own.chance = lambda: 0.5
            while own.step():
                pass

    def run(self, **by: float) -> None:
        """Some time later both loops do what is due."""
        self.clock.forward(**by)
        self.poll()
        self.step()

    def state(self, slug: str = "harbour") -> SourceState:
        with self.app.app_context():
            found = source_states.state(db.session(), slug, now=self.clock())
            release()
            return found

    def websub(self, slug: str = "harbour") -> WebSubState:
        found = self.state(slug).websub
        assert found is not None
        return found


def feed_with_hub(hub: str | None, topic: str, *items: Item) -> bytes:
    """An RSS document that names its hub and itself as WordPress does."""
    links = [("self", topic), *([("hub", hub)] if hub else [])]
    atom = "".join(f'<atom:link rel="{name}" href="{url}"/>' for name, url in links)
    document = rss(*items).decode()
    return document.replace("<channel>", f"<channel {ATOM}>{atom}", 1).encode()


@contextmanager
def serving_hub() -> Iterator[Hub]:
    """A hub, and a publisher whose feed of one entry names it."""
    with publisher() as server:
        found = Hub(server)
        server.on("/hub", found.take)
        server.answers("/feed", feed_with_hub(found.url, found.topic, Item(1)))
        yield found


@contextmanager
def serving(make_app: Callable[..., Flask], **settings: str) -> Iterator[Flask]:
    """The app on a socket of its own, whose address it knows and hubs reach."""
    apps: list[Flask] = []
    server = make_server("127.0.0.1", 0, lambda e, s: apps[0](e, s), threaded=True)
    own = {
        "PUBLIC_URL": f"http://127.0.0.1:{server.server_port}",
        "FETCH_ALLOW_NETWORKS": "127.0.0.0/8",
    }
    apps.append(make_app(**own | settings))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield apps[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
