"""The app's own routers name the screens that the server names: generated sources and npm's
React Navigation.
"""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from backend.core.app_info import Channels
from deeplinks.context import LinkContext
from deeplinks.documents import react_navigation
from deeplinks.resolve import ForeignUrl, opening, resolve, short_code
from deeplinks.routes import SHORT_LINK, parse_table
from deeplinks.settings import LinkSettings, prefixes
from deeplinks.tools.codegen import (
    LANGUAGES,
    Language,
    Names,
    Unwritable,
    screen_types,
    source_code,
)
from tests.deeplinks import node

PATHS = (
    "/",
    "/tag/NorthKorea-Russia",
    "/tag/NorthKorea-Russia/",
    "/tag//x",
    "/tag/x?utm_source=mail",
    "/tag/%EB%B6%81%ED%95%9C-%EB%9F%AC%EC%8B%9C%EC%95%84",
    "/tag/a%2Fb",
    "/tag/a+b",
    "/tag/a%26b%3Dc",
    "/tag/100%25",
    "/article/7",
    "/article/7/two-words",
    "/article/7/two-words/more",
    "/source/herald",
    "/category/politics",
    "/search?q=rain",
    "/search?q=rain+and%20wind&id=9",
    "/search",
    "/tag",
    "/Tag/x",
    "/tags/x",
    "/nowhere/at/all/of/it",
)
ODD_PATHS = (
    *("/tag/50%", "/tag/%zz", "/tag/Cafe%CC%81", "/v1/tags/x", "/v1", "/download", "/l/abc"),
    *("/l/abc/", "/l/abc/qr.svg", "/l", "/l/abc?web=1", "/l/abc#web", "/l/abc?utm_source=x"),
    # What a reader wants on the web, and what only looks like it.
    *("/tag/x?web=1", "/tag/x?q=1&web=1", "/tag/x#web", "/tag/x?web=1&web=1", "/tag/x?%77eb=1"),
    *("/tag/x?web=0", "/tag/x?web=1&web=2", "/tag/x#Web", "/tag/x#web/", "/tag/x?web", "/tag/x?q#"),
    # Files.
    *(
        "/tag/storm.rss",
        "/tag/Node.js",
        "/tag/Node.js.rss",
        "/tag/a.json/",
        "/sitemap.xml",
        "/sw.js",
    ),
    # What is no UTF-8, and what no browser sends.
    *("/tag/%C0%AF", "/tag/%E2%82", "/tag/%E2%82%ACx", "/tag/%F0%9F%98%8A", "/tag/%F0%9Fx%98"),
    *("/tag/%ED%A0%80", "/tag/%F5%80", "/tag/%80a", "/tag/a%FF%C3%A9", "/tag/%E0%80%80"),
    *("/tag/%F4%90%80%80", "/search?q=%C3", "/search?%FF=1&q=a%00", "/tag/a\nb", "/tag/\ta\r"),
    *("/search?q=a\nb", "/\ntag/x", "/tag/x\n", "/tag/ x "),
)


@pytest.fixture
def settings(app: Flask) -> LinkSettings:
    state: LinkContext = app.extensions["deeplinks"]
    return state.settings


def answers(settings: LinkSettings, tmp_path: Path, urls: list[str]) -> dict[str, Any]:
    folder = node.packages()
    source = tmp_path / "routes.mts"
    source.write_text(source_code(settings, "typescript"), encoding="utf-8")
    (program,) = node.compiled(folder, source)
    linking = react_navigation(settings.table, prefixes(settings))
    asked = {"routes": program, "linking": linking, "paths": list(PATHS), "urls": urls}
    return node.check(folder, [asked])[0]


def expected(settings: LinkSettings, url: str) -> dict[str, Any] | None:
    """The screen that an app shows; where a short link leads it has to ask."""
    try:
        found, code = opening(settings, url), short_code(settings, url)
    except ForeignUrl:
        return None
    if code is not None:
        return {"name": SHORT_LINK, "params": {"code": code}}
    screen = {"name": found.screen.name, "params": dict(found.screen.params)}
    return screen if found.matched else None


@pytest.mark.slow
def test_both_routers_of_the_app_answer_as_the_server(
    settings: LinkSettings, tmp_path: Path
) -> None:
    urls = [f"https://news.test{path}" for path in (*PATHS, *ODD_PATHS)]
    urls += ["testnews://tag/x", "testnews:///tag/x", "HTTPS://NEWS.TEST:443/tag/x", "testnews://"]
    urls += [" \nhttps://news.test/tag/x", "ht\ntps://news.test/tag/x", "\ttestnews://tag/x"]
    urls += ["testnews://tag/x?web=1", "testnews://l/abc", "https://open.news.test/l/abc"]
    urls += ["https://evil.test/tag/x", "https://news.test@evil.test/tag/x", "javascript:alert(1)"]

    found = answers(settings, tmp_path, urls)

    wanted = {screen.name: {p.name for p in screen.parameters} for screen in screens(settings)}
    for path, answer in zip(PATHS, found["navigated"], strict=True):
        if answer is not None:  # React Navigation hands over every item of the query
            known = wanted[answer["name"]]
            answer["params"] = {k: v for k, v in answer["params"].items() if k in known}
        assert answer == expected(settings, f"https://news.test{path}"), path
    for url, answer in zip(urls, found["typed"], strict=True):
        assert answer["screen"] == expected(settings, url), url
        assert answer["handled"] is (answer["screen"] is not None)
        if answer["screen"] is not None and answer["screen"]["name"] != SHORT_LINK:
            assert answer["path"] == resolve(settings, url).path
    assert found["linking"] == react_navigation(settings.table, prefixes(settings))


def screens(settings: LinkSettings) -> Any:
    return screen_types(settings.table)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "file", "compiler"),
    [
        ("kotlin", "Routes.kt", ["kotlinc", "-d", "out"]),
        ("swift", "Routes.swift", ["swiftc", "-typecheck"]),
    ],
)
def test_the_sources_compile_where_there_is_a_compiler(
    settings: LinkSettings, tmp_path: Path, language: Language, file: str, compiler: list[str]
) -> None:
    if shutil.which(compiler[0]) is None:
        pytest.skip(f"{compiler[0]} is not installed")
    (tmp_path / file).write_text(source_code(settings, language), encoding="utf-8")

    done = subprocess.run([*compiler, file], cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_the_lock_file_names_no_registry() -> None:
    locked = json.loads((node.REACT / "package-lock.json").read_text())["packages"]

    assert all("resolved" not in package for package in locked.values())
    assert all("integrity" in package for name, package in locked.items() if name)


def test_the_sources_are_the_same_every_time_and_name_every_screen(settings: LinkSettings) -> None:
    for language in LANGUAGES:
        text = source_code(settings, language)
        assert text == source_code(settings, language)
        assert text.endswith("}\n")
        assert not [line for line in text.splitlines() if line != line.rstrip()]
        for screen in ("home", "tag", "article", "source", "category", "search"):
            assert f'"{screen}"' in text


def test_the_source_for_android_names_the_notification_channels(settings: LinkSettings) -> None:
    own = replace(settings, channels=Channels(breaking="urgent-2"))

    lines = source_code(own, "kotlin").splitlines()

    assert '    const val BREAKING = "urgent-2"' in lines
    assert '    const val CORRECTIONS = "corrections"' in lines


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "kotlin",
            [
                "    data object Home : Screen",
                "    data class Article(val id: String, val slug: String? = null) : Screen",
                '        Rule("article", listOf<String>("article", ":id"), listOf<String>()),',
                '        "search" -> Screen.Search(params["q"])',
                '        "tag" -> Screen.Tag(params["tag"] ?: return null)',
            ],
        ),
        (
            "swift",
            [
                "    case home",
                "    case article(id: String, slug: String? = nil)",
                '        Rule(screen: "search", pieces: ["search"], query: ["q"]),',
                '            return .article(id: id, slug: params["slug"])',
                "        case let .article(id, slug):",
            ],
        ),
        (
            "typescript",
            [
                '  | { name: "home"; params: Record<string, never> }',
                '  | { name: "article"; params: { "id": string; "slug"?: string } }',
            ],
        ),
    ],
)
def test_a_screen_is_a_type_with_its_parameters(
    settings: LinkSettings, language: Language, lines: list[str]
) -> None:
    assert set(lines) <= set(source_code(settings, language).splitlines())


def test_a_screen_with_two_paths_has_the_parameters_of_both() -> None:
    table = parse_table(
        {
            "routes": [
                {"screen": "live blog", "path": "/live/{id}", "query": ["in"]},
                {"screen": "live blog", "path": "/live/{id}/{entry_id}"},
            ]
        }
    )

    screen, _short_link = screen_types(table)

    assert (screen.type_name, screen.identifier) == ("LiveBlog", "liveBlog")
    described = [(each.name, each.identifier, each.required) for each in screen.parameters]
    assert described == [("id", "id", True), ("in", "`in`", False), ("entry_id", "entryId", False)]
    screens = react_navigation(table, [])["config"]["screens"]
    assert screens["live blog"] == {"path": "live/:id", "alias": ["live/:id/:entry_id"]}


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("kotlin", "package example.news.links"),
        ("kotlin", "object NewsRoutes {"),
        ("swift", "public enum NewsRoutes {"),
    ],
)
def test_the_app_chooses_the_names(settings: LinkSettings, language: Language, line: str) -> None:
    names = Names(package="example.news.links", module="NewsRoutes")

    assert line in source_code(settings, language, names).splitlines()


@pytest.mark.parametrize(
    "given",
    [
        *({"package": each} for each in ("", "a..b", "a-b", "a.class", "A b", "a\nb")),
        *({"module": each} for each in ("", "routes", "Screen", "A B", "A;", "A\n")),
    ],
)
def test_a_name_that_no_source_can_have_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(Unwritable):
        Names(**given)


def test_screens_that_no_language_tells_apart_are_refused() -> None:
    routes = [{"screen": name, "path": f"/{name}"} for name in ("live-blog", "live_blog")]

    with pytest.raises(Unwritable, match="LiveBlog"):
        screen_types(parse_table({"routes": routes}))
