"""What Prometheus is told: everything is there from the start, and counts what it says."""

import asyncio
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from sqlalchemy.exc import OperationalError

from backend.asgi.metrics import start_at_zero
from backend.asgi.pool import Pool
from backend.core import access_log
from backend.core.metrics import FOLDER, exposition
from tests.coroutines import run
from tests.factories import publish

NAMED = re.compile(r"^(tagwire_\w+)", re.MULTILINE)
FROM_THE_START = {
    "tagwire_article_visible_seconds_count",
    "tagwire_build_info",
    "tagwire_change_seen_seconds_count",
    "tagwire_database_pool_in_use",
    "tagwire_database_pool_size",
    "tagwire_database_pool_wait_seconds_count",
    "tagwire_leases_lost_total",
    "tagwire_page_cache_bytes",
    "tagwire_page_cache_evictions_total",
    "tagwire_page_cache_requests_total",
    "tagwire_push_batches",
    "tagwire_push_breaker_state",
    "tagwire_push_first_accept_seconds_count",
    "tagwire_push_oldest_due_seconds",
    "tagwire_push_timed_messages_total",
    "tagwire_web_queue_wait_seconds_count",
    "tagwire_web_refused_total",
    "tagwire_web_thread_seconds_total",
    "tagwire_web_threads",
}


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def start(app: Flask) -> None:
    app.extensions["tagwire"].hooks.start_metrics()
    start_at_zero()


def test_all_of_it_is_there_before_anything_happened(app: Flask, client: FlaskClient) -> None:
    start(app)

    assert set(NAMED.findall(client.get("/metrics").text)) >= FROM_THE_START


def test_a_page_from_memory_is_a_hit_and_a_rendered_one_a_miss(
    app: Flask, client: FlaskClient
) -> None:
    publish(client, external_id="1", tags=["Harbour"])
    names = [("tagwire_page_cache_requests_total", each) for each in ("hit", "miss")]
    access_log.flush()
    hits, misses = (value(name, result=each) for name, each in names)

    for _ in range(3):
        client.get("/v1/tags/Harbour/articles")
    access_log.flush()

    assert value(names[0][0], result="hit") - hits == 2
    assert value(names[1][0], result="miss") - misses == 1
    assert value("tagwire_page_cache_bytes") > 0


def test_an_article_counts_once_it_is_public_and_no_second_time(client: FlaskClient) -> None:
    before = value("tagwire_article_visible_seconds_count")

    publish(client, external_id="1", title="Ferries stop")
    publish(client, external_id="1", title="Ferries stop for the storm")

    assert value("tagwire_article_visible_seconds_count") - before == 1


def test_a_database_that_is_away_is_told_as_one_that_takes_no_writes(
    app: Flask, client: FlaskClient
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    app.extensions["tagwire"].hooks.gauges.insert(0, away)

    assert "\ntagwire_database_writable 0.0\n" in client.get("/metrics").text


def test_who_waits_for_a_thread_is_counted() -> None:
    async def one() -> int:
        pool = Pool(1, 1, timedelta(seconds=1))
        try:
            return await pool.run(lambda: 1)
        finally:
            await asyncio.to_thread(pool.close)

    start_at_zero()
    before = value("tagwire_web_queue_wait_seconds_count")

    assert run(one()) == 1
    assert value("tagwire_web_queue_wait_seconds_count") - before == 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    return tmp_path


def test_what_a_process_used_that_was_killed_is_not_in_use(folder: Path) -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    left = folder / f"gauge_livesum_{process.pid}.db"
    left.write_bytes(b"")

    exposition()

    assert not left.exists()
