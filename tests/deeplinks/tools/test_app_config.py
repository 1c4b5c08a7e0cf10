"""`tagwire app config`: the app's own project says of links what the server says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from tagwire import main

MakeApp = Callable[..., Flask]
SITE = "https://news.test"


def written(app: Flask) -> dict[str, Any]:
    done = app.test_cli_runner().invoke(main, ["app", "config"], catch_exceptions=False)
    assert done.exit_code == 0
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_ids_the_scheme_and_the_domains_are_those_of_app_toml(make_app: MakeApp) -> None:
    config = written(make_app(PUBLIC_URL=SITE))

    assert config["scheme"] == "testnews"
    assert config["ios"] == {
        "bundleIdentifier": "test.news",
        "associatedDomains": ["applinks:news.test", "applinks:open.news.test"],
    }
    assert config["android"]["package"] == "test.news"
    assert config["extra"] == {"server": SITE}


def test_android_is_asked_about_every_page_of_the_app_and_short_links(make_app: MakeApp) -> None:
    (asked,) = written(make_app(PUBLIC_URL=SITE))["android"]["intentFilters"]

    assert (asked["action"], asked["autoVerify"]) == ("VIEW", True)
    hosts = [each["host"] for each in asked["data"] if "host" in each]
    paths = [each for each in asked["data"] if "host" not in each]
    assert hosts == ["news.test", "open.news.test"]
    assert {"path": "/"} in paths
    assert {"path": "/search"} in paths
    assert {"pathPrefix": "/article/"} in paths
    assert paths.count({"pathPrefix": "/l/"}) == 1


def test_without_https_no_platform_gives_the_app_its_links(make_app: MakeApp) -> None:
    config = written(make_app(PUBLIC_URL="http://127.0.0.1:8000"))

    assert config["scheme"] == "testnews"
    assert "associatedDomains" not in config["ios"]
    assert "intentFilters" not in config["android"]


def test_it_is_written_into_a_file(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "tagwire.json"

    done = app.test_cli_runner().invoke(main, ["app", "config", "--output", str(file)])

    assert done.stdout == ""
    assert json.loads(file.read_text()) == written(app)
