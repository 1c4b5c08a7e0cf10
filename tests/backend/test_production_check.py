"""`tagwire check` names what is unfit for production, and says what to do about it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from backend.core.settings import Settings
from backend.production_check import Surroundings, findings
from backend.resealing import SealedRows
from tagwire import main
from tests.conftest import START

FIT: dict[str, Any] = {
    "database_url": "postgresql+psycopg://news",
    "public_url": "https://news.example",
    "secret_keys": ("0123456789abcdef",),
    "trusted_proxies": 1,
    "vapid_keys": ("a key",),
}
AROUND: dict[str, Any] = {"database_version": (15, 18)}


@pytest.mark.parametrize(
    ("settings", "around", "named"),
    [
        ({}, {}, []),
        ({"public_url": "http://news.example"}, {}, ["PUBLIC_URL"]),
        ({"trusted_proxies": 0}, {}, ["TRUSTED_PROXIES"]),
        ({"demo": True}, {}, ["DEMO"]),
        ({"demo": True, "host": "0.0.0.0"}, {}, ["on 0.0.0.0"]),
        ({"ratelimit_enabled": False}, {}, ["RATELIMIT_ENABLED"]),
        ({"is_secret_generated": True}, {}, ["SECRET_KEY"]),
        ({"is_vapid_generated": True}, {}, ["VAPID_PRIVATE_KEY"]),
        ({"vapid_keys": ()}, {}, ["VAPID_PRIVATE_KEY"]),
        ({}, {"database_version": (13, 2)}, ["PostgreSQL 13.2"]),
        ({"database_url": "sqlite:///news.db"}, {"database_version": (3, 31, 1)}, ["SQLite 3.31"]),
        ({"database_url": "sqlite:///news.db"}, {"database_version": (3, 50, 4)}, []),
        ({}, {"database_clock_ahead": timedelta(milliseconds=-900)}, []),
        ({}, {"database_clock_ahead": timedelta(seconds=-4)}, ["-4.0 s"]),
        ({}, {"free_bytes": 20_000_000}, ["20 MB"]),
        ({}, {"sealed": {"webhook secret": SealedRows()}}, []),
        (
            {},
            {"sealed": {"webhook secret": SealedRows(outdated=(1, 2), lost=3)}},
            ["2 rows yet", "3 rows hold"],
        ),
        (
            {"public_url": "http://news.example", "ratelimit_enabled": False},
            {"free_bytes": 0},
            ["PUBLIC_URL", "RATELIMIT_ENABLED", "0 MB"],
        ),
    ],
)
def test_each_danger_is_named(
    settings: dict[str, Any], around: dict[str, Any], named: list[str]
) -> None:
    found = list(findings(Settings(**FIT | settings), Surroundings(**AROUND | around), (), START))

    assert len(found) == len(named)
    assert all(word in line for word, line in zip(named, found, strict=True))


def test_every_room_has_its_say(make_app: Callable[..., Flask]) -> None:
    app = make_app(PUBLIC_URL="https://news.test", TRUSTED_PROXIES="1", RATELIMIT_ENABLED="1")

    done = app.test_cli_runner().invoke(main, ["check"])

    named = [line.partition(":")[0] for line in done.output.splitlines()]
    assert done.exit_code == 1
    # The clock of the tests stands still, and PostgreSQL has one of its own.
    assert [each for each in named if each != "clock"] == ["PUSH_TRANSPORT", "Error"]
