"""The console's shell: sections in the navigation, and pages in the layout around them.

A room that has pages makes its blueprint with `backend.console.blueprint.console_blueprint`, adds
a `Section` to the navigation and answers with `page`; it joins in its own `init_app`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any, TypeVar

from babel.dates import format_datetime
from flask import Flask, Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from backend.audience.zone import zone_of
from backend.core.problems import Invalid
from backend.http.roles import ROLES, may, roles_of_user
from backend.http.sessions import Login, current_login
from backend.text.catalogue import best_language, counted, translated
from backend.text.direction import direction_of
from backend.text.page_languages import LANGUAGES

EXTENSION = "tagwire.console"
CONTROLS = "tagwire.console.controls"
PREFIX = "/console"
# Nothing inline, nothing of other sites.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the navigation: the endpoint of its first page, and who finds it there.

    `title` is the English text; the catalogue has it in the other languages. The lowest `order`
    stands first.
    """

    endpoint: str
    title: str
    roles: frozenset[str] = frozenset(ROLES)
    order: int = 50


@dataclass(frozen=True, slots=True)
class Control:
    """A part of every page for those who may use it, such as an emergency stop.

    `template` is the part of the page; it finds what `read` says as `control`.
    """

    template: str
    roles: frozenset[str]
    read: Callable[[Login], object]


Part = TypeVar("Part", Section, Control)


def init_app(app: Flask) -> None:
    app.extensions[EXTENSION] = []
    app.extensions[CONTROLS] = []


def add_control(app: Flask, control: Control) -> None:
    controls: list[Control] = app.extensions[CONTROLS]
    controls.append(control)


def add_section(app: Flask, section: Section) -> None:
    sections: list[Section] = app.extensions[EXTENSION]
    sections.append(section)
    sections.sort(key=lambda each: each.order)


def language() -> str:
    """The person's own choice, or else what the browser prefers."""
    login = current_login()
    chosen = login.language if login else None
    return chosen or best_language(list(request.accept_languages.values()))


def zone() -> tzinfo:
    """The time zone in which this person reads and types times; UTC where none was chosen."""
    login = current_login()
    return (login and login.time_zone and zone_of(login.time_zone)) or UTC


def typed_time(value: str) -> datetime | None:
    """Parse a field of the kind `datetime-local`, typed in this person's zone, as UTC.

    Raises:
        ValueError: this is no time.
    """
    return instant_of(value, zone())


def instant_of(value: str, typed_in: tzinfo | None) -> datetime | None:
    """Parse a time as UTC; None where none was typed. One that a clock shows twice is the first.

    Raises:
        ValueError: this is no time.
    """
    typed = value.strip()
    return datetime.fromisoformat(typed).replace(tzinfo=typed_in).astimezone(UTC) if typed else None


def text(message: str, **values: object) -> str:
    """A text of the console in the language of this request; the English one is the key."""
    return translated(language(), message, **values)


def refuse_untyped(word: str) -> None:
    """Refuse a form without this word, in the person's language, however it is capitalised.

    Raises:
        Invalid: it was not typed.
    """
    if request.form.get("typed", "").strip().casefold() != word.casefold():
        raise Invalid.field("typed", text("Type %(word)s to go on", word=word))


def page(template: str, status: int = 200, **context: Any) -> Response:
    """Render a page in the layout, with the sections of whoever is logged in."""
    login = current_login()
    body = render_template(template, **(_layout(login) | context))
    return Response(body, status, mimetype="text/html")


def back(endpoint: str, **values: Any) -> BaseResponse:
    """Redirect to a page after a change, so that loading it again repeats nothing."""
    return redirect(url_for(endpoint, **values), 303)


def _layout(login: Login | None) -> dict[str, Any]:
    spoken = language()
    return {
        "_": partial(translated, spoken),
        "counted": partial(counted, spoken),
        "language": spoken,
        "direction": direction_of(spoken),
        "languages": LANGUAGES,
        "in_zone": partial(_in_zone, spoken, zone()),
        "for_field": partial(_for_field, zone()),
        "login": login,
        "csrf": login.csrf if login else "",
        "sections": sections_for(login),
        "controls": [
            (control.template, control.read(login))
            for control in _held(login, current_app.extensions[CONTROLS])
            if login
        ],
        "here": request.endpoint,
    }


def _in_zone(spoken: str, read_in: tzinfo, instant: datetime) -> str:
    """An instant as this person reads it: the day in words, so that nobody takes May for a day."""
    return format_datetime(instant.astimezone(read_in), "d MMM y, HH:mm", locale=spoken)


def _for_field(read_in: tzinfo, instant: datetime | None) -> str:
    """An instant as a field of the kind `datetime-local` takes it."""
    return instant.astimezone(read_in).strftime("%Y-%m-%dT%H:%M") if instant else ""


def sections_for(login: Login | None) -> list[Section]:
    return _held(login, current_app.extensions[EXTENSION])


def _held(login: Login | None, offered: Sequence[Part]) -> list[Part]:
    """Return those of `offered` that are for this person."""
    held = roles_of_user(login.role) if login else frozenset()
    return [each for each in offered if may(held, each.roles)]
