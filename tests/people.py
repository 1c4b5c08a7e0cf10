"""A person of the newsroom with a browser of their own, which keeps cookies and sends forms."""

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.audit.actor import TAGWIRE
from backend.http.context import current_context
from backend.people import service

SECURE = "https://news.test"
SESSION = "__Host-tagwire_session"
PASSWORD = "a long sentence of hers"


@dataclass
class Person:
    """Logged in from the start; `csrf` is the token of the session that began last."""

    app: Flask
    name: str
    client: FlaskClient
    id: str = ""
    _tokens: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, base_url=SECURE, **kwargs)

    def send(self, path: str, method: str = "POST", **kwargs: Any) -> TestResponse:
        """As a page of the site sends it; what is None in a form is left out."""
        headers = {"Origin": SECURE, "X-CSRF-Token": self.csrf, **kwargs.pop("headers", {})}
        return self.client.open(path, method=method, base_url=SECURE, headers=headers, **kwargs)

    @property
    def csrf(self) -> str:
        """The same for a whole session; the page that it is read from costs more than a form."""
        session = self.client.get_cookie(SESSION, domain="news.test")
        key = session.value if session else ""
        if not self._tokens.get(key):
            found = re.search(r'name="csrf" value="(\w+)"', self.get("/console/account").text)
            self._tokens[key] = found[1] if found else ""
        return self._tokens[key]

    def log_in(self, password: str = PASSWORD, code: str = "", **form: str) -> TestResponse:
        given = {"name": self.name, "password": password, "code": code, **form}
        headers = {"Origin": SECURE}
        return self.client.post("/console/login", base_url=SECURE, headers=headers, data=given)

    @property
    def cookie(self) -> str:
        """The value of the session's cookie."""
        found = self.client.get_cookie(SESSION, domain="news.test")
        assert found is not None
        return found.value

    def is_logged_in(self) -> bool:
        return self.get("/console").status_code == 200


def invited(app: Flask, name: str, role: str, *sources: str) -> tuple[str, str]:
    """The id of a new person, and the path of their one-time link."""
    with app.app_context():
        now = current_context().now()
        made = service.create_user(name, role, sources, by=TAGWIRE, now=now)
        return made.user.public_id, made.link.removeprefix(SECURE)


def person(app: Flask, name: str, role: str, *sources: str) -> Person:
    public_id, path = invited(app, name, role, *sources)
    found = Person(app, name, app.test_client(), public_id)
    answer = set_up(found.client, path)
    assert answer.status_code == 303, answer.text
    return found


def set_up(client: FlaskClient, path: str, password: str = PASSWORD) -> TestResponse:
    headers = {"Origin": SECURE}
    return client.post(path, base_url=SECURE, headers=headers, data={"password": password})
