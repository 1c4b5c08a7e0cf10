"""What messages are sent to: processes of their own on the machine's last core."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from ssl import create_default_context

from benchmarks.audience import ROOT
from push.standin.certificate import write_certificate
from push.standin.service import Standin
from push.transport.fcm import FcmSender

CORES = sorted(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Provider:
    """A running provider: where it listens, and what a sender is given to reach it."""

    url: str
    key_file: Path
    ca_file: Path
    pid: int

    @property
    def environ(self) -> dict[str, str]:
        return {
            "FCM_URL": self.url,
            "GOOGLE_APPLICATION_CREDENTIALS": str(self.key_file),
            "FCM_CA_FILE": str(self.ca_file),
        }

    def sender(self) -> FcmSender:
        return FcmSender(str(self.key_file), self.url, str(self.ca_file))

    def taken(self) -> int:
        """Return how many messages reached the endpoint so far."""
        context = create_default_context(cafile=str(self.ca_file))
        with urllib.request.urlopen(f"{self.url}/taken", context=context) as answer:
            return int(answer.read())


@contextmanager
def endpoint(folder: Path, *, latency_ms: int = 0, per_second: int = 0) -> Iterator[Provider]:
    """The endpoint that accepts everything, so many a second or all there are."""
    ca_file, _ = write_certificate(folder, now=datetime.now(UTC))
    command = [sys.executable, "-m", "benchmarks.endpoint", str(folder)]
    with _process([*command, str(latency_ms), str(per_second)]) as process:
        assert process.stdout is not None
        url = f"https://127.0.0.1:{int(process.stdout.readline())}"
        key_file = folder / "endpoint-key.json"
        key_file.write_text(json.dumps(Standin(_now).service_account(url)), encoding="utf-8")
        yield Provider(url, key_file, ca_file, process.pid)


@contextmanager
def standin(folder: Path, *, root: Path = ROOT) -> Iterator[Provider]:
    """The shipped stand-in, which checks every message."""
    command = [sys.executable, "-m", "tagwire", "fcm-standin", "--tls", "--port", "0"]
    with _process([*command, "--folder", str(folder)], root) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        found = dict(line.strip().split("=", 1) for line in lines[1:])
        key_file, ca_file = found["GOOGLE_APPLICATION_CREDENTIALS"], found["FCM_CA_FILE"]
        yield Provider(found["FCM_URL"], Path(key_file), Path(ca_file), process.pid)


@contextmanager
def _process(command: list[str], root: Path = ROOT) -> Iterator[subprocess.Popen[str]]:
    environ = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=root, env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        os.sched_setaffinity(process.pid, {CORES[-1]})
        try:
            yield process
        finally:
            process.terminate()


def _now() -> datetime:
    return datetime.now(UTC)
