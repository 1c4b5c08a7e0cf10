"""The provider's bad minutes in real time, with real processes: who is reached, and when.

`python -m benchmarks.outages [SECONDS]`: `tagwire up` and the stand-in run as they would; each
outage lasts 12 seconds unless told otherwise, and is switched on before its alert is sent.
"""

import argparse
import json
import ssl
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.provider import Provider, standin
from tests.flows.running import KEY, Running

PHONES = 40
AT_MOST_S = 150
TOPIC = "tag:Harbour"
ALERTS = "/v1/newsroom/notifications"
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "reset": ("reset", {}),
    "silence": ("hang", {}),
    "502 page": ("status", {"code": 502}),
    "503": ("status", {"code": 503}),
    "GOAWAY storm": ("goaway", {}),
    "refused streams": ("refuse", {}),
    "token endpoint 503": ("token", {"by": "503"}),
    "invalid_grant": ("token", {"by": "invalid_grant"}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=int, nargs="?", default=12)
    parser.add_argument("--only", choices=FAULTS, action="append", help="these alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, standin(Path(name)) as provider:
        settings = provider.environ | {"SITE_RATE_PER_MINUTE": "0"}
        running = Running(Path(name), **settings)
        try:
            if not running.wait_for("/readyz", 200, within_s=25):
                raise SystemExit(running.log.read_text()[-1500:])
            publish(running)
            for phone in range(PHONES):
                follow(running, phone)
            print(f"{options.seconds} s each, {PHONES} phones")
            print("| outage | state | reached | ambiguous | most a phone | s until all |")
            for kind in options.only or FAULTS:
                found = outage(running, provider, kind, options.seconds)
                print("|", " | ".join(map(str, (kind, *found))), "|", flush=True)
        finally:
            running.stop()


def publish(running: Running) -> None:
    article = {
        "title": "Quays",
        "url": "https://a.example/1",
        "body_text": "A",
        "tags": ["Harbour"],
    }
    made = running.call("PUT", "/v1/newsroom/articles/a/1", json_body=article, secret=KEY)
    if made.status not in {200, 201}:
        raise SystemExit(made.text)


def follow(running: Running, phone: int) -> None:
    body = {
        "platform": "android",
        "address": {"kind": "token", "value": f"phone-{phone}-of-the-outage"},
        "time_zone": "UTC",
    }
    made = running.call("POST", "/v1/installations", json_body=body).json
    path = f"/v1/installations/{made['id']}/topics/{TOPIC}"
    running.call("PUT", path, secret=made["secret"])


def outage(
    running: Running, provider: Provider, kind: str, lasts_s: int
) -> tuple[str, int, int, int, int]:
    """Send an alert during a fault of the provider. Return its state, reached, ambiguous, most
    messages for a phone, and seconds from alert to end.
    """
    control(provider, "DELETE", "messages")
    control(provider, "DELETE", "tokens")
    name, options = FAULTS[kind]
    control(provider, "PUT", f"faults/{name}", {**options, "for_s": lasts_s})
    began = time.monotonic()
    draft = {"title": kind, "body": "Of an outage.", "topics": [TOPIC], "urgency": "breaking"}
    sent = running.call("POST", ALERTS, json_body=draft, secret=KEY).json
    if "state" not in sent:
        raise SystemExit(str(sent))
    found = sent
    while found["state"] in {"planning", "sending"} and time.monotonic() - began < AT_MOST_S:
        time.sleep(0.5)
        found = running.call("GET", f"{ALERTS}/{sent['id']}", secret=KEY).json
    taken = Counter(m["token"] for m in control(provider, "GET", "messages")["messages"])
    counts, most = found["counts"], max(taken.values(), default=0)
    lasted = round(time.monotonic() - began)
    return found["state"], counts["accepted"], counts["ambiguous"], most, lasted


def control(provider: Provider, method: str, path: str, body: Any = None) -> Any:
    context = ssl.create_default_context(cafile=str(provider.ca_file))
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{provider.url}/standin/{path}", data, method=method)
    with urllib.request.urlopen(request, context=context) as answer:
        text = answer.read()
    return json.loads(text) if text else None


if __name__ == "__main__":
    main()
