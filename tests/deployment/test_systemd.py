"""The unit files of examples/systemd, as systemd itself reads and judges them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "examples" / "systemd"
STARTED = [
    "tagwire.service",
    "tagwire-web@8000.service",
    "tagwire-poll.service",
    "tagwire-work@1.service",
    "tagwire-upgrade.service",
    "tagwire-backup.service",
]
TIMERS = ["tagwire-backup.timer"]
# Of systemd's scale from 0 to 10, on which 10 is a program that may do everything.
MOST_EXPOSED = 2.5
# What units depend on in every system.
TARGETS = ("sysinit", "basic", "shutdown", "network-online", "multi-user", "timers")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A system that these units and the programs they start are installed in."""
    if shutil.which("systemd-analyze") is None:
        missing = "systemd-analyze is not installed: run `apt-get install systemd`"
        if os.environ.get("REQUIRE_SERVERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    units = tmp_path / "etc/systemd/system"
    shutil.copytree(UNITS, units, symlinks=True)
    for name in TARGETS:
        (units / f"{name}.target").write_text("[Unit]\nDefaultDependencies=no\n")
    for program in ("opt/tagwire/bin/tagwire", "bin/kill"):
        path = tmp_path / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return tmp_path


def analyzed(root: Path, *words: str) -> str:
    command = ["systemd-analyze", f"--root={root}", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("unit", STARTED + TIMERS)
def test_a_unit_is_read_without_complaint(root: Path, unit: str) -> None:
    assert analyzed(root, "verify", "--man=no", unit) == ""


@pytest.mark.parametrize("unit", STARTED)
def test_a_unit_may_do_little(root: Path, unit: str) -> None:
    judged = analyzed(root, "security", "--offline=true", unit)

    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", judged)
    assert exposure is not None, judged
    assert float(exposure[1]) < MOST_EXPOSED


@pytest.mark.parametrize("unit", STARTED)
def test_a_unit_that_nothing_else_confines_is_noticed(root: Path, unit: str) -> None:
    """The judgement is of what the units share, and not of an empty list."""
    shutil.rmtree(root / "etc/systemd/system/tagwire-.service.d")

    judged = analyzed(root, "security", "--offline=true", unit)

    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", judged)
    assert exposure is not None, judged
    assert float(exposure[1]) > MOST_EXPOSED
