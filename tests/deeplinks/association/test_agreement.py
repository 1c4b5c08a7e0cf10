"""Whatever the table and whatever the address: the server, Apple's devices, Android and the app's
own routers name the same screen, or all stay on the web.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from deeplinks.association.documents import react_navigation
from deeplinks.routing.context import LinkContext
from deeplinks.routing.routes import RouteError, RouteTable, parse_table
from deeplinks.routing.settings import LinkSettings, prefixes
from deeplinks.tools.codegen import source_code
from deeplinks.tools.explain import Explainer
from deeplinks.tools.page_urls import page_paths
from tests.deeplinks import node
from tests.deeplinks.addresses import expected as opened_screen
from tests.factories import publish

# About tables of routes.
pytestmark = pytest.mark.any_engine

SITE = "http://news.test"
TABLES, ADDRESSES = 24, 60
LITERALS = ("tag", "article", "a.b", "x-y", "news", "v2", "~n")
PIECES = (*LITERALS, "Tag", "v1", "download", "account", "7", "%EB%B6%81", "a%2Fb", "c%20d", "-")
SCRIPTS = ("북한-러시아", "كوريا-روسيا", "Чёрное море", "São Tomé", "日本", "עברית", "AC/DC", "50%")


@pytest.fixture
def settings(app: Flask) -> LinkSettings:
    state: LinkContext = app.extensions["deeplinks"]
    return state.settings


@pytest.fixture
def site(client: FlaskClient) -> FlaskClient:
    """A site whose articles and tags are written in many scripts."""
    for number, words in enumerate(SCRIPTS):
        publish(
            client, external_id=str(number), title=f"{words} {number}", tags=[words], language="en"
        )
    return client


def addresses_of(client: FlaskClient) -> Iterator[str]:
    """The news sitemap, and every address of ours that its pages lead to."""
    sitemap = ElementTree.fromstring(client.get("/sitemap-news.xml").data)
    found = [each.text or "" for each in sitemap.iter() if each.tag.endswith("}loc")]
    assert len(found) >= len(SCRIPTS)
    yield from found
    for url in [SITE + "/", *found]:
        page = client.get(urlsplit(url).path).text
        yield from (SITE + path for path in re.findall(r'href="(/[^"?]*)', page))


def test_every_address_of_the_site_has_one_answer(
    app: Flask, site: FlaskClient, settings: LinkSettings
) -> None:
    explainer = Explainer(settings)
    with app.app_context():
        pages = [SITE + path for path in page_paths(app.extensions["sqlalchemy"].session)]

    found = {url: explainer.explain(url) for url in dict.fromkeys([*pages, *addresses_of(site)])}

    assert all(each.agree for each in found.values())
    assert all(found[url].stays is None for url in pages)
    shut = {urlsplit(url).path for url, each in found.items() if each.stays is not None}
    on_the_web = ("/static/", "/download", "/simulator", "/v1/", "/following", "/saved")
    files = (".rss", ".json", ".webmanifest")
    assert all(path.startswith(on_the_web) or path.endswith(files) for path in shut)
    for url in pages:
        assert site.get(urlsplit(url).path).status_code in {200, 301}, url


@pytest.mark.parametrize("tag", SCRIPTS)
def test_a_tag_opens_in_every_spelling_that_a_browser_sends(
    settings: LinkSettings, tag: str
) -> None:
    explainer = Explainer(settings)
    encoded = quote(tag, safe="")
    spellings = [encoded, re.sub("%..", lambda hex_: hex_[0].lower(), encoded)]
    spellings += [encoded + "/", encoded + "?utm_source=mail&web=0", encoded + "#top"]
    if "/" not in tag and "%" not in tag:
        spellings += [tag, "".join(f"%{byte:02X}" for byte in tag.encode())]

    for spelling in spellings:
        for base in ("https://news.test", "HTTPS://NEWS.TEST:443", "http://open.news.test"):
            found = explainer.explain(f"{base}/tag/{spelling}")
            assert (found.agree, found.stays) == (True, None), spelling
            assert found.resolution.screen.params == {"tag": tag}, spelling


def drawn_table(chance: random.Random) -> RouteTable:
    """A table as an owner might write it; rules that are refused are left out."""
    kept = [{"screen": "home", "path": "/"}]
    never = chance.sample(["/news", "/x-y/*", "/tag/v2"], chance.randint(0, 3))
    for number in range(chance.randint(1, 7)):
        pieces = [chance.choice((*LITERALS, "{id}", "{name}")) for _ in range(chance.randint(0, 4))]
        ending = chance.choice(("", "?}"))
        path = "/" + "/".join(pieces)
        path = path[:-1] + ending if ending and path.endswith("}") else path
        rule = {"screen": f"s{number}", "path": path}
        try:
            parse_table({"routes": [*kept, rule], "links": {"never_open": never}})
        except RouteError:
            continue
        kept.append(rule)
    return parse_table({"routes": kept, "links": {"never_open": never}})


def drawn_path(chance: random.Random, table: RouteTable) -> str:
    """A path of the table, or one of any pieces."""
    if table.routes and chance.random() < 0.6:
        segments = chance.choice([*chance.choice(table.routes).variants()])
        pieces = [segment.literal or chance.choice(PIECES) for segment in segments]
    else:
        pieces = [chance.choice(PIECES) for _ in range(chance.randint(0, 5))]
    return "/" + "/".join(pieces) + chance.choice(("", "", "?utm_source=mail"))


def navigated(answer: dict[str, Any] | None, handled: bool) -> dict[str, Any] | None:
    """What React Navigation shows, which is asked only about what its `filter` lets through."""
    if answer is None or not handled:
        return None
    params = {name: value for name, value in answer["params"].items() if name != "utm_source"}
    return {"name": answer["name"], "params": params}


@pytest.mark.slow
def test_drawn_tables_have_one_answer_everywhere(settings: LinkSettings, tmp_path: Path) -> None:
    chance = random.Random(2026)
    folder = node.packages()
    drawn = [replace(settings, table=drawn_table(chance)) for _ in range(TABLES)]
    sources = [tmp_path / f"routes{number}.mts" for number in range(TABLES)]
    for each, source in zip(drawn, sources, strict=True):
        source.write_text(source_code(each, "typescript"), encoding="utf-8")
    paths = [[drawn_path(chance, each.table) for _ in range(ADDRESSES)] for each in drawn]
    cases = [
        {
            "routes": program,
            "linking": react_navigation(each.table, prefixes(each)),
            "paths": asked,
            "urls": [f"https://news.test{path}" for path in asked],
        }
        for program, each, asked in zip(node.compiled(folder, *sources), drawn, paths, strict=True)
    ]

    answers = node.check(folder, cases)

    opened = 0
    for each, asked, answer in zip(drawn, paths, answers, strict=True):
        explainer = Explainer(each)
        for path, typed, react in zip(asked, answer["typed"], answer["navigated"], strict=True):
            rules = [route.path for route in each.table.routes]
            url = f"https://news.test{path}"
            expected = opened_screen(each, url)
            assert explainer.explain(url).agree, (rules, path)
            assert typed["screen"] == expected, (rules, path)
            assert navigated(react, typed["handled"]) == expected, (rules, path)
            opened += expected is not None
    assert opened > TABLES * ADDRESSES / 4
