"""Counts what waits for this person's approval, on every page of the console, and updates it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, Response, request

from backend.console.blueprint import console_blueprint
from backend.console.shell import Control, add_control, page
from backend.core.db import db
from backend.http.auth import caller, newsroom
from backend.http.sessions import Login
from push.editorial.authorship import may_approve
from push.store import queries
from push.store.models import Notification

# Counting stops here: nobody reads more alerts at once.
MOST_COUNTED = 20

blueprint = console_blueprint("console_waiting", __name__, template_folder="../templates")


@dataclass(frozen=True, slots=True)
class Waiting:
    alerts: Sequence[Notification]

    @property
    def mark(self) -> str:
        """The mark of what a page shows: it is sent nothing while the mark is the same."""
        return f"{len(self.alerts)}-{self.alerts[0].public_id}" if self.alerts else "0"


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    approvers = frozenset({"approver", "admin"})
    add_control(app, Control("desk/alert_waiting_control.html", approvers, _present))


@blueprint.get("/console/alerts/waiting")
@newsroom("approver")
def waiting() -> Response:
    """The part of every page that says how many alerts wait, where that changed"""
    found = _waiting_for(caller().name)
    if request.args.get("shown") == found.mark:
        return Response(status=204)
    return page("desk/_alert_waiting.html", control=found)


def _present(login: Login) -> Waiting:
    return _waiting_for(login.name)


def _waiting_for(name: str) -> Waiting:
    found = queries.latest(db.session(), MOST_COUNTED, states=["awaiting_approval"])
    return Waiting([alert for alert in found if may_approve(alert, name)])
