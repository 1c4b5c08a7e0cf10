"""The webhooks of the OpenAPI document: what is sent, how, and how long it is tried."""

from collections.abc import Iterator
from datetime import timedelta

from backend.http.openapi_components import Webhooks
from backend.webhooks.deliverer import DEADLINE_S
from backend.webhooks.schedule import LONGEST_ASKED, LONGEST_BACK_OFF, PAUSES, TRY_FOR
from backend.webhooks.secret_rotation import OLD_SECRET_LIVES
from schemas.webhook_messages import MESSAGES

HEADERS = {
    "webhook-id": "The id of the message, the same in every try: what was seen before is passed "
    "over.",
    "webhook-timestamp": "When this try was signed, in seconds since 1970: refuse an old one.",
    "webhook-signature": "One signature for each secret that is valid, separated by spaces: `v1,` "
    "and the HMAC-SHA256 of id, timestamp and body, joined by dots, in Base64.",
}


def _words(time: timedelta) -> str:
    for name, unit in (("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if time >= unit:
            return f"{time // unit} {name}"
    return f"{time.seconds} s"


def _paragraphs() -> Iterator[str]:
    pauses = ", ".join(map(_words, PAUSES))
    yield (
        "Signed as Standard Webhooks has it (standardwebhooks.com). Any 2xx within "
        f"{DEADLINE_S:.0f} s takes the message; a redirect is not followed."
    )
    yield (
        f"Everything else is tried again after {pauses}, and so on for {_words(TRY_FOR)}, each "
        "pause up to a fifth longer. `Retry-After` of a 429 or 503 is honoured up to "
        f"{_words(LONGEST_ASKED)}. An endpoint that fails rests for up to "
        f"{_words(LONGEST_BACK_OFF)}; one that answers 410 is paused. Messages may come twice, "
        "and those about different things out of order."
    )
    yield (
        f"After a new secret the old one signs too for {_words(OLD_SECRET_LIVES)}: one of the "
        "signatures has to be right."
    )


def webhooks() -> Webhooks:
    return Webhooks(MESSAGES, "\n\n".join(_paragraphs()), HEADERS)
