"""The app's own routers name the screens that the server names: generated sources and npm's
React Navigation.
"""

import json
import re
import shutil
import subprocess
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from backend.core.app_info import Channels
from deeplinks.association.documents import react_navigation
from deeplinks.routing.context import LinkContext
from deeplinks.routing.resolve import resolve
from deeplinks.routing.routes import SHORT_LINK, parse_table
from deeplinks.routing.settings import LinkSettings, prefixes
from deeplinks.tools.codegen import (
    LANGUAGES,
    Language,
    Names,
    Unwritable,
    screen_types,
    source_code,
)
from tests.deeplinks import node
from tests.deeplinks.addresses import PATHS, addresses, expected

pytestmark = pytest.mark.any_engine


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


@pytest.mark.slow
def test_both_routers_of_the_app_answer_as_the_server(
    settings: LinkSettings, tmp_path: Path
) -> None:
    urls = addresses()

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
def test_the_source_in_swift_compiles_where_there_is_a_compiler(
    settings: LinkSettings, tmp_path: Path
) -> None:
    if shutil.which("swiftc") is None:
        pytest.skip("swiftc is not installed")
    source = tmp_path / "Routes.swift"
    source.write_text(source_code(settings, "swift"), encoding="utf-8")

    done = subprocess.run(["swiftc", "-typecheck", source], capture_output=True, text=True)

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

    told = re.findall(r'const val (\w+) = "(.*)"', source_code(own, "kotlin"))

    wanted = {name.upper(): channel for name, channel in asdict(own.channels).items()}
    assert wanted.items() <= dict(told).items()


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
