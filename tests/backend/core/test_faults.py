"""The one seam for unforeseen faults: logged once with an id, counted, made an outcome."""

import sys
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from backend.core import access_log
from backend.core.faults import Fault, ItemFaults, outcome_of, record
from tests.backend.injection import Injected, fault_ids, faults


def stumble(*_: Any) -> str:
    raise Injected


def test_a_fault_is_an_outcome_that_names_its_line_in_the_log(
    client: FlaskClient, caplog: Any
) -> None:
    counted = faults(client, "test")

    outcome = outcome_of("test", stumble, str, source="herald")

    [fault_id] = fault_ids(caplog.records)
    assert outcome == f"internal fault {fault_id} (Injected)"
    [line] = caplog.records
    assert (line.loop, line.source, line.kind) == ("test", "herald", "Injected")
    assert faults(client, "test") - counted == 1


def test_what_goes_well_is_its_own_outcome(caplog: Any) -> None:
    assert outcome_of("test", lambda: "well", str) == "well"
    assert not caplog.records


def test_an_outcome_that_cannot_be_recorded_is_recorded_as_the_fault() -> None:
    written: list[str] = []

    def write(outcome: str) -> None:
        if outcome == "odd":
            raise Injected
        written.append(outcome)

    record("test", write, "odd", lambda fault: fault.kind)

    assert written == ["Injected"]


def test_a_record_that_fails_twice_ends_nothing_and_is_logged_once(caplog: Any) -> None:
    def write(_: str) -> None:
        raise Injected

    record("test", write, "odd", str)

    with_stack = [each for each in caplog.records if hasattr(each, "stack")]
    assert len(with_stack) == 1
    assert len(set(fault_ids(caplog.records))) == 1


def test_the_same_error_of_many_items_is_one_line_and_as_many_counts(
    client: FlaskClient, caplog: Any
) -> None:
    counted = faults(client, "test")
    item_faults = ItemFaults("test")

    found: list[Fault] = [item_faults.add(error) for error in (Injected(), KeyError(), Injected())]

    assert found[0] == found[2] != found[1]
    assert len(fault_ids(caplog.records)) == 2
    assert faults(client, "test") - counted == 3


def test_a_database_that_is_away_is_no_items_own_fault() -> None:
    with pytest.raises(OperationalError):
        ItemFaults("test").add(OperationalError("", {}, Exception("away")))


def test_an_access_log_that_cannot_be_written_still_counts_its_requests(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def isatty(self) -> bool:
            return False

        def write(self, _: str) -> None:
            raise BrokenPipeError

    access_log.flush()
    counted = faults(client, "access_log")
    access_log.flush()
    client.get("/healthz")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", Broken())
        access_log.flush()

    assert faults(client, "access_log") - counted == 1
    assert 'tagwire_requests_total{method="GET",route="/healthz",status="200"}' in (
        client.get("/metrics").text
    )
