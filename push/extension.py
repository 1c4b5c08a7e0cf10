"""Joins the alerts to the app: settings, hooks, blueprints."""

from collections.abc import Mapping

from flask import Flask
from sqlalchemy.orm import Session

from backend.auth import caller_name
from backend.hooks import Publication
from backend.house import House
from push import phones, recall, service
from push.settings import read
from push.views import api, simulator


def init_app(app: Flask, environ: Mapping[str, str]) -> None:
    house: House = app.extensions["tagwire"]
    settings = read(environ)
    app.extensions["push"] = settings
    public_url = house.settings.public_url

    def plan(session: Session, publication: Publication) -> str | None:
        return service.plan(
            session,
            publication,
            public_url,
            author=caller_name(),
            approval=settings.needs_approval("breaking"),
        )

    house.hooks.on_publish.append(plan)
    house.hooks.on_event.append(recall.recall_of_article)
    house.hooks.on_forget.append(phones.forget)
    app.extensions["tagwire.api"].register_blueprint(api)
    app.register_blueprint(simulator)
