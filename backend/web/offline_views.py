"""Views of what a device keeps of the site: manifest, service worker, and its own pages."""

from flask import Blueprint, Response, render_template, request

from backend.http.auth import public
from backend.http.context import current_context
from backend.http.responses import for_everyone, json_answer
from backend.http.spoken import VARY, spoken_language
from backend.text.catalogue import gettext_noop
from backend.web import manifest, responses, worker
from backend.web.assets import asset

# Answers that are the same until a restart (`backend.feed.kept_routes`).
blueprint = Blueprint("web-offline", __name__)

# Values of the API's `levels`, with their texts.
LEVELS = {
    "all": gettext_noop("All alerts"),
    "important": gettext_noop("Important ones"),
    "breaking": gettext_noop("Breaking news alone"),
    "silent": gettext_noop("Without a sound"),
}


@blueprint.get("/manifest.webmanifest")
@public
def web_app_manifest() -> Response:
    """What a device shows of the site once it is installed"""
    settings = current_context().settings
    app = settings.app_document.get("app", {})
    found = manifest.document(app, settings.app_name, spoken_language(request.environ), asset)
    answer = json_answer(found)
    answer.mimetype = "application/manifest+json"
    answer.vary.update(VARY)
    return for_everyone(answer, max_age=responses.DOCUMENT_MAX_AGE)


@blueprint.get("/sw.js")
@blueprint.get("/service-worker.js")
@public
def service_worker() -> Response:
    """The script that shows pages without a network"""
    answer = Response(worker.script(), mimetype="text/javascript")
    answer.headers["Content-Security-Policy"] = worker.POLICY
    return for_everyone(answer, max_age=responses.DOCUMENT_MAX_AGE)


@blueprint.get(worker.OFFLINE)
@public
def offline() -> Response:
    """What is shown without a network instead of a page that is not kept"""
    return responses.page(render_template("offline.html", own_path="/"), ())


@blueprint.get(worker.SAVED)
@public
def saved() -> Response:
    """The articles that were saved on this device; the list itself is there alone"""
    return responses.page(render_template("saved.html", own_path=worker.SAVED), ())


@blueprint.get(worker.FOLLOWING)
@public
def following() -> Response:
    """What this browser follows, and when it may be alerted; the list itself is there alone"""
    body = render_template("following.html", own_path=worker.FOLLOWING, levels=LEVELS)
    return responses.page(body, ())
