"""Topic subscriptions: of FCM's API, and of the Instance ID service that came before it.

Sources: the discovery document of fcm v1, revision 20261023; the Instance ID server reference.
Deprecated and to be removed on 29 September 2027, the latter is what older SDKs still call.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson

from push.standin import answers
from push.standin.answers import Reply
from push.standin.proto_json import Violation
from push.standin.rules import ADDRESS, BAD_ADDRESS

MOST_TOPICS, MOST_TOKENS, PAGE, LONGEST_PAGE = 2000, 1000, 1000, 2000
TOPIC = re.compile(r"[a-zA-Z0-9\-_.~%]{1,900}", re.ASCII)
_PATH = re.compile(r"/v1/projects/([^/]+)/registrations/([^/]+)/topicSubscriptions(?:/([^/]+))?")
_IID_ONE = re.compile(r"/iid/v1/([^/:]+)/rel/topics/([^/]+)")
_IID_INFO = re.compile(r"/iid/info/([^/]+)")
# Codes of the Instance ID service for a token, by the status of FCM's API.
_IID_CODES = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
              429: "RESOURCE_EXHAUSTED"}  # fmt: skip
_MISSING = Reply(404, b'{"error": {"code": 404, "message": "Not Found", "status": "NOT_FOUND"}}')
_DONE = Reply(200, b"{}")


def is_about_topics(path: str) -> bool:
    return path.startswith("/iid/") or "/topicSubscriptions" in path


@dataclass(slots=True)
class Topics:
    """The topics of each address, with the time since when."""

    project: str
    followed: dict[str, dict[str, datetime]] = field(default_factory=dict)

    def answer(self, method: str, path: str, query: str, body: bytes, now: datetime) -> Reply:
        """Answer an authorised request of either service."""
        given = {name: values[0] for name, values in parse_qs(query).items()}
        found = _PATH.fullmatch(path)
        if found is None:
            return self._instance_id(method, path, given, body, now)
        project, address, topic = found[1], unquote(found[2]), unquote(found[3] or "")
        if project != self.project:
            return answers.not_found()
        refused = _refusal_of(address, now)
        if refused is not None:
            return refused
        if topic:
            return self._one(method, address, topic, given, now)
        if method == "POST":
            wanted = given.get("topicName", given.get("topic_name", ""))
            return self._create(address, wanted, now)
        return self._list(address, given) if method == "GET" else _MISSING

    def _create(self, address: str, topic: str, now: datetime) -> Reply:
        topics = self.followed.get(address, {})
        if not TOPIC.fullmatch(topic):
            return answers.refused([Violation("topic_name", "Invalid topic name")])
        if topic in topics:
            return answers.already_exists()
        if len(topics) >= MOST_TOPICS:
            return answers.too_many_topics()
        self.followed.setdefault(address, {})[topic] = now
        return self._shown(address, topic)

    def _one(
        self, method: str, address: str, topic: str, given: Mapping[str, str], now: datetime
    ) -> Reply:
        topics = self.followed.get(address, {})
        may_miss = given.get("allowMissing", given.get("allow_missing")) == "true"
        if method == "PATCH" and may_miss and topic not in topics:
            return self._create(address, topic, now)
        if method == "DELETE" and (topic in topics or may_miss):
            topics.pop(topic, None)
            return _DONE
        if topic not in topics:
            return answers.not_found()
        return self._shown(address, topic) if method in {"GET", "PATCH"} else _MISSING

    def _list(self, address: str, given: Mapping[str, str]) -> Reply:
        """Reply with a page in the order of names; a token is the last name of the page before."""
        size = given.get("pageSize", given.get("page_size", "0"))
        after = given.get("pageToken", given.get("page_token", ""))
        if not re.fullmatch(r"\d{1,9}", size, re.ASCII):
            return answers.refused([Violation("page_size", "Invalid page size")])
        names = [name for name in sorted(self.followed.get(address, {})) if name > after]
        most = min(int(size) or PAGE, LONGEST_PAGE)
        page = {"topicSubscriptions": [self._subscription(address, n) for n in names[:most]]}
        more = {"nextPageToken": names[most - 1]} if len(names) > most else {}
        return Reply(200, orjson.dumps(page | more))

    def _shown(self, address: str, topic: str) -> Reply:
        return Reply(200, orjson.dumps(self._subscription(address, topic)))

    def _subscription(self, address: str, topic: str) -> dict[str, Any]:
        parent = f"projects/{self.project}/registrations/{address}/topicSubscriptions"
        since = self.followed[address][topic].isoformat().replace("+00:00", "Z")
        return {"name": f"{parent}/{topic}", "topicName": topic, "createTime": since}

    def _instance_id(
        self, method: str, path: str, given: Mapping[str, str], body: bytes, now: datetime
    ) -> Reply:
        if method == "POST" and path in {"/iid/v1:batchAdd", "/iid/v1:batchRemove"}:
            return self._batch(path.endswith("Add"), body, now)
        one, info = _IID_ONE.fullmatch(path), _IID_INFO.fullmatch(path)
        if one is not None and method in {"POST", "DELETE"}:
            code = self._change(method == "POST", unquote(one[1]), unquote(one[2]), now)
            return _iid_refusal(code) if code else _DONE
        if info is not None and method == "GET":
            return self._info(unquote(info[1]), given.get("details") == "true", now)
        return _MISSING

    def _batch(self, adds: bool, body: bytes, now: datetime) -> Reply:
        topic, tokens = _batch_of(body)
        if not topic or not tokens:
            return _iid_refusal("INVALID_ARGUMENT")
        codes = [self._change(adds, token, topic, now) for token in tokens]
        results = [{"error": code} if code else {} for code in codes]
        return Reply(200, orjson.dumps({"results": results}))

    def _change(self, adds: bool, address: str, topic: str, now: datetime) -> str:
        """Subscribe or unsubscribe; return the code of what is wrong, empty when it is done."""
        refused = _refusal_of(address, now)
        if refused is not None:
            return _IID_CODES.get(refused.status, "INTERNAL")
        if not TOPIC.fullmatch(topic):
            return "INVALID_ARGUMENT"
        topics = self.followed.setdefault(address, {})
        if not adds:
            topics.pop(topic, None)
        elif topic not in topics and len(topics) >= MOST_TOPICS:
            return "TOO_MANY_TOPICS"
        else:
            topics.setdefault(topic, now)
        return ""

    def _info(self, address: str, has_details: bool, now: datetime) -> Reply:
        refused = _refusal_of(address, now)
        if refused is not None:
            return Reply(refused.status or 500, b'{"error": "InvalidToken"}')
        known = {"application": "app.example", "authorizedEntity": "1", "platform": "ANDROID"}
        since = self.followed.get(address, {})
        dates = {name: {"addDate": f"{at:%Y-%m-%d}"} for name, at in since.items()}
        details = {"rel": {"topics": dates}} if has_details and dates else {}
        return Reply(200, orjson.dumps(known | details))


def _refusal_of(address: str, now: datetime) -> Reply | None:
    """Return the reply to an address whatever it asks; None for a phone like others."""
    if not ADDRESS.fullmatch(address):
        return answers.refused([Violation("registration", BAD_ADDRESS)])
    behaviour = answers.behaviour_of(address)
    return answers.of_behaviour(behaviour, now) if behaviour else None


def _batch_of(body: bytes) -> tuple[str, Sequence[str]]:
    """Parse the topic and the tokens; both are empty when the body is malformed."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "", ()
    given = document if isinstance(document, dict) else {}
    to, tokens = given.get("to"), given.get("registration_tokens")
    topic = to.removeprefix("/topics/") if isinstance(to, str) else ""
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        return "", ()
    return (topic, tokens) if TOPIC.fullmatch(topic) and len(tokens) <= MOST_TOKENS else ("", ())


def _iid_refusal(code: str) -> Reply:
    status = {name: status for status, name in _IID_CODES.items()}.get(code, 400)
    return Reply(status, orjson.dumps({"error": code}))
