"""The sample app where `make app` put its packages: its sources beside them, and its web build."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.clients.generators import ROOT

# As in the repository, so that the app finds the client where its package.json says.
FOLDER = ROOT / ".venv-app"
APP = FOLDER / "examples" / "app"
CLIENT = FOLDER / "clients" / "typescript"
PACKAGES = APP / "node_modules"
CACHE = FOLDER / "cache"
ANY_SERVER = "http://server.invalid"
MADE = shutil.ignore_patterns("node_modules", "dist", ".expo")


def prepared() -> None:
    """The folder has the sources as they are now, and the client compiled."""
    for name, place in (("clients/typescript", CLIENT), ("examples/app", APP)):
        for old in ("src", "dist"):
            shutil.rmtree(place / old, ignore_errors=True)
        shutil.copytree(ROOT / name, place, ignore=MADE, dirs_exist_ok=True)
    run("typescript/bin/tsc", "-p", ".", cwd=CLIENT)


def run(program: str, *words: str, cwd: Path = APP, **settings: str) -> str:
    """One of the app's own tools; what it says when it refuses is the failure."""
    environ = os.environ | {"CI": "1", "EXPO_NO_TELEMETRY": "1", "EXPO_OFFLINE": "1"} | settings
    command = ["node", str(PACKAGES / program), *words]
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return done.stdout


def web_build(server: str, folder: Path) -> None:
    """The app for browsers, that calls this server.

    The address is put in afterwards: Metro compiles it in, and its cache, which is of these tests
    alone, answers what was compiled before, whatever the address is now.
    """
    words = ("export", "--platform", "web", "--output-dir", str(folder))
    CACHE.mkdir(exist_ok=True)
    run("expo/bin/cli", *words, EXPO_PUBLIC_SERVER=ANY_SERVER, TMPDIR=str(CACHE))
    for script in folder.rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        script.write_text(text.replace(ANY_SERVER, server), encoding="utf-8")


class Pages(SimpleHTTPRequestHandler):
    """A file where there is one, and the app for every other path: it knows its screens itself."""

    def send_head(self) -> Any:
        if not Path(self.translate_path(self.path)).is_file():
            self.path = "/index.html"
        return super().send_head()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which the folder's app is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
