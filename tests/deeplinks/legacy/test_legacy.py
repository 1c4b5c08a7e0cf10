"""Links made for Firebase Dynamic Links live on a host of ours, and lead to our pages only."""

import csv
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tagwire import main
from tests.conftest import EDITOR
from tests.deeplinks.test_links import ANDROID, BOT, DESKTOP, IPHONE

SITE = "http://news.test"
OLD = "http://go.news.test"
TAG = "https://news.test/tag/NorthKorea-Russia"
TARGETS_OUTSIDE = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https://news.test@evil.example/",
    "https://news.test:pass@evil.example/",
    "https://news.test%40evil.example/",
    "https://news.test.evil.example/",
    "https://evil.example?news.test",
    "https://evil.example#news.test",
    "https://evil.example\\@news.test/",
    "https://news.test\\.evil.example/",
    "%2f%2fevil.example",
    "%252f%252fevil.example",
    "/%2f%2fevil.example",
    "ht\ttps://evil.example",
    "\thttps://evil.example",
    "https://evil.example/\r\nSet-Cookie: a=b",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//news.test",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "intent://evil.example#Intent;scheme=https;end",
    "https://evil。example/",
    "https://ｅvil.example/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://127.0.0.1/",
    "file:///etc/passwd",
    "@evil.example",
    "",
)


@pytest.fixture
def with_old_host(make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path) -> Flask:
    path = tmp_path / "app.toml"
    listed = 'legacy_hosts = ["go.news.test"]\nnever_open'
    path.write_text(app_toml.read_text().replace("never_open", listed))
    return make_app(APP_CONFIG=str(path))


@pytest.fixture
def old(with_old_host: Flask) -> FlaskClient:
    return with_old_host.test_client()


def follow(client: FlaskClient, path: str, agent: str = DESKTOP) -> TestResponse:
    return client.get(path, base_url=OLD, headers={"User-Agent": agent})


def long_link(**given: str) -> str:
    return "/?" + urlencode(given)


def test_a_long_link_opens_the_page_or_the_store(old: FlaskClient) -> None:
    path = long_link(
        link=f"{TAG}?utm_source=x",
        apn="test.news",
        ibi="test.news",
        isi="123456789",
        utm_campaign="spring",
        amv="12",
        efr="1",
        st="A title of somebody else",
    )

    desktop, iphone, android = (follow(old, path, agent) for agent in (DESKTOP, IPHONE, ANDROID))

    assert desktop.headers["Location"] == f"{SITE}/tag/NorthKorea-Russia"
    assert iphone.headers["Location"].startswith("https://apps.apple.com/app/id123456789?")
    assert "ct=spring" in iphone.headers["Location"]
    referrer = parse_qs(urlsplit(android.headers["Location"]).query)["referrer"][0]
    claimed = old.post("/v1/deeplinks/claim", json={"install_referrer": referrer})
    assert claimed.get_json()["screen"]["params"] == {"tag": "NorthKorea-Russia"}
    for answer in (desktop, iphone, android):
        assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
        assert "User-Agent" in answer.headers["Vary"]


def test_a_preview_shows_our_own_words(old: FlaskClient) -> None:
    answer = follow(old, long_link(link=TAG, st="Forged", sd="Forged", si="https://evil/x"), BOT)

    assert answer.status_code == 200
    assert "Forged" not in answer.text
    assert "evil" not in answer.text
    assert f'<link rel="canonical" href="{SITE}/tag/NorthKorea-Russia">' in answer.text


@pytest.mark.parametrize(
    ("name", "agent"), [("afl", ANDROID), ("ifl", IPHONE), ("ipfl", IPHONE), ("ofl", DESKTOP)]
)
def test_a_chosen_page_replaces_the_store(old: FlaskClient, name: str, agent: str) -> None:
    path = long_link(link=TAG, **{name: "https://news.test/search?q=rain"})

    assert follow(old, path, agent).headers["Location"] == f"{SITE}/search?q=rain"


@pytest.mark.parametrize("name", ["link", "afl", "ifl", "ipfl", "ofl"])
def test_no_old_link_leads_to_another_site(old: FlaskClient, name: str) -> None:
    for target in TARGETS_OUTSIDE if name == "link" else filter(None, TARGETS_OUTSIDE):
        for agent in (DESKTOP, IPHONE, ANDROID, BOT):
            answer = follow(old, long_link(**{"link": TAG, name: target}), agent)

            assert answer.status_code == 400, target
            assert "Location" not in answer.headers
            assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("name", "value"), [("apn", "evil.app"), ("ibi", "evil.app"), ("isi", "987654321")]
)
def test_a_link_for_another_app_is_refused(old: FlaskClient, name: str, value: str) -> None:
    answer = follow(old, long_link(link=TAG, **{name: value}), IPHONE)

    assert answer.status_code == 400
    assert value not in answer.text


def test_the_resolver_and_short_links_refuse_other_sites(old: FlaskClient) -> None:
    for target in filter(None, TARGETS_OUTSIDE):
        resolved = old.get("/v1/deeplinks/resolve", query_string={"url": target})
        legacy = f"{OLD}/?link={quote(target, safe='')}"
        through = old.get("/v1/deeplinks/resolve", query_string={"url": legacy})
        shortened = old.post("/v1/newsroom/links", headers=EDITOR, json={"url": target})

        assert (resolved.status_code, through.status_code) == (400, 400), target
        assert shortened.status_code == 422, target


def test_the_download_page_stays_here(old: FlaskClient) -> None:
    for target in TARGETS_OUTSIDE:
        for agent in (DESKTOP, IPHONE, ANDROID, BOT):
            asked = {"to": target}
            answer = old.get("/download", query_string=asked, headers={"User-Agent": agent})
            location = urlsplit(answer.headers.get("Location", ""))
            assert location.hostname in {None, "apps.apple.com", "play.google.com"}
            assert "evil" not in answer.headers.get("Location", "")
            assert "evil" not in answer.text


def test_no_short_link_has_a_free_target(old: FlaskClient) -> None:
    made = old.post("/v1/newsroom/links", headers=EDITOR, json={"url": TAG}).get_json()
    for target in TARGETS_OUTSIDE:
        for name in ("to", "url", "link", "redir_url", "app"):
            asked = {name: target}
            answer = old.get(urlsplit(made["short_url"]).path, query_string=asked)
            page = answer.headers["Location"].partition("?")[0]
            assert page == f"{SITE}/tag/NorthKorea-Russia"


# What elsewhere asks who it is.
NEWSROOMS = ("/console/", "/console", "/v1/newsroom/articles", "/v1/installations/x/inbox")


def test_the_old_host_has_nothing_else(old: FlaskClient) -> None:
    assert follow(old, "/").headers["Location"] == f"{SITE}/"
    for path in (*("/unknown", "/v1/tags", "/tag/x", "/l/abc"), *NEWSROOMS):
        assert follow(old, path).status_code == 404
    assert old.post("/v1/deeplinks/claim", base_url=OLD, json={"token": "x"}).status_code == 404
    known = old.get("/.well-known/apple-app-site-association", base_url=OLD)
    assert known.status_code == 200


HEADER = "name,short_link,link,utm_campaign\n"
ROWS = (
    f"Tag,{OLD}/AbC4,{TAG},spring\n"
    f"Path,{OLD}/links/xyz/,https://news.test/search?q=rain,\n"
    "Dead,https://news.page.link/AbC4,https://news.test/tag/x,\n"
    f"Outside,{OLD}/out,https://evil.example/x,\n"
    f"Unknown,{OLD}/gone,https://news.test/nowhere/at/all/here,\n"
    f"Broken,nothing,{TAG},\n"
    "\n"
)


def test_exported_short_links_live_on(
    with_old_host: Flask, old: FlaskClient, tmp_path: Path
) -> None:
    file = tmp_path / "links.csv"
    file.write_text("\ufeff" + HEADER + ROWS, encoding="utf-8")
    run = with_old_host.test_cli_runner()

    first = run.invoke(main, ["links", "import", str(file)])
    again = run.invoke(main, ["links", "import", str(file)])

    assert (first.exit_code, again.exit_code) == (1, 1)
    assert first.stdout == "2 imported, 0 already here, 4 cannot be kept alive.\n"
    assert again.stdout == "0 imported, 2 already here, 4 cannot be kept alive.\n"
    for reason in (
        "line 4: https://news.page.link/AbC4: news.page.link is not in links.legacy_hosts",
        "line 5: http://go.news.test/out: an address of another site",
        "line 6: http://go.news.test/gone: no route of app.toml shows its page",
        "line 7: nothing: not an address",
    ):
        assert reason in first.stderr
    assert follow(old, "/AbC4").headers["Location"] == f"{SITE}/tag/NorthKorea-Russia"
    assert "ct=spring" in follow(old, "/AbC4", IPHONE).headers["Location"]
    assert follow(old, "/links/xyz").headers["Location"] == f"{SITE}/search?q=rain"
    assert follow(old, "/abc4").status_code == 404
    found = old.get("/v1/deeplinks/resolve", query_string={"url": f"{OLD}/AbC4"}).get_json()
    assert found["screen"] == {"name": "tag", "params": {"tag": "NorthKorea-Russia"}}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Short Dynamic Link;", ""),
        ("Short link,Long link", f"{OLD}/a,https://go.news.test/?link={quote(TAG)}&apn=test.news"),
        ("SHORT_LINK,deep-link", f"{OLD}/a,{TAG}"),
    ],
)
def test_columns_are_found_in_any_spelling(
    with_old_host: Flask, tmp_path: Path, header: str, row: str
) -> None:
    file = tmp_path / "links.csv"
    file.write_text(f"{header}\n{row}\n", encoding="utf-8")

    done = with_old_host.test_cli_runner().invoke(main, ["links", "import", str(file)])

    if row:
        assert done.stdout.startswith("1 imported")
    else:
        assert done.exit_code == 1
        assert "no column has the target (link, " in done.stderr


def test_a_file_without_short_links_is_refused(with_old_host: Flask, tmp_path: Path) -> None:
    for name, content in (("a", b"a,b\n1,2\n"), ("b", b""), ("c", b"short_link\xff,link\n")):
        file = tmp_path / name
        file.write_bytes(content)
        done = with_old_host.test_cli_runner().invoke(main, ["links", "import", str(file)])
        assert done.exit_code == 1
        assert str(file) in done.stderr


def test_nothing_that_leads_to_another_site_is_imported(
    with_old_host: Flask, old: FlaskClient, tmp_path: Path
) -> None:
    file = tmp_path / "links.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["short_link", "link", "long_link"])
        for number, target in enumerate(TARGETS_OUTSIDE):
            rows.writerow([f"{OLD}/s{number}", target, ""])
            rows.writerow([f"{OLD}/l{number}", "", f"{OLD}/?link={quote(target, safe='')}"])

    done = with_old_host.test_cli_runner().invoke(main, ["links", "import", str(file)])

    assert done.stdout.startswith("0 imported, 0 already here")
    for number in range(len(TARGETS_OUTSIDE)):
        for code in (f"/s{number}", f"/l{number}"):
            assert follow(old, code).status_code == 404


def test_imported_links_are_managed_like_others(
    with_old_host: Flask, old: FlaskClient, tmp_path: Path
) -> None:
    links = "/v1/newsroom/links"
    file = tmp_path / "links.csv"
    file.write_text(HEADER + ROWS, encoding="utf-8")
    with_old_host.test_cli_runner().invoke(main, ["links", "import", str(file)])
    old.post(links, headers=EDITOR, json={"url": TAG, "code": "storm"})

    def listed(kind: str) -> list[str]:
        found = old.get(links, headers=EDITOR, query_string={"kind": kind}).get_json()
        return [link["code"] for link in found["links"]]

    assert listed("") == ["storm", "go.news.test/links/xyz", "go.news.test/AbC4"]
    assert listed("imported") == listed("")[1:]
    assert listed("own") == ["storm"]

    address = f"{links}/go.news.test/AbC4"
    for _ in range(5):
        assert follow(old, "/AbC4").status_code == 302
    follow(old, "/AbC4", BOT)
    read = old.get(address, headers=EDITOR).get_json()
    assert (read["kind"], read["short_url"]) == ("imported", "https://go.news.test/AbC4")
    assert [day["count"] for day in read["clicks"]] == [5]
    clicks = old.get(f"{address}/clicks", headers=EDITOR).get_json()["clicks"]
    assert [(each["campaign"], each["clicks"]) for each in clicks] == [("spring", 5)]
    assert (
        old.get(f"{address}/explain", headers=EDITOR).get_json()["short_url"] == read["short_url"]
    )
    assert old.get(urlsplit(read["qr_svg_url"]).path).mimetype == "image/svg+xml"

    other = {"url": f"{SITE}/tag/other", "tags": ["old"]}
    assert old.patch(address, headers=EDITOR, json=other).get_json()["tags"] == ["old"]
    assert follow(old, "/AbC4").headers["Location"] == f"{SITE}/tag/other"
    old.patch(address, headers=EDITOR, json={"disabled": True})
    assert follow(old, "/AbC4").status_code == 410
    resolved = old.get("/v1/deeplinks/resolve", query_string={"url": f"{OLD}/AbC4"}).get_json()
    assert resolved["matched"] is False
    assert old.delete(address, headers=EDITOR).status_code == 204
    assert follow(old, "/AbC4").status_code == 404
