"""The version before goes on serving while this one has migrated: expand, then contract.

A migration adds what the new code needs and takes nothing away that the code before it reads or
writes; that goes one version later. `predecessor.txt` names the commit of the version before.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import EDITOR_KEY
from tests.flows.running import ROOT, Answer, Running
from tools.release import unpack
from tools.upgrade_dump import program_of, settings_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

BEFORE = (Path(__file__).parent / "predecessor.txt").read_text(encoding="ascii").strip()
LIST = "/v1/tags/Harbour/articles"
Start = Callable[[Path, str], Running]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the version before."""
    folder = tmp_path_factory.mktemp("before") / "source"
    try:
        unpack(BEFORE, folder)
    except subprocess.CalledProcessError:
        missing = f"this checkout's history does not reach {BEFORE}: git fetch --unshallow"
        (pytest.fail if os.environ.get("REQUIRE_SERVERS") == "1" else pytest.skip)(missing)
    return folder


@pytest.fixture
def start(tmp_path: Path, empty_database: str) -> Iterator[Start]:
    """Starts the code of a folder on this test's database."""
    started: list[Running] = []

    def run(source: Path, name: str) -> Running:
        folder = tmp_path / name
        folder.mkdir()
        running = Running(folder, program_of(source), **settings_of(source, empty_database, folder))
        started.append(running)
        return running

    yield run
    for running in started:
        running.stop()


def test_both_serve_and_work_on_one_database(start: Start, before: Path) -> None:
    old = start(before, "old")
    old.wait_until(lambda: old.status("/healthz") == 200)
    old.wait_until(lambda: old.status("/readyz") == 200)
    use(old, "before")

    new = start(ROOT, "new")  # migrates, while the old one serves
    new.wait_until(lambda: new.status("/readyz") == 200)
    for name in ("first", "second"):
        use(old, f"old-{name}")
        use(new, f"new-{name}")

    titles = ["new-second", "old-second", "new-first", "old-first", "before"]
    for running in (old, new):
        running.wait_until(lambda running=running: listed(running) == titles)  # type: ignore[misc]


def use(running: Running, name: str) -> None:
    """One round of everything: publish, read, follow, alert, link, correct."""
    body = {"title": name, "url": f"https://p.example/{name}", "tags": ["Harbour"]}
    made = done(running, "PUT", f"/v1/newsroom/articles/herald/{name}", body)
    phone = done(running, "POST", "/v1/installations", _phone(name), secret="")
    followed = f"/v1/installations/{phone['id']}/topics/tag:Harbour"
    done(running, "PUT", followed, secret=phone["secret"])
    done(running, "PATCH", f"/v1/newsroom/articles/{made['id']}", {"summary": "Again."})
    done(running, "GET", f"/v1/articles/{made['id']}")
    done(running, "GET", "/v1/feed", secret=phone["secret"])
    done(running, "GET", "/tag/Harbour", secret="")
    done(running, "POST", "/v1/newsroom/links", {"url": "http://news.test/tag/Harbour"})
    _alert(running, name)


def _alert(running: Running, name: str) -> None:
    body = {"title": name, "body": "Now.", "topics": ["tag:Harbour"], "urgency": "breaking"}
    alert = done(running, "POST", "/v1/newsroom/notifications", body)
    path = f"/v1/newsroom/notifications/{alert['id']}"
    running.wait_until(lambda: done(running, "GET", path)["state"] == "sent")


def _phone(name: str) -> dict[str, Any]:
    return {"platform": "android", "address": {"kind": "token", "value": f"address-of-{name}"}}


def listed(running: Running) -> list[str]:
    return [article["title"] for article in done(running, "GET", LIST)["articles"]]


def done(
    running: Running, method: str, path: str, body: Any = None, secret: str = EDITOR_KEY
) -> dict[str, Any]:
    """The answer's body; anything refused or failed is a fault of the version that answers."""
    answer: Answer = running.call(method, path, json_body=body, secret=secret, host="news.test")
    assert answer.status < 300, (path, answer.status, answer.text, running.log.read_text()[-3000:])
    is_json = "json" in (answer.headers["Content-Type"] or "")
    return dict(answer.json) if is_json and answer.body else {}
