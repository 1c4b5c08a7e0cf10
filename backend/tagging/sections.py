"""Maps publishers' categories to sections of the site, by `sections.toml`."""

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

import regex

from backend.catalog.tag_names import key_of

_joints = regex.compile(r"[\s&/|>,-]+(?:and\s+)?")


class Section(NamedTuple):
    """A section: how it is shown and its part of a URL."""

    slug: str
    name: str


def section_of(category: str) -> Section | None:
    """The section a publisher's category means, or None when it is a topic of its own."""
    table = _by_key()
    return table.get(key_of(category)) or table.get(key_of(_joints.sub("", category)))


@cache
def _by_key() -> dict[str, Section]:
    text = resources.files("backend.tagging").joinpath("sections.toml").read_text("utf-8")
    return {
        key_of(called): Section(slug, entry["name"])
        for slug, entry in tomllib.loads(text).items()
        for called in entry["called"]
    }
