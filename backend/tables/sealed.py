"""The columns that are sealed (encrypted) under SECRET_KEY, by the purpose of their cipher.

A column that is not named here is lost when the key is rotated: `backend.resealing` seals anew
what stands here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy.orm import InstrumentedAttribute

from backend.core.encryption import TextCipher
from backend.tables.ingest import SourceFeed
from backend.tables.people import NewsroomUser
from backend.tables.webhooks import WebhookEndpoint
from backend.tables.websub import WebSubSubscription

Purpose = Literal["source secrets", "websub secrets", "webhook secret", "second factor"]

# The columns of one purpose are of one table. One in JSON is a list of objects, each with a
# `secret`; the others are the ciphertext itself.
SEALED: Mapping[Purpose, tuple[InstrumentedAttribute[Any], ...]] = {
    "source secrets": (SourceFeed.basic_auth, SourceFeed.secret_header),
    "websub secrets": (WebSubSubscription.secret,),
    "webhook secret": (WebhookEndpoint.secret, WebhookEndpoint.old_secrets),
    "second factor": (NewsroomUser.totp_secret,),
}


def cipher_of(purpose: Purpose, secret_keys: Sequence[str]) -> TextCipher:
    return TextCipher(secret_keys, purpose)
