"""Parses an address on a host of old links; counts following a short one."""

from urllib.parse import urlsplit

from backend.core.problems import NotFound
from deeplinks.legacy.dynamic_links import LegacyLink, code_of, is_long, parse_legacy
from deeplinks.routing.context import link_context
from deeplinks.short_links.served import check_live, count_click, kept_link, target_of
from deeplinks.short_links.targets import Platform
from deeplinks.visitors.forwarding import free_parameters


def legacy_link(url: str, platform: Platform | None = None, *, is_person: bool) -> LegacyLink:
    """Parse a URL on a host of old links; count a click when a person follows a short one.

    Raises:
        ForeignUrl: it leads to another site or belongs to another app.
        NotFound: nobody imported such a short link.
        LinkGone: it has ended.
    """
    query = urlsplit(url).query
    if is_long(query):
        return parse_legacy(link_context().settings, query)
    found = kept_link(code_of(url)[1])
    if found is None:
        raise NotFound("There is no such short link.")
    check_live(found)
    campaign = count_click(found, free_parameters(query)) if is_person else found.campaign
    return LegacyLink(target_of(found, platform), campaign)
