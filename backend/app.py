"""Builds the Flask app of the backend; `wsgi.py` adds the other rooms."""

import logging
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from backend.audience.batch import RegistrationBatch
from backend.audience.views import blueprint as audience
from backend.core import compression, logs, metrics, problems
from backend.core.app_info import AppInfo, BadAppInfo, app_info
from backend.core.db import db, init_autocommit_engine, tune
from backend.core.migrate import init_app as init_migrations
from backend.core.settings import Settings, SettingsError
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
from backend.http.app_config import APP_INFO
from backend.http.app_config import blueprint as configuration
from backend.http.batches import register as register_batch
from backend.http.context import AppContext, Clock, system_clock
from backend.http.fast_path import HARDENED, HARDENED_TLS, fast_path, register
from backend.http.openapi import VERSION, ProblemApi
from backend.http.operations import alive
from backend.http.operations import blueprint as operations
from backend.ingest.intake_views import blueprint as sources_intake
from backend.ingest.metrics import gauges as source_gauges
from backend.ingest.views import blueprint as sources
from backend.ingest.websub_views import blueprint as websub
from backend.newsroom.tag_views import blueprint as newsroom_tags
from backend.newsroom.views import blueprint as newsroom
from backend.purge import extension as purge
from backend.stories.views import blueprint as stories
from backend.web import extension as web
from backend.webhooks import contract as webhooks_contract
from backend.webhooks import extension as webhooks_room
from backend.webhooks.views import blueprint as webhooks

log = logging.getLogger(__name__)


def create_app(settings: Settings, *, clock: Clock = system_clock) -> Flask:
    """The backend without push and deeplinks, which join in their own `init_app`."""
    app = Flask("backend", root_path=str(Path(__file__).parent))
    app.config.update(_configuration(settings))
    # A publisher's id can be a URL: two slashes in a path mean what they say.
    app.url_map.merge_slashes = False
    context = AppContext(settings=settings, clock=clock)
    app.extensions["tagwire"] = context
    app.extensions[APP_INFO] = _app_info(settings)
    context.hooks.on_event.append(lambda _session, event: metrics.count_event(event.name))
    context.hooks.gauges.append(source_gauges)
    unrouted.init_app(app)  # before all others that change answers, so that it sees them last
    webhooks_room.init_app(app)
    purge.init_app(app)
    logs.init_app(app)
    compression.init_app(app)  # before all others that change answers, so that it runs last
    _init_database(app)
    problems.init_app(app)
    _init_gates(app, settings)
    app.view_functions.setdefault("static", app.send_static_file)
    api = ProblemApi(app)
    newsroom_rooms = (newsroom, newsroom_tags, stories, sources, sources_intake, webhooks, websub)
    for blueprint in (configuration, feed, search_blueprint, audience, *newsroom_rooms):
        api.register_blueprint(blueprint)
    api.webhooks.append(webhooks_contract.webhooks())
    register_batch(app, RegistrationBatch(app))
    app.register_blueprint(operations)
    register(app, alive)
    web.init_app(app)
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
    return app


def _app_info(settings: Settings) -> AppInfo:
    try:
        return app_info(settings.app_document, default_name=settings.app_name)
    except BadAppInfo as error:
        raise SettingsError(f"APP_CONFIG: {error}") from error


def _init_gates(app: Flask, settings: Settings) -> None:
    """Middleware in order, cheapest refusal first: rate limits, authentication, input checks."""
    proxies.init_app(app, settings)
    rate_limits.init_app(app, settings)
    auth.init_app(app)
    rate_limits.init_identities(app)
    request_checks.init_app(app)
    waiting.init_app(app, settings.web_threads)


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_keys[0],
        "SECRET_KEY_FALLBACKS": list(settings.secret_keys[1:]),
        "MAX_CONTENT_LENGTH": settings.body_limit_bytes,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
        "API_TITLE": f"{settings.app_name} API",
        "API_VERSION": VERSION,
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/v1",
        "OPENAPI_JSON_PATH": "openapi.json",
    }


def _engine_options(settings: Settings) -> dict[str, Any]:
    # Parameters can be addresses and secrets: an error text must not carry them.
    common: dict[str, Any] = {"hide_parameters": True}
    if settings.is_sqlite:
        return common
    return common | {
        "pool_size": settings.web_threads,
        "connect_args": {"connect_timeout": 5},
    }


def _init_database(app: Flask) -> None:
    db.init_app(app)
    init_migrations(app)
    with app.app_context():
        tune(db.engine)
    init_autocommit_engine(app)


def _harden(response: Response) -> Response:
    """Security headers of every response; pages set their own policy on top."""
    headers = response.headers
    is_secure = request.is_secure or fast_path(current_app).is_site_secure
    for name, value in (*HARDENED, *(HARDENED_TLS if is_secure else ())):
        headers.setdefault(name, value)
    return response
