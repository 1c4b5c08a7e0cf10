"""`SECRET_KEY` is rotated and nothing that it sealed is lost: the poller seals it anew with the new
key, and `tagwire check` says when the old one may go.
"""

import base64
import re
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.background import Scheduler
from backend.core.db import Base, db, release, transaction
from backend.ingest.poller import Poller
from backend.outbound.fetch import FetchPolicy
from backend.resealing import reseal
from backend.tables.sealed import SEALED, Purpose, cipher_of
from backend.tables.websub import WebSubSubscription
from tagwire import main
from tests.backend.ingest.feeds import Item, rss
from tests.backend.outbound.server import Publisher, publisher
from tests.backend.people.test_log_in import add_app
from tests.backend.webhooks.test_webhooks import HOOKS, add, deliver, verify
from tests.conftest import EDITOR, SECRET_KEY, START, Clock
from tests.factories import publish
from tests.people import SECURE, Person, person

OLD, NEW = SECRET_KEY, f"another-{SECRET_KEY}"
BOTH = f"{NEW},{OLD}"
INSIDE = "127.0.0.0/8"
POLICY = FetchPolicy(allow_networks=(ip_network(INSIDE),), deadline_s=5)
SECRETS = {
    "basic_auth": {"user": "reader", "password": "correct-horse"},
    "secret_header": {"name": "X-Api-Key", "value": "staple-77"},
}
HARBOUR = "/v1/newsroom/sources/harbour"
# By their names they could be; they are hashes or names of authors.
NOT_SEALED = re.compile(r"_hash$|^authors$")

MakeApp = Callable[..., Flask]


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"FETCH_ALLOW_NETWORKS": INSIDE, "PUBLIC_URL": SECURE, "TRUSTED_PROXIES": "1"}


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/hook", b"", "204 No Content")
        found.answers("/feed", rss(Item(1)))
        yield found


def put_source(client: FlaskClient, server: Publisher, **secrets: Any) -> None:
    path = f"{HARBOUR}?check=false"
    answer = client.put(path, headers=EDITOR, json={"feed_url": server.url(), **secrets})
    assert answer.status_code < 300, answer.get_json()


def renew(client: FlaskClient, hook: Any) -> Any:
    return client.post(f"{HOOKS}/{hook['id']}/secret", headers=EDITOR).get_json()


def seal_everything(app: Flask, server: Publisher, clock: Clock) -> None:
    """Something in each column."""
    client = app.test_client()
    renew(client, add(client, server))
    put_source(client, server, **SECRETS)
    add_app(person(app, "ann", "editor"), clock)
    secret = cipher_of("websub secrets", [OLD]).encrypt(b"whispered")
    names = ("token", "site", "feed_url", "hub_url", "topic_url")
    with app.app_context(), transaction() as session:
        fields = dict.fromkeys(names, "https://harbour.example") | {"secret": secret}
        session.add(WebSubSubscription(source_id=1, due_at=START, created_at=START, **fields))


def start_poller(app: Flask, clock: Clock) -> None:
    """Until it has swept all; how much of it one step does depends on the machine."""
    with app.app_context():
        scheduler = Scheduler(app.extensions["tagwire"].hooks, clock)
        scheduler.step()
        while scheduler.next_due_at(db.session(), clock.now) == clock.now:
            scheduler.step()


def rotated(make_app: MakeApp, clock: Clock) -> Flask:
    """The app after the rotation that docs/security.md describes: the old key is gone."""
    start_poller(make_app(SECRET_KEY=BOTH), clock)
    return make_app(SECRET_KEY=NEW)


def ciphertexts(value: Any) -> list[str]:
    """The texts of a value, those inside of JSON too."""
    if isinstance(value, list | dict):
        inner = value.values() if isinstance(value, dict) else value
        return [text for each in inner for text in ciphertexts(each)]
    return [value] if isinstance(value, str) else []


def opened(app: Flask, keys: list[str]) -> dict[tuple[str, str], list[bytes]]:
    """What a cipher of any purpose opens in the whole database, by table and column."""
    ciphers = [cipher_of(purpose, keys) for purpose in SEALED]
    found: dict[tuple[str, str], list[bytes]] = {}
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            for row in db.session.execute(select(table)).mappings():
                for column, value in row.items():
                    texts = [c.decrypt(t) for t in ciphertexts(value) for c in ciphers]
                    if clear := [each.text for each in texts if each is not None]:
                        found.setdefault((table.name, str(column)), []).extend(clear)
        release()
    return found


def sealed_columns(purpose: Purpose) -> set[tuple[str, str]]:
    return {(each.class_.__tablename__, each.key) for each in SEALED[purpose]}


def key_findings(app: Flask) -> list[str]:
    done = app.test_cli_runner().invoke(main, ["check"])
    return [line for line in done.output.splitlines() if line.startswith("SECRET_KEY")]


def test_every_column_that_holds_what_is_sealed_is_known(
    app: Flask, server: Publisher, clock: Clock
) -> None:
    seal_everything(app, server, clock)
    every = set().union(*map(sealed_columns, SEALED))

    assert set(opened(app, [OLD])) == every
    named = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if re.search("secret|password|auth|credential|sealed", column.name)
        and not NOT_SEALED.search(column.name)
    }
    assert named == every


@pytest.mark.parametrize("purpose", SEALED)
def test_what_the_old_key_sealed_opens_under_the_new_one_alone(
    make_app: MakeApp, app: Flask, server: Publisher, clock: Clock, purpose: Purpose
) -> None:
    seal_everything(app, server, clock)
    before = opened(app, [OLD])
    assert opened(app, [NEW]) == {}

    after = opened(rotated(make_app, clock), [NEW])

    for column in sealed_columns(purpose):
        assert after[column] == before[column]
    assert opened(app, [OLD]) == {}


def test_a_webhook_is_signed_with_its_secrets_after_the_rotation(
    make_app: MakeApp, app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    first = add(client, server)
    second = renew(client, first)

    new = rotated(make_app, clock)
    publish(new.test_client(), title="Rain")
    deliver(new)

    (request,) = server.asked
    for secret in (first["secret"], second["secret"]):
        assert verify(secret, request, clock)["data"]["title"] == "Rain"


def test_a_second_factor_logs_in_after_the_rotation(
    make_app: MakeApp, app: Flask, clock: Clock
) -> None:
    totp, _ = add_app(person(app, "ann", "editor"), clock)

    new = rotated(make_app, clock)
    clock.forward(minutes=1)

    ann = Person(new, "ann", new.test_client())
    assert ann.log_in(code=pyotp.TOTP(totp.secret).at(clock.now)).status_code == 303
    assert ann.is_logged_in()


def test_a_feed_is_fetched_with_its_password_after_the_rotation(
    make_app: MakeApp, app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    put_source(client, server, **SECRETS)

    new = rotated(make_app, clock)
    with new.app_context():
        Poller(new.extensions["tagwire"].hooks, POLICY, clock, chance=lambda: 0.5).poll_one()
        release()

    (request,) = server.asked
    given = request.headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(given) == b"reader:correct-horse"
    assert request.headers["x-api-key"] == "staple-77"


def test_the_check_says_when_the_old_key_may_go(
    make_app: MakeApp, app: Flask, server: Publisher, clock: Clock
) -> None:
    seal_everything(app, server, clock)
    assert key_findings(app) == []
    both = make_app(SECRET_KEY=BOTH)

    (waiting,) = key_findings(both)
    start_poller(both, clock)

    assert "4 rows" in waiting
    assert "keep the older one" in waiting
    assert key_findings(both) == []
    assert key_findings(make_app(SECRET_KEY=NEW)) == []


def test_the_check_says_what_no_key_opens_and_what_to_do(
    make_app: MakeApp, app: Flask, server: Publisher, clock: Clock
) -> None:
    seal_everything(app, server, clock)
    lost = make_app(SECRET_KEY=NEW)
    start_poller(lost, clock)

    lines = key_findings(lost)

    assert len(lines) == len(SEALED)
    for line, mend in zip(lines, ("sources", "WebSub", "webhooks", "recovery"), strict=True):
        assert "no key opens what 1 row" in line
        assert mend in line
    assert len(key_findings(make_app(SECRET_KEY=BOTH))) == 1, "nothing was thrown away"


def test_an_old_secret_of_a_webhook_that_no_key_opens_is_no_finding(
    make_app: MakeApp, client: FlaskClient, server: Publisher
) -> None:
    """After a key that leaked each webhook is given a new secret; the one before signs no more."""
    hook = add(client, server)
    leaked = make_app(SECRET_KEY=NEW)
    assert len(key_findings(leaked)) == 1

    renew(leaked.test_client(), hook)

    assert key_findings(leaked) == []


def test_what_is_stored_or_taken_away_meanwhile_stays_so(
    make_app: MakeApp, app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    seal_everything(app, server, clock)
    both = make_app(SECRET_KEY=BOTH)
    kept_hook, removed = add(client, server), add(client, server)

    with both.app_context():
        slow = reseal([NEW, OLD])
        next(slow)  # it has looked, and sealed the first kind
    renewed = renew(both.test_client(), kept_hook)
    client.delete(f"{HOOKS}/{removed['id']}", headers=EDITOR)
    with both.app_context():
        list(reseal([NEW, OLD]))  # another process, which is faster
        kept = opened(both, [NEW])
        list(slow)

    assert opened(both, [NEW]) == kept
    assert removed["secret"].encode() not in kept["webhook_endpoint", "secret"]
    assert renewed["secret"].encode() in kept["webhook_endpoint", "secret"]


def test_what_is_sealed_with_the_first_key_is_not_written_again(
    make_app: MakeApp, app: Flask, server: Publisher, clock: Clock
) -> None:
    seal_everything(app, server, clock)
    both = make_app(SECRET_KEY=BOTH)

    with both.app_context():
        assert len(list(reseal([NEW, OLD]))) == len(SEALED)
        assert list(reseal([NEW, OLD])) == []
