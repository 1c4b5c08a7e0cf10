"""Short links as they are followed: found in memory, checked, counted, led to their targets."""

from dataclasses import replace

from flask import current_app, request

from backend.core.problems import Problem
from backend.feed.kept_values import KeptValues
from backend.http.context import current_context
from deeplinks.counts.buffer import count_buffer
from deeplinks.counts.values import Click
from deeplinks.short_links import service
from deeplinks.short_links.following import clicked_campaign
from deeplinks.short_links.link import Link, code_of
from deeplinks.short_links.targets import Platform, Visitor, target_for, visitor_of
from deeplinks.visitors.asking import asking_client
from deeplinks.visitors.client import language_of
from deeplinks.visitors.stores import Pairs

# Key of the links that were followed, by code, in an app that serves requests.
EXTENSION = "deeplinks.short_links"


class LinkGone(Problem):
    status, slug, title = 410, "link-gone", "This link is no longer in use"


def kept_link(code: str) -> Link | None:
    """Return the link of a code, from memory while no link changed."""
    kept: KeptValues[Link] = current_app.extensions[EXTENSION]
    found = kept.find(code, non_blocking=False)
    if found is None:
        since = kept.version()
        found = service.short_link(code)
        if found is not None:
            kept.put(code, found, since=since, keys=(service.LINKS.surrogate,))
    return found


def live_link(text: str | None) -> Link | None:
    """Return the link behind the code of an address that opened the app, while it is in use."""
    code = code_of(text) if text else None
    link = kept_link(code) if code else None
    return link if link and link.state(current_context().now()) == "live" else None


def check_live(link: Link) -> None:
    if link.state(current_context().now()) != "live":
        raise LinkGone("It was good for a time. The news it led to may still be here.")


def count_click(link: Link, forwarded: Pairs) -> str | None:
    """Count a click; return the campaign that it counts for."""
    campaign = clicked_campaign(link, forwarded)
    count_buffer().add(Click(at=current_context().now(), code=link.code, campaign=campaign))
    return campaign


def asking_visitor() -> Visitor:
    accepted = request.headers.get("Accept-Language", "")
    return visitor_of(asking_client().destination, language_of(accepted))


def target_of(link: Link, platform: Platform | None = None) -> str:
    """Return the path for whoever asks; an app names its platform, a browser shows it."""
    visitor = asking_visitor()
    if platform is not None:
        visitor = replace(visitor, platform=platform)
    return target_for(link.rules, link.path, visitor)
