"""A running Tagwire, driven from outside over HTTP as an app and a newsroom would."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from backend.asgi.admission import TOO_MUCH
from tests.preloaded import Begun, begin, run
from tests.waiting import PATIENCE_S, comes_to_hold

ROOT = Path(__file__).parent.parent.parent
KEY = "the-editors-key-of-the-flows"
# With the path of imports: the tests of a second checkout run that checkout.
PASSED_ON = ("PATH", "HOME", "LANG", "PYTHONPATH")
TAGWIRE = (sys.executable, "-m", "tagwire")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def is_late(self) -> bool:
        """Whether the server had too much to do to look at the request."""
        return self.status == 503 and TOO_MUCH[1].encode() in self.body


class Running:
    """`tagwire up` on a port of its own, in a folder of its own, with the repository's app.toml.

    Without a program it is begun in a fork of one that has imported it already.
    """

    def __init__(self, folder: Path, program: Sequence[str] = (), /, **settings: str) -> None:
        self.program = program
        self.port = int(settings.pop("PORT", 0)) or free_port()
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        given = {
            "PORT": str(self.port),
            "APP_CONFIG": str(ROOT / "app.toml"),
            "WEB_WORKERS": "1",
            "NEWSROOM_KEY": KEY,
        }
        self.environ = kept | given | settings
        self.process = self._begun()

    def _begun(self) -> subprocess.Popen[bytes] | Begun:
        with self.log.open("w") as log:
            if not self.program:
                return begin(["up"], self.folder, self.environ, log, log)
            words = [*self.program, "up"]
            return subprocess.Popen(words, cwd=self.folder, env=self.environ, stderr=log)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a `tagwire` command beside the running processes."""
        if not self.program:
            return run([*words], self.folder, self.environ)
        return subprocess.run(
            [*self.program, *words],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        json_body: Any = None,
        secret: str = "",
        agent: str = "app",
        host: str = "",
    ) -> Answer:
        """One request; redirects are answers, not followed.

        Asked again, as it says, of a server that other tests keep from being on time.
        """
        headers = {"User-Agent": agent} | ({"Host": host} if host else {})
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        data = None
        if json_body is not None:
            data, headers["Content-Type"] = json.dumps(json_body).encode(), "application/json"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        until = time.monotonic() + PATIENCE_S
        while (answer := self._answer(request)).is_late and time.monotonic() < until:
            time.sleep(0.1)
        return answer

    def _answer(self, request: urllib.request.Request) -> Answer:
        try:
            with _OPENER.open(request, timeout=30) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def exchange(self, request: bytes) -> tuple[str, str]:
        """Head and body of the answer to these bytes, whatever they are."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65_536):
                answer += part
        head, _, body = answer.decode().partition("\r\n\r\n")
        return head, body

    def status(self, path: str) -> int:
        """The status, or 0 when nobody answers."""
        try:
            return self.call("GET", path).status
        except OSError:
            return 0

    def wait_for(self, path: str, status: int, *, within_s: float = PATIENCE_S) -> bool:
        return comes_to_hold(lambda: self.status(path) == status, within_s=within_s)

    def wait_until(self, holds: Callable[[], object], *, within_s: float = PATIENCE_S) -> None:
        """Fails with the log when it does not come to hold."""
        assert comes_to_hold(holds, within_s=within_s), self.log.read_text()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_Stay)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
