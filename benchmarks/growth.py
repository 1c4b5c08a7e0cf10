"""How a database grows: `python -m benchmarks.growth [--articles 500] [--phones 20000]`.

Bytes of SQLite's file for each article published by the API, each phone that follows two topics,
each alert to all of those phones, and each day's numbers; then what they come to in a year. Text
is drawn at random, so that it holds as many different words as news does.
"""

import argparse
import random
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from backend.core.db import db, release
from backend.numbers import daily
from benchmarks.audience import TOPICS, Newsroom, newsroom
from push.audience import fan_out

WORDS_OF_TEXT, VOCABULARY = 500, 30_000
ALERTS, DAYS = 5, 10
# The year that is reckoned: 300 sources with 15 articles a day, ten alerts a day to all phones.
ARTICLES_A_DAY, ALERTS_A_DAY, PHONES = 300 * 15, 10, 1_000_000
ALERT_SETS_DAYS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--phones", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tagwire-growth-") as folder:
        without = _empty(f"sqlite:///{Path(folder) / 'empty.db'}")
        with newsroom(f"sqlite:///{Path(folder) / 'growth.db'}", options.phones) as room:
            phone = (_bytes() - without) / options.phones
            article = _each(options.articles, lambda number: _publish(room, number))
            alert = _each(ALERTS, lambda _: _alert(room))
            day = _each(DAYS, lambda number: _count_day(room, number))
    _tell("phone with its address and two follows", phone)
    _tell(f"article of {WORDS_OF_TEXT} words", article)
    _tell(f"alert to {options.phones:,} phones, as planned", alert)
    _tell("day's numbers", day)
    _tell_year(article, alert * PHONES / options.phones, phone)


def _empty(url: str) -> int:
    with newsroom(url, 0):
        return _bytes()


def _each(count: int, make: Callable[[int], None]) -> float:
    before = _bytes()
    for number in range(count):
        make(number)
    return (_bytes() - before) / count


def _bytes() -> int:
    """Return the bytes of the pages in use; free pages are written next."""
    release()
    with db.engine.connect() as connection:
        ask = connection.exec_driver_sql
        used = ask("PRAGMA page_count").scalar_one() - ask("PRAGMA freelist_count").scalar_one()
        return int(used * ask("PRAGMA page_size").scalar_one())


def _publish(room: Newsroom, number: int) -> None:
    draw = random.Random(number)
    words = [f"w{draw.randrange(VOCABULARY):x}" for _ in range(WORDS_OF_TEXT)]
    title = " ".join(words[:8]).capitalize()
    named = {"url": f"https://p.example/{number}", "tags": draw.sample(TOPICS, 2)}
    room.call("PUT", f"articles/herald/n{number}", title=title, body_text=" ".join(words), **named)


def _alert(room: Newsroom) -> None:
    room.alert()
    while fan_out.fan_out_next(now=datetime.now(UTC)) is not None:
        pass


def _count_day(room: Newsroom, number: int) -> None:
    hooks = room.app.extensions["tagwire"].hooks
    day: date = datetime.now(UTC).date() - timedelta(days=number)
    daily.make_day(hooks, day, now=datetime.now(UTC))


def _tell(what: str, size_bytes: float) -> None:
    print(f"{what:45} {size_bytes:>12,.0f} bytes", flush=True)


def _tell_year(article: float, alert: float, phone: float) -> None:
    """Print what a year takes. Sets of who was sent what are kept for three days only."""
    parts = {
        f"{ARTICLES_A_DAY:,} articles a day": article * ARTICLES_A_DAY * 365,
        f"{PHONES:,} phones": phone * PHONES,
        f"{ALERTS_A_DAY} alerts a day, three days": alert * ALERTS_A_DAY * ALERT_SETS_DAYS,
    }
    for what, size_bytes in parts.items():
        print(f"a year: {what:37} {size_bytes / 1e9:>12.1f} GB")


if __name__ == "__main__":
    main()
