"""Joins the alerts to the app: settings, hooks, blueprints."""

from collections.abc import Mapping
from functools import partial

from flask import Flask
from sqlalchemy.orm import Session

from backend.core.app_info import AppInfo
from backend.http.app_config import APP_INFO
from backend.http.auth import caller_name
from backend.http.batches import register
from backend.http.context import AppContext
from backend.http.hooks import Publication
from backend.outbound.fetch import FetchPolicy
from push import production_check
from push.delivery import held
from push.editorial import recall, service
from push.editorial.settings import read
from push.editorial.views import api, simulator
from push.receipts import service as receipts
from push.receipts.batch import EventBatch


def init_app(app: Flask, environ: Mapping[str, str]) -> None:
    context: AppContext = app.extensions["tagwire"]
    info: AppInfo = app.extensions[APP_INFO]
    settings = read(environ, info.channels)
    app.extensions["push"] = settings
    public_url = context.settings.public_url

    def plan(session: Session, publication: Publication) -> str | None:
        return service.plan(
            session,
            publication,
            public_url,
            author=caller_name(),
            approval=settings.needs_approval("breaking"),
        )

    context.hooks.on_publish.append(plan)
    context.hooks.on_event.append(recall.recall_of_article)
    context.hooks.on_forget.append(receipts.forget)
    context.hooks.on_prefer.append(held.decide_again)
    policy = FetchPolicy(allow_networks=context.settings.fetch_allow_networks)
    context.hooks.checks.append(partial(production_check.findings, settings, policy))
    app.extensions["tagwire.api"].register_blueprint(api)
    app.register_blueprint(simulator)
    register(app, EventBatch(app))
