"""A publisher's hub and the real processes: news is there long before the next poll would be."""

from collections.abc import Callable

import pytest

from tests.backend.ingest.feeds import PAIR, Item
from tests.backend.ingest.websub.hub import Hub, feed_with_hub
from tests.backend.outbound.server import publisher
from tests.flows.running import KEY, Running, free_port

pytestmark = pytest.mark.slow

SOURCE = "/v1/newsroom/sources/harbour"


def test_what_a_hub_pushes_is_in_the_feed_without_waiting_for_the_interval(
    start: Callable[..., Running],
) -> None:
    port = free_port()
    with publisher() as server:
        hub = Hub(server)
        server.on("/hub", hub.take)
        server.answers("/feed", feed_with_hub(hub.url, hub.topic, Item(1)))
        running = start(
            DEMO="0",
            PORT=str(port),
            PUBLIC_URL=f"http://127.0.0.1:{port}",
            FETCH_ALLOW_NETWORKS="127.0.0.0/8",
        )
        assert running.wait_for("/readyz", 200), running.log.read_text()
        fields = {"name": "Harbour", "feed_url": server.url("/feed")}
        assert running.call("PUT", SOURCE, json_body=fields, secret=KEY).status == 201

        def state() -> dict[str, object]:
            found: dict[str, object] = running.call("GET", SOURCE, secret=KEY).json["websub"] or {}
            return found

        running.wait_until(lambda: state().get("status") == "active")
        server.answers("/feed", feed_with_hub(hub.url, hub.topic, Item(1), Item(2)))

        assert hub.push().status == 202

        def titles() -> list[str]:
            return [each["title"] for each in running.call("GET", PAIR).json["articles"]]

        running.wait_until(lambda: "Story 2" in titles())
        assert running.call("GET", SOURCE, secret=KEY).json["interval_s"] >= 300
