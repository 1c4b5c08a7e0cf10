"""Builds the Flask app of the backend without its routes: what commands and background processes
run in. `backend.app` adds what serves requests, `headless.py` the other rooms.
"""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from backend import production_check, surroundings
from backend.core import logs, metrics
from backend.core.app_info import APP_INFO, AppInfo, BadAppInfo, app_info
from backend.core.connections import MeasuredPool
from backend.core.db import db, init_autocommit_engine, once_committed, tune
from backend.core.postgresql import patience
from backend.core.settings import Settings, SettingsError
from backend.feed import search
from backend.http.context import AppContext, Clock, system_clock
from backend.http.hooks import Check, Publication
from backend.numbers import counts
from backend.webhooks import outbox


def create_app(settings: Settings, *, clock: Clock = system_clock) -> Flask:
    """Build the backend's app, without routes, push and deeplinks."""
    app = Flask("backend", root_path=str(Path(__file__).parent))
    app.config.update(_configuration(settings))
    # A publisher's id can be a URL: two slashes in a path mean what they say.
    app.url_map.merge_slashes = False
    context = AppContext(settings=settings, clock=clock)
    app.extensions["tagwire"] = context
    app.extensions[APP_INFO] = _app_info(settings)
    logs.configure(settings.log_format, settings.access_log_share)
    context.hooks.on_event.append(lambda _session, event: metrics.count_event(event.name))
    context.hooks.on_publish.append(partial(_measure_visible, clock))
    outbox.init_hooks(context.hooks)
    search.init_hooks(context.hooks)
    own = partial(surroundings.unfit, settings)
    context.hooks.checks.append(Check(about=production_check.ABOUT, findings=own))
    context.hooks.counts += [counts.follows, counts.listed]
    _init_database(app)
    return app


def _measure_visible(clock: Clock, session: Session, publication: Publication) -> None:
    if publication.is_new:
        once_committed(session, partial(_count_visible, clock, publication.now))


def _count_visible(clock: Clock, arrived_at: datetime) -> None:
    metrics.observe_visible((clock() - arrived_at).total_seconds())


def _app_info(settings: Settings) -> AppInfo:
    try:
        return app_info(settings.app_document, default_name=settings.app_name)
    except BadAppInfo as error:
        raise SettingsError(f"APP_CONFIG: {error}") from error


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_keys[0],
        "SECRET_KEY_FALLBACKS": list(settings.secret_keys[1:]),
        "MAX_CONTENT_LENGTH": settings.body_limit_bytes,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
    }


def _engine_options(settings: Settings) -> dict[str, Any]:
    # Parameters can be addresses and secrets: an error text must not carry them.
    common: dict[str, Any] = {"hide_parameters": True, "poolclass": MeasuredPool}
    if settings.is_sqlite:
        return common
    return common | {
        "pool_size": settings.web_threads,
        "connect_args": patience(make_url(settings.database_url)),
    }


def _init_database(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        tune(db.engine)
    init_autocommit_engine(app)
