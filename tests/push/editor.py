"""What an editor does about alerts, over HTTP."""

from typing import Any

from flask.testing import FlaskClient

from tests.conftest import EDITOR

TAG = "tag:Harbour"
NOTIFICATIONS = "/v1/newsroom/notifications"


def alert(client: FlaskClient, *topics: str, **fields: Any) -> dict[str, Any]:
    body = {"title": "Bridge closed", "body": "Until noon.", "urgency": "breaking"} | fields
    answer = client.post(
        NOTIFICATIONS, headers=EDITOR, json={"topics": list(topics or [TAG]), **body}
    )
    assert answer.status_code == 202, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def read(client: FlaskClient, notification: dict[str, Any] | str) -> dict[str, Any]:
    public_id = notification if isinstance(notification, str) else notification["id"]
    found: dict[str, Any] = client.get(f"{NOTIFICATIONS}/{public_id}", headers=EDITOR).get_json()
    return found


def command(client: FlaskClient, notification: dict[str, Any], verb: str, **body: Any) -> Any:
    """POST one of the verbs of a notification and answer the response."""
    url = f"{NOTIFICATIONS}/{notification['id']}/{verb}"
    return client.post(url, headers=EDITOR, json=body)
