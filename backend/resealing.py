"""Seals anew with the first key of SECRET_KEY what an older one sealed, so that the older one can
go. `tagwire check` says what is left.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Column, Select, or_, select, update
from sqlalchemy.orm import Session

from backend.core.chunks import chunks
from backend.core.db import Base, db, release, retried, table_of, transaction
from backend.core.encryption import TextCipher
from backend.tables.sealed import SEALED, Purpose, cipher_of

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class SealedRows:
    """The rows of one purpose that wait to be sealed anew, and how many rows no key opens."""

    outdated: tuple[int, ...] = ()
    lost: int = 0


def sealed_rows(session: Session, secret_keys: Sequence[str]) -> Mapping[Purpose, SealedRows]:
    """Find the rows that the first key does not open, by purpose."""
    return {each: _rows_of(session, each, secret_keys) for each in SEALED}


def reseal(secret_keys: Sequence[str]) -> Iterator[None]:
    """Seal anew what an older key sealed; yields after each commit.

    Any number of processes may do it at once, and it may end anywhere.
    """
    if len(secret_keys) < 2:
        return
    found = sealed_rows(db.session(), secret_keys)
    release()
    for purpose, rows in found.items():
        for some in chunks(rows.outdated, AT_ONCE):
            _reseal(purpose, some, cipher_of(purpose, secret_keys))
            yield


def _rows_of(session: Session, purpose: Purpose, secret_keys: Sequence[str]) -> SealedRows:
    cipher = cipher_of(purpose, secret_keys)
    outdated, lost = [], 0
    for number, *values in session.execute(_sealed(purpose)):
        pairs = [(each, _renewed(each, cipher)) for each in values if each]
        lost += any(renewed is None for _, renewed in pairs)
        if any(renewed not in (None, value) for value, renewed in pairs):
            outdated.append(number)
    return SealedRows(tuple(outdated), lost)


@retried
def _reseal(purpose: Purpose, numbers: Sequence[int], cipher: TextCipher) -> None:
    """Seal locked rows anew: somebody might store another secret meanwhile, or take it away."""
    key, names = _key(purpose), [each.key for each in SEALED[purpose]]
    with transaction() as session:
        rows = session.execute(_sealed(purpose).where(key.in_(numbers)).with_for_update())
        for number, *values in rows.all():
            renewed = [(each and _renewed(each, cipher)) or each for each in values]
            changed = dict(zip(names, renewed, strict=True))
            session.execute(update(key.table).where(key == number).values(changed))


def _renewed(value: Any, cipher: TextCipher) -> Any:
    """Seal what a column holds with the first key; None when no key opens it.

    An item of a list that no key opens stays as it is: it was to be used for a day at most.
    """
    if isinstance(value, str):
        return cipher.renewed(value)
    return [each | {"secret": cipher.renewed(each["secret"]) or each["secret"]} for each in value]


def _sealed(purpose: Purpose) -> Select[Any]:
    """Select primary key and sealed columns of the rows that have any, in the order of that key."""
    columns, key = SEALED[purpose], _key(purpose)
    has_any = or_(*(each.is_not(None) for each in columns))
    return select(key, *columns).where(has_any).order_by(key)


def _key(purpose: Purpose) -> Column[Any]:
    model = cast(type[Base], SEALED[purpose][0].class_)
    (key,) = table_of(model).primary_key
    return key
