"""A renamed setting still counts for one version; one that nobody reads is named at the start."""

from pathlib import Path

import pytest

from backend.core.environment import Environment
from backend.core.setting_names import RENAMED, warnings, with_new_names
from push.editorial import settings as push
from tests.flows.running import ROOT
from tests.preloaded import run

KNOWN = {"PUBLIC_URL", "PUSH_HTTP"}
FORMER = {"SITE_URL": "PUBLIC_URL"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("PUBLIC_URL", []),
        ("PUBLIC_URL_FILE", []),
        ("HOME", []),
        ("PUBLC_URL", ["PUBLC_URL: no such setting; PUBLIC_URL is alike"]),
        ("PUSH_NOTHING", ["PUSH_NOTHING: no such setting"]),
        ("TAGWIRE_DEBUG", []),
    ],
)
def test_a_name_that_nobody_reads_is_named(given: str, said: list[str]) -> None:
    assert warnings([given], KNOWN) == said


@pytest.mark.parametrize("end", ["", "_FILE"])
def test_a_former_name_counts_and_is_warned_of(end: str) -> None:
    environ = {f"SITE_URL{end}": "old"}

    assert with_new_names(environ, FORMER)[f"PUBLIC_URL{end}"] == "old"
    assert [line.split(":")[0] for line in warnings(environ, KNOWN, FORMER)] == [f"SITE_URL{end}"]


def test_todays_name_wins() -> None:
    environ = {"SITE_URL": "old", "PUBLIC_URL_FILE": "new"}

    assert with_new_names(environ, FORMER) == environ


def test_every_renamed_setting_has_a_name_of_today() -> None:
    known = {*Environment().fields, *push.Environment().fields}

    assert set(RENAMED.values()) <= known
    assert not RENAMED.keys() & known


def test_it_is_logged_by_name_and_without_its_value(tmp_path: Path) -> None:
    environ = {"PATH": "", "PYTHONPATH": str(ROOT), "PUSH_HTPP": "hidden-word", "DEMO": "0"}
    done = run(["db", "upgrade", "--plan"], tmp_path, environ)

    assert "PUSH_HTPP: no such setting; PUSH_HTTP is alike" in done.stderr
    assert "hidden-word" not in done.stderr
