"""`docs/alerts.md` shows calls that work, and the figures and codes that the code has."""

import json
import re
import shlex
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from push.editorial import warnings
from push.editorial.display import SURFACES
from tests.conftest import EDITOR

DOCUMENT = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")


def rows(head: str) -> list[list[str]]:
    """The cells of the table that begins with this cell, without its head."""
    table = DOCUMENT.partition(f"| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in table]


@pytest.mark.usefixtures("tagged")
def test_the_calls_of_the_document_work(client: FlaskClient) -> None:
    calls = [shlex.split(line) for line in DOCUMENT.splitlines() if line.startswith("curl ")]

    answers = [
        client.post(words[3].removeprefix("$SITE"), headers=EDITOR, json=json.loads(words[5]))
        for words in calls
    ]

    assert [answer.status_code for answer in answers] == [202, 200]


def test_the_figures_are_those_that_previews_use() -> None:
    figures = [(s.title, s.body, s.body_beside_image) for s in SURFACES]
    told = [[str(most or "all") for most in three] for three in figures]

    assert [row[:2] for row in rows("platform")] == [[s.platform, s.name] for s in SURFACES]
    assert [row[2:5] for row in rows("platform")] == told
    assert all(url in DOCUMENT for surface in SURFACES for url in surface.sources)


def test_every_warning_is_explained() -> None:
    source = Path(warnings.__file__).read_text(encoding="utf-8")

    assert {row[0] for row in rows("code")} == set(re.findall(r'Warned\(\s*"(\w+)"', source))
