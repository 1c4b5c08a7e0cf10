"""What a stranger can create: each line of the document has its tests, and the code's numbers."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from backend.asgi import (
    accepting,
    admission,
    batcher,
    body,
    exchange,
    front,
    gunicorn_conf,
    protocol,
)
from backend.audience import retention, service, subscription
from backend.catalog import sitemap_part
from backend.core import problems
from backend.core.settings import Settings
from backend.feed import search_text, suggestions
from backend.http import batches, rate_limits, request_checks, waiting
from backend.people import throttle
from deeplinks import fast_path, web
from deeplinks.counts import buffer, campaigns
from deeplinks.qr import images

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "security.md"
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))

MEGABYTE = 1_000_000
DEFAULTS: dict[str, Any] = {each.name: each.default for each in dataclasses.fields(Settings)}
# The numbers in a line, in its order. A line that has no entry here is a line without a test.
NUMBERS: dict[str, tuple[float, ...]] = {
    "reads": (rate_limits.READS.calls,),
    "writes of any kind": (rate_limits.WRITES.calls,),
    "installations": (rate_limits.REGISTRATIONS.calls, retention.UNUSED_KEPT.days),
    "addresses of browsers": (subscription.LONGEST_ENDPOINT,),
    "calls with one installation's secret": (rate_limits.INSTALLATION.calls,),
    "wrong secrets and keys": (rate_limits.REFUSALS.calls,),
    "wrong log-ins to the console": (
        throttle.WINDOW.total_seconds() / 60,
        throttle.OF_ACCOUNT.calls,
        throttle.OF_ADDRESS.calls,
        throttle.OF_BROWSER.calls,
    ),
    "follows of an installation": (service.MOST_TOPICS,),
    "claims of somebody's address": (),
    "deferred links": (campaigns.MOST_CAMPAIGNS,),
    "hits on short links that do not exist": (campaigns.MOST_CAMPAIGNS,),
    "clicks with a campaign of one's own": (campaigns.MOST_CAMPAIGNS,),
    "metric labels": (),
    "log lines": (),
    "page cache": (DEFAULTS["pages_kept_bytes"] / MEGABYTE,),
    "pages of `/download`, followed short links": (
        web.LINKS_KEPT,
        fast_path.QUERIES_CACHED,
        fast_path.LONGEST_QUERY,
    ),
    "counts of links not written yet": (buffer.BUFFER_LIMIT,),
    "heads of requests": (
        protocol.LONGEST_TARGET_BYTES / 1024,
        protocol.LONGEST_FIELD_BYTES,
        protocol.MOST_FIELDS,
        protocol.MOST_PENDING_BYTES / 1024,
        protocol.MOST_PIPELINED,
        gunicorn_conf.keepalive,
    ),
    "answers that nobody reads": (
        gunicorn_conf.UNSENT_BYTES / 1024,
        gunicorn_conf.UNREAD.total_seconds(),
    ),
    "bodies that are being read": (
        round(DEFAULTS["body_limit_bytes"] / MEGABYTE),
        body.MOST_HELD_BYTES / MEGABYTE,
        body.MOST_OF_ONE_BYTES / MEGABYTE,
        body.WITHIN.total_seconds(),
        body.PATIENCE.total_seconds(),
        body.LEAST_BYTES_PER_S / 1000,
    ),
    "a body nobody would read": (
        round(DEFAULTS["body_limit_bytes"] / MEGABYTE),
        admission.SHORT_BYTES / 1000,
        exchange.LINGER.total_seconds(),
        exchange.MOST_THROWN_AWAY_BYTES / MEGABYTE,
    ),
    "waits (long polls, streams)": (waiting.MOST, waiting.MOST_OF_ONE),
    "requests that wait for a thread": (
        front.QUEUED_PER_THREAD,
        front.PATIENCE.total_seconds(),
        24,
        56,
    ),
    "registrations and events that are written together": (
        batcher.MOST_WAITING,
        batches.LARGEST_BYTES / 1_000,
        front.PATIENCE.total_seconds(),
    ),
    "a late event loop": (admission.OVERLOADED_S * 1_000, accepting.TOO_LATE_S * 1_000),
    "refusals of what has no route": (),
    "counters of calls": (),
    "parts of a body, members of an object or a list in it": (
        body.MOST_PARTS,
        request_checks.MOST_MEMBERS,
    ),
    "a refusal": (problems.MOST_SAID,),
    "QR codes": (
        images.qr_svg.cache_parameters()["maxsize"] or 0,
        images.qr_png.cache_parameters()["maxsize"] or 0,
    ),
    "a search": (200, search_text.MOST_ASKED),
    "suggestions while a search is written": (
        100,
        suggestions.MOST_TAGS + suggestions.MOST_SOURCES + suggestions.MOST_STORIES,
    ),
    "a document of the sitemap": (sitemap_part.BLOCK,),
}


def lines() -> list[list[str]]:
    """The cells of each line of the table."""
    table = DOCUMENT.read_text(encoding="utf-8").partition("## What a stranger can create")[2]
    rows = [line for line in table.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_the_document_and_the_numbers_name_the_same_things() -> None:
    assert [line[0] for line in lines()] == list(dict.fromkeys(line[0] for line in lines()))
    assert {line[0] for line in lines()} == set(NUMBERS)


@pytest.mark.parametrize("line", lines(), ids=lambda line: line[0])
def test_a_line_is_tried_and_says_the_bound_that_holds(line: list[str]) -> None:
    thing, bound, _beyond, stays, tried_by = line
    named = re.findall(r"`(test_\w+)`", tried_by)

    assert named, "a line without a test"
    assert [name for name in named if f"def {name}(" not in TESTS] == []
    said = [float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", f"{bound} {stays}")]
    assert [number for number in NUMBERS.get(thing, ()) if number not in said] == []
