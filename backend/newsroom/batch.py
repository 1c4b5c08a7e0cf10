"""Publishes the articles of one request, each as if it had come alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from backend.core import faults
from backend.core.db import release
from backend.core.problems import Internal, Invalid, Problem
from backend.http.hooks import Hooks
from backend.newsroom.draft import draft_from
from backend.newsroom.service import Arrival, Published
from backend.newsroom.slices import Prepared, prepare, publish_all

Fields = dict[str, Any]
# Returns which article was sent and the fields that its key may set, or raises.
Permit = Callable[[Fields], tuple[Arrival, Fields]]


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one article; `sent` are its fields as far as they could be read."""

    sent: Fields
    outcome: Published | Problem


def publish_batch(
    hooks: Hooks, sent: Sequence[Fields | ValidationError], permit: Permit, *, now: datetime
) -> list[Result]:
    """Publish what can be published, in this order; return the result of each.

    Raises:
        DATABASE_AWAY: of `backend.core.faults`; what was published before stays, and the same
            request again finishes it.
    """
    release()
    tried = [_tried(each, permit) for each in sent]
    ready = [each for each in tried if isinstance(each, Prepared)]
    outcomes = publish_all(hooks, ready, clock=lambda: now)
    found = [next(outcomes) if isinstance(each, Prepared) else each for each in tried]
    return [Result(_read(each), _told(it)) for each, it in zip(sent, found, strict=True)]


def _tried(sent: Fields | ValidationError, permit: Permit) -> Prepared | Exception:
    if isinstance(sent, ValidationError):
        return Invalid.of(sent.messages_dict)
    try:
        arrival, fields = permit(sent)
        return prepare(arrival, draft_from(fields))
    except Exception as error:  # noqa: BLE001 one odd article keeps no other one back
        return error


def _read(sent: Fields | ValidationError) -> Fields:
    if not isinstance(sent, ValidationError):
        return sent
    return sent.valid_data if isinstance(sent.valid_data, dict) else {}


def _told(outcome: Published | Exception) -> Published | Problem:
    if isinstance(outcome, Published | Problem):
        return outcome
    return Internal(f"Something failed here: {faults.report('newsroom', outcome)}.")
