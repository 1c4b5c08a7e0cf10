"""What watching an alert takes: `python -m benchmarks.watching [VIEWERS]`, 50 unless told.

So many screens hold `…/notifications/{id}/stream` of one alert open for half a minute; processor
time of `tagwire up` beside what it takes with none of them.
"""

import argparse
import socket
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.at_rest import SETTLED_S, family, process_of
from tests.flows.running import KEY, Running

SECONDS = 30
ALERTS = "/v1/newsroom/notifications"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("viewers", type=int, nargs="?", default=50)
    viewers = parser.parse_args().viewers
    with tempfile.TemporaryDirectory() as folder:
        running = Running(Path(folder), DEMO="1", RATELIMIT_ENABLED="0")
        try:
            if not running.wait_for("/readyz", 200, within_s=60):
                raise SystemExit(running.log.read_text()[-1500:])
            address = f"{ALERTS}/{scheduled(running)}/stream"
            time.sleep(SETTLED_S)
            alone = spent(running)
            open_ = [watch(running, address) for _ in range(viewers)]
            watched = spent(running)
            events = [each.recv(1_000_000).count(b"\ndata: ") for each in open_]
        finally:
            running.stop()
    print(
        f"{viewers} viewers: {watched - alone:.2f} % of a core, {min(events)} events each or more"
    )


def scheduled(running: Running) -> str:
    """An alert that is watched before its time."""
    ahead = datetime.now(UTC) + timedelta(minutes=10)
    draft = {
        "id": "watched",
        "title": "Harbour closed",
        "topics": ["tag:Harbour"],
        "body": "",
        "urgency": "breaking",
        "send_at": ahead.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    made = running.call("POST", ALERTS, json_body=draft, secret=KEY)
    if made.status != 202:
        raise SystemExit(made.text)
    return str(made.json["id"])


def watch(running: Running, address: str) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", running.port))
    head = f"GET {address} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n\r\n"
    found.sendall(head.encode())
    return found


def spent(running: Running) -> float:
    """Percent of a core over the time, of all processes."""
    pids = [*family(running.process.pid)]
    before = sum(process_of(pid).cpu_s for pid in pids)
    time.sleep(SECONDS)
    return (sum(process_of(pid).cpu_s for pid in pids) - before) / SECONDS * 100


if __name__ == "__main__":
    main()
