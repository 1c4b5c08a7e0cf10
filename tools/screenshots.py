"""Takes the pictures of the guides, part of `make screenshots`.

Starts Tagwire with the demo newsroom, walks the console in Chromium as a person would, and writes
`docs/pictures/console-*.png`.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.flows.running import KEY, ROOT, Running

PICTURES = ROOT / "docs" / "pictures"
PASSWORD = "a sentence for the pictures"  # noqa: S105 - of a server that ends with this
DESK, PHONE = (1280, 860), (390, 844)


@dataclass(frozen=True)
class Shot:
    """A page of the console: how it is reached, and who looks at it."""

    name: str
    reach: Callable[[Page, str], object]
    size: tuple[int, int] = DESK
    scheme: Literal["light", "dark"] = "light"
    locale: str = "en"


def compose(page: Page, url: str) -> None:
    """Begin an alert about the newest article, up to its text."""
    page.goto(f"{url}/console/alerts/new")
    page.locator("form[action$='/console/alerts/drafts'] button").first.click()
    page.wait_for_url("**/console/alerts/drafts/*")
    page.wait_for_load_state("networkidle")


def watch(page: Page, url: str) -> None:
    page.goto(f"{url}/console/alerts")
    page.locator("main li.entry a").first.click()
    page.wait_for_timeout(1500)


def first_of(path: str) -> Callable[[Page, str], object]:
    """Return a step that opens the page of the first item in a list."""

    def reach(page: Page, url: str) -> None:
        page.goto(url + path)
        page.locator(f"main a[href^='{path}/']:not([href$='/new'])").first.click()
        page.wait_for_load_state("networkidle")

    return reach


SHOTS = (
    Shot("console-compose", compose),
    Shot("console-compose-phone", compose, PHONE, "dark", "ar"),
    Shot("console-watch", watch),
    Shot("console-article", first_of("/console/articles")),
    Shot("console-story", first_of("/console/stories"), DESK, "dark"),
)


def main() -> None:
    with demo() as (running, browser):
        _send_an_alert(running)
        _take_all(browser, running)


@contextmanager
def demo() -> Iterator[tuple[Running, Browser]]:
    """The demo newsroom, and a browser to walk it with."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tagwire-pictures-"))
        running = Running(Path(folder), WEB_WORKERS="1")
        stack.callback(running.stop)
        if not running.wait_for("/readyz", 200, within_s=90):
            raise SystemExit(running.log.read_text())
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, chromium_sandbox=False, args=FLAGS
        )
        stack.callback(browser.close)
        yield running, browser


def _send_an_alert(running: Running) -> None:
    listed = running.call("GET", "/v1/newsroom/articles?limit=1", secret=KEY)
    newest = listed.json["articles"][0]
    asked = {
        "id": "pictures",
        "title": newest["title"],
        "body": "What is known so far.",
        "article_id": newest["id"],
        "topics": ["breaking"],
        "urgency": "breaking",
    }
    answer = running.call("POST", "/v1/newsroom/notifications", json_body=asked, secret=KEY)
    if answer.status >= 300:
        raise RuntimeError(answer.text)


def _take_all(browser: Browser, running: Running) -> None:
    state = logged_in(browser, running)
    for shot in SHOTS:
        width, height = shot.size
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=shot.scheme,
            locale=shot.locale,
            storage_state=state,
        )
        page = context.new_page()
        shot.reach(page, running.url)
        page.screenshot(path=PICTURES / f"{shot.name}.png")
        context.close()


def logged_in(browser: Browser, running: Running) -> Path:
    """The browser's cookies after the one-time link was used."""
    link = re.search(r"http\S+/console/setup/\S+", running.log.read_text())
    if link is None:
        raise RuntimeError("The demo printed no link: somebody of it has a password.")
    context = browser.new_context()
    page = context.new_page()
    page.goto(link[0])
    page.get_by_label("New password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/account?*")
    path = running.folder / "cookies.json"
    context.storage_state(path=path)
    return path


if __name__ == "__main__":
    main()
