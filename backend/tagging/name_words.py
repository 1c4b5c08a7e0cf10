"""Word lists for names: connectors, offices, and capitals that are no names. Pure."""

import tomllib
from functools import cache
from importlib import resources


def words(name: str) -> frozenset[str]:
    """Return one of the lists of `word_lists.toml`."""
    return frozenset(_lists()[name].split())


@cache
def _lists() -> dict[str, str]:
    text = resources.files("backend.tagging").joinpath("word_lists.toml").read_text("utf-8")
    return tomllib.loads(text)


CONNECTORS = words("connectors")
REGNAL = words("regnal")
OFFICES = words("offices")
COMMON = words("common")
UNSPECIFIC = words("unspecific")
DETERMINERS = words("determiners")
