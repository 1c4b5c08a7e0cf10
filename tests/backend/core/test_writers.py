"""Writers of SQLite wait for each other."""

import threading
from pathlib import Path

from sqlalchemy import create_engine

from backend.core.db import tune


def test_a_writer_waits_until_another_one_has_ended(tmp_path: Path) -> None:
    engine, order = create_engine(f"sqlite:///{tmp_path}/a.db"), []
    tune(engine)
    with engine.connect().execution_options(writes=True) as first:
        first.exec_driver_sql("CREATE TABLE word (text)")

        def write() -> None:
            with engine.connect().execution_options(writes=True) as second:
                order.append(second.exec_driver_sql("SELECT text FROM word").scalar())

        other = threading.Thread(target=write)
        other.start()
        other.join(0.05)
        first.exec_driver_sql("INSERT INTO word VALUES ('first')")
        order.append("written")
        first.commit()
        other.join()
        timeout_ms = first.exec_driver_sql("PRAGMA busy_timeout").scalar()

    assert order == ["written", "first"]
    assert timeout_ms == 15_000
