"""HTTP routes of an installation (the app)."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.audience import leaving, service
from backend.audience.browser import with_address
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
    """Register this app; the secret is shown once

    An address moves to the newest installation by proof: the whole token, or `previous_secret`, the
    secret of the installation that held it. Where another installation holds that phone, and there
    is no proof, the answer says `address: {"state": "confirm"}`: a nonce is sent to the address,
    and until the app brings it back to `/address/confirm` the other one keeps its alerts.
    """
    context = current_context()
    draft = with_address(draft, context.settings)
    done = service.register(context.hooks, draft, now=context.now())
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
    """Tell a new address, locale, time zone, app version or edition

    An address that another installation holds moves by proof, as when registering. To tell an
    address once more that waits to be confirmed asks for another nonce, at first after a minute.
    """
    context = current_context()
    fields = with_address(fields, context.settings)
    return service.change(context.hooks, current_installation_id(), fields, now=context.now())


@blueprint.post("/v1/installations/<installation_id>/address/confirm")
@blueprint.arguments(wire.AddressNonce)
@blueprint.response(200, wire.Installation)
@installation_only
def confirm_address(proof: dict[str, Any], installation_id: str) -> Any:
    """Bring back the nonce that arrived as a push: the address is this installation's from now on

    The message has no text, and `data` of `{"type": "address_nonce", "nonce": "…"}`. A nonce lasts
    a day. Safe to repeat.
    """
    nonce, now = proof["nonce"], current_context().now()
    return service.confirm_address(current_installation_id(), nonce, now=now)


@blueprint.delete("/v1/installations/<installation_id>")
@blueprint.response(204)
@installation_only
def erase(installation_id: str) -> Response:
    """Erase the installation and everything kept about it"""
    context = current_context()
    leaving.erase(context.hooks, current_installation_id(), now=context.now())
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
    service.unfollow(current_installation_id(), topic, now=current_context().now())
    return Response(status=204)


@blueprint.get("/v1/installations/<installation_id>/preferences")
@blueprint.response(200, wire.Preferences)
@installation_only
def preferences(installation_id: str) -> Any:
    """Quiet hours, daily limit, muted sources and levels of topics"""
    return service.preferences(db.session(), current_installation_id())


@blueprint.patch("/v1/installations/<installation_id>/preferences")
@blueprint.arguments(wire.PreferencesChange)
@blueprint.response(200, wire.Preferences)
@installation_only
def prefer(fields: dict[str, Any], installation_id: str) -> Any:
    """Change the preferences that are given"""
    context = current_context()
    return service.prefer(context.hooks, current_installation_id(), fields, now=context.now())
