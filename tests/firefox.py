"""Firefox in a profile of its own, driven over WebDriver BiDi.

https://w3c.github.io/webdriver-bidi/
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.waiting import PATIENCE_S, comes_to_hold

FIREFOX = Path(os.environ.get("FIREFOX", "/usr/bin/firefox-esr"))
# It asks nobody but the site and what a test names.
QUIET = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "",
    "toolkit.telemetry.server": "",
}


@dataclass
class Firefox:
    """Its first window."""

    connection: ClientConnection
    ids: Iterator[int]
    window: str = ""

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self.ids)
        self.connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self.connection.recv(timeout=PATIENCE_S))
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                found: dict[str, Any] = answer["result"]
                return found

    def goto(self, url: str) -> None:
        self.call("browsingContext.navigate", context=self.window, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The value of a script in the page, after a tap of its reader; promises are awaited."""
        found = self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self.window},
            awaitPromise=True,
            userActivation=True,
        )
        assert found["type"] == "success", found
        return json.loads(found["result"].get("value", "null"))

    def wait_for(self, expression: str) -> Any:
        """What a script says, once that is something."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := self.evaluate(expression)):
            assert time.monotonic() < deadline, expression
            time.sleep(0.1)
        return found


def wanted() -> None:
    """Skips the test where there is no Firefox; fails it when REQUIRE_BROWSER=1."""
    if FIREFOX.exists():
        return
    missing = f"no Firefox at {FIREFOX}: run `apt-get install firefox-esr`, or set FIREFOX"
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def firefox(profile: Path, settings: Mapping[str, Any]) -> Iterator[Firefox]:
    written = (
        f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in {**QUIET, **settings}.items()
    )
    (profile / "user.js").write_text("\n".join(written))
    command = [str(FIREFOX), "--headless", "--remote-debugging-port=0", "--profile", str(profile)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        with connect(f"ws://127.0.0.1:{_port(profile)}/session", max_size=None) as connection:
            started = Firefox(connection, count(1))
            started.call("session.new", capabilities={})
            started.window = started.call("browsingContext.getTree")["contexts"][0]["context"]
            yield started
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _port(profile: Path) -> int:
    """It writes where it listens into its profile."""
    place = profile / "WebDriverBiDiServer.json"
    assert comes_to_hold(place.exists), "Firefox does not start"
    return int(json.loads(place.read_text())["ws_port"])
