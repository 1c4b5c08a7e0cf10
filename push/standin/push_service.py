"""A push service for browsers, as strict as RFC 8030, 8188 and 8292 are: the receiving half.

A subscription is any name: its endpoint is `https://HOST/wpush/NAME`. It keeps what it took as it
came: only the browser can read it, or the stand-in where it was asked to be that browser.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec

from push.standin.answers import Reply
from push.standin.own_browser import OwnBrowser

PATH = "/wpush/"
MOST_BYTES = 4096
_URGENCIES = {"very-low", "low", "normal", "high"}
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_VAPID = re.compile(r"vapid\s+t=([A-Za-z0-9_.-]+)\s*,\s*k=([A-Za-z0-9_-]+)")
# Head: salt, record size, length of the key's id, uncompressed point. Then delimiter and tag.
_HEAD_BYTES, _LEAST_BYTES = 86, 86 + 1 + 16
_DAY = timedelta(hours=24)


def _error(status: int, said: str, **headers: str) -> Reply:
    return Reply(status, orjson.dumps({"code": status, "message": said}), headers)


# Replies to a subscription whose name begins with one of these and a dash.
BEHAVIOURS: Mapping[str, Reply] = {
    "gone": _error(410, "The subscription is gone."),
    "expired": _error(404, "There is no such subscription."),
    "invalid": _error(400, "The request cannot be understood."),
    "refused": _error(403, "The key is not that of the subscription."),
    "large": _error(413, "The message is too large."),
    "limited": _error(429, "Too many messages.", **{"Retry-After": "2"}),
    "busy": _error(503, "Try again later.", **{"Retry-After": "2"}),
    "broken": _error(500, "A fault of the service."),
    "lost": Reply(0, ending="close", is_taken=True),
    "hang": Reply(0, ending="hang"),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A message, with what the service was told of it."""

    name: str
    at: datetime
    ttl_s: int
    urgency: str
    topic: str | None
    public_key: str
    body: bytes

    def shown(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in ("name", "ttl_s", "urgency", "topic")}
        return {**told, "body": base64.urlsafe_b64encode(self.body).decode()}


@dataclass(slots=True)
class PushService:
    """A push service that keeps messages by endpoint. `outage`, when set, answers everybody."""

    clock: Callable[[], datetime]
    taken: list[Taken] = field(default_factory=list)
    requests: int = 0
    outage: str = ""
    _own: dict[str, OwnBrowser] = field(default_factory=dict)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        name = target.removeprefix(PATH)
        if method == "GET":
            return self._subscription(_origin(headers), name)
        self.requests += 1
        if method != "POST":
            return _error(405, "A message is posted.", Allow="GET, POST")
        refused = self._refused(headers, body)
        if refused is not None:
            return refused
        met = BEHAVIOURS.get(self.outage or name.partition("-")[0])
        if met is not None and not met.is_taken:
            return met
        self.taken.append(
            Taken(
                name=name,
                at=self.clock(),
                ttl_s=int(headers["ttl"]),
                urgency=headers.get("urgency", "normal"),
                topic=headers.get("topic"),
                public_key=_parts_of(headers)[1],
                body=body,
            )
        )
        return met or Reply(201, headers={"Location": f"/message/{self.requests}"})

    def readable(self, taken: Taken) -> Mapping[str, Any]:
        """Return the message as its browser reads it, if that is ours; else as it came."""
        own = self._own.get(taken.name)
        read = None if own is None else own.read(taken.body)
        return {"body": taken.shown()["body"]} if read is None else read

    def _subscription(self, origin: str, name: str) -> Reply:
        """Reply with a subscription of a browser that this stand-in is, to be registered."""
        own = self._own.setdefault(name, OwnBrowser())
        return Reply(200, orjson.dumps(own.subscription(f"{origin}{PATH}{name}")))

    def _refused(self, headers: Mapping[str, str], body: bytes) -> Reply | None:
        if len(body) > MOST_BYTES:
            return BEHAVIOURS["large"]
        wrong = _wrong_of(headers) or _wrong_of_body(body)
        if wrong is not None:
            return _error(400, wrong)
        return self._refused_key(headers)

    def _refused_key(self, headers: Mapping[str, str]) -> Reply | None:
        """Check the VAPID token (RFC 8292, 2 to 4.2) by the wall clock, whatever our clock is."""
        token, key = _parts_of(headers)
        if not token:
            return _error(401, "Who are you?", **{"WWW-Authenticate": "vapid"})
        try:
            claims = jwt.decode(
                token,
                _point(key),
                ["ES256"],
                audience=_origin(headers),
                options={"verify_exp": False},
            )
            ends_at = datetime.fromtimestamp(claims["exp"], UTC)
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            return _error(403, f"The token does not hold: {type(error).__name__}.")
        if not timedelta(0) < ends_at - self.clock() <= _DAY:
            return _error(403, "The token is over, or lives longer than a day.")
        if not str(claims.get("sub", "")).startswith(("https:", "mailto:", "http://127.0.0.1")):
            return _error(403, "The token names nobody to ask.")
        return None


def _origin(headers: Mapping[str, str]) -> str:
    return f"https://{headers.get(':authority') or headers.get('host', '')}"


def _wrong_of(headers: Mapping[str, str]) -> str | None:
    if not re.fullmatch(r"\d{1,10}", headers.get("ttl", "")):
        return "TTL is missing, or no number of seconds."
    if headers.get("urgency", "normal") not in _URGENCIES:
        return "Urgency is none of the four."
    if not _TOPIC.fullmatch(headers.get("topic", "any")):
        return "Topic is longer than 32 characters, or holds others than base64url's."
    if headers.get("content-encoding") != "aes128gcm":
        return "Content-Encoding is not aes128gcm."
    return None


def _wrong_of_body(body: bytes) -> str | None:
    """Return what is wrong with a body, as far as it shows outside (RFC 8188, 2.1)."""
    if len(body) < _LEAST_BYTES or body[20] != 65 or body[21] != 4:
        return "The body does not begin as RFC 8291 says."
    if len(body) - _HEAD_BYTES > int.from_bytes(body[16:20], "big"):
        return "The body has more than one record."
    return None


def _parts_of(headers: Mapping[str, str]) -> tuple[str, str]:
    found = _VAPID.fullmatch(headers.get("authorization", ""))
    return (found[1], found[2]) if found else ("", "")


def _point(key: str) -> ec.EllipticCurvePublicKey:
    raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
