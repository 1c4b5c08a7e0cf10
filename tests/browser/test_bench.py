"""The test bench in the browser: messages arrive by themselves, and can be copied."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import pytest
from playwright.sync_api import Browser, expect

from push.standin.server import serve
from push.standin.service import Standin
from push.standin.validation import Taken, validate
from tests.browser.conftest import Window, violations, watch

pytestmark = pytest.mark.browser


@dataclass
class Bench:
    standin: Standin
    host: str

    def take(self, phone: str, title: str) -> None:
        message = {"token": phone, "notification": {"title": title}, "data": {"url": "x" * 200}}
        request = validate(orjson.dumps({"message": message}))
        self.standin.taken.append(Taken(request, datetime.now(UTC)))


@pytest.fixture
def bench() -> Iterator[Bench]:
    standin = Standin(lambda: datetime.now(UTC))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(serve(standin, "127.0.0.1", 0), loop).result()
    yield Bench(standin, f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.close()


@pytest.mark.parametrize("width", [320, 390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_messages_arrive_by_themselves_and_are_copied(
    browser: Browser, bench: Bench, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    window = Window(context.new_page())
    page = window.page
    watch(window, bench.host)
    bench.take("ann", "Bridge closed")
    page.goto(f"http://{bench.host}/standin/")

    bench.take("ben" * 40, "Bridge open")
    expect(page.get_by_role("status")).to_have_text("1 new message.")
    expect(page.get_by_role("heading", level=2)).to_have_count(2)
    page.get_by_role("button", name="Copy message 2").click()
    expect(page.get_by_role("status")).to_have_text("Copied.")

    copied = orjson.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["message"]["notification"] == {"title": "Bridge open"}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    assert (window.complaints, window.strangers) == ([], [])
    context.close()
