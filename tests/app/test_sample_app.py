"""The sample app as a reader has it: on a phone's screen, in Chromium, against a real server."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize, expect

from tests.app.building import prepared, run, served, web_build
from tests.browser.conftest import browser as browser
from tests.browser.conftest import violations
from tests.clients.generators import ROOT
from tests.clients.generators import run as run_program
from tests.flows.running import KEY, Running

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]

SOURCES = ROOT / "examples" / "app"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
)
TAG, ARABIC = "Wharf", "ميناء"
PHONE: ViewportSize = {"width": 390, "height": 844}
# The client tries again for seven seconds before it says that there is no network.
GIVEN_UP_MS = 30_000
PUSHED_MS = 30_000
SERVED_MS = 20_000


@dataclass(frozen=True)
class Sample:
    """The web build of the app, and the server that it calls."""

    url: str
    server: Running


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, sources: None) -> Iterator[Sample]:
    folder = tmp_path_factory.mktemp("build")
    with served(folder) as url:
        home = tmp_path_factory.mktemp("server")
        settings = {"DEMO": "1", "RATELIMIT_ENABLED": "0", "CORS_ORIGINS": url}
        server = Running(home, APP_CONFIG=app_toml(home), PYTHONPATH=str(ROOT), **settings)
        try:
            web_build(server.url, folder)
            assert server.wait_for("/readyz", 200), server.log.read_text()
            publish(server, "one", title="Ferries stop", tags=[TAG])
            publish(server, "two", title="العبارات تتوقف", tags=[TAG, ARABIC], language="ar")
            yield Sample(url, server)
        finally:
            server.stop()


def app_toml(folder: Path) -> str:
    """The repository's, with an app in a store that hands referrers over."""
    text = (ROOT / "app.toml").read_text(encoding="utf-8")
    at = "[app.android.channels]"
    file = folder / "app.toml"
    file.write_text(text.replace(at, f'[app.android]\npackage = "example.news"\n\n{at}'))
    return str(file)


@pytest.fixture(scope="module")
def sources() -> None:
    prepared()


@pytest.fixture
def phone(browser: Browser, sample: Sample) -> Iterator[Callable[..., Page]]:
    """Opens the app on a phone that has never had it; it must ask nobody but the two."""
    contexts: list[BrowserContext] = []
    strangers: list[str] = []
    known = (sample.url, sample.server.url)

    def note(asked: Request) -> None:
        if not asked.url.startswith((*known, "data:")):
            strangers.append(asked.url)

    def opened(path: str = "/", **options: Any) -> Page:
        context = browser.new_context(viewport=PHONE, **{"locale": "en-GB", **options})
        contexts.append(context)
        page = context.new_page()
        page.on("request", note)
        page.goto(sample.url + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert strangers == []


def publish(server: Running, key: str, **fields: Any) -> dict[str, Any]:
    body = {"url": f"https://herald.example/{key}", "body_text": f"All of {key}.\n\nNo more."}
    path = f"/v1/newsroom/articles/herald/{key}"
    answer = server.call("PUT", path, json_body=body | fields, secret=KEY)
    assert answer.status in {200, 201}, answer.text
    found: dict[str, Any] = answer.json
    return found


def follow(page: Page, tag: str) -> None:
    button = page.get_by_role("button", name=f"Follow #{tag}", exact=True)
    button.click()
    followed = page.get_by_role("button", name=f"Following #{tag}", exact=True)
    expect(followed).to_be_visible(timeout=SERVED_MS)


def section(page: Page, name: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=name).click()


def test_it_compiles(sources: None) -> None:
    run("typescript/bin/tsc")


def test_it_is_written_as_expo_wants_it(sources: None) -> None:
    run("eslint/bin/eslint.js", ".", "--max-warnings", "0")


def test_what_was_written_from_app_toml_is_as_app_toml_says(tmp_path: Path) -> None:
    made = {
        "src/routes.ts": ("links", "generate", "--lang", "typescript"),
        "tagwire.json": ("app", "config"),
    }
    for name, words in made.items():
        file = tmp_path / Path(name).name
        run_program(sys.executable, "-m", "tagwire", *words, "--output", file, cwd=ROOT)
        assert file.read_text() == (SOURCES / name).read_text(), name


def test_no_file_is_too_long_to_read() -> None:
    own = [*SOURCES.glob("src/**/*.ts*")]
    long = [file.name for file in own if len(file.read_text().splitlines()) > 300]

    assert len(own) > 20
    assert long == []


def test_an_alert_of_a_followed_tag_arrives_opens_its_article_and_stays_in_the_inbox(
    phone: Callable[..., Page], sample: Sample
) -> None:
    page = phone(f"/tag/{TAG}")
    follow(page, TAG)

    told = publish(sample.server, "three", title="Bridge closed", tags=[TAG], breaking=True)
    alert = page.get_by_role("alert").get_by_role("link", name="Bridge closed")
    alert.click(timeout=PUSHED_MS)

    expect(page).to_have_url(re.compile(f"^{sample.url}/article/{told['id']}"))
    expect(page.get_by_text("All of three.")).to_be_visible()
    section(page, "Alerts")
    expect(page.get_by_role("link", name="Bridge closed")).to_be_visible()
    path = f"/v1/newsroom/notifications/{told['notification_id']}"
    sample.server.wait_until(
        lambda: sample.server.call("GET", path, secret=KEY).json["counts"]["opened"] == 1
    )


def test_without_a_network_it_shows_what_it_showed_before(
    phone: Callable[..., Page], sample: Sample
) -> None:
    page = phone(f"/tag/{TAG}")
    follow(page, TAG)
    section(page, "Home")
    page.get_by_role("link", name="Ferries stop").click()
    expect(page.get_by_text("All of one.")).to_be_visible()

    page.route(f"{sample.server.url}/**", lambda route: route.abort())
    page.goto(sample.url)
    expect(page.get_by_role("link", name="Ferries stop")).to_be_visible()
    expect(page.get_by_text("No connection.")).to_be_visible(timeout=GIVEN_UP_MS)
    page.get_by_role("link", name="Ferries stop").click()
    expect(page.get_by_text("All of one.")).to_be_visible()

    page.goto(f"{sample.url}/search?q=ferries")
    expect(page.get_by_text("No connection.", exact=True)).to_be_visible(timeout=GIVEN_UP_MS)
    page.unroute_all()
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("link", name="Ferries stop")).to_be_visible(timeout=SERVED_MS)


def test_who_erases_everything_can_begin_anew(phone: Callable[..., Page]) -> None:
    page = phone(f"/tag/{TAG}")
    follow(page, TAG)

    section(page, "Settings")
    page.get_by_role("button", name="Erase my data").click()
    page.get_by_role("button", name="Yes, erase everything").click()
    expect(page.get_by_text("Your data is erased")).to_be_visible(timeout=SERVED_MS)
    assert page.evaluate("Object.keys(localStorage).filter(name => name.includes('article'))") == []

    section(page, "Home")
    page.get_by_role("button", name="Choose topics").click()
    page.get_by_role("button", name=f"Follow #{TAG}", exact=True).click()
    followed = page.get_by_role("button", name=f"Following #{TAG}", exact=True)
    expect(followed.last).to_be_enabled(timeout=SERVED_MS)


def test_who_installs_it_from_a_link_is_led_to_its_screen_once(
    phone: Callable[..., Page], sample: Sample
) -> None:
    referrer = referrer_of(sample.server, f"/tag/{TAG}")
    page = phone(f"/#&{referrer}")

    expect(page).to_have_url(f"{sample.url}/tag/{TAG}", timeout=SERVED_MS)
    expect(page.get_by_role("button", name=f"Follow #{TAG}")).to_be_visible()

    again = page.context.new_page()
    again.goto(f"{sample.url}/#&{referrer}")
    expect(again.get_by_role("button", name="Choose topics")).to_be_visible()
    assert "/tag/" not in again.url


def referrer_of(server: Running, path: str) -> str:
    """What the download page of a link tells the store, and the store the app."""
    answer = server.call("GET", f"/download?to={path}", agent=ANDROID)
    return parse_qs(urlsplit(answer.headers["Location"]).query)["referrer"][0]


def test_addresses_open_their_screens(phone: Callable[..., Page], sample: Sample) -> None:
    short = sample.server.call(
        "POST",
        "/v1/newsroom/links",
        json_body={"url": f"{sample.server.url}/tag/{TAG}"},
        secret=KEY,
    )
    assert short.status == 201, short.text
    code = short.json["code"]

    page = phone(f"/l/{code}")
    expect(page).to_have_url(f"{sample.url}/tag/{TAG}")
    page.goto(f"{sample.url}/search?q=ferries")
    page.get_by_role("link", name="Ferries stop").click()
    expect(page.get_by_text("All of one.")).to_be_visible()


def test_quiet_hours_are_kept_by_the_server(phone: Callable[..., Page]) -> None:
    page = phone("/app/settings")
    page.get_by_role("switch", name="Quiet hours", exact=True).check()
    page.get_by_label("From").fill("21:30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    page.reload()
    expect(page.get_by_label("From")).to_have_value("21:30")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("locale", "direction"), [("en-GB", "ltr"), ("ar-EG", "rtl")])
def test_every_screen_can_be_used_by_everyone(
    phone: Callable[..., Page], sample: Sample, scheme: str, locale: str, direction: str
) -> None:
    page = phone(f"/tag/{TAG}", locale=locale, color_scheme=scheme)
    expect(page.locator("html")).to_have_attribute("dir", direction)
    (article,) = ids(sample.server, "Ferries stop")
    addressed = ("/", f"/tag/{TAG}", "/search?q=ferries", f"/article/{article}")
    own = ("/app/topics", "/app/alerts", "/app/settings", f"/app/story/{article}")
    for path in (*addressed, *own):
        page.goto(sample.url + path)
        page.wait_for_load_state("load")
        loading = page.get_by_role("status").filter(has_text=re.compile("Loading…|جارٍ التحميل…"))
        expect(loading).to_have_count(0, timeout=SERVED_MS)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path


def ids(server: Running, title: str) -> list[str]:
    found = server.call("GET", f"/v1/tags/{TAG}/articles").json["articles"]
    return [each["id"] for each in found if each["title"] == title]


def test_its_packages_are_the_locked_ones() -> None:
    own = json.loads((SOURCES / "package.json").read_text())
    lock = json.loads((SOURCES / "package-lock.json").read_text())

    assert lock["packages"][""]["dependencies"] == own["dependencies"]
    held = [each for name, each in lock["packages"].items() if name.startswith("node_modules/")]
    assert all("integrity" in each or each.get("link") for each in held)
