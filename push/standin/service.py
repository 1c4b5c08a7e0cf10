"""The stand-in's state and its decisions: OAuth tokens, quota, scripts, what was accepted."""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from push.standin import answers
from push.standin.answers import Reply
from push.standin.validation import ValidatedRequest, validate

SCOPES = {
    "https://www.googleapis.com/auth/firebase.messaging",
    "https://www.googleapis.com/auth/cloud-platform",
}
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = timedelta(hours=1)
MODES = {"", "outage", "wrong_key", *answers.BEHAVIOURS}


@dataclass(slots=True)
class Standin:
    """One project with one service account. `script` answers an address before anything else."""

    clock: Callable[[], datetime]
    project: str = "standin"
    per_minute: int = 600_000
    mode: str = ""  # one of MODES; a behaviour is what every address gets
    script: dict[str, deque[str]] = field(default_factory=dict)
    taken: list[ValidatedRequest] = field(default_factory=list)
    checked: int = 0
    requests: int = 0
    refused: int = 0
    tokens: dict[str, datetime] = field(default_factory=dict)
    _bucket: float = field(default=0, init=False)
    _filled_at: datetime | None = field(default=None, init=False)
    _key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(65537, 2048), init=False
    )

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """The messages that it took, in their order."""
        return [validated.message for validated in self.taken]

    def service_account(self, url: str) -> dict[str, str]:
        """The key file that a sender is given, as the Firebase console writes it."""
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
            "client_email": f"standin@{self.project}.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{url}/token",
        }

    def answer(self, method: str, path: str, bearer: str, body: bytes) -> Reply:
        """The answer to one request."""
        if path.startswith("/standin/"):
            return self._control(method, path, body)
        if (method, path) == ("POST", "/token"):
            return self._token(body)
        if method == "POST" and path.endswith("/messages:send"):
            self.requests += 1
            return self._send(path, bearer, body)
        return Reply(404, b'{"error": {"code": 404, "message": "Not Found"}}')

    def _token(self, body: bytes) -> Reply:
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        if self.mode == "wrong_key" or form.get("grant_type") != GRANT:
            return Reply(400, b'{"error": "invalid_grant"}')
        try:
            claims = jwt.decode(
                form.get("assertion", ""),
                self._key.public_key(),
                algorithms=["RS256"],
                options={"verify_aud": False, "require": ["iss", "aud", "exp", "iat", "scope"]},
            )
        except jwt.InvalidTokenError as error:
            text = orjson.dumps({"error": "invalid_grant", "error_description": str(error)})
            return Reply(400, text)
        if not SCOPES & set(str(claims["scope"]).split()) or not claims["aud"].endswith("/token"):
            return Reply(400, b'{"error": "invalid_scope"}')
        token = f"ya29.{secrets.token_urlsafe(96)}"
        self.tokens[token] = self.clock() + LIFE
        granted = {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}
        return Reply(200, orjson.dumps(granted))

    def _send(self, path: str, bearer: str, body: bytes) -> Reply:
        now = self.clock()
        scheme, _, token = bearer.partition(" ")
        if scheme != "Bearer" or self.tokens.get(token, now) <= now:
            return answers.unauthenticated("Request had invalid authentication credentials.")
        if path != f"/v1/projects/{self.project}/messages:send":
            return answers.wrong_project()
        if self.mode == "outage":
            return answers.outage()
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
        behaviour = self._behaviour(validated.target)
        if behaviour and behaviour != "lost":
            return answers.of_behaviour(behaviour, now)
        if validated.validation.is_dry_run:
            self.checked += 1
        else:
            self.taken.append(validated)
        if behaviour == "lost":  # accepted, and nobody hears of it
            return answers.of_behaviour(behaviour, now)
        return answers.accepted(self.project, self.requests)

    def _behaviour(self, address: str) -> str:
        scripted = self.script.get(address)
        if scripted:
            name = scripted.popleft()
            return name if name in answers.BEHAVIOURS else ""
        if self.mode in answers.BEHAVIOURS:
            return self.mode
        name = address.partition("-")[0]
        return name if name in answers.BEHAVIOURS and address not in self.script else ""

    def _admit(self, now: datetime) -> bool:
        """Token bucket of one minute's quota."""
        passed = (now - self._filled_at).total_seconds() if self._filled_at else 60.0
        self._bucket = min(float(self.per_minute), self._bucket + passed * self.per_minute / 60)
        self._filled_at = now
        if self._bucket < 1:
            return False
        self._bucket -= 1
        return True

    def _control(self, method: str, path: str, body: bytes) -> Reply:
        """Control endpoints of the stand-in itself, for tests and curious people."""
        if (method, path) == ("GET", "/standin/messages"):
            return Reply(200, orjson.dumps({"messages": self.accepted}))
        if (method, path) == ("GET", "/standin/counts"):
            names = ("requests", "checked", "refused", "mode")
            counts = {name: getattr(self, name) for name in names}
            return Reply(200, orjson.dumps(counts | {"accepted": len(self.taken)}))
        if (method, path) == ("DELETE", "/standin/messages"):
            self.taken.clear()
            return Reply(204)
        if (method, path) == ("DELETE", "/standin/tokens"):
            self.tokens.clear()
            return Reply(204)
        if method == "PUT" and path in {"/standin/mode", "/standin/script"}:
            return self._set(path, body)
        return Reply(404, b'{"error": "the stand-in knows no such address"}')

    def _set(self, path: str, body: bytes) -> Reply:
        try:
            given = orjson.loads(body)
            if path == "/standin/mode":
                self.mode = _known({given["mode"]}, MODES).pop()
            else:
                scripts = {str(address): deque(names) for address, names in given.items()}
                _known({name for names in scripts.values() for name in names}, MODES | {"fine"})
                self.script |= scripts
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError):
            return Reply(400, _HOW_TO_SET)
        return Reply(204)


_HOW_TO_SET = orjson.dumps(
    {
        "error": 'send {"mode": name} or {address: [name, ...]}; "fine" accepts',
        "names": sorted(MODES),
    }
)


def _known(names: set[str], known: set[str]) -> set[str]:
    if not names <= known:
        raise ValueError("not a behaviour")
    return names
