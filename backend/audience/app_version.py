"""App versions as apps write them, compared as versions. Pure."""

import re
from functools import lru_cache

from packaging.version import InvalidVersion, Version

_BUILD = re.compile(r"[+\s(]")
_NUMBERS = re.compile(r"v?\d+(\.\d+)*", re.ASCII)


@lru_cache(maxsize=4096)
def version_of(text: str) -> Version | None:
    """Parse an app version; None where the text has none.

    `4.12` is `4.12.0`; a beta (`4.12.0-beta+3`) comes before its release. A build number after `+`,
    a blank or a bracket does not count, nor does a suffix of another kind (`4.12-SNAPSHOT`).
    """
    core = _BUILD.split(text.strip(), maxsplit=1)[0]
    try:
        return Version(core)
    except InvalidVersion:
        numbers = _NUMBERS.match(core)
        return Version(numbers[0]) if numbers else None
