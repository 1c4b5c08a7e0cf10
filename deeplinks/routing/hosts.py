"""Hosts: which of them is asked, what answers on our own alone, what on all of them."""

from urllib.parse import urlsplit

from flask import request

from backend.core.problems import NotFound, Problem
from deeplinks.routing.context import link_context

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# Paths that a host of old links answers itself; every other path of it is an old link.
SERVED_EVERYWHERE = ("/.well-known/", "/static/", "/download", "/healthz", "/readyz", "/metrics")
OTHER_HOST = "This host is not served here"


class ForeignLink(Problem):
    status, slug, title = 400, "foreign-url", "This address belongs to another site"


def own_host_only() -> None:
    """Refuse a foreign host with 404: several brands can share a server."""
    host, settings = asked_host(), link_context().settings
    local = host in LOOPBACK and settings.hosts[0] in LOOPBACK
    if not local and not settings.is_served(host):
        raise NotFound("This host is not served here.")


def asked_host() -> str:
    return (urlsplit(f"//{request.host}").hostname or "").lower()
