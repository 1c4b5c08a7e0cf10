"""Adds what serves requests to the app of `backend.headless`; `wsgi.py` adds the other rooms."""

import logging
from typing import Any

from flask import Flask, Request, Response, current_app, request
from flask.sessions import SessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

from backend import measures, retention
from backend.audience.batch import RegistrationBatch
from backend.audience.views import blueprint as audience
from backend.console import extension as console
from backend.core import compression, connections, logs, problems
from backend.core.metrics import start_at_zero
from backend.core.settings import Settings
from backend.demo.views import blueprint as simulator
from backend.feed import extension as feed_room
from backend.feed.search_views import blueprint as search_blueprint
from backend.feed.views import blueprint as feed
from backend.http import (
    auth,
    cors,
    deprecation,
    proxies,
    rate_limits,
    request_checks,
    responses,
    unrouted,
    waiting,
)
from backend.http.app_config import blueprint as configuration
from backend.http.batches import register as register_batch
from backend.http.check_views import blueprint as check
from backend.http.context import AppContext
from backend.http.fast_path import HARDENED, HARDENED_TLS, fast_path, register
from backend.http.openapi import VERSION, ProblemApi
from backend.http.operations import alive
from backend.http.operations import blueprint as operations
from backend.ingest.intake_views import blueprint as sources_intake
from backend.ingest.metrics import backlog as poller_backlog
from backend.ingest.views import blueprint as sources
from backend.ingest.websub.views import blueprint as websub
from backend.newsroom.article_alias_views import TopicConverter
from backend.newsroom.article_alias_views import blueprint as newsroom_article_names
from backend.newsroom.article_views import blueprint as newsroom_articles
from backend.newsroom.audit_views import blueprint as audit
from backend.newsroom.key_views import blueprint as keys
from backend.newsroom.tag_views import blueprint as newsroom_tags
from backend.newsroom.views import blueprint as newsroom
from backend.numbers.views import blueprint as numbers
from backend.people import extension as people_room
from backend.people.views import blueprint as people
from backend.stories.views import blueprint as stories
from backend.web import extension as web
from backend.webhooks import contract as webhooks_contract
from backend.webhooks.views import blueprint as webhooks

log = logging.getLogger(__name__)


class _NoSession(SessionInterface):
    """No session of Flask's: nothing here uses one, and it makes a signer for every request."""

    def open_session(self, app: Flask, request: Request) -> None:
        return None


def init_app(app: Flask) -> None:
    """Add to a headless app what serves requests; push and deeplinks join in their `init_app`."""
    context: AppContext = app.extensions["tagwire"]
    settings = context.settings
    app.config.update(_api_configuration(settings))
    app.session_interface = _NoSession()
    measures.init_app(app)
    context.hooks.beginnings += (
        lambda: start_at_zero(each.kind for each in retention.kept(context)),
        connections.begin,
    )
    context.hooks.backlogs.append(poller_backlog)
    unrouted.init_app(app)  # before all others that change answers, so that it sees them last
    logs.init_app(app)
    compression.init_app(app)  # before all others that change answers, so that it runs last
    problems.init_app(app)
    _init_gates(app, settings)
    app.view_functions.setdefault("static", app.send_static_file)
    api = ProblemApi(app)
    newsroom_rooms = (
        *(newsroom, newsroom_articles, newsroom_article_names, newsroom_tags, stories),
        *(sources, sources_intake),
        *(webhooks, websub, audit, keys, check, numbers),
    )
    for blueprint in (configuration, feed, search_blueprint, audience, people, *newsroom_rooms):
        api.register_blueprint(blueprint)
    api.register_converter(TopicConverter, TopicConverter.schema)
    api.webhooks.append(webhooks_contract.webhooks())
    register_batch(app, RegistrationBatch(app))
    app.register_blueprint(operations)
    register(app, alive)
    web.init_app(app)
    app.register_blueprint(simulator)
    people_room.init_app(app)
    console.init_app(app)
    feed_room.init_app(app)
    deprecation.init_app(app)
    app.after_request(_harden)
    fast_path(app).is_site_secure = settings.public_url.startswith("https:")
    responses.init_app(app)
    cors.init_app(app)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    app.extensions["tagwire.api"] = api


def _init_gates(app: Flask, settings: Settings) -> None:
    """Middleware in order, cheapest refusal first: rate limits, authentication, input checks."""
    proxies.init_app(app, settings)
    rate_limits.init_app(app, settings)
    auth.init_app(app)
    rate_limits.init_identities(app)
    request_checks.init_app(app)
    waiting.init_app(app, settings.web_threads)


def _api_configuration(settings: Settings) -> dict[str, Any]:
    return {
        "API_TITLE": f"{settings.app_name} API",
        "API_VERSION": VERSION,
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/v1",
        "OPENAPI_JSON_PATH": "openapi.json",
    }


def _harden(response: Response) -> Response:
    """Set the security headers that a response has none of; pages bring their own policy."""
    headers = response.headers
    is_secure = request.is_secure or fast_path(current_app).is_site_secure
    for name, value in (*HARDENED, *(HARDENED_TLS if is_secure else ())):
        headers.setdefault(name, value)
    headers.pop("Date", None)  # werkzeug's of a conditional answer; the server says its own
    return response
