"""The document is one that tools of others take, and no change of it breaks an app unseen."""

import json
from pathlib import Path

import pytest

from tests.clients import generators
from tests.clients.generators import HERE, node, package
from tools.contract import COMMITTED, GUIDE, ROOT, committed, how_to_accept, not_accepted, text_of
from tools.contract_diff import breaking

VENDORED = ROOT / "backend" / "static" / "vendor" / "swagger-ui"


def test_redocly_finds_nothing(document: Path) -> None:
    generators.folder()
    words = ("lint", document, "--config", HERE / "redocly.yaml", "--max-problems", "50")

    node(package("@redocly/cli/bin/cli.js"), *words, cwd=document.parent)


def test_no_change_breaks_the_apps_of_today(document: Path) -> None:
    served = json.loads(document.read_text(encoding="utf-8"))
    refused = not_accepted(breaking(committed(), served), GUIDE.read_text(encoding="utf-8"))

    assert refused == [], how_to_accept(refused)


def test_the_committed_contract_is_what_is_served(document: Path) -> None:
    served = json.loads(document.read_text(encoding="utf-8"))

    if COMMITTED.read_text(encoding="utf-8") != text_of(served):
        pytest.fail("docs/contract/openapi.json is not what is served: run `make contract`")


@pytest.mark.parametrize("name", ["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE"])
def test_what_is_vendored_is_what_its_makers_published(name: str) -> None:
    generators.folder()

    published = package("swagger-ui-dist") / name
    assert (VENDORED / name).read_bytes() == published.read_bytes()
