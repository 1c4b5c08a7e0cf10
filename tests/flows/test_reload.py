"""`kill -HUP`: settings and code are read anew while readers go on being answered."""

import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows.running import ROOT, TAGWIRE, Running
from tests.waiting import PATIENCE_S

pytestmark = [pytest.mark.slow, pytest.mark.any_engine]

Start = Callable[..., Running]
# Without one a reader takes the core that the reload needs.
PAUSE_S = 0.02


class Reader(threading.Thread):
    """Asks again and again, each time by a connection of its own, until told to stop."""

    def __init__(self, running: Running) -> None:
        super().__init__(daemon=True)
        self.running, self.is_over = running, threading.Event()
        self.statuses: list[int] = []

    def run(self) -> None:
        while not self.is_over.wait(PAUSE_S):
            self.statuses.append(self.running.status("/v1/config"))

    def stop(self) -> list[int]:
        self.is_over.set()
        self.join()
        return self.statuses


class Systemd:
    """Hears what a service tells its manager."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "notify")
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._channel.bind(self.address)
        self._channel.settimeout(PATIENCE_S)

    def heard(self, state: str) -> bool:
        """Whether it is said within the time; other things may be said before."""
        try:
            while self._channel.recv(100).decode() != state:
                pass
        except TimeoutError:
            return False
        return True


@pytest.fixture
def systemd(tmp_path: Path) -> Systemd:
    return Systemd(tmp_path)


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "app.toml"
    path.write_text((ROOT / "app.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return path


def renamed(path: Path, name: str) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = [f'name = "{name}"' if line.startswith("name = ") else line for line in lines]
    path.write_text("\n".join(changed), encoding="utf-8")


def children_of(running: Running) -> set[str]:
    pid = running.process.pid
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def test_a_reload_reads_the_settings_anew_and_refuses_no_reader(
    start: Start, systemd: Systemd, configuration: Path
) -> None:
    given = {"APP_CONFIG": str(configuration), "NOTIFY_SOCKET": systemd.address}
    running = start(*TAGWIRE, DEMO="0", **given)
    assert systemd.heard("READY=1"), running.log.read_text()
    before, reader = children_of(running), Reader(running)
    reader.start()

    renamed(configuration, "Renamed News")
    running.process.send_signal(signal.SIGHUP)

    assert systemd.heard("READY=1"), running.log.read_text()
    running.wait_until(lambda: not before & children_of(running))
    assert len(children_of(running)) == len(before)
    described = running.call("GET", "/v1/openapi.json").json
    assert described["info"]["title"] == "Renamed News API"
    assert set(reader.stop()) == {200}
    running.process.terminate()
    assert systemd.heard("STOPPING=1")
    assert running.process.wait(PATIENCE_S) == 0


def test_settings_that_cannot_be_used_change_nothing_and_are_named(
    start: Start, configuration: Path
) -> None:
    running = start(DEMO="0", APP_CONFIG=str(configuration))
    assert running.wait_for("/readyz", 200), running.log.read_text()
    before = children_of(running)

    configuration.write_text("[app", encoding="utf-8")
    running.process.send_signal(signal.SIGHUP)

    running.wait_until(lambda: "reload refused" in running.log.read_text())
    assert "app.toml" in running.log.read_text()
    assert children_of(running) == before
    assert running.status("/readyz") == 200


def test_the_port_is_free_when_it_has_stopped_after_a_reload(start: Start) -> None:
    running = start(DEMO="0", WATCHDOG_USEC="1000000")
    assert running.wait_for("/readyz", 200), running.log.read_text()
    before = children_of(running)
    running.process.send_signal(signal.SIGHUP)
    running.wait_until(lambda: children_of(running) and not before & children_of(running))

    running.process.kill()
    running.process.wait()

    assert running.wait_for("/healthz", 0)
