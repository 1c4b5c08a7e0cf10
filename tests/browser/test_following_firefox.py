"""From "Follow" to the alert through Firefox's own push client, over a push service that is ours.

Nothing is patched: it subscribes over a WebSocket as it does at Mozilla's, our worker encrypts and
posts to the stand-in, and what was posted goes back over that WebSocket. Firefox decrypts it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from backend.core import vapid
from tests.browser.conftest import Site
from tests.browser.test_following import newsroom, site
from tests.conftest import Clock
from tests.firefox import Firefox, firefox, wanted
from tests.push.editor import alert, read
from tests.push.transport.test_to_browsers import Place, Working, place, worker_of, working
from tests.push_client import DELIVERED, PushClient, push_client
from tests.waiting import until

__all__ = ["newsroom", "place", "site", "working"]

pytestmark = pytest.mark.browser

FOLLOW = "document.querySelector('.tools .follow')"
SHOWN = """navigator.serviceWorker.ready.then((each) => each.getNotifications()).then((all) =>
  all.map(({title, body, tag, data}) => ({title, body, tag, data})))"""


@pytest.fixture
def service(place: Place) -> Iterator[tuple[PushClient, str]]:
    with push_client(f"https://{place.host}/wpush/") as found:
        yield found


@pytest.fixture
def client(service: tuple[PushClient, str]) -> PushClient:
    return service[0]


@pytest.fixture
def reader(service: tuple[PushClient, str], tmp_path: Path) -> Iterator[Firefox]:
    wanted()
    profile = tmp_path / "profile"
    profile.mkdir()
    settings = {
        "dom.push.serverURL": service[1],
        "dom.push.connection.enabled": True,
        "dom.push.testing.allowInsecureServerURL": True,
        "permissions.default.desktop-notification": 1,  # its reader has said yes
        "alerts.useSystemBackend": False,  # a server has no desktop
    }
    with firefox(profile, settings) as started:
        yield started


def follow(reader: Firefox, site: Site, path: str) -> None:
    reader.goto(site.url + path)
    reader.evaluate(f"{FOLLOW}.click()")
    reader.wait_for(f"{FOLLOW}.getAttribute('aria-pressed') === 'true'")


def bring(place: Place, client: PushClient, since: int = 0) -> list[int]:
    """What the service took goes on to the browser; its codes."""
    taken = place.standin.browsers.taken[since:]
    return [client.deliver(each.name, each.body, f"m-{n}") for n, each in enumerate(taken)]


def test_from_follow_to_the_alert_in_the_browser(
    site: Site, newsroom: Flask, place: Place, working: Working, client: PushClient, reader: Firefox
) -> None:
    follow(reader, site, "/tag/Harbour")
    app = newsroom.test_client()
    told = alert(app, title="Bridge closed", body="Until noon.")
    working.run()

    assert bring(place, client) == [DELIVERED]

    [shown] = reader.wait_for(f"{SHOWN}.then((all) => all.length && all)")
    assert (shown["title"], shown["body"]) == ("Bridge closed", "Until noon.")
    assert shown["data"]["notification_id"] == told["id"]
    assert read(app, told)["counts"]["accepted"] == 1
    public = app.get("/v1/config").get_json()["web_push"]["public_key"]
    assert list(client.channels.values()) == [public]


def test_a_new_key_of_the_server_is_subscribed_with_at_the_next_visit(
    site: Site,
    newsroom: Flask,
    place: Place,
    make_app: Callable[..., Flask],
    clock: Clock,
    client: PushClient,
    reader: Firefox,
) -> None:
    follow(reader, site, "/tag/Harbour")
    [old] = newsroom.extensions["tagwire"].settings.vapid_keys
    keys = {"VAPID_PRIVATE_KEY": f"{vapid.new_key()},{old}"}
    site.app = make_app(**{**place.settings, **keys, "PUBLIC_URL": site.url})
    public = site.app.test_client().get("/v1/config").get_json()["web_push"]["public_key"]

    reader.goto(f"{site.url}/following")
    until(lambda: list(client.channels.values()) == [public])  # one subscription, of the new key
    reader.wait_for("installation.topics()")
    with worker_of(site.app, clock) as working:
        alert(site.app.test_client())
        working.run()

    assert bring(place, client) == [DELIVERED]
