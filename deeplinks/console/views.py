"""Pages of the console about short links: the list, a new one, campaigns, codes that are none."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from backend.catalog.card import article_path
from backend.catalog.tag_names import key_of, path_of
from backend.console.blueprint import console_blueprint
from backend.console.forms import loaded
from backend.console.shell import back, page
from backend.core.db import autocommit_engine, db
from backend.core.problems import Problem
from backend.feed.extension import read_your_writes
from backend.feed.shown_tags import tags_beginning
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.newsroom.article_list import LISTED, ArticleWish, articles_before
from deeplinks.console.forms import (
    SPARE_TARGETS,
    form_again,
    typed_link,
    typed_targets,
    whole_address,
)
from deeplinks.counts import reports
from deeplinks.counts.buffer import write_counts_now
from deeplinks.counts.values import KINDS
from deeplinks.routing.context import link_context
from deeplinks.routing.hosts import own_host_only
from deeplinks.short_links import service
from deeplinks.short_links.link import Link
from deeplinks.short_links.values import chosen_code, days_of, fields_of, links_page
from schemas import links as wire
from schemas.audience import PLATFORMS

# Tags and articles that are offered for a new link.
MOST_OFFERED = 8

blueprint = console_blueprint("console_links", __name__, template_folder="../templates")
blueprint.before_request(own_host_only)
blueprint.after_request(read_your_writes)


@blueprint.get("/console/links")
@newsroom("editor")
def links() -> Response:
    """Short links, the newest first, and where they lead"""
    given = {name: value for name, value in request.args.items() if value.strip()}
    found, cursor = links_page(loaded(wire.LinksQuery(), _query(given)))
    return page(
        "links/links.html",
        links=found,
        now=current_context().now(),
        site=link_context().settings.public_url,
        asked=request.args,
        is_filtered=bool(given.keys() - {"cursor"}),
        more=f"{url_for('.links')}?{urlencode(given | {'cursor': cursor})}" if cursor else None,
    )


@blueprint.get("/console/links/new")
@newsroom("editor")
def new() -> Response:
    """A form for a new link, and what it may lead to"""
    return _new_page(form=request.args, targets=[], offered=_offered(request.args.get("find", "")))


@blueprint.post("/console/links/new")
@newsroom("editor")
def make() -> BaseResponse:
    """Make a link and show its page"""
    try:
        link = _made()
    except Problem as error:
        targets = typed_targets(request.form)
        return _new_page(error.status, error=error, form=request.form, targets=targets)
    return back("console_link.link", code=link.code, done="made")


@blueprint.get("/console/links/campaigns")
@newsroom("editor")
def campaigns() -> Response:
    """From the download to the follow, for each campaign"""
    write_counts_now()
    since, until = days_of({"since": None, "until": None})
    found = reports.campaign_totals(db.session(), since, until)
    return page("links/campaigns.html", campaigns=found, kinds=KINDS)


@blueprint.get("/console/links/orphans")
@newsroom("editor")
def orphans() -> Response:
    """Codes that were asked for and are no link"""
    write_counts_now()
    since, until = days_of({"since": None, "until": None})
    found = reports.orphan_totals(db.session(), since, until)
    return page("links/orphans.html", orphans=found)


def _made() -> Link:
    """
    Raises:
        Invalid: a field cannot be used.
        Conflict: the code is taken.
    """
    given = typed_link(request.form, link_context().settings.public_url)
    given["code"] = request.form.get("code", "").strip() or None
    draft = loaded(wire.ShortLinkDraft(), given)
    now = current_context().now()
    return service.shorten(fields_of(draft, now), chosen_code(draft["code"]), now=now)


def _new_page(
    status: int = 200, *, form: Any, targets: list[dict[str, str]], **context: Any
) -> Response:
    return page(
        "links/new.html",
        status,
        form=form_again(form, targets),
        spare=SPARE_TARGETS,
        platforms=PLATFORMS,
        **context,
    )


def _offered(words: str) -> list[tuple[str, str]]:
    """Return tags that begin so and articles with these words: what each is, and its path."""
    if not words.strip():
        return []
    with autocommit_engine().connect() as reader:
        tags = tags_beginning(reader, key_of(words), MOST_OFFERED)
    wish = ArticleWish(words=words.strip(), state=LISTED)
    articles = articles_before(db.session(), wish, None, MOST_OFFERED)
    return [
        *((f"#{tag.name}", path_of(tag.name)) for tag in tags),
        *((each.title, article_path(each)) for each in articles),
    ]


def _query(given: dict[str, str]) -> dict[str, str]:
    """Return the query as the API is asked: what looks like an address is where a link leads."""
    words = given.get("q", "").strip()
    if not words.startswith(("/", "http://", "https://")):
        return given
    rest = {name: value for name, value in given.items() if name != "q"}
    return rest | {"target": whole_address(words, link_context().settings.public_url)}
