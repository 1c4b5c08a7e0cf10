"""HTTP routes that WebSub hubs call: verification of intent, denial, content distribution."""

from flask import Response, request
from flask_smorest import Blueprint

from backend.core.metrics import count_websub_push
from backend.core.problems import NotFound
from backend.http.auth import public
from backend.http.context import current_context
from backend.http.request_checks import whole_body
from backend.ingest.websub import service
from backend.ingest.websub.extension import websub_cipher
from backend.ingest.websub.protocol import PATH

blueprint = Blueprint("websub", __name__, description="Callbacks of WebSub hubs")


@blueprint.get(f"{PATH}<token>")
@blueprint.response(200, content_type="text/plain", description="The challenge")
@blueprint.alt_response(404, description="Nothing of this kind was asked for")
@public
def verify(token: str) -> Response:
    """A hub asks whether we want what it was asked for, or says that it refuses"""
    asked, now = request.args.get, current_context().now()
    if request.method == "HEAD":
        raise NotFound(service.NOT_ASKED)
    mode, topic = asked("hub.mode", ""), asked("hub.topic", "")
    if mode == "denied":
        service.deny(token, topic=topic, reason=asked("hub.reason", ""), now=now)
        return _plain("")
    challenge = asked("hub.challenge", "")
    lease = asked("hub.lease_seconds")
    service.verify(token, mode=mode, topic=topic, challenge=challenge, lease=lease, now=now)
    return _plain(challenge)


@blueprint.post(f"{PATH}<token>")
@blueprint.response(202, content_type="text/plain", description="Heard, which says no more")
@blueprint.alt_response(410, description="Nobody subscribes here")
@public
def push(token: str) -> Response:
    """A hub tells that a feed changed

    The answer does not say whether the signature was right (WebSub, section 7.1).
    """
    service.check_known(token)
    outcome = service.push(
        token,
        body=whole_body(),
        signature=request.headers.get("X-Hub-Signature", ""),
        cipher=websub_cipher(),
        now=current_context().now(),
    )
    count_websub_push(outcome)
    return _plain("", 202)


def _plain(text: str, status: int = 200) -> Response:
    """Answer with plain text, which no browser takes for markup, and which nobody keeps."""
    answer = Response(text, status, mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-store"
    return answer
