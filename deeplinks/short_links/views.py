"""Views of short links: followed, explained, as pictures of QR codes."""

from flask import Blueprint, Response, request

from backend.core.problems import NotFound
from backend.http.auth import public
from backend.http.context import current_context
from deeplinks.counts.buffer import count_buffer
from deeplinks.counts.values import Click, Orphan
from deeplinks.downloads.plan import DownloadPlan
from deeplinks.downloads.responses import landing, redirect
from deeplinks.qr.images import qr_png, qr_svg
from deeplinks.routing.context import link_context
from deeplinks.routing.hosts import own_host_only
from deeplinks.short_links.explanation import explanation_page
from deeplinks.short_links.following import followed
from deeplinks.short_links.link import Link, code_of, known_code
from deeplinks.short_links.served import asking_visitor, check_live, kept_link, target_of
from deeplinks.visitors.asking import asking_client, brought_parameters

blueprint = Blueprint("short_links", __name__)
blueprint.before_request(own_host_only)


@blueprint.get("/l/<code>")
@public
def short_link(code: str) -> Response:
    """Opens its page; `?app=1` asks for the app instead, `?explain=1` says what would happen"""
    now, link = current_context().now(), _short_link_or_404(code)
    if request.args.get("explain") == "1":
        return explanation_page(link_context(), link, now=now)
    check_live(link)
    client = asking_client()
    led = followed(
        link_context().settings,
        link,
        asking_visitor(),
        wants_app=request.args.get("app") == "1",
        forwarded=brought_parameters(),
    )
    if client.is_person:
        count_buffer().add(Click(at=now, code=link.code, campaign=led.campaign))
        return redirect(led.location, led.vary)
    response = landing(DownloadPlan(path=target_of(link), campaign=link.campaign), client)
    response.headers["Vary"] = f"{led.vary}, Accept-Encoding"
    return response


@blueprint.get("/l/<path:code>/qr.svg")
@public
def short_link_qr_svg(code: str) -> Response:
    """The short link as a QR code"""
    response = _image(qr_svg(_short_url(code), link_context().logo), "image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; img-src data:"
    return response


@blueprint.get("/l/<path:code>/qr.png")
@public
def short_link_qr_png(code: str) -> Response:
    """The short link as a QR code for print"""
    return _image(qr_png(_short_url(code), link_context().logo), "image/png")


def _short_link_or_404(text: str) -> Link:
    """Look up a link made here by its code, in any case; count a hit on any other code."""
    code = code_of(text)
    found = kept_link(code) if code else None
    if found is not None:
        return found
    if code and asking_client().is_person:
        count_buffer().add(Orphan(at=current_context().now(), code=code))
    raise NotFound("There is no such short link.")


def _short_url(text: str) -> str:
    code = known_code(text)
    found = kept_link(code) if code else None
    if found is None:
        raise NotFound("There is no such short link.")
    return found.url(link_context().settings.public_url)


def _image(body: bytes | None, mimetype: str) -> Response:
    if body is None:
        raise NotFound("This address is too long for a QR code.")
    response = Response(body, mimetype=mimetype)
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
