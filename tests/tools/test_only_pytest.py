"""A green test run prints pytest's lines and no other."""

import subprocess
import sys

import pytest

from tests.flows.running import ROOT
from tools.only_pytest import foreign

SOME = ("tests/backend/http/test_operations.py", "-k", "healthy or routes_and_events")
RUN = ("-m", "pytest", "-p", "no:cacheprovider", "-n", "0", *SOME)


@pytest.mark.parametrize(
    "line",
    [
        '{"event":"request","status":200}',
        '.....{"event":"request","status":200}',
        "Traceback (most recent call last):",
    ],
)
def test_what_the_product_logs_is_found(line: str) -> None:
    assert list(foreign(["bringing up nodes...\n", "..s [ 10%]\n", line])) == [line]


def test_what_follows_a_heading_is_pytests() -> None:
    lines = ["....  [100%]\n", "==== short test summary info ====\n", "SKIPPED [1] node\n"]

    assert list(foreign(lines)) == []


def test_a_run_over_http_prints_nothing_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, *RUN], cwd=ROOT, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stdout
    assert list(foreign([*done.stdout.splitlines(), *done.stderr.splitlines()])) == []
