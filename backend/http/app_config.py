"""GET /v1/config: what the app reads at every start."""

from dataclasses import asdict
from datetime import timedelta

from flask import Response, current_app
from flask_smorest import Blueprint

from backend.core.app_info import APP_INFO, AppInfo
from backend.core.vapid import public_key
from backend.http.auth import public
from backend.http.context import current_context
from backend.http.responses import for_everyone, json_answer
from schemas import config as wire

MAX_AGE = timedelta(minutes=5)

blueprint = Blueprint("app", __name__, description="What the app needs to know at its start")


@blueprint.get("/v1/config")
@blueprint.response(200, wire.Config)
@public
def config() -> Response:
    """Minimum versions, where the route table is, and whom to ask"""
    info: AppInfo = current_app.extensions[APP_INFO]
    settings = current_context().settings
    site = settings.public_url
    answer = json_answer(
        {
            "app_name": info.name,
            "minimum_version": {"ios": info.minimum_ios, "android": info.minimum_android},
            "notification_channels": asdict(info.channels),
            "routes_url": f"{site}/v1/deeplinks/routes",
            "support_url": info.support_url,
            "web_url": site,
            "web_push": {"public_key": next(map(public_key, settings.vapid_keys), None)},
        }
    )
    return for_everyone(answer, max_age=MAX_AGE)
