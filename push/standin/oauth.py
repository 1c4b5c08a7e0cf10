"""Google's token endpoint: a signed service account for an access token. Pure.

Source: "Using OAuth 2.0 for server to server applications"; the texts are those of public reports.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt.types
import orjson
from cryptography.hazmat.primitives.asymmetric import rsa

from push.standin.answers import Reply

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = timedelta(hours=1)
SCOPES = {
    "https://www.googleapis.com/auth/firebase.messaging",
    "https://www.googleapis.com/auth/cloud-platform",
}
_SKEW = timedelta(minutes=5)
_LATE = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


class Refused(Exception):
    """No token is granted; `reply` says why."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.reply = refusal(error, description)


def refusal(error: str, description: str) -> Reply:
    return Reply(400, orjson.dumps({"error": error, "error_description": description}))


def granted(token: str) -> Reply:
    life_s = int(LIFE.total_seconds())
    body = {"access_token": token, "expires_in": life_s, "token_type": "Bearer"}
    return Reply(200, orjson.dumps(body))


def check(body: bytes, key: rsa.RSAPublicKey, issuer: str, now: datetime) -> None:
    """Whether a token is to be granted.

    Raises:
        Refused: with the answer.
    """
    form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
    if form.get("grant_type") != GRANT:
        raise Refused("unsupported_grant_type", "Invalid grant_type: " + form.get("grant_type", ""))
    claims = _claims(form.get("assertion", ""), key)
    if claims["iss"] != issuer:
        raise Refused("invalid_grant", "Invalid grant: account not found")
    if not SCOPES & set(str(claims["scope"]).split()) or not str(claims["aud"]).endswith("/token"):
        raise Refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    _check_times(claims, now)


def _claims(assertion: str, key: rsa.RSAPublicKey) -> dict[str, Any]:
    options: jwt.types.Options = {
        "verify_exp": False,  # `_check_times` does, in Google's words
        "verify_iat": False,
        "verify_nbf": False,
        "verify_aud": False,
        "require": ["iss", "aud", "exp", "iat", "scope"],
    }
    try:
        found: dict[str, Any] = jwt.decode(assertion, key, algorithms=["RS256"], options=options)
    except jwt.InvalidSignatureError as error:
        raise Refused("invalid_grant", "Invalid JWT Signature.") from error
    except jwt.InvalidTokenError as error:
        raise Refused("invalid_grant", f"Invalid JWT: {error}") from error
    return found


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    try:
        issued, expires = float(claims["iat"]), float(claims["exp"])
    except (TypeError, ValueError) as error:
        raise Refused("invalid_grant", _LATE) from error
    skew_s, present = _SKEW.total_seconds(), now.timestamp()
    is_short = 0 < expires - issued <= LIFE.total_seconds()
    if not is_short or issued > present + skew_s or expires < present:
        raise Refused("invalid_grant", _LATE)
