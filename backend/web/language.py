"""The language of the pages: what their templates speak with, their addresses, and the switch.

A page without `lang` in its address is in its reader's language; with it, in that one for all.
"""

from datetime import timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, request
from markupsafe import Markup

from backend.core.problems import Invalid
from backend.http.auth import public
from backend.http.context import current_context
from backend.http.spoken import NAME, addressed_language, spoken_language
from backend.text.catalogue import counted, translated
from backend.text.direction import Direction, direction_of
from backend.text.page_languages import LANGUAGES, SOURCE
from backend.web.paths import absolute, in_language

REMEMBERED_FOR = timedelta(days=365)

blueprint = Blueprint("web-language", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.add_template_filter(in_language)
    app.add_template_filter(_onward, "onward")
    app.context_processor(_words)


@blueprint.post("/language")
@public
def choose() -> Response:
    """Remember the language that a reader chose, and lead back to the page"""
    language = request.form.get(NAME, "")
    if language not in LANGUAGES:
        raise Invalid.field(NAME, f"Choose one of {', '.join(LANGUAGES)}.")
    answer = Response(status=303, headers={"Location": _own_path(request.form.get("to", ""))})
    answer.headers["Cache-Control"] = "no-store"
    answer.set_cookie(
        NAME,
        language,
        max_age=REMEMBERED_FOR,
        secure=current_context().settings.public_url.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )
    return answer


def canonical_url(own_path: str) -> str:
    """Return the URL of a page of ours, in the language that the request's address says."""
    return absolute(in_language(own_path, _addressed()), current_context().settings.public_url)


def marked(language: str, message: str, **values: object) -> Markup:
    """A text whose values may be elements; every other value is escaped."""
    return Markup(translated(language, message)) % values  # noqa: S704 - the catalogue is ours


def page_direction(spoken: str, content: str) -> tuple[str, Direction]:
    """Return a page's language and direction: the reader's, or if that is English the content's."""
    language = content if spoken == SOURCE else spoken
    return language, direction_of(language)


def _words() -> dict[str, Any]:
    """Template context of every page for readers; the console has its own."""
    spoken = spoken_language(request.environ)
    return {
        "_": partial(translated, spoken),
        "counted": partial(counted, spoken),
        "marked": partial(marked, spoken),
        "spoken": spoken,
        "languages": LANGUAGES,
        "page_direction": partial(page_direction, spoken),
        "ours": Markup('lang="{}" dir="{}"').format(spoken, direction_of(spoken)),
    }


def _onward(path: str) -> str:
    """Address another page of the sequence in the language that this one's address says."""
    return in_language(path, _addressed())


def _addressed() -> str | None:
    return addressed_language(request.query_string.decode("latin-1"))


def _own_path(to: str) -> str:
    """Return a path of this site; the home page in place of anything else."""
    if not to.isascii() or not to.isprintable() or "\\" in to or not to.startswith("/"):
        return "/"
    return "/" if to.startswith("//") else to
