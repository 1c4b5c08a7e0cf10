"""Views of the association files."""

from flask import Blueprint, Response

from backend.core.problems import NotFound
from backend.http.auth import public
from deeplinks.routing.context import StaticDocument, link_context
from deeplinks.routing.hosts import own_host_only

blueprint = Blueprint("association", __name__)
blueprint.before_request(own_host_only)


@blueprint.get("/.well-known/apple-app-site-association")
@public
def apple_association() -> Response:
    """Which paths open the app on Apple's devices"""
    return _configured(link_context().apple, "app.ios.app_ids")


@blueprint.get("/.well-known/assetlinks.json")
@public
def android_association() -> Response:
    """Which paths open the app on Android"""
    return _configured(link_context().android, "app.android")


def _configured(document: StaticDocument | None, key: str) -> Response:
    if document is None:
        raise NotFound(f"Not configured: set {key} in app.toml.")
    return document.answer()
