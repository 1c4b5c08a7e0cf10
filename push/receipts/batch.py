"""Group commit of receipts: in the minute after an alert all phones report at once."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from flask import Flask
from marshmallow import ValidationError

from backend.core.db import autocommit_engine
from backend.http import rate_limits
from backend.http.auth import Owner, bearer_in, owners_of
from backend.http.batches import json_response, posted_json
from backend.http.context import AppContext
from backend.http.fast_path import Environ, FastResponse, Headers
from push.receipts.service import Said, count_events_of_many
from push.receipts.usual import usual_events
from schemas.inbox import AppEvents

ROUTE = "/v1/installations/<installation_id>/events"
BEFORE, AFTER = "/v1/installations/", "/events"
_SCHEMA = AppEvents()


class Asked(NamedTuple):
    """A request that can wait for others; who it is from is not known yet."""

    environ: Environ
    secret: str
    public_id: str
    events: Sequence[Mapping[str, Any]]


class EventBatch:
    """Batches of `POST /v1/installations/{id}/events`; refusals are left to the view."""

    # A transaction costs ten times what each event in it does: in a surge several share it.
    pace = timedelta(milliseconds=20)

    def __init__(self, app: Flask) -> None:
        self._app = app

    def take(self, environ: Environ, body: bytes) -> Asked | None:
        path = environ["PATH_INFO"]
        is_it = environ["REQUEST_METHOD"] == "POST" and path.startswith(BEFORE)
        secret = bearer_in(environ.get("HTTP_AUTHORIZATION", ""))
        if not is_it or not path.endswith(AFTER) or secret is None:
            return None
        events = _read(environ, body)
        public_id = path[len(BEFORE) : -len(AFTER)]
        return None if events is None else Asked(environ, secret, public_id, events)

    def answer(self, taken: Sequence[Asked]) -> list[FastResponse | None]:
        context: AppContext = self._app.extensions["tagwire"]
        with self._app.app_context():
            with autocommit_engine(self._app).connect() as reader:
                owners = owners_of(reader, (each.secret for each in taken))
            admitted = [(each, self._admitted(each, owners.get(each.secret))) for each in taken]
            said = [Said(found[0], each.events) for each, found in admitted if found is not None]
            now = context.now()
            results = iter(count_events_of_many(context.hooks, said, now=now) if said else ())
        return [
            None if found is None else _response(next(results), found[1]) for _, found in admitted
        ]

    def _admitted(self, asked: Asked, owner: Owner | None) -> tuple[int, Headers] | None:
        """Return the installation, and the headers of its limit; None where Flask refuses it."""
        if owner is None or owner.public_id != asked.public_id:
            return None
        told = rate_limits.of_installation(self._app, asked.environ, owner.id)
        return None if told is None else (owner.id, told)


def _read(environ: Environ, body: bytes) -> Sequence[Mapping[str, Any]] | None:
    try:
        document = posted_json(environ, body)
        usual = usual_events(document)
        if usual is not None:
            return usual
        events: list[Any] = _SCHEMA.load(document)["events"]
    except (ValueError, ValidationError):
        return None
    return None if any(isinstance(each, ValidationError) for each in events) else events


def _response(results: Sequence[str], told: Headers) -> FastResponse:
    document = {"results": [{"status": each} for each in results]}
    return json_response(ROUTE, "202 ACCEPTED", document, told)
