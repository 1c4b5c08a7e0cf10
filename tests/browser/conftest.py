"""Real Chromium against a live server in this process; it reaches no other host."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect, sync_playwright
from werkzeug.serving import make_server

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
# As long as every other step of a page may take: how fast the machine is, is no promise of ours.
expect.set_options(timeout=30_000)
PICTURES = "pictures.example"
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9" width="1200" height="675">'
    '<rect width="16" height="9" fill="#4a6a86"/><circle cx="11" cy="4" r="2" fill="#e8d9b5"/>'
    "</svg>"
)


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it is now: the rule and the first element."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['target']}" for each in found]


@dataclass
class Site:
    """The running app and where it is. The server knows its port before there is an app, whose
    settings name it; another app may take its place.
    """

    url: str = ""
    app: Flask = field(init=False)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        return self.app(environ, start)


@dataclass
class Window:
    """A browser's page with what it complained about and whom else it asked."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


@contextmanager
def serving(make_app: Callable[..., Flask], **settings: str) -> Iterator[Site]:
    """The app with these settings on a port of its own."""
    found = Site()
    server = make_server("127.0.0.1", 0, found, threaded=True)
    found.url = f"http://127.0.0.1:{server.server_port}"
    found.app = make_app(**{**settings, "PUBLIC_URL": found.url})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site(make_app: Callable[..., Flask]) -> Iterator[Site]:
    with serving(make_app) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        missing = f"no browser at {CHROMIUM}: run `apt-get install chromium`, or set CHROMIUM"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, chromium_sandbox=False, args=FLAGS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_window(browser: Browser, site: Site) -> Iterator[Callable[..., Window]]:
    """Opens a path of the site in a window of its own."""
    contexts = []

    def open_path(path: str, *, width: int = 1280, height: int = 900) -> Window:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        window = Window(context.new_page())
        watch(window, urlsplit(site.url).netloc)
        window.page.goto(site.url + path, wait_until="networkidle")
        return window

    yield open_path
    for context in contexts:
        context.close()


def watch(window: Window, own_host: str) -> None:
    """Answer for the publishers' pictures; note every other host and every complaint."""

    def answer(route: Route) -> None:
        host = urlsplit(route.request.url).netloc
        if host == own_host:
            route.continue_()
        elif host == PICTURES and route.request.resource_type == "image":
            route.fulfill(body=PICTURE, content_type="image/svg+xml")
        else:
            window.strangers.append(route.request.url)
            route.abort()

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            window.complaints.append(message.text)

    window.page.route("**/*", answer)
    window.page.on("console", note)
    window.page.on("pageerror", lambda error: window.complaints.append(str(error)))
