"""What the links keep for as long as the app lives."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Response, current_app, request

from deeplinks.claims import Claims
from deeplinks.previews import Previews
from deeplinks.settings import LinkSettings
from deeplinks.tally import Tally

# Apple's fetcher and the CDN come about daily; an hour lets a correction out within the day.
CACHE = "public, max-age=3600"


@dataclass(frozen=True, slots=True)
class StaticDocument:
    """A JSON document made once, with its tag: answered without the database."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, document: Any) -> "StaticDocument":
        body = orjson.dumps(document)
        return cls(body, hashlib.sha256(body).hexdigest()[:32])

    def answer(self) -> Response:
        response = Response(self.body, mimetype="application/json")
        response.set_etag(self.etag)
        response.headers["Cache-Control"] = CACHE
        response.make_conditional(request)
        return response


@dataclass(frozen=True, slots=True)
class Links:
    """Kept in `app.extensions["deeplinks"]`."""

    settings: LinkSettings
    claims: Claims
    tally: Tally
    previews: Previews
    apple: StaticDocument | None
    android: StaticDocument | None
    routes: StaticDocument


def links() -> Links:
    found: Links = current_app.extensions["deeplinks"]
    return found
