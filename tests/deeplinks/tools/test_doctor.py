"""`tagwire links doctor` accepts a right set-up and names what is wrong with any other."""

import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from deeplinks.routing.context import LinkContext
from deeplinks.tools.doctor import ANDROID_PATH, APPLE_PATH
from tagwire import main
from tests.backend.outbound.authority import Authority
from tests.backend.outbound.server import Publisher, publisher

pytestmark = pytest.mark.any_engine

HOSTS = ("news.test", "open.news.test")
JSON = {"Content_Type": "application/json"}


@dataclass(frozen=True)
class Site:
    """Our hosts, Apple's copies and Google's view, all on one local server."""

    app: Flask
    server: Publisher
    ca_file: Path

    @property
    def links(self) -> LinkContext:
        found: LinkContext = self.app.extensions["deeplinks"]
        return found

    @property
    def apple(self) -> bytes:
        assert self.links.apple is not None
        return self.links.apple.body

    @property
    def android(self) -> bytes:
        assert self.links.android is not None
        return self.links.android.body

    def base(self) -> str:
        return f"https://127.0.0.1:{self.server.port}"

    def examine(self, **changed: str) -> tuple[int, str, str]:
        options = {
            "--origin": self.base() + "/{host}",
            "--apple-cdn": self.base() + "/cdn/{host}",
            "--google-api": self.base() + "/google",
            "--ca-file": str(self.ca_file),
            "--timeout": "5",
        }
        options |= {"--" + name.replace("_", "-"): value for name, value in changed.items()}
        words = [word for option in options.items() if option[1] for word in option]
        done = self.app.test_cli_runner().invoke(main, ["links", "doctor", *words])
        return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def site(make_app: Callable[..., Flask], tmp_path: Path) -> Iterator[Site]:
    authority = Authority.made(tmp_path)
    app = make_app(PUBLIC_URL="https://news.test", FETCH_ALLOW_NETWORKS="127.0.0.0/8")
    with publisher(tls_of(authority.server_file())) as server:
        made = Site(app, server, authority.ca_file)
        set_up(made)
        yield made


def tls_of(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def set_up(site: Site) -> None:
    """Everything right, on every host."""
    for host in HOSTS:
        site.server.answers(f"/{host}{APPLE_PATH}", site.apple, **JSON)
        site.server.answers(f"/{host}{ANDROID_PATH}", site.android, **JSON)
        site.server.answers(f"/cdn/{host}", site.apple, **JSON)
    site.server.answers("/google", google_view(site), **JSON)


def google_view(site: Site, **changed: str) -> bytes:
    target = json.loads(site.android)[0]["target"]
    given = {
        "package": target["package_name"],
        "fingerprint": target["sha256_cert_fingerprints"][0],
    } | changed
    app = {
        "packageName": given["package"],
        "certificate": {"sha256Fingerprint": given["fingerprint"]},
    }
    relation = "delegate_permission/common.handle_all_urls"
    statement = {"relation": relation, "target": {"androidApp": app}}
    return json.dumps({"statements": [statement], "maxAge": "3600s"}).encode()


def test_a_right_set_up_passes(site: Site) -> None:
    code, out, err = site.examine()

    assert (code, err) == (0, "")
    assert "wrong" not in out
    for host in HOSTS:
        assert f"ok    {host} on iOS: served as it should be" in out
        assert f"ok    {host} on iOS: Apple gives devices this file" in out
        assert f"ok    {host} on Android: Google sees the app" in out
    agents = {r.path.partition("?")[0]: r.headers["user-agent"] for r in site.server.asked}
    assert agents[f"/news.test{APPLE_PATH}"] == "AASA-Bot/1.0.0"
    assert agents[f"/news.test{ANDROID_PATH}"] == "GoogleAssociationService"
    asked = [r.path for r in site.server.asked if r.path.startswith("/google")]
    assert "source.web.site=https%3A%2F%2Fnews.test" in asked[0]


def redirects(site: Site) -> None:
    to = site.base() + f"/open.news.test{APPLE_PATH}"
    site.server.redirects(f"/news.test{APPLE_PATH}", to)


def is_missing(site: Site) -> None:
    site.server.answers(f"/news.test{APPLE_PATH}", b"", "404 Not Found", **JSON)


def is_forbidden_to_bots(site: Site) -> None:
    site.server.answers(f"/news.test{ANDROID_PATH}", b"no", "403 Forbidden", **JSON)


def is_a_page(site: Site) -> None:
    site.server.answers(f"/news.test{APPLE_PATH}", site.apple, Content_Type="text/html")


def asks_to_log_in(site: Site) -> None:
    page = b"<!doctype html><html><title>Log in</title><form></form></html>"
    site.server.answers(f"/news.test{APPLE_PATH}", page, Content_Type="text/html; charset=utf-8")
    site.server.answers(f"/news.test{ANDROID_PATH}", page, Content_Type="text/html")


def leads_to_a_log_in(site: Site) -> None:
    to = "https://user:pw@sso.example/login?token=secret"
    site.server.redirects(f"/news.test{APPLE_PATH}", to, "302 Found")


def has_no_type(site: Site) -> None:
    site.server.answers(f"/news.test{ANDROID_PATH}", site.android)


def is_no_json(site: Site) -> None:
    site.server.answers(f"/news.test{APPLE_PATH}", b"{applinks", **JSON)


def is_too_large(site: Site) -> None:
    padded = site.apple + b" " * 128 * 1024
    site.server.answers(f"/news.test{APPLE_PATH}", padded, **JSON)


def is_a_little_too_large(site: Site) -> None:
    padded = site.apple + b" " * (128 * 1024 + 1 - len(site.apple))
    site.server.answers(f"/news.test{APPLE_PATH}", padded, **JSON)


def has_another_app(site: Site) -> None:
    other = site.apple.replace(b"ABCDE12345.test.news", b"ABCDE12345.other.app")
    site.server.answers(f"/news.test{APPLE_PATH}", other, **JSON)


def has_another_certificate(site: Site) -> None:
    other = site.android.replace(b"14:6D:E9", b"00:11:22")
    site.server.answers(f"/open.news.test{ANDROID_PATH}", other, **JSON)


def has_another_package(site: Site) -> None:
    other = site.android.replace(b'"test.news"', b'"other.news"')
    site.server.answers(f"/news.test{ANDROID_PATH}", other, **JSON)


def is_an_older_version(site: Site) -> None:
    older = site.apple.replace(b'"/search"', b'"/find"')
    site.server.answers(f"/news.test{APPLE_PATH}", older, **JSON)


def is_stale_at_apple(site: Site) -> None:
    older = site.apple.replace(b'"/search"', b'"/find"')
    site.server.answers("/cdn/news.test", older, **JSON)


def is_unknown_to_apple(site: Site) -> None:
    reason = {"Apple_Failure_Reason": "SWCERR00301 Timeout"}
    site.server.answers("/cdn/news.test", b"", "404 Not Found", **reason)


def is_unknown_to_google(site: Site) -> None:
    site.server.answers("/google", b'{"maxAge": "60s"}', **JSON)


def has_another_certificate_at_google(site: Site) -> None:
    site.server.answers("/google", google_view(site, fingerprint="00:11:22"), **JSON)


@pytest.mark.parametrize(
    ("mistake", "said", "remedy"),
    [
        (redirects, "news.test on iOS: it redirects (301)", "out of redirects"),
        (asks_to_log_in, "text/html, and it is a page: a log-in", "past log-ins"),
        (leads_to_a_log_in, "it redirects (302) to sso.example/login; verifiers", "login"),
        (is_missing, "news.test on iOS: the server answers 404", "read this path"),
        (is_forbidden_to_bots, "news.test on Android: the server answers 403", "user agent"),
        (is_a_page, "its content type is text/html", "application/json"),
        (has_no_type, "its content type is not given", "application/json"),
        (is_no_json, "the body is not JSON", "Let Tagwire answer"),
        (is_too_large, "larger than", "at most 128 KB"),
        (is_a_little_too_large, "the file has 131,073 bytes", "at most 128 KB"),
        (has_another_app, "it does not name ABCDE12345.test.news", "app.toml"),
        (has_another_certificate, "it does not name test.news 14:6D:E9:83…", "app.toml"),
        (has_another_package, "it does not name test.news", "app.toml"),
        (is_an_older_version, "another file is served", "purge"),
        (is_stale_at_apple, "Apple still gives devices another copy", "no way to purge"),
        (is_stale_at_apple, "this site serves the right one", "no way to purge"),
        (is_unknown_to_apple, "Apple has no copy: 404 SWCERR00301 Timeout", "asks again"),
        (is_unknown_to_google, "Google sees no statement for test.news", "asks again"),
        (
            has_another_certificate_at_google,
            "does not see the fingerprint 14:6D:E9:83…",
            "asks again",
        ),
    ],
)
def test_a_mistake_is_named_with_its_remedy(
    site: Site, mistake: Callable[[Site], None], said: str, remedy: str
) -> None:
    mistake(site)

    code, out, err = site.examine()

    assert code == 1
    assert "checks failed" in err
    wrong = [number for number, line in enumerate(out.splitlines()) if line.startswith("wrong")]
    lines = out.splitlines()
    assert any(said in lines[number] and remedy in lines[number + 1] for number in wrong), out


AT_ORIGIN = [asks_to_log_in, leads_to_a_log_in, redirects, is_a_page, is_no_json, is_missing]


@pytest.mark.parametrize("mistake", AT_ORIGIN)
@pytest.mark.parametrize("is_stale", [False, True])
def test_a_fault_of_the_site_is_not_called_the_platforms(
    site: Site, mistake: Callable[[Site], None], is_stale: bool
) -> None:
    mistake(site)
    if is_stale:
        is_stale_at_apple(site)

    code, out, _ = site.examine()

    apple = [line for line in out.splitlines() if "news.test on iOS: Apple" in line]
    assert code == 1
    assert apple[0].startswith("note  news.test on iOS")
    assert ("another copy" if is_stale else "still gives devices the right file") in apple[0]
    assert "Correct what is wrong at this site" in out
    assert apple[1].startswith("ok    open.news.test on iOS")
    assert "secret" not in out
    assert "user:pw" not in out


@pytest.mark.parametrize("mistake", [asks_to_log_in, is_forbidden_to_bots, has_no_type])
def test_what_google_still_knows_of_a_faulty_site_is_a_note(
    site: Site, mistake: Callable[[Site], None]
) -> None:
    mistake(site)
    _, still, _ = site.examine()
    is_unknown_to_google(site)
    _, gone, _ = site.examine()

    assert "note  news.test on Android: Google sees the app and all of its finger" in still
    assert "ok    open.news.test on Android: Google sees" in still
    assert "note  news.test on Android: Google sees no statement" in gone
    assert "wrong open.news.test on Android: Google sees no statement" in gone


@pytest.mark.parametrize(
    ("address", "ends_in", "trusts_it"),
    [
        ("127.0.0.1", timedelta(days=1), False),
        ("127.0.0.1", timedelta(seconds=-1), True),
        ("127.0.0.2", timedelta(days=1), True),
    ],
)
def test_a_certificate_of_another_authority_name_or_time_is_wrong(
    site: Site, tmp_path: Path, address: str, ends_in: timedelta, trusts_it: bool
) -> None:
    (tmp_path / "other").mkdir()
    other = Authority.made(tmp_path / "other")
    with publisher(tls_of(other.server_file(address, ends_in=ends_in))) as server:
        server.answers(f"/news.test{APPLE_PATH}", site.apple, **JSON)
        trusted = {"ca_file": str(other.ca_file)} if trusts_it else {}
        code, out, _ = site.examine(origin=f"https://127.0.0.1:{server.port}/{{host}}", **trusted)

    assert code == 1
    assert "news.test on iOS: the TLS connection could not be trusted" in out


def test_a_certificate_that_nobody_trusts_is_wrong(site: Site) -> None:
    code, out, _ = site.examine(ca_file="")

    assert code == 1
    assert "news.test on iOS: the TLS connection could not be trusted" in out


def test_a_host_without_tls_is_wrong(site: Site) -> None:
    with publisher() as plain:
        plain.answers(f"/news.test{APPLE_PATH}", site.apple, **JSON)
        code, out, _ = site.examine(origin=plain.url("/{host}"))

    assert code == 1
    assert "news.test on iOS: it was asked for without TLS" in out


def test_a_host_that_nobody_answers_for_is_wrong(site: Site) -> None:
    with publisher() as gone:
        address = gone.url("/{host}").replace("http:", "https:")

    code, out, _ = site.examine(origin=address)

    assert code == 1
    assert "the connection failed" in out


def test_a_name_that_leads_to_a_private_address_is_wrong(
    site: Site, make_app: Callable[..., Flask]
) -> None:
    app = make_app(PUBLIC_URL="https://news.test")

    code, out, _ = Site(app, site.server, site.ca_file).examine()

    assert code == 1
    assert "the host has a private or reserved address" in out


def test_a_slow_host_is_wrong(site: Site) -> None:
    site.server.on(f"/news.test{APPLE_PATH}", lambda connection, _: drip(connection))

    code, out, _ = site.examine(timeout="0.5")

    assert code == 1
    assert "news.test on iOS: the answer took too long" in out


def drip(connection: Any) -> None:
    """Sends nothing more until the other side has gone."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    connection.recv(1)


def test_platforms_that_cannot_be_asked_are_a_note(site: Site) -> None:
    with publisher() as gone:
        nowhere = f"https://127.0.0.1:{gone.port}"

    code, out, _ = site.examine(apple_cdn=nowhere + "/{host}", google_api=nowhere)

    assert code == 0
    assert "note  news.test on iOS: Apple's copy could not be compared" in out
    assert "note  news.test on Android: Google's view could not be compared" in out


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("open_host", "# open_host"), "note  app.open_host: there is no sibling host"),
        (("open.news.test", "news.test"), "wrong app.open_host: it is one of app.hosts"),
        (("store_id", "# store_id"), "note  app.ios.store_id: without it"),
        (('"14:6D', '# "14:6D'), "wrong app.android.sha256_cert_fingerprints: no certificate"),
        (("package", "# package"), "note  app.android.package: no Android app"),
        (("app_ids", "# app_ids"), "note  app.ios.app_ids: no iOS app"),
        (("/tag/{tag}", "/topic/{tag}"), "wrong routes: pages such as /tag/x do not open"),
    ],
)
def test_what_is_missing_in_the_configuration_is_said(
    site: Site,
    make_app: Callable[..., Flask],
    tmp_path: Path,
    app_toml: Path,
    edit: tuple[str, str],
    said: str,
) -> None:
    path = tmp_path / "app.toml"
    path.write_text(app_toml.read_text().replace(*edit))
    app = make_app(
        PUBLIC_URL="https://news.test", APP_CONFIG=str(path), FETCH_ALLOW_NETWORKS="127.0.0.0/8"
    )

    _, out, _ = Site(app, site.server, site.ca_file).examine()

    assert said in out


def test_a_public_address_without_tls_is_wrong(site: Site, app: Flask) -> None:
    code, out, _ = Site(app, site.server, site.ca_file).examine()

    assert code == 1
    assert "wrong PUBLIC_URL: it is not https" in out
