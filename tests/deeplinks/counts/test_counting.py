"""Write-behind counts: a database that is away loses nothing, an odd download only itself."""

from collections.abc import Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from deeplinks.counts.buffer import LOOP, CountBuffer
from deeplinks.counts.values import Download
from tests.backend.injection import Injected, fault_ids, faults
from tests.conftest import START


def download(path: str) -> Download:
    return Download(at=START, store="play_store", path=path, campaign=None)


def counter_of(paths: str, write: Any) -> CountBuffer:
    counter = CountBuffer(write)
    for path in paths:
        counter.add(download(path))
    return counter


def test_an_odd_download_is_lost_alone_and_each_other_one_is_written_once(
    client: FlaskClient, caplog: Any
) -> None:
    written: list[str] = []

    def write(downloads: Sequence[Download]) -> None:
        if any(each.path == "b" for each in downloads):
            raise Injected
        written.extend(each.path for each in downloads)

    counted = faults(client, LOOP)
    counter = counter_of("abc", write)
    counter.flush()
    counter.flush()

    assert written == ["a", "c"]
    assert faults(client, LOOP) - counted == 1
    assert len(fault_ids(caplog.records)) == 1


@pytest.mark.parametrize("call", range(1, 4))
def test_what_a_database_that_is_away_did_not_take_is_written_later(call: int) -> None:
    written: list[str] = []
    calls = 0

    def write(downloads: Sequence[Download]) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise OperationalError("", {}, Exception("away"))
        if any(each.path == "b" for each in downloads):
            raise Injected
        written.extend(each.path for each in downloads)

    counter = counter_of("abc", write)
    counter.flush()
    counter.flush()

    assert written == ["a", "c"]
