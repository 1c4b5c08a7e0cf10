"""The processes as an operator meets them: start, answer, stop, survive a kill."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from deeplinks.counts.values import CLICK
from deeplinks.store.models import LinkCount
from tests.conftest import SECRET_KEY
from tests.flows.running import KEY, PASSED_ON, ROOT, TAGWIRE, Running
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.slow

Start = Callable[..., Running]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server that several tests ask."""
    started = Running(tmp_path_factory.mktemp("running"), DEMO="0")
    assert started.wait_for("/readyz", 200), started.log.read_text()
    yield started
    started.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_comes_up_ready_and_stops_when_asked(start_anew: Start, number: signal.Signals) -> None:
    running = start_anew(*TAGWIRE, DEMO="0")
    assert running.wait_for("/readyz", 200), running.log.read_text()

    running.process.send_signal(number)

    assert running.process.wait(PATIENCE_S) == 0
    assert running.status("/healthz") == 0


def test_nothing_keeps_the_port_after_the_supervisor_was_killed(start: Start) -> None:
    running = start(DEMO="0")
    assert running.wait_for("/healthz", 200), running.log.read_text()

    running.process.kill()
    running.process.wait()

    assert running.wait_for("/healthz", 0)


def test_a_taken_port_is_said_once_and_names_the_setting(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        running = start(DEMO="0", PORT=str(taken.getsockname()[1]))

        assert running.process.wait(PATIENCE_S) == 1
    assert running.log.read_text().count("Error: PORT") == 1


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /v1/search?q=" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-Secret: \x00\r\n\r\n", 400),
        (b"GET /v1/tags/\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n", 400),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", 400),
    ],
    ids=["long address", "long header", "nul", "raw bytes", "no length", "no http"],
)
def test_what_is_no_request_or_too_long_is_refused_and_not_logged(
    running: Running, request_bytes: bytes, status: int
) -> None:
    head, body = running.exchange(request_bytes)

    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "content-type: application/problem+json" in head.lower()
    assert json.loads(body)["status"] == status
    assert "127.0.0.1" not in running.log.read_text().partition("\n")[2]
    assert "X-Secret" not in running.log.read_text()


def test_a_bad_setting_stops_the_start_and_is_named(tmp_path: Path) -> None:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environ = {**kept, "APP_CONFIG": str(ROOT / "app.toml"), "PORT": "eighty"}
    done = subprocess.run(
        [sys.executable, "-m", "tagwire", "up"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Error: PORT")
    assert "Traceback" not in done.stderr


def test_clicks_that_were_written_outlive_a_kill_and_a_stop_writes_the_others(
    start: Start, database_url: str
) -> None:
    settings = {"DATABASE_URL": database_url, "SECRET_KEY": SECRET_KEY, "DEMO": "0"}
    running = start(**settings)
    assert running.wait_for("/readyz", 200), running.log.read_text()
    made = {"url": f"{running.url}/tag/Harbour"}
    code = running.call("POST", "/v1/newsroom/links", json_body=made, secret=KEY).json["code"]
    click(running, code, times=5)
    running.wait_until(lambda: clicks_written(database_url) == 5)

    running.process.kill()
    running.process.wait()
    assert running.wait_for("/healthz", 0)
    running = start(**settings)
    assert running.wait_for("/readyz", 200), running.log.read_text()
    click(running, code, times=3)
    running.stop()

    assert clicks_written(database_url) == 8
    assert running.log.read_text().count('"route":"/l/<code>"') == 3


def click(running: Running, code: str, times: int) -> None:
    for _ in range(times):
        assert running.call("GET", f"/l/{code}").status == 302


def clicks_written(database: str) -> int:
    engine = create_engine(database)
    with engine.connect() as connection:
        counted = select(func.sum(LinkCount.count)).where(LinkCount.kind.startswith(CLICK))
        written = connection.scalar(counted) or 0
    engine.dispose()
    return int(written)
