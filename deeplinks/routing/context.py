"""The context of the links: what one app carries for them, made once at its start."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from flask import Response, current_app, request

from deeplinks.routing.settings import LinkSettings

if TYPE_CHECKING:
    from deeplinks.qr.logo import Logo

# Apple's fetcher and the CDN come about daily; an hour lets a correction out within the day.
CACHE = "public, max-age=3600"


@dataclass(frozen=True, slots=True)
class StaticDocument:
    """A JSON document made once, with its ETag: answered without the database."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkContext:
    """Context in `app.extensions["deeplinks"]`; `target_of` is a cached `resolve.own_target`."""

    settings: LinkSettings
    target_of: Callable[[str | None], str]
    apple: StaticDocument | None
    android: StaticDocument | None
    routes: StaticDocument
    logo: "Logo | None" = None


def link_context() -> LinkContext:
    found: LinkContext = current_app.extensions["deeplinks"]
    return found
