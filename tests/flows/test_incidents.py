"""Each command of the incident steps does what docs/security.md says it does."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from backend.http.keys import create_key
from tagwire import main
from tests.conftest import EDITOR, EDITOR_KEY, SITE, Clock, bearer
from tests.factories import publish, register
from tests.people import invited
from tests.push.editor import TAG, alert, read

PAGE = (Path(__file__).parent.parent.parent / "docs" / "security.md").read_text(encoding="utf-8")


def steps(title: str) -> list[str]:
    """The commands of a section, as they stand there."""
    section = PAGE.partition(f"## {title}")[2].partition("\n## ")[0]
    return re.findall(r"`((?:tagwire|curl) [^`]+)`", section.replace("\n   ", " "))


def follow(app: Flask, step: str, **names: str) -> Any:
    """Run a command of the page: `tagwire` in this process, `curl` through the test client."""
    for name, value in ({"SITE": SITE, "KEY": EDITOR_KEY} | names).items():
        step = step.replace(f"${name}", value)
    words = shlex.split(step)
    if words[0] == "tagwire":
        return app.test_cli_runner().invoke(main, words[1:])
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    header = words[words.index("-H") + 1].partition(": ")
    return app.test_client().open(
        words[-1].removeprefix(SITE), method=method, headers={header[0]: header[2]}
    )


def test_a_leaked_editors_key(app: Flask, client: FlaskClient, clock: Clock) -> None:
    publish(client, tags=["Harbour"])
    with app.app_context():
        leaked = create_key("editor", "ann", (), now=clock.now)
    prefix = leaked[: len("tw_editor_") + 8]
    halt, revoke, look, export, recall, create, resume = steps("When an editor's key leaked")
    body = {"title": "Forged", "body": "", "topics": [TAG], "urgency": "normal"}
    url = "/v1/newsroom/notifications"
    forged = client.post(url, headers=bearer(leaked), json=body).get_json()["id"]

    assert follow(app, halt).get_json()["halted"] is True
    revoked: Result = follow(app, revoke.replace("tw_editor_Qx3bLm9A", prefix))
    assert revoked.exit_code == 0
    assert client.get(url, headers=bearer(leaked)).status_code == 401
    (seen,) = follow(app, look).get_json()["notifications"]
    assert seen["authors"] == ["ann"]
    assert f'"notification:{forged}"' in follow(app, export).output
    assert follow(app, recall, ID=forged).get_json()["state"] == "recalled"
    fresh = bearer(follow(app, create).output.strip())
    assert client.get(url, headers=fresh).status_code == 200
    assert follow(app, resume).get_json()["halted"] is False


def test_a_leaked_service_account(app: Flask) -> None:
    (canary,) = steps("When the service account leaked")

    done = follow(app, canary.replace("60", "0"))  # no worker runs here

    assert done.exit_code == 1
    assert "start a worker, or wait longer" in done.output


def test_a_leaked_secret_key(
    app: Flask, make_app: Callable[..., Flask], client: FlaskClient, clock: Clock
) -> None:
    invited(app, "ann", "admin")
    for _ in range(2):
        publish(client, tags=["Harbour"])
    url = "/v1/tags/Harbour/articles?limit=1"
    cursor = client.get(url).get_json()["next_cursor"]
    draft = {"url": "https://hooks.example/1", "events": ["article.published"]}
    hooks = "/v1/newsroom/webhooks"
    hook = client.post(hooks, headers=EDITOR, json=draft).get_json()
    phone = register(client, TAG)
    secret, reset, check = steps("When SECRET_KEY leaked")
    rotated, replaced = (
        make_app(SECRET_KEY=keys)
        for keys in (
            "another-key-of-the-tests,a-secret-key-of-the-tests-only",
            "another-key-of-the-tests",
        )
    )

    assert rotated.test_client().get(f"{url}&cursor={cursor}").status_code == 200
    assert replaced.test_client().get(f"{url}&cursor={cursor}").status_code == 400
    again = follow(replaced, secret, HOOK=hook["id"]).get_json()
    assert again["secret"] not in {None, hook["secret"]}
    assert SITE in follow(replaced, reset.replace("NAME", "ann --yes")).output
    own = f"/v1/installations/{phone.id}"
    assert replaced.test_client().get(own, headers=phone.auth).status_code == 200
    assert "PUBLIC_URL" in follow(replaced, check).output


@pytest.mark.parametrize("name", ["ann", "tw_editor_"])
def test_a_key_that_is_rotated_works_beside_its_follower(
    app: Flask, client: FlaskClient, clock: Clock, name: str
) -> None:
    with app.app_context():
        old = create_key("editor", "ann", (), now=clock.now)
    (rotate,) = [step for step in steps("Rotate keys") if "rotate" in step]
    named = name if name == "ann" else old[: len(name) + 8]

    new = follow(app, rotate.replace("NAME", named)).output.strip()

    made = alert(client, topics=["breaking"])
    for key in (old, new):
        url = f"/v1/newsroom/notifications/{made['id']}"
        assert client.get(url, headers=bearer(key)).status_code == 200
    assert read(client, made)["authors"] == ["NEWSROOM_KEY"]
