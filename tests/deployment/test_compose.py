"""What `examples/compose` says fits the product: commands, settings, and Caddy's own reading."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tagwire import main

FOLDER = Path(__file__).parents[2] / "examples" / "compose"
SERVICES: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
OURS = {name for name, service in SERVICES.items() if service["image"].startswith("tagwire:")}
SETTINGS = (FOLDER.parents[1] / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_runs_a_command_that_there_is_with_settings_that_there_are(name: str) -> None:
    service = SERVICES[name]
    first, *_ = service["command"]
    assert first in main.list_commands(None)  # type: ignore[arg-type]
    assert all(f"`{setting}`" in SETTINGS for setting in service["environment"])
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]


def test_whom_a_service_waits_for_is_there() -> None:
    for service in SERVICES.values():
        assert SERVICES.keys() >= service.get("depends_on", {}).keys()


def test_what_has_to_be_written_into_env_is_what_the_guide_writes() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", (FOLDER / "compose.yaml").read_text()))
    written = set(re.findall(r"^(\w+)=", (FOLDER / "README.md").read_text(), re.MULTILINE))
    assert asked == written


def test_caddy_reads_its_file() -> None:
    if shutil.which("caddy") is None:
        (pytest.fail if os.environ.get("REQUIRE_SERVERS") == "1" else pytest.skip)("no caddy here")
    subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", str(FOLDER / "Caddyfile")],
        check=True,
        timeout=30,
        env=os.environ | {"SITE": "news.example"},
    )
