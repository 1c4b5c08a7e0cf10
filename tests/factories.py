"""Makes what a test needs through the public API, naming only what matters."""

import itertools
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from backend.core.db import transaction
from backend.tables.audience import Follow, Installation
from tests.conftest import EDITOR, bearer

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Phone:
    """A registered installation: its id, its secret and the address that pushes go to."""

    id: str
    secret: str
    address: str
    client: FlaskClient

    @property
    def auth(self) -> dict[str, str]:
        return bearer(self.secret)

    def follow(self, *topics: str) -> None:
        for topic in topics:
            answer = self.client.put(
                f"/v1/installations/{self.id}/topics/{topic}", headers=self.auth
            )
            assert answer.status_code == 204, answer.get_json()

    def prefer(self, **preferences: Any) -> None:
        answer = self.client.patch(
            f"/v1/installations/{self.id}/preferences", headers=self.auth, json=preferences
        )
        assert answer.status_code == 200, answer.get_json()


def draft(**fields: Any) -> dict[str, Any]:
    """The body of a publishing call."""
    number = next(_numbers)
    return {
        "title": f"Article number {number}",
        "url": f"https://publisher.example/articles/{number}",
        "body_text": f"The whole text of article number {number}.",
    } | fields


def publish(
    client: FlaskClient, *, source: str = "herald", external_id: str | None = None, **fields: Any
) -> dict[str, Any]:
    """Publish an article as an editor and answer what the API said."""
    body = draft(**fields)
    external_id = external_id or f"x-{next(_numbers)}"
    answer = client.put(f"/v1/newsroom/articles/{source}/{external_id}", headers=EDITOR, json=body)
    assert answer.status_code in {200, 201}, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def register(client: FlaskClient, *topics: str, **fields: Any) -> Phone:
    """Register an installation that follows these topics."""
    address = fields.pop("address", f"address-{next(_numbers)}-of-a-phone")
    body = {"platform": "android", "address": {"kind": "token", "value": address}} | fields
    answer = client.post("/v1/installations", json=body)
    assert answer.status_code == 201, answer.get_json()
    found = answer.get_json()
    phone = Phone(found["id"], found["secret"], address, client)
    phone.follow(*topics)
    return phone


def multiply(app: Flask, phone: Phone, count: int) -> int:
    """So many more installations that follow what one follows; how many were made."""
    with app.app_context(), transaction() as session:
        model = session.scalars(
            select(Installation).where(Installation.public_id == phone.id)
        ).one()
        topics = session.scalars(
            select(Follow.feed_id).where(Follow.installation_id == model.id)
        ).all()
        same = {c.name: getattr(model, c.name) for c in Installation.__table__.columns}
        ids = range(model.id + 1, model.id + 1 + count)
        session.execute(insert(Installation), [same | _copy(number) for number in ids])
        follows = [
            {"feed_id": topic, "installation_id": number, "since": model.created_at}
            for number in ids
            for topic in topics
        ]
        session.execute(insert(Follow), follows)
    return count


def _copy(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "public_id": f"copy-{number}",
        "secret_hash": f"secret-{number}",
        "address_value": f"address-of-copy-{number}",
    }
