"""A real Prometheus watches while each fault is made: the right alert rings, and no other but those
that the same fault or a slow machine rings as well.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.backend.ingest.feeds import Item, rss
from tests.backend.outbound.server import Publisher, publisher
from tests.deployment.test_monitoring import expressions
from tests.deployment.watching import Prometheus, watching
from tests.flows.running import KEY, TAGWIRE, Running
from tests.waiting import until

pytestmark = pytest.mark.slow

# How fast this machine is while others work on it is no promise of ours.
OF_THE_MACHINE = {"TagwireSlow", "TagwirePublishingSlow"}
OF_THE_MACHINE |= {"TagwireThreadsTaken", "TagwireConnectionsTaken"}
TOPIC = "tag:Harbour"
LONG_AGO = "2026-01-01 00:00:00.000000"
SOURCE = "/v1/newsroom/sources/harbour"


@dataclass
class Scene:
    """A newsroom on a disk of its own, its provider and publisher, and who watches it."""

    running: Running
    prometheus: Prometheus
    publisher: Publisher
    provider: str
    disk: Path
    pids: dict[str, int]

    def call(self, method: str, path: str, **body: Any) -> Any:
        answer = self.running.call(method, path, json_body=body or None, secret=KEY)
        assert answer.status < 300, answer.text
        return answer.json if answer.body else None

    def publish(self, external_id: str) -> None:
        url = f"https://paper.example/{external_id}"
        fields = {"title": f"Ferry {external_id}", "url": url, "tags": ["Harbour"]}
        self.call("PUT", f"/v1/newsroom/articles/paper/{external_id}", **fields)

    def alert(self) -> None:
        fields = {"title": "Bridge closed", "body": "Until noon.", "urgency": "breaking"}
        self.call("POST", "/v1/newsroom/notifications", topics=[TOPIC], **fields)

    def poll(self) -> None:
        self.call("POST", f"{SOURCE}/poll")

    def provider_says(self, method: str, path: str) -> None:
        body = b'{"code": 503}' if method == "PUT" else None
        request = urllib.request.Request(f"{self.provider}/standin/{path}", body, method=method)
        urllib.request.urlopen(request, timeout=10).close()

    def age(self, statement: str) -> None:
        """Let time pass for what a stopped process left undone."""
        with closing(sqlite3.connect(self.disk / "tagwire.db", timeout=30)) as database, database:
            database.execute(statement, (LONG_AGO,))

    def expect(self, alert: str, *, beside: frozenset[str] = frozenset()) -> None:
        """It rings; `beside` are alerts that the same fault may ring as well."""
        ringing = self.prometheus.wait_until(lambda names: alert in names) - OF_THE_MACHINE
        assert alert in ringing, (alert, self.running.log.read_text()[-4_000:])
        assert ringing <= {alert, *beside}

    def calm(self) -> None:
        ringing = self.prometheus.wait_until(lambda names: not names - OF_THE_MACHINE)
        assert ringing <= OF_THE_MACHINE, self.running.log.read_text()[-4_000:]


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """The folder as a disk of its own, where this user may mount one."""
    mount = ("mount", "-t", "tmpfs", "-o", "size=2g", "tmpfs", str(folder))
    try:
        is_own = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except OSError:
        is_own = False
    try:
        yield
    finally:
        if is_own:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def named(supervisor: int) -> dict[str, int]:
    """The poller is the nice one, soon after it began, and web has processes of its own."""
    until(lambda: any(map(_is_nice, children(supervisor))))
    pids = children(supervisor)
    poller = next(filter(_is_nice, pids))
    worker = next(pid for pid in pids if pid != poller and not children(pid))
    return {"poller": poller, "worker": worker}


def _is_nice(pid: int) -> bool:
    """Nicer than this process, which may be nice itself."""
    return os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)


@contextmanager
def standin(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    command = [*TAGWIRE, "fcm-standin", "--port", "0", "--folder", str(folder)]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline().strip() for _ in range(3)]
            settings = dict(line.split("=", 1) for line in lines if "=" in line)
            yield settings["FCM_URL"], {**settings, "PUSH_TRANSPORT": "fcm"}
        finally:
            process.kill()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    if shutil.which("prometheus") is None:
        missing = "prometheus is not installed: run `apt-get install prometheus`"
        if os.environ.get("REQUIRE_SERVERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    disk, watched = tmp_path / "disk", tmp_path / "watched"
    for folder in (disk, watched):
        folder.mkdir()
    with ExitStack() as stack:
        stack.enter_context(small_disk(disk))
        provider, settings = stack.enter_context(standin(tmp_path))
        server = stack.enter_context(publisher())
        settings |= {"DEMO": "0", "FETCH_ALLOW_NETWORKS": "127.0.0.0/8", "FCM_RAMP_S": "0"}
        running = Running(tmp_path, DATABASE_URL=f"sqlite:///{disk}/tagwire.db", **settings)
        stack.callback(running.stop)
        assert running.wait_for("/readyz", 200), running.log.read_text()
        prometheus = stack.enter_context(watching(watched, running.port))
        pids = named(running.process.pid)
        scene = Scene(running, prometheus, server, provider, disk, pids)
        _begin(scene)
        yield scene


def _begin(scene: Scene) -> None:
    """A newsroom as any: an article, a source that is well, phones that follow."""
    scene.publisher.answers("/feed", rss(Item(1)))
    scene.publish("first")
    scene.call("PUT", SOURCE, name="Harbour", feed_url=scene.publisher.url("/feed"))
    for number in range(4):
        address = {"kind": "token", "value": f"phone-{number}-of-the-watched"}
        phone = scene.call("POST", "/v1/installations", platform="android", address=address)
        own = f"/v1/installations/{phone['id']}/topics/{TOPIC}"
        assert scene.running.call("PUT", own, secret=phone["secret"]).status == 204


def _provider_down(scene: Scene) -> None:
    scene.provider_says("PUT", "faults/status")
    scene.alert()
    scene.expect("TagwireProviderSilent", beside=frozenset({"TagwireAlertsBehind"}))
    scene.provider_says("DELETE", "faults")


def _worker_hangs(scene: Scene) -> None:
    os.kill(scene.pids["worker"], signal.SIGSTOP)
    scene.alert()
    scene.expect("TagwireAlertsBehind")
    os.kill(scene.pids["worker"], signal.SIGCONT)


def _poller_hangs(scene: Scene) -> None:
    os.kill(scene.pids["poller"], signal.SIGSTOP)
    scene.age("UPDATE source_feed SET next_poll_at = ?")
    scene.expect("TagwirePollerStands")
    os.kill(scene.pids["poller"], signal.SIGCONT)


def _source_fails(scene: Scene) -> None:
    scene.publisher.answers("/feed", b"", "500 Broken")
    scene.poll()
    scene.expect("TagwireSourcesFailing")
    scene.publisher.answers("/feed", rss(Item(1), Item(2)))
    scene.poll()


def _receiver_down(scene: Scene) -> None:
    fields = {"url": "https://hook.invalid/", "events": ["article.published"]}
    hook = scene.call("POST", "/v1/newsroom/webhooks", **fields)
    scene.publish("told")
    scene.expect("TagwireWebhooksBehind")
    scene.call("DELETE", f"/v1/newsroom/webhooks/{hook['id']}")


def _disk_full(scene: Scene) -> None:
    used = shutil.disk_usage(scene.disk).used
    _resize(scene.disk, used + 4_000_000)
    scene.expect("TagwireDatabaseUnwritable", beside=frozenset({"TagwireDiskFilling"}))


def _resize(disk: Path, size_bytes: int) -> None:
    size = f"remount,size={size_bytes}"
    subprocess.run(["mount", "-o", size, str(disk)], check=True)


FAULTS: tuple[Callable[[Scene], None], ...] = (
    _provider_down,
    _worker_hangs,
    _poller_hangs,
    _source_fails,
    _receiver_down,
)


def test_each_fault_rings_its_alert_and_no_other(scene: Scene) -> None:
    scene.calm()
    for fault in FAULTS:
        fault(scene)
        scene.calm()
    shown = {each: scene.prometheus.query(each) for each in expressions()}
    assert [each for each, found in shown.items() if not found] == []
    if os.path.ismount(scene.disk):
        _disk_full(scene)
        _resize(scene.disk, 2**31)
        scene.prometheus.wait_until(lambda names: "TagwireDatabaseUnwritable" not in names)
    scene.running.process.kill()
    ringing = scene.prometheus.wait_until(lambda names: "TagwireDown" in names)
    assert "TagwireDown" in ringing
