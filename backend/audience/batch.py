"""Registrations of many apps in one transaction; those that bring an address have their own."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from flask import Flask
from marshmallow import ValidationError

from backend.audience import service
from backend.http import rate_limits
from backend.http.batches import json_response, posted_json
from backend.http.context import AppContext
from backend.http.fast_path import Environ, FastResponse, Headers, refusal
from schemas.audience import InstallationDraft, RegisteredInstallation

ROUTE = "/v1/installations"
_DRAFT, _REGISTERED = InstallationDraft(), RegisteredInstallation()


class Asked(NamedTuple):
    environ: Environ
    draft: Mapping[str, Any]


class RegistrationBatch:
    """Batches of `POST /v1/installations`, answered as its view does where nothing is refused."""

    # An app registers behind its first screen: nobody waits for the answer.
    pace = timedelta(milliseconds=100)

    def __init__(self, app: Flask) -> None:
        self._app = app

    def take(self, environ: Environ, body: bytes) -> Asked | FastResponse | None:
        if environ["PATH_INFO"] != ROUTE or environ["REQUEST_METHOD"] != "POST":
            return None
        refused = rate_limits.refused_registration(self._app, environ)
        if refused is not None and "HTTP_ORIGIN" not in environ:
            told = tuple(refused.headers.items())
            return refusal(refused.status, refused.detail, told, route=ROUTE)
        try:
            draft = _DRAFT.load(posted_json(environ, body))
        except (ValueError, ValidationError):
            return None
        # Left to the view: moving an address takes locks, and a claim belongs to somebody's visit.
        return None if draft["address"] or draft["claim"] else Asked(environ, draft)

    def answer(self, taken: Sequence[Asked]) -> list[FastResponse | None]:
        context: AppContext = self._app.extensions["tagwire"]
        told = [rate_limits.of_registration(self._app, each.environ) for each in taken]
        pairs = zip(taken, told, strict=True)
        drafts = [each.draft for each, headers in pairs if headers is not None]
        with self._app.app_context():
            made = iter(service.register_many(context.hooks, drafts, now=context.now()))
        return [None if headers is None else _response(next(made), headers) for headers in told]


def _response(made: service.Registered, told: Headers) -> FastResponse:
    document = _REGISTERED.dump({**made.installation, "secret": made.secret})
    return json_response(ROUTE, "201 CREATED", document, told)
