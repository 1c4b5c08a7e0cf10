"""Who waits for an upgrade of large tables: `python -m benchmarks.migrations [ROWS] [--of 1.0.0]`.

The oldest database of `tests/upgrades`, or that of a version, on a PostgreSQL that waits for its
disk, with ROWS rows in each table that grows, is brought to this version, one migration after the
other. Beside it a reader and a writer of each table ask one thing again and again; the longest wait
is told.
"""

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from sqlalchemy import MetaData, text
from sqlalchemy.engine import Engine

from backend.core import migrate, upgrade_plan
from backend.core.transfer import engine_of, set_sequences
from tests import postgres
from tests.upgrades.test_older_databases import HERE, VERSIONS, restored

FIRST = 1_000  # ids of the dump are lower
TOPIC = f"{FIRST} + n % :topics"
# What differs in each row that is made after the first of its table; the order of references.
RANK = "rank_us - n * 1000000::bigint"
ROWS_MADE: dict[str, dict[str, str]] = {
    "tag": {"id": f"{FIRST} + n", "name": "'Tag ' || n", "key": "'tag' || n"},
    "feed": {"id": f"{FIRST} + n", "kind": "'tag'", "ref_id": f"{FIRST} + n", "language": "''"},
    "article": {
        "id": f"{FIRST} + n",
        "public_id": "'art_' || n",
        "external_id": "'e' || n",
        "rank_us": RANK,
    },
    "article_tag": {"article_id": f"{FIRST} + n", "tag_id": TOPIC},
    "feed_row": {
        "feed_id": TOPIC,
        "article_id": f"{FIRST} + n",
        "rank_us": RANK,
    },
    "feed_change": {"feed_id": TOPIC, "article_id": f"{FIRST} + n", "seq": "seq + n"},
    "installation": {
        "id": f"{FIRST} + n",
        "public_id": "'ins_' || n",
        "secret_hash": "'s' || n",
        "address_value": "'v' || n",
    },
    "follow": {"feed_id": TOPIC, "installation_id": f"{FIRST} + n"},
}
ROWS_A_TOPIC = 50
# A row of each, and a column that every version has.
ASKED = {
    "article": ("title", f"id = {FIRST}"),
    "feed": ("version", f"id = {FIRST}"),
    "feed_row": ("rank_us", f"feed_id = {FIRST} AND article_id = {FIRST}"),
    "installation": ("locale", f"id = {FIRST}"),
    "follow": ("since", f"feed_id = {FIRST} AND installation_id = {FIRST}"),
}
ASKED_EVERY_S = 0.1
TOLD_FROM_S = 0.2


@dataclass
class Probe:
    """A statement that is run again and again, with the start and end of each of its turns."""

    name: str
    statement: str
    turns: list[tuple[float, float]] = field(default_factory=list)

    def run(self, engine: Engine, stopped: threading.Event) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not stopped.wait(ASKED_EVERY_S):
                began = time.perf_counter()
                connection.execute(text(self.statement))
                self.turns.append((began, time.perf_counter()))

    def longest_within(self, began: float, ended: float) -> float:
        return max((min(end, ended) - max(start, began) for start, end in self.turns), default=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--of", choices=VERSIONS, default=VERSIONS[0], dest="version")
    options = parser.parse_args()
    programs = postgres.programs()
    if programs is None:
        raise SystemExit("PostgreSQL's server programs are needed: apt-get install postgresql")
    with postgres.server(programs, durable=True) as url:
        restored(HERE / options.version / "postgresql.sql.gz", url)
        engine = engine_of(url)
        began = time.perf_counter()
        fill(engine, options.rows)
        took_s = time.perf_counter() - began
        print(f"{options.rows:,} rows in each large table, made in {took_s:.0f} s", flush=True)
        with probing(engine) as probes:
            for migration, began, ended in upgraded(engine):
                time.sleep(ASKED_EVERY_S)  # who waited until its end has told
                tell(migration, ended - began, waits(probes, began, ended))
        engine.dispose()


def fill(engine: Engine, rows: int) -> None:
    tables = MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        connection.execute(text("SET session_replication_role = replica"))  # no look at references
        for name, made in ROWS_MADE.items():
            columns = [f'"{column.name}"' for column in tables.tables[name].columns]
            values = [made.get(column.strip('"'), column) for column in columns]
            few = name in ("tag", "feed")
            statement = (
                f"INSERT INTO {name} ({', '.join(columns)}) SELECT {', '.join(values)}"
                f" FROM (SELECT * FROM {name} LIMIT 1) AS first, generate_series(0, :last) AS n"
            )
            given = {"topics": rows // ROWS_A_TOPIC} if TOPIC in made.values() else {}
            last = (rows // ROWS_A_TOPIC if few else rows) - 1
            connection.execute(text(statement), {"last": last, **given})
        connection.execute(text("SET session_replication_role = DEFAULT"))
        set_sequences(connection, tables.sorted_tables)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def upgraded(engine: Engine) -> Iterator[tuple[upgrade_plan.Migration, float, float]]:
    """Each migration as it was planned, when it began and when it ended."""
    while migrations := upgrade_plan.plan(engine):
        began = time.perf_counter()
        migrate.bring_to(migrations[0].revision, engine)
        yield migrations[0], began, time.perf_counter()


@contextmanager
def probing(engine: Engine) -> Iterator[list[Probe]]:
    readers = [
        Probe(f"reading {table}", f"SELECT {column} FROM {table} WHERE {which} LIMIT 1")
        for table, (column, which) in ASKED.items()
    ]
    writers = [
        Probe(f"writing {table}", f"UPDATE {table} SET {column} = {column} WHERE {which}")
        for table, (column, which) in ASKED.items()
    ]
    stopped = threading.Event()
    with ExitStack() as stack:
        for probe in (*readers, *writers):
            thread = threading.Thread(target=probe.run, args=(engine, stopped))
            thread.start()
            stack.callback(thread.join)
        stack.callback(stopped.set)
        yield [*readers, *writers]


def waits(probes: list[Probe], began: float, ended: float) -> dict[str, float]:
    """Return the probes that waited for long enough to be named, the longest first."""
    found = {probe.name: probe.longest_within(began, ended) for probe in probes}
    long = [(name, wait) for name, wait in found.items() if wait >= TOLD_FROM_S]
    return dict(sorted(long, key=lambda each: -each[1]))


def tell(migration: upgrade_plan.Migration, took_s: float, waited: dict[str, float]) -> None:
    kinds = ", ".join(sorted({planned.step.kind for planned in migration.steps})) or "-"
    waiting = ", ".join(f"{name} {wait:.1f} s" for name, wait in waited.items()) or "nobody"
    print(f"{migration.revision} {took_s:8.1f} s  said: {kinds:20} waited: {waiting}", flush=True)


if __name__ == "__main__":
    main()
