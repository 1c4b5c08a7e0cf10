"""HTTP routes of an installation (the app)."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.audience import service
from backend.core.db import db
from backend.http.auth import current_installation_id, installation_only, public
from backend.http.context import current_context
from schemas import audience as wire

blueprint = Blueprint("installations", __name__, description="The app on one device")


@blueprint.post("/v1/installations")
@blueprint.arguments(wire.InstallationDraft)
@blueprint.response(201, wire.RegisteredInstallation)
@public
def register(draft: dict[str, Any]) -> Any:
    """Register this app; the secret is shown once"""
    done = service.register(current_context().hooks, draft, now=current_context().now())
    return {**done.installation, "secret": done.secret}


@blueprint.get("/v1/installations/<installation_id>")
@blueprint.response(200, wire.Installation)
@installation_only
def read(installation_id: str) -> Any:
    """What is kept about this installation"""
    return service.describe(db.session(), current_installation_id())


@blueprint.patch("/v1/installations/<installation_id>")
@blueprint.arguments(wire.InstallationFields)
@blueprint.response(200, wire.Installation)
@installation_only
def change(fields: dict[str, Any], installation_id: str) -> Any:
    """Tell a new address, locale, time zone, app version or edition"""
    return service.change(current_installation_id(), fields, now=current_context().now())


@blueprint.delete("/v1/installations/<installation_id>")
@blueprint.response(204)
@installation_only
def erase(installation_id: str) -> Response:
    """Erase the installation and everything kept about it"""
    service.erase(current_context().hooks, current_installation_id())
    return Response(status=204)


@blueprint.get("/v1/installations/<installation_id>/topics")
@blueprint.response(200, wire.Topics)
@installation_only
def topics(installation_id: str) -> Any:
    """The topics that this installation follows"""
    return {"topics": service.topics(db.session(), current_installation_id())}


@blueprint.put("/v1/installations/<installation_id>/topics")
@blueprint.arguments(wire.TopicList)
@blueprint.response(200, wire.FollowedTopics)
@installation_only
def replace_topics(wanted: dict[str, Any], installation_id: str) -> Any:
    """Follow exactly these topics; what is no topic is named in `dropped`"""
    return service.replace_topics(
        current_context().hooks,
        current_installation_id(),
        wanted["topics"],
        now=current_context().now(),
    )


@blueprint.put("/v1/installations/<installation_id>/topics/<path:topic>")
@blueprint.response(204)
@installation_only
def follow(installation_id: str, topic: str) -> Response:
    """Follow one topic"""
    service.follow(
        current_context().hooks, current_installation_id(), topic, now=current_context().now()
    )
    return Response(status=204)


@blueprint.delete("/v1/installations/<installation_id>/topics/<path:topic>")
@blueprint.response(204)
@installation_only
def unfollow(installation_id: str, topic: str) -> Response:
    """Stop following one topic"""
    service.unfollow(current_installation_id(), topic)
    return Response(status=204)


@blueprint.get("/v1/installations/<installation_id>/preferences")
@blueprint.response(200, wire.Preferences)
@installation_only
def preferences(installation_id: str) -> Any:
    """Quiet hours, daily limit, muted sources and levels of topics"""
    return service.preferences(db.session(), current_installation_id())


@blueprint.patch("/v1/installations/<installation_id>/preferences")
@blueprint.arguments(wire.Preferences)
@blueprint.response(200, wire.Preferences)
@installation_only
def prefer(fields: dict[str, Any], installation_id: str) -> Any:
    """Change the preferences that are given"""
    return service.prefer(current_installation_id(), fields)
