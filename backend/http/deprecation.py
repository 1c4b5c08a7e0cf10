"""Deprecated operations: announced by headers of every response (RFC 9745, RFC 8594).

The OpenAPI document marks them too. None of them is answered before Flask, where the headers are
set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from flask import Flask, Response, current_app, request
from werkzeug.http import http_date

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Deprecation:
    """A deprecation: its date, the date from which there is no answer, and a guide to read more."""

    since: datetime
    sunset: datetime | None
    guide: str

    @property
    def headers(self) -> dict[str, str]:
        found = {"Deprecation": f"@{int(self.since.timestamp())}"}
        if self.sunset is not None:
            found["Sunset"] = http_date(self.sunset)
        return found


def deprecated(
    *, since: datetime, guide: str, sunset: datetime | None = None
) -> Callable[[View], View]:
    """Mark a view that apps should leave; `guide` is the page that names its replacement."""

    def mark(view: View) -> View:
        view.deprecation = Deprecation(since, sunset, guide)  # type: ignore[attr-defined]
        return view

    return mark


def deprecation_of(view: Callable[..., Any]) -> Deprecation | None:
    return getattr(view, "deprecation", None)


def init_app(app: Flask) -> None:
    app.after_request(_announce)


def deprecated_routes(app: Flask) -> frozenset[str]:
    """The rules of all deprecated views, as logs and the fast path name them."""
    views = app.view_functions
    rules = app.url_map.iter_rules()
    return frozenset(rule.rule for rule in rules if deprecation_of(views[rule.endpoint]))


def _announce(response: Response) -> Response:
    found = (
        deprecation_of(current_app.view_functions[request.endpoint]) if request.endpoint else None
    )
    if found is not None:
        response.headers.update(found.headers)
        # Beside the link to the next page, not in its place.
        response.headers.add("Link", f'<{found.guide}>; rel="deprecation"; type="text/html"')
    return response
