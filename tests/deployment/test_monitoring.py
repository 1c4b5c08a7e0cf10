"""Alert rules and dashboard: they work, name metrics that there are, and lead to what to do."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.asgi.metrics import start_at_zero

pytestmark = pytest.mark.any_engine

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "examples" / "monitoring"
RUNBOOK = ROOT / "docs" / "troubleshooting.md"
NAMED = re.compile(r"\btagwire_\w+")
# Made when first counted, or only where it is set or known: PURGE_URL, test phones, SQLite's disk.
LATER = {
    "tagwire_disk_free_bytes",
    "tagwire_purge_seconds_behind",
    "tagwire_push_canary_failed",
    "tagwire_push_canary_success_timestamp_seconds",
    "tagwire_feed_entries_total",
}


def rules() -> str:
    return (MONITORING / "rules.yml").read_text(encoding="utf-8")


def expressions() -> list[str]:
    dashboard: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(shown) > 10
    return shown


def promtool(*words: str, given: str = "") -> str:
    """What it printed; fails when it found anything."""
    if shutil.which("promtool") is None:
        missing = "promtool is not installed: run `apt-get install prometheus`"
        if os.environ.get("REQUIRE_SERVERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    done = subprocess.run(
        ["promtool", *words],
        cwd=MONITORING,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_each_alert_rings_when_it_should_and_stays_silent_when_not() -> None:
    named = re.findall(r"- alert: (\w+)", rules())
    tried = (MONITORING / "rules_test.yml").read_text(encoding="utf-8")

    assert "SUCCESS" in promtool("test", "rules", "rules_test.yml")
    for name in named:
        assert f"name: {name} rings" in tried
        assert f"name: {name} stays silent" in tried


def test_each_alert_says_what_to_do() -> None:
    runbook = RUNBOOK.read_text(encoding="utf-8")
    for name in re.findall(r"- alert: (\w+)", rules()):
        assert f"docs/troubleshooting.md#{name.lower()}" in rules()
        assert f"\n### {name}\n" in runbook


def test_what_rules_and_dashboard_name_is_measured(app: Flask, client: FlaskClient) -> None:
    client.get("/v1/tags")
    app.extensions["tagwire"].hooks.start_metrics()
    start_at_zero()

    measured = set(NAMED.findall(client.get("/metrics").text))

    for name in NAMED.findall("\n".join([rules(), *expressions()])):
        assert name in measured | LATER, name


def test_metrics_are_named_as_prometheus_wants_them(client: FlaskClient) -> None:
    client.get("/v1/tags")

    assert promtool("check", "metrics", given=client.get("/metrics").text) == ""
