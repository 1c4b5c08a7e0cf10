"""Ownership of addresses: one moves to another installation by proof alone.

Proof is the whole token, the secret of who held it, or a nonce that was sent there and came back.
A Firebase installation id is public, and anybody can make up a token that begins with it. What is
not proven is a claim: until the nonce comes back, who holds the phone keeps its alerts.
Nothing here commits.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.audience import queries
from backend.audience.address import fid_of, is_secret, wait_after
from backend.audience.inheriting import inherit, is_unowned
from backend.core.db import insert_ignore
from backend.core.locks import lock_name
from backend.http.auth import hash_secret
from backend.tables.audience import AddressClaim, AddressProof, Installation

NONCE_LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Nonce:
    """A nonce on its way to a claimed address; only its hash is kept."""

    installation_id: int
    platform: str
    kind: str
    value: str
    nonce: str


def hold(session: Session, value: str | None) -> None:
    """Take the advisory lock of an address, before any row: registering may change its owner's."""
    if value is not None:
        lock_name(session, f"address:{fid_of(value)}")


def move(
    session: Session,
    installation: Installation,
    address: Mapping[str, str] | None,
    *,
    previous_secret: str | None,
    now: datetime,
) -> None:
    """Give the installation this address, or none; without a proof it claims it."""
    queries.drop_claim(session, installation.id)
    if address is None:
        _set(installation, None, None)
        return
    kind, value = address["kind"], address["value"]
    others = _others(session, installation, kind, value)
    secret_hash = previous_secret and hash_secret(previous_secret)
    if all(_yields(other, kind, value, secret_hash) for other in others):
        _take(session, installation, kind, value, others, now)
    else:
        _claim(session, installation, kind, value, now)


def confirm(session: Session, installation: Installation, nonce: str, *, now: datetime) -> bool:
    """Take the claimed address if the nonce was sent there lately; return whether it is its own.

    To confirm an address that it holds already changes nothing.
    """
    claim = queries.claim_of(session, installation.id)
    if claim is None:
        return installation.address_value is not None
    proof = session.get(AddressProof, claim.address_hash, populate_existing=True)
    if proof is None or proof.sent_at is None or proof.sent_at + NONCE_LASTS < now:
        return False
    if not secrets.compare_digest(proof.nonce_hash or "", hash_secret(nonce)):
        return False
    kind, value = claim.kind, claim.value
    session.delete(claim)
    session.delete(proof)
    _take(session, installation, kind, value, _others(session, installation, kind, value), now)
    return True


def retire(session: Session, holder: Installation, reason: str, *, now: datetime) -> None:
    """Retire an address that the provider calls gone, and grant its phone to the newest claim."""
    holder.address_retired_at, holder.address_retired_for = now, reason
    _grant(session, holder, now=now)


def _grant(session: Session, retired: Installation, *, now: datetime) -> None:
    """Give the phone of a retired address to who claimed it last under another address.

    The provider says that nobody is at the old one: there is nothing left to take from anybody.
    """
    fid = retired.address_fid
    claim = queries.newest_claim(session, fid, besides=retired.address_value) if fid else None
    if claim is None:
        return
    claimant = session.get(Installation, claim.installation_id, with_for_update=True)
    if claimant is None:
        return
    kind, value = claim.kind, claim.value
    others = _others(session, claimant, kind, value)
    if all(other.address_retired_at is not None for other in others):
        session.delete(claim)
        _take(session, claimant, kind, value, others, now)


def issue(session: Session, *, now: datetime, limit: int) -> list[Nonce]:
    """Make nonces for the claimed addresses that are due one."""
    return [
        _issued(proof, claim, platform, now)
        for proof, claim, platform in queries.wanted_proofs(session, now, limit)
    ]


def _issued(proof: AddressProof, claim: AddressClaim, platform: str, now: datetime) -> Nonce:
    nonce = secrets.token_urlsafe(24)
    proof.nonce_hash, proof.sent_at, proof.wanted_at = hash_secret(nonce), now, None
    proof.sends += 1
    return Nonce(claim.installation_id, platform, claim.kind, claim.value, nonce)


def _yields(holder: Installation, kind: str, value: str, secret_hash: str | None) -> bool:
    """Whether the holder's address is retired, or the newcomer proved to be the same phone."""
    is_same = (holder.address_kind, holder.address_value) == (kind, value)
    is_proven = (is_same and is_secret(kind, value)) or holder.secret_hash == secret_hash
    return is_proven or holder.address_retired_at is not None


def _others(
    session: Session, installation: Installation, kind: str, value: str
) -> Sequence[Installation]:
    found = queries.installations_at(session, kind, value)
    return [other for other in found if other is not installation]


def _take(
    session: Session,
    installation: Installation,
    kind: str,
    value: str,
    others: Iterable[Installation],
    now: datetime,
) -> None:
    """Set the address and take the phone's from all others: one phone is one installation."""
    for other in others:
        _set(other, None, None)
        if is_unowned(other):
            inherit(session, installation, other, now)
    session.flush()
    _set(installation, kind, value)


def _set(installation: Installation, kind: str | None, value: str | None) -> None:
    """Set the address; registering it again ends its retirement."""
    if (installation.address_kind, installation.address_value) != (kind, value):
        installation.address_kind, installation.address_value = kind, value
        installation.address_fid = fid_of(value) if value else None
    installation.address_retired_at = installation.address_retired_for = None
    installation.was_used = installation.was_used or value is not None


def _claim(
    session: Session, installation: Installation, kind: str, value: str, now: datetime
) -> None:
    address_hash = hash_secret(f"{kind}:{value}")
    session.add(
        AddressClaim(
            installation_id=installation.id,
            kind=kind,
            value=value,
            fid=fid_of(value),
            address_hash=address_hash,
        )
    )
    insert_ignore(session, AddressProof, address_hash=address_hash, sends=0)
    proof = session.get_one(AddressProof, address_hash, populate_existing=True)
    if proof.sent_at is not None and proof.sent_at + NONCE_LASTS < now:
        proof.sent_at, proof.sends = None, 0
    if proof.wanted_at is None:
        again_at = proof.sent_at + wait_after(proof.sends) if proof.sent_at else now
        proof.wanted_at = max(now, again_at)
