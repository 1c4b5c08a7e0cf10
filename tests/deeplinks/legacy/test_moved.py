"""What was elsewhere is found here: old addresses of articles, and links of other services."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tagwire import main
from tests.conftest import EDITOR
from tests.deeplinks.test_links import DESKTOP
from tests.factories import publish

OLD = "http://old.paper.test"
SHORT = "http://go.news.test"
TAG = "https://news.test/tag/Harbour"
WAS = "https://old.paper.test/2019/03/ferries/"


@pytest.fixture
def moved(make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path) -> Flask:
    path = tmp_path / "app.toml"
    hosts = 'legacy_hosts = ["go.news.test"]\nmoved_hosts = ["old.paper.test"]\nnever_open'
    path.write_text(app_toml.read_text().replace("never_open", hosts))
    return make_app(APP_CONFIG=str(path))


@pytest.fixture
def old(moved: Flask) -> FlaskClient:
    return moved.test_client()


@pytest.mark.parametrize(
    "path",
    ["/2019/03/ferries/", "/2019/03/ferries", "/2019/03/ferries/?utm_source=x&fbclid=y"],
)
def test_an_old_address_leads_to_its_article_for_good(old: FlaskClient, path: str) -> None:
    made = publish(old, url=WAS, title="Ferries stop")

    answer = old.get(path, base_url=OLD)

    assert answer.status_code == 301
    assert answer.headers["Location"].startswith(f"http://news.test/article/{made['id']}")


@pytest.mark.parametrize("written", ["/2019/паром/", "/2019/%d0%bf%d0%b0%d1%80%d0%be%d0%bc/"])
def test_letters_of_other_scripts_may_be_written_either_way(old: FlaskClient, written: str) -> None:
    publish(old, url=f"https://old.paper.test{written}")

    assert old.get("/2019/паром/", base_url=OLD).status_code == 301


def test_where_nothing_was_nothing_is_and_what_was_taken_down_is_gone(old: FlaskClient) -> None:
    publish(old, url=WAS, source="paper", external_id="1")
    old.delete("/v1/newsroom/articles/paper/1", headers=EDITOR)

    assert old.get("/2019/03/ferries/", base_url=OLD).status_code == 410
    assert old.get("/2019/03/others/", base_url=OLD).status_code == 404
    assert old.post("/2019/03/ferries/", base_url=OLD).status_code == 404
    front = old.get("/", base_url=OLD)
    assert (front.status_code, front.headers["Location"]) == (301, "http://news.test/")


def test_an_old_address_leads_nowhere_on_a_host_that_is_not_named(old: FlaskClient) -> None:
    publish(old, url=WAS)

    assert old.get("/2019/03/ferries/", base_url="http://other.test").status_code == 404


@pytest.mark.parametrize(
    ("form", "head", "row"),
    [
        ("branch", "url,$canonical_url,campaign", f"{SHORT}/spring,{TAG},spring"),
        ("branch", "Link,~campaign,$desktop_url", f"{SHORT}/spring,spring,{TAG}"),
        ("csv", "url,target,title,campaign", f"{SHORT}/spring,{TAG},Ferries,spring"),
        ("csv", "code,target", f"spring,{TAG}"),
    ],
)
def test_links_of_other_services_are_kept_alive(
    moved: Flask, old: FlaskClient, tmp_path: Path, form: str, head: str, row: str
) -> None:
    file = tmp_path / "links.csv"
    file.write_text(f"{head}\n{row}\n", encoding="utf-8")
    words = ["links", "import", "--from", form, "--host", "go.news.test", str(file)]

    tried = told(moved, *words, "--dry-run")
    before = old.get("/spring", base_url=SHORT, headers={"User-Agent": DESKTOP})
    done, again = told(moved, *words), told(moved, *words)
    after = old.get("/spring", base_url=SHORT, headers={"User-Agent": DESKTOP})

    assert tried == {"dry_run": True, "imported": 1, "already_here": 0, "refused": 0}
    assert (done["imported"], again["imported"], again["already_here"]) == (1, 0, 1)
    assert before.status_code == 404
    assert after.headers["Location"] == "http://news.test/tag/Harbour"


def test_a_report_names_the_links_that_cannot_be_kept_alive(moved: Flask, tmp_path: Path) -> None:
    file, report = tmp_path / "links.csv", tmp_path / "report.csv"
    file.write_text(f"code,target\nx,https://evil.example/\ny,{TAG}\n", encoding="utf-8")
    words = ["links", "import", "--from", "csv", "--host", "go.news.test"]

    counts = told(moved, *words, "--report", str(report), str(file))

    assert (counts["imported"], counts["refused"]) == (1, 1)
    assert report.read_text().splitlines()[1].startswith("2,https://go.news.test/x,")


def told(app: Flask, *words: str) -> dict[str, Any]:
    done = app.test_cli_runner().invoke(main, [*words, "--json"])
    counts: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == (1 if counts["refused"] else 0), done.output
    return counts
