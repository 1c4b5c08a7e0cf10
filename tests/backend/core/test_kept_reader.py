"""A connection that is kept for reads sees what others commit, and is replaced when it fails."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from backend.core.kept_reader import KeptReader


def test_it_is_opened_once_and_again_after_a_fault_of_the_database(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/a.db")
    with engine.begin() as writer:
        writer.execute(text("CREATE TABLE word (text)"))
    kept = KeptReader(engine)

    with kept as first:
        pass
    with pytest.raises(ValueError, match="not of the database"), kept:
        raise ValueError("not of the database")
    with kept as again:
        assert again is first
    with pytest.raises(OperationalError), kept as reader:
        reader.execute(text("SELECT no FROM such"))
    with engine.begin() as writer:
        writer.execute(text("INSERT INTO word VALUES ('news')"))

    with kept as other:
        assert other is not first
        assert first.closed
        assert other.execute(text("SELECT text FROM word")).all() == [("news",)]
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    engine.dispose()
