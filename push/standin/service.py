"""The stand-in's state and its decisions: OAuth tokens, quota, faults, what was accepted."""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from push.standin import answers, bench, control, oauth
from push.standin.answers import Reply
from push.standin.faults import Faults
from push.standin.push_service import PushService
from push.standin.topics import Topics, is_about_topics
from push.standin.validation import Taken, ValidatedRequest, validate

_NO_CONTENT = Reply(204)
_TOKEN_FAULTS = {
    "503": Reply(503, b'{"error": "temporarily_unavailable"}'),
    "reset": Reply(0, ending="reset"),
    "hang": Reply(0, ending="hang"),
    "invalid_grant": oauth.refusal("invalid_grant", "Invalid JWT Signature."),
}


@dataclass(slots=True)
class Standin:
    """A project with one service account. `script` answers an address before anything else."""

    clock: Callable[[], datetime]
    project: str = "standin"
    per_minute: int = 600_000
    mode: str = ""  # one of `control.MODES`; a behaviour is what every address gets
    script: dict[str, deque[str]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    taken: list[Taken] = field(default_factory=list)
    checked: int = 0
    requests: int = 0
    refused: int = 0
    tokens: dict[str, datetime] = field(default_factory=dict)
    topics: Topics = field(init=False)
    browsers: PushService = field(init=False)
    _bucket: float = field(default=0, init=False)
    _filled_at: datetime | None = field(default=None, init=False)
    _key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(65537, 2048), init=False
    )

    def __post_init__(self) -> None:
        self.topics = Topics(self.project)
        self.browsers = PushService(self.clock)

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """The messages that the stand-in took, in their order."""
        return [taken.request.message for taken in self.taken]

    def service_account(self, url: str) -> dict[str, str]:
        """Return the key file that a sender is given, as the Firebase console writes it."""
        pem = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "type": "service_account",
            "project_id": self.project,
            "private_key_id": "standin-key",
            "private_key": pem.decode(),
            "client_email": self._email,
            "client_id": "1",
            "token_uri": f"{url}/token",
        }

    def answer(self, method: str, target: str, bearer: str, body: bytes) -> Reply:
        """Answer one request; `target` is its path with the query."""
        path, _, query = target.partition("?")
        if method == "POST" and path.endswith("/messages:send"):
            self.requests += 1
            return self._send(path, bearer, body)
        if (method, path) == ("GET", bench.PATH):
            return bench.page(self.taken, self.browsers)
        if path.startswith("/standin/"):
            return self._control(method, path, body)
        if (method, path) == ("POST", "/token"):
            return self._token(body)
        if is_about_topics(path):
            now = self.clock()
            refused = self._unauthenticated(bearer, now)
            return refused or self.topics.answer(method, path, query, body, now)
        return Reply(404, b'{"error": {"code": 404, "message": "Not Found"}}')

    @property
    def _email(self) -> str:
        return f"standin@{self.project}.iam.gserviceaccount.com"

    def _token(self, body: bytes) -> Reply:
        now = self.clock()
        fault = self.faults.of_token_endpoint(now)
        if fault or self.mode == "wrong_key":
            return _TOKEN_FAULTS[fault or "invalid_grant"]
        try:
            # The assertion was signed by the wall clock, whatever clock this stand-in is given.
            oauth.check(body, self._key.public_key(), self._email, datetime.now(UTC))
        except oauth.Refused as error:
            return error.reply
        token = f"ya29.{secrets.token_urlsafe(96)}"
        self.tokens[token] = now + oauth.LIFE
        return oauth.granted(token)

    def _unauthenticated(self, bearer: str, now: datetime) -> Reply | None:
        scheme, _, token = bearer.partition(" ")
        holds = scheme == "Bearer" and self.tokens.get(token, now) > now
        return None if holds else answers.unauthenticated(bearer)

    def _send(self, path: str, bearer: str, body: bytes) -> Reply:
        now = self.clock()
        met = self.faults.at_the_door(now) if self.faults else None
        refused = met or self._unauthenticated(bearer, now)
        if refused is not None:
            return refused
        if path != f"/v1/projects/{self.project}/messages:send":
            return answers.not_found()
        if self.mode == "outage":
            return answers.server_error()
        if not self._admit(now):
            self.refused += 1
            return answers.quota(now, 10)
        return self._validate(body, now)

    def _validate(self, body: bytes, now: datetime) -> Reply:
        try:
            validated = validate(body)
        except orjson.JSONDecodeError as error:
            return answers.no_json(str(error))
        found = validated.validation.violations
        if found:
            is_readable = validated.validation.is_readable
            return answers.refused(found) if is_readable else answers.unreadable(found)
        return self._deliver(validated, now)

    def _deliver(self, validated: ValidatedRequest, now: datetime) -> Reply:
        target = validated.target
        met = self.faults.of_phone(target, now) if self.faults else None
        if met is None and (behaviour := self._behaviour(target)):
            met = answers.of_behaviour(behaviour, now)
        if met is not None and not met.is_taken:
            return met
        if validated.validation.is_dry_run:
            self.checked += 1
        else:
            self.taken.append(Taken(validated, now))
        if met is not None and met.ending != "answer":  # accepted, and nobody hears of it
            return met
        accepted = answers.accepted(self.project, self.requests)
        return accepted if met is None else replace(accepted, delay_s=met.delay_s)

    def _behaviour(self, address: str) -> str:
        if self.script and address in self.script:
            scripted = self.script[address]
            name = scripted.popleft() if scripted else ""
            return name if name in answers.BEHAVIOURS else ""
        if self.mode and self.mode in answers.BEHAVIOURS:
            return self.mode
        return answers.behaviour_of(address)

    def _admit(self, now: datetime) -> bool:
        """Take a token from the bucket of one minute's quota; tell whether there was one."""
        passed = (now - self._filled_at).total_seconds() if self._filled_at else 60.0
        self._bucket = min(float(self.per_minute), self._bucket + passed * self.per_minute / 60)
        self._filled_at = now
        if self._bucket < 1:
            return False
        self._bucket -= 1
        return True

    def _control(self, method: str, path: str, body: bytes) -> Reply:
        """Answer control requests of the stand-in itself, for tests and for a look inside."""
        subject, _, name = path.removeprefix("/standin/").partition("/")
        try:
            if method == "GET" and not name:
                return Reply(200, orjson.dumps(self._shown(subject)))
            if method == "PUT":
                self._set(subject, name, body)
            elif method == "DELETE":
                self._forget(subject, name)
            else:
                raise control.NotUnderstood("GET, PUT and DELETE are all that is understood.", 404)
        except control.NotUnderstood as error:
            return error.reply
        return _NO_CONTENT

    def _shown(self, subject: str) -> dict[str, Any]:
        match subject:
            case "messages":
                return {"messages": self.accepted}
            case "counts":
                names = ("requests", "checked", "refused", "mode")
                counts = {name: getattr(self, name) for name in names}
                return counts | {"accepted": len(self.taken)}
            case "faults":
                return {"faults": self.faults.switched_on(self.clock())}
            case "topics":
                followed = self.topics.followed.items()
                return {"topics": {address: sorted(names) for address, names in followed}}
            case "browsers":
                return {"messages": [taken.shown() for taken in self.browsers.taken]}
        raise _unknown(subject, "messages", "counts", "faults", "topics", "browsers")

    def _set(self, subject: str, name: str, body: bytes) -> None:
        if (subject, name) == ("mode", ""):
            self.mode = control.mode_of(body)
        elif (subject, name) == ("script", ""):
            self.script |= control.script_of(body)
        elif subject == "faults":
            self.faults.switch_on(name, control.options_of(name, body), self.clock())
        else:
            raise _unknown(subject, "mode", "script", "faults/NAME")

    def _forget(self, subject: str, name: str) -> None:
        if (subject, name) == ("messages", ""):
            self.taken.clear()
        elif (subject, name) == ("browsers", ""):
            self.browsers.taken.clear()
        elif (subject, name) == ("tokens", ""):
            self.tokens.clear()
        elif (subject, name) == ("topics", ""):
            self.topics.followed.clear()
        elif subject == "faults":
            self.faults.switch_off(name)
        else:
            known = ("messages", "browsers", "tokens", "topics", "faults", "faults/NAME")
            raise _unknown(subject, *known)


def _unknown(subject: str, *known: str) -> control.NotUnderstood:
    detail = f"The stand-in has no /standin/{subject[:80]} for this method."
    return control.NotUnderstood(detail, 404, names=known)
