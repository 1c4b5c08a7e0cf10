"""The context of the links in an app that serves requests: with what it counts and keeps."""

from dataclasses import dataclass

from flask import current_app

from backend.core.db import release
from backend.feed.kept_values import KeptValues
from deeplinks.context import LinkContext
from deeplinks.counting import CountBuffer
from deeplinks.downloads import Downloads
from deeplinks.previews import Previews
from deeplinks.short_links import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedLinks(LinkContext):
    """`short_links` are those that were followed, by code."""

    counts: CountBuffer
    downloads: Downloads
    short_links: KeptValues[Link]
    previews: Previews


def served_links() -> ServedLinks:
    found: ServedLinks = current_app.extensions["deeplinks"]
    return found


def write_counts_now() -> None:
    """Write what this process has counted, and read from now on what stands there then."""
    served_links().counts.flush()
    release()
