"""The drill of `examples/cluster`, small: machines are killed while an alert is sent."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres import programs

ROOT = Path(__file__).parents[2]
DRILL = ROOT / "examples" / "cluster" / "drill.py"

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _servers() -> None:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if programs() is None or nginx is None:
        missing = "run `apt-get install postgresql nginx-light`"
        (pytest.fail if os.environ.get("REQUIRE_SERVERS") == "1" else pytest.skip)(missing)


def test_a_web_machine_and_both_databases_are_killed_and_nothing_is_lost() -> None:
    faults = ("--only=web", "--only=standby", "--only=database")
    small = ("--phones", "30", "--quiet-s", "1", *faults)
    done = subprocess.run(
        [sys.executable, str(DRILL), *small],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=220,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\| primary database \| 30 \| 30 \| 0 \| 0 \|", done.stdout), done.stdout
    assert re.search(r"[1-9]\d* articles were answered, 0 of them lost", done.stdout), done.stdout
    (refused,) = re.findall(r"by status: (.*)", done.stdout)
    assert "| standby |" in done.stdout
    assert "500" not in refused
