"""Phones of another push system are moved in, checked, and taken over by their own apps."""

import csv
import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.audience.retention import forget_unused
from backend.core.db import db
from backend.http.context import current_context
from backend.tables.audience import Installation
from push.store.id_list import unpack
from push.store.models import Batch, DailyAlert, Notification
from tagwire import main
from tests.conftest import Clock, bearer
from tests.factories import publish, register
from tests.push.conftest import Provider
from tests.push.editor import alert
from tests.push.transport.test_fcm import Running, fcm

__all__ = ["fcm"]

MakeApp = Callable[..., Flask]
FID = "cZk3mXJ0T8uQ1aBcDeFgHi"
TOKEN = f"{FID}:APA91b-the-secret-half"
OWN = "address,platform,topics,locale,time_zone,quiet_start,quiet_end\n"


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def written(*lines: str, name: str = "phones.csv", head: str = OWN) -> Path:
        path = tmp_path / name
        path.write_text(head + "\n".join(lines), encoding="utf-8")
        return path

    return written


def run(app: Flask, *words: object) -> Result:
    result: Result = app.test_cli_runner().invoke(main, ["installations", *map(str, words)])
    return result


def moved(app: Flask, *words: object) -> dict[str, Any]:
    done = run(app, "import", "--json", *words)
    assert done.exit_code in {0, 1}, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def topics(client: FlaskClient, found: Mapping[str, Any]) -> list[str]:
    answer = client.get(
        f"/v1/installations/{found['id']}/topics", headers=bearer(found["secret"])
    ).get_json()
    return sorted(answer["topics"])


def registered(client: FlaskClient, **address: str) -> dict[str, Any]:
    answer = client.post("/v1/installations", json={"platform": "android", "address": address})
    assert answer.status_code == 201
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.mark.usefixtures("tagged")
def test_a_phone_that_was_moved_in_hears_of_what_it_followed(
    app: Flask,
    client: FlaskClient,
    provider: Provider,
    work: Callable[[], None],
    file: Callable[..., Path],
) -> None:
    told = moved(app, file(f"{TOKEN},android,Harbour;category:World,en-GB,Europe/London,,"))
    alert(client)
    work()

    assert (told["new"], told["follows"], told["refused"]) == (1, 2, 0)
    assert provider.addresses == {TOKEN: 1}


@pytest.mark.usefixtures("tagged")
def test_an_app_that_registers_with_its_token_takes_its_phone_over_and_hears_once(
    app: Flask,
    client: FlaskClient,
    provider: Provider,
    work: Callable[[], None],
    file: Callable[..., Path],
) -> None:
    moved(app, file(f"{TOKEN},android,Harbour;breaking,en,UTC,22:00,07:00"))

    found = registered(client, kind="token", value=TOKEN)
    alert(client)
    work()

    assert topics(client, found) == ["breaking", "tag:Harbour"]
    quiet = client.get(
        f"/v1/installations/{found['id']}/preferences", headers=bearer(found["secret"])
    ).get_json()["quiet_hours"]
    assert quiet == {"start": "22:00", "end": "07:00"}
    assert provider.addresses == {TOKEN: 1}
    assert run(app, "waiting").stdout.startswith("0 phones")


@pytest.mark.usefixtures("tagged")
def test_what_is_left_of_a_phone_that_was_taken_over_is_erased_from_alerts_too(
    app: Flask,
    client: FlaskClient,
    work: Callable[[], None],
    file: Callable[..., Path],
    clock: Clock,
) -> None:
    moved(app, file(f"{TOKEN},android,Harbour,en,UTC,,"))
    with app.app_context():
        left = db.session.scalars(select(Installation.id)).one()
    alert(client)
    work()
    with app.app_context():
        [batch] = db.session.scalars(select(Batch)).all()
        assert left in unpack(batch.sent)
    registered(client, kind="token", value=TOKEN)

    clock.forward(days=31)
    with app.app_context():
        list(forget_unused(current_context().hooks, now=clock.now))

        assert db.session.get(Installation, left) is None
        [batch] = db.session.scalars(select(Batch)).all()
        assert left not in unpack(batch.sent)
        assert db.session.scalars(select(Notification.sliced_to)).all() != [left]
        assert not db.session.scalars(select(DailyAlert)).all()


@pytest.mark.usefixtures("tagged")
def test_an_app_that_tells_its_token_later_inherits_beside_what_it_chose(
    app: Flask, client: FlaskClient, file: Callable[..., Path]
) -> None:
    moved(app, file(f"{TOKEN},ios,Harbour,en,UTC,,"))
    found = client.post("/v1/installations", json={"platform": "ios"}).get_json()
    own = bearer(found["secret"])
    client.put(f"/v1/installations/{found['id']}/topics/category:World", headers=own)

    address = {"address": {"kind": "token", "value": TOKEN}}
    client.patch(f"/v1/installations/{found['id']}", headers=own, json=address)

    assert topics(client, found) == ["category:world", "tag:Harbour"]


@pytest.mark.usefixtures("tagged")
def test_a_refreshed_token_takes_the_phone_over_when_its_nonce_comes_back(
    app: Flask,
    client: FlaskClient,
    provider: Provider,
    work: Callable[[], None],
    file: Callable[..., Path],
) -> None:
    moved(app, file(f"{TOKEN},android,Harbour,en,UTC,,"))

    found = registered(client, kind="token", value=f"{FID}:refreshed")
    before = topics(client, found)
    work()
    (message,) = provider.messages
    client.post(
        f"/v1/installations/{found['id']}/address/confirm",
        headers=bearer(found["secret"]),
        json={"nonce": message["data"]["nonce"]},
    )

    assert (found["address"]["state"], before) == ("confirm", [])
    assert topics(client, found) == ["tag:Harbour"]


@pytest.mark.usefixtures("tagged")
def test_who_makes_a_token_up_inherits_nothing(
    app: Flask, client: FlaskClient, file: Callable[..., Path]
) -> None:
    moved(app, file(f"{TOKEN},android,Harbour,en,UTC,,"))

    assert topics(client, registered(client, kind="fid", value=FID)) == []
    assert run(app, "waiting").stdout.startswith("1 phones")


def test_no_secret_opens_a_phone_that_was_moved_in(
    app: Flask, client: FlaskClient, file: Callable[..., Path], session: Any
) -> None:
    moved(app, file(f"{TOKEN},android,,en,UTC,,"))
    ((public_id, kept),) = session.connection().exec_driver_sql(
        "SELECT public_id, secret_hash FROM installation"
    )

    for secret in (kept, public_id, "unowned:"):
        answer = client.get(f"/v1/installations/{public_id}", headers=bearer(secret))
        assert answer.status_code == 401


@pytest.mark.usefixtures("tagged")
def test_a_list_that_is_brought_in_again_repeats_nothing(
    app: Flask, client: FlaskClient, file: Callable[..., Path]
) -> None:
    own = register(client, "tag:Harbour", address="a-phone-with-the-new-app")
    path = file(
        f"{TOKEN},android,Harbour,en,UTC,,",
        f"{FID},android,Harbour,en,UTC,,",
        f"{own.address},ios,category:World,en,UTC,,",
    )

    first, second = moved(app, path), moved(app, path)

    assert (first["new"], first["already_here"]) == (1, 2)
    assert (second["new"], second["already_here"]) == (0, 3)
    assert topics(client, {"id": own.id, "secret": own.secret}) == ["tag:Harbour"]


def test_what_is_refused_is_reported_by_line_and_reason_without_the_address(
    app: Flask, file: Callable[..., Path], tmp_path: Path
) -> None:
    report = tmp_path / "refused.csv"
    apple = "0f" * 32
    lines = (
        ",android,,,,,",
        f"{TOKEN}-1,toaster,,,,,",
        f"{apple},ios,,,,,",
        "https://push.example/send/secret,web,,,,,",
        f"{TOKEN}-2,ios,,,,25:00,07:00",
        f"{TOKEN}-3,ios,,,,,",
    )

    done = run(app, "import", file(*lines), "--report", report)

    rows = [*csv.reader(report.open(encoding="utf-8"))]
    assert done.exit_code == 1
    assert [row[0] for row in rows] == ["line", "2", "3", "4", "5", "6"]
    assert "no address" in rows[1][1]
    assert "platform" in rows[2][1]
    assert "Apple" in rows[3][1]
    assert "not an address" in rows[4][1]
    assert "quiet hours" in rows[5][1]
    assert "1 of 6 moved in" in done.stdout
    for quoted in (TOKEN, apple, "push.example"):
        assert quoted not in done.output + report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("unknown", "new", "follows"), [("skip", 2, 1), ("refuse", 1, 1), ("create", 2, 2)]
)
@pytest.mark.usefixtures("tagged")
def test_an_unknown_topic_is_left_out_refused_or_made(
    app: Flask, file: Callable[..., Path], unknown: str, new: int, follows: int
) -> None:
    path = file("phone-1,ios,Harbour,,,,", "phone-2,ios,Chess,,,,")

    told = moved(app, path, "--unknown-topics", unknown)

    assert (told["new"], told["follows"]) == (new, follows)
    assert told["unknown_topics"] == ({} if unknown == "create" else {"tag:Chess": 1})


@pytest.mark.usefixtures("tagged")
def test_topics_of_the_other_system_are_renamed(
    app: Flask, client: FlaskClient, file: Callable[..., Path], tmp_path: Path
) -> None:
    names = tmp_path / "names.csv"
    names.write_text("news_port,tag:Harbour\nurgent,breaking\n")

    moved(app, file(f"{TOKEN},ios,news_port;urgent,,,,"), "--topics", names)

    found = registered(client, kind="token", value=TOKEN)
    assert topics(client, found) == ["breaking", "tag:Harbour"]


@pytest.mark.usefixtures("tagged")
def test_a_packed_export_of_onesignal_is_read_as_it_is(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    rows = [
        ("identifier", "device_type", "language", "timezone_id", "tags", "notification_types"),
        (TOKEN, "1", "ko", "Asia/Seoul", '{"Harbour": "1", "Chess": "0"}', "1"),
        ("left-them", "1", "en", "", "{}", "-2"),
        ("ann@paper.example", "11", "en", "", "{}", "1"),
    ]
    path = tmp_path / "users.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as packed:
        csv.writer(packed).writerows(rows)

    told = moved(app, path, "--from", "onesignal")

    assert (told["new"], told["follows"], told["refused"]) == (1, 1, 2)
    assert topics(client, registered(client, kind="token", value=TOKEN)) == ["tag:Harbour"]


def test_channels_of_airship_are_read_one_a_line(app: Flask, file: Callable[..., Path]) -> None:
    channels = (
        {"device_type": "android", "push_address": TOKEN, "installed": True, "opt_in": True,
         "tags": ["breaking"]},
        {"device_type": "android", "push_address": "gone", "installed": False},
        {"device_type": "ios", "push_address": "AB" * 32, "opt_in": True},
    )  # fmt: skip
    path = file(*map(json.dumps, channels), "{broken", name="channels.jsonl", head="")

    told = moved(app, path, "--from", "airship")

    assert (told["rows"], told["new"], told["refused"]) == (4, 1, 3)
    assert "it cannot be read" in told["refused_for"]


def test_a_dry_run_writes_nothing(app: Flask, file: Callable[..., Path]) -> None:
    told = moved(app, file(f"{TOKEN},ios,Chess,,,,"), "--dry-run", "--unknown-topics", "create")

    assert (told["dry_run"], told["new"], told["sample"]) == (True, 1, None)
    assert run(app, "waiting").stdout.startswith("0 phones")


def test_a_dry_run_asks_the_provider_about_a_sample_and_sends_nothing(
    make_app: MakeApp, fcm: Running, file: Callable[..., Path]
) -> None:
    settings = {"GOOGLE_APPLICATION_CREDENTIALS": fcm.key_file, "FCM_URL": fcm.url}
    if fcm.ca_file:
        settings["FCM_CA_FILE"] = fcm.ca_file
    app = make_app(PUSH_TRANSPORT="fcm", **settings)
    path = file("phone-1,ios,,,,,", "gone-1,android,,,,,", "gone-2,android,,,,,")

    told = moved(app, path, "--dry-run")

    assert told["sample"] == {"accepted": 1, "unregistered": 2}
    assert fcm.standin.accepted == []


def test_a_file_that_ends_in_the_middle_is_said(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "users.csv.gz"
    body = gzip.compress((OWN + f"{TOKEN},ios,,,,,\n").encode())
    path.write_bytes(body[:-12])

    done = run(app, "import", path)

    assert done.exit_code == 1
    assert "cannot be unpacked" in done.stderr


def test_a_tag_that_articles_make_later_may_be_followed_before(
    app: Flask, client: FlaskClient, file: Callable[..., Path]
) -> None:
    moved(app, file(f"{TOKEN},ios,Chess,,,,"), "--unknown-topics", "create")
    publish(client, tags=["Chess"])

    assert topics(client, registered(client, kind="token", value=TOKEN)) == ["tag:Chess"]
