"""Makes the animation of README.md, part of `make screenshots`.

Half a minute in the demo newsroom: a topic's page, the alert desk, a phone that follows the topic,
breaking news as it arrives there and is opened, and how its alert went. Every frame stands for a
while, so that it can be read, and the file stays small.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize

from tests.flows.running import KEY, Running
from tools.screenshots import PICTURES, compose, demo, logged_in, watch

SIZE = ViewportSize(width=1000, height=880)
SHOWN = (800, 704)
QUALITY = 70
TAG = "Harbour"
TITLE = "Ferries sail again: the harbour opens at noon"
NEWS = {
    "title": TITLE,
    "url": "https://paper.example/ferries",
    "body_text": "The wind has turned, and the flood gates on Cooper Street are open.",
    "tags": [TAG],
    "breaking": True,
}
PUSHED_WITHIN_MS = 30_000
Frame = tuple[Image.Image, float]


def main() -> None:
    with demo() as (running, browser):
        state = logged_in(browser, running)
        page = browser.new_context(viewport=SIZE, storage_state=state, locale="en").new_page()
        frames = [(taken(page), seconds) for seconds in walk(page, running)]
    write(PICTURES / "half-a-minute.webp", frames)


def walk(page: Page, running: Running) -> Iterator[float]:
    """Walk through the newsroom; yield for how many seconds each stop is shown."""
    page.goto(f"{running.url}/tag/{TAG}")
    yield 2.5
    page.mouse.wheel(0, 700)
    yield 2
    compose(page, running.url)
    yield 4
    page.goto(f"{running.url}/simulator")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("heading", name="Discover").wait_for()
    yield 2.5
    page.get_by_label("Open a link").fill(f"tagwire://tag/{TAG}")
    page.get_by_role("button", name="Open", exact=True).click()
    page.get_by_role("button", name=f"Follow #{TAG}").wait_for()
    yield 2.5
    page.get_by_role("button", name=f"Follow #{TAG}").click()
    page.get_by_role("button", name="Allow", exact=True).wait_for()
    yield 2
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_role("button", name=f"Following #{TAG}").wait_for()
    yield 2
    running.call("PUT", "/v1/newsroom/articles/paper/1", json_body=NEWS, secret=KEY)
    banner = page.locator("#banner").get_by_role("button", name=TITLE)
    banner.wait_for(timeout=PUSHED_WITHIN_MS)
    yield 4
    banner.click()
    page.locator(".reader").get_by_role("heading", name=TITLE).first.wait_for()
    yield 3.5
    watch(page, running.url)
    yield 5


def taken(page: Page) -> Image.Image:
    page.wait_for_timeout(700)  # what slides in has arrived
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    return picture.resize(SHOWN, Image.Resampling.LANCZOS)


def write(path: Path, frames: list[Frame]) -> None:
    pictures, seconds = zip(*frames, strict=True)
    pictures[0].save(
        path,
        save_all=True,
        append_images=pictures[1:],
        duration=[round(each * 1000) for each in seconds],
        loop=0,
        kmin=0,
        kmax=1,  # every frame whole: what changed alone leaves shadows of the frame before
        quality=QUALITY,
        method=6,
    )


if __name__ == "__main__":
    main()
