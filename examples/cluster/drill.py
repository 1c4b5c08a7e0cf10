"""The cluster's drill: under load each part is killed with `kill -9`, at last the primary database.

    python examples/cluster/drill.py [--phones 120] [--quiet-s 4] [--only FAULT]

It prints what readers, the newsroom and phones noticed; exit code 1 when something was lost.
"""

import argparse
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cluster import FIRST, SECOND, Cluster, running, say
from load import Load, article_of, call
from processes import Failed

TOPIC = "tag:Harbour"
PATHS = ("/", "/v1/tags/harbour/articles", "/tag/Harbour", "/tag/Harbour.rss")
FAULTS = ("web", "limits", "poller", "worker", "standby", "database")
ALERT_WITHIN_S = 150


@dataclass(frozen=True)
class Heard:
    """What came of an alert: phones by how often they were sent it."""

    once: int
    more: int
    never: int
    seconds: float


class Drill:
    """The figures of one run."""

    def __init__(self, cluster: Cluster, phones: int, quiet_s: float) -> None:
        self.cluster, self.phones, self.quiet_s = cluster, phones, quiet_s
        self.load = Load(cluster.site, cluster.newsroom_key, PATHS)
        self.rows: list[tuple[str, float, float]] = []
        self.alerts: dict[str, Heard] = {}
        self.lost: list[int] = []

    def run(self, faults: tuple[str, ...]) -> None:
        self._register()
        self.load.start()
        try:
            self._noted("nothing", lambda: None)
            for fault in faults:
                self._noted(fault, getattr(self, f"kill_{fault}"))
        finally:
            self.load.stop()
        self.lost = self._lost()

    def kill_web(self) -> None:
        self._kill("web-1")
        time.sleep(self.quiet_s)
        self.cluster.restart("web-1")
        self._until(lambda: self.cluster.is_ready(FIRST), "web-1")

    def kill_limits(self) -> None:
        if "limits" in self.cluster.processes:
            self._kill("limits")
            time.sleep(self.quiet_s)
            self.cluster.restart("limits")

    def kill_poller(self) -> None:
        """The other one goes on: an embargo ends in time."""
        self._kill("poller-1")
        ends = datetime.now(UTC) + timedelta(seconds=2)
        article = {**article_of(0), "embargo_until": ends.isoformat()}
        made = self._must("PUT", "/v1/newsroom/articles/embargo/1", article)
        self._until(lambda: self._asks(f"/v1/articles/{made['id']}") == 200, "the embargo's end")
        self.cluster.restart("poller-1")

    def kill_worker(self) -> None:
        """Only one runs when the alert begins, so it is the one that holds the lease."""
        self._kill("worker-2")
        heard = self._alert("worker that sends", self._kill_sender)
        say(f"phones: {heard}", "")
        self.cluster.restart("worker-1")

    def _kill_sender(self) -> None:
        self.cluster.restart("worker-2")
        self._kill("worker-1")

    def kill_standby(self) -> None:
        """Nothing is answered that is on one disk only: writes wait for its return."""
        self._kill("database-2")
        time.sleep(self.quiet_s)
        self.cluster.restart("database-2")
        self._until(self.cluster.is_synchronous, "the standby's return")

    def kill_database(self) -> None:
        heard = self._alert("primary database", self._kill_primary)
        say(f"phones: {heard}", "")

    def _kill_primary(self) -> None:
        self._kill("database-1")
        self.cluster.promote()
        self._until(self.cluster.is_promoted, "the promotion")

    def _kill(self, name: str) -> None:
        say(f"kill -9 {name}", "")
        self.cluster.processes[name].kill()

    def _noted(self, name: str, fault: Callable[[], None]) -> None:
        """A fault with a quiet while behind it, as the load saw it."""
        begin = time.monotonic()
        fault()
        time.sleep(self.quiet_s)
        self.rows.append((name, begin, time.monotonic()))

    def _alert(self, name: str, meanwhile: Callable[[], None]) -> Heard:
        """Send one, do something once a fifth of the phones have heard it, and wait for its end."""
        self._provider("DELETE")
        began = time.monotonic()
        draft = {"title": name, "body": "Of a drill.", "topics": [TOPIC], "urgency": "breaking"}
        sent = self._must("POST", "/v1/newsroom/notifications", draft)
        self._until(lambda: self._taken().total() >= self.phones // 5, "the first phones")
        meanwhile()
        path = f"/v1/newsroom/notifications/{sent['id']}"
        self._until(lambda: self._state(path) not in {"planning", "sending", ""}, "the alert's end")
        taken = self._taken()
        once = sum(count == 1 for count in taken.values())
        never = self.phones - len(taken)
        self.alerts[name] = Heard(once, len(taken) - once, never, time.monotonic() - began)
        return self.alerts[name]

    def _state(self, path: str) -> str:
        found = call(self.cluster.site + path, key=self.cluster.newsroom_key)[1]
        return str(found["state"]) if found else ""

    def _taken(self) -> Counter[str]:
        return Counter(each["token"] for each in self._provider("GET")["messages"])

    def _provider(self, method: str) -> Any:
        return call(f"{self.cluster.provider}/standin/messages", method)[1]

    def _register(self) -> None:
        say(f"{self.phones} phones register and follow {TOPIC}", "")
        self._must("PUT", "/v1/newsroom/articles/drill/0", article_of(0))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._phone, range(self.phones)))

    def _phone(self, number: int) -> None:
        address = {"kind": "token", "value": f"phone-{number}-of-the-drill"}
        body = {"platform": "android", "address": address, "time_zone": "UTC"}
        made = self._must("POST", "/v1/installations", body)
        self._must("PUT", f"/v1/installations/{made['id']}/topics/{TOPIC}", key=made["secret"])

    def _lost(self) -> list[int]:
        """Numbers of articles that were answered and are not there; asked behind the cache."""
        say(f"look for {len(self.load.written)} articles that were answered", "")
        web = f"http://{SECOND}:{self.cluster.ports['web']}"
        found = {
            number: call(f"{web}/v1/articles/{article}")[0]
            for number, article in self.load.written.items()
        }
        return [number for number, status in found.items() if status != 200]

    def _asks(self, path: str) -> int:
        return call(self.cluster.site + path)[0]

    def _must(self, method: str, path: str, document: Any = None, key: str = "") -> Any:
        secret = key or ("" if path == "/v1/installations" else self.cluster.newsroom_key)
        status, answer = call(self.cluster.site + path, method, document, secret, within_s=60)
        if not 200 <= status < 300:
            raise Failed(f"{method} {path} was answered {status}")
        return answer

    def _until(self, is_so: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + ALERT_WITHIN_S
        while not is_so():
            if time.monotonic() > until:
                raise Failed(f"{what} did not come within {ALERT_WITHIN_S} s")
            time.sleep(0.2)


def report(drill: Drill) -> None:
    print("\n| killed | pages asked | failed | longest without a page | articles written | refused"
          " | longest without a write |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for name, begin, end in drill.rows:
        found = drill.load.window(begin, end)
        print(f"| {name} | {found.reads} | {found.failed_reads}"
              f" | {found.longest_without_page_s:.1f} s | {found.writes} | {found.refused_writes}"
              f" | {found.longest_without_write_s:.1f} s |")  # fmt: skip
    print("\n| killed while an alert was sent | phones | once | twice | never | until its end |"
          "\n|---|---|---|---|---|---|")  # fmt: skip
    for name, heard in drill.alerts.items():
        print(f"| {name} | {drill.phones} | {heard.once} | {heard.more} | {heard.never}"
              f" | {heard.seconds:.0f} s |")  # fmt: skip
    refused = Counter(each.status or "no answer" for each in drill.load.asked if not each.is_good)
    print(f"\nAnswers that were none, by status: {dict(refused) or 'none'}")
    print(f"{len(drill.load.written)} articles were answered, {len(drill.lost)} of them lost.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, default=120)
    parser.add_argument("--quiet-s", type=float, default=4, help="seconds after each fault")
    parser.add_argument("--only", choices=FAULTS, action="append", help="these alone, in order")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running(quota=5 * options.phones) as cluster:
            drill = Drill(cluster, options.phones, options.quiet_s)
            drill.run(tuple(options.only or FAULTS))
            report(drill)
    except Failed as error:
        raise SystemExit(f"drill: {error}") from error
    if drill.lost or any(heard.never for heard in drill.alerts.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
