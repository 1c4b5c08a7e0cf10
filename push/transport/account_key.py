"""Asks Google whether the key of our service account is known there, and until when it is good."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from backend.core.settings import Network
from backend.outbound.fetch import FetchPolicy, get
from backend.outbound.response import FetchError

WARNED_AHEAD = timedelta(days=30)
NAME = "GOOGLE_APPLICATION_CREDENTIALS"


def policy_of(allow_networks: tuple[Network, ...]) -> FetchPolicy:
    return FetchPolicy(allow_networks=allow_networks)


def findings(key_file: str, policy: FetchPolicy, now: datetime) -> Iterator[str]:
    """Yield what is wrong with the key; nothing when it is good for a month.

    Google publishes the certificates of an account's keys, by the key's id, where the account's
    own file says; a key ends with its certificate.
    """
    account = json.loads(Path(key_file).read_text(encoding="utf-8"))
    try:
        found = get(str(account.get("client_x509_cert_url", "")), policy)
        certificates = json.loads(found.body) if found.status == 200 else None
    except (FetchError, ValueError):
        certificates = None
    if isinstance(certificates, Mapping):
        yield from _of_certificate(certificates.get(str(account.get("private_key_id"))), now)
    else:
        yield f"{NAME}: Google did not say whether the key is good; try `tagwire push canary`."


def _of_certificate(pem: object, now: datetime) -> Iterator[str]:
    try:
        ends_at = x509.load_pem_x509_certificate(str(pem).encode()).not_valid_after_utc
    except ValueError:
        yield f"{NAME}: Google does not know this key any more; make another one, no alert leaves."
        return
    if ends_at <= now:
        yield f"{NAME}: the key ended on {ends_at:%Y-%m-%d}; make another one, no alert leaves."
    elif ends_at - now < WARNED_AHEAD:
        yield f"{NAME}: the key ends on {ends_at:%Y-%m-%d}; put another one in its place before."
