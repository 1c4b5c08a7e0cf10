"""A Prometheus that watches a running Tagwire by the shipped files, with their hours as seconds."""

import json
import re
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.flows.running import free_port
from tests.waiting import PATIENCE_S, comes_to_hold

MONITORING = Path(__file__).parents[2] / "examples" / "monitoring"
# How many times faster than the shipped rules.
PACE = 120
# Of these times no scrape a second finds less, and no test waits for more.
SHORTEST_FOR_S, LONGEST_FOR_S, SHORTEST_RANGE_S = 3, 15, 5
UNITS = {"s": 1, "m": 60, "h": 3600}
_FOR = re.compile(r"\bfor: (\d+)([smh])")
_RANGE = re.compile(r"\[(\d+)([smh])\]")
# A number of sixty or more in a condition counts seconds.
_SECONDS = re.compile(r"(?<![\w.])([6-9]\d|\d{3,})(?![\w.])")


def hurried(rules: str) -> str:
    """The rules with all their times divided."""
    lines = [_SECONDS.sub(lambda m: str(int(m[1]) / PACE), line) for line in rules.splitlines()]
    return _RANGE.sub(_shorter_range, _FOR.sub(_shorter_for, "\n".join(lines)))


def _shorter_for(found: re.Match[str]) -> str:
    seconds = int(found[1]) * UNITS[found[2]] // PACE
    return f"for: {min(max(seconds, SHORTEST_FOR_S), LONGEST_FOR_S)}s"


def _shorter_range(found: re.Match[str]) -> str:
    return f"[{max(int(found[1]) * UNITS[found[2]] // PACE, SHORTEST_RANGE_S)}s]"


@dataclass(frozen=True)
class Prometheus:
    url: str

    def query(self, expression: str) -> list[Any]:
        """What it finds; raises for what is no expression."""
        return list(self._get("query?" + urllib.parse.urlencode({"query": expression}))["result"])

    def ringing(self) -> set[str]:
        alerts = self._get("alerts")["alerts"]
        return {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}

    def wait_until(self, holds: Callable[[set[str]], bool]) -> set[str]:
        """The alerts that ring when it holds of them, or at the end of the patience."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds(ringing := self.ringing()) and time.monotonic() < deadline:
            time.sleep(0.3)
        return ringing

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}", timeout=10) as answer:
            return json.loads(answer.read())["data"]


@contextmanager
def watching(folder: Path, target: int) -> Iterator[Prometheus]:
    """Prometheus, once it has scraped the port."""
    port = free_port()
    config = (MONITORING / "prometheus.yml").read_text("utf-8")
    config = re.sub(r"\n +(#.*|authorization:.*)", "", config).replace("15s", "1s")
    config = f"global: {{evaluation_interval: 1s}}\n{config.replace('8000', str(target))}"
    (folder / "prometheus.yml").write_text(config, "utf-8")
    (folder / "rules.yml").write_text(hurried((MONITORING / "rules.yml").read_text("utf-8")))
    command = (
        *("prometheus", f"--config.file={folder}/prometheus.yml", "--log.level=error"),
        *(f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"),
    )
    with subprocess.Popen(command) as process:
        try:
            yield _ready(Prometheus(f"http://127.0.0.1:{port}"))
        finally:
            process.kill()


def _ready(prometheus: Prometheus) -> Prometheus:
    def is_scraping() -> bool:
        with suppress(OSError):
            return bool(prometheus.query('up{job="tagwire"} == 1'))
        return False

    assert comes_to_hold(is_scraping), "Prometheus finds no Tagwire"
    return prometheus
