"""Names of settings: former ones that still count, and ones that nobody reads. Pure."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

# The former name and today's. A former one counts, with a warning, for one minor version: what
# 1.3 renames, 1.4 still reads, and 1.5 names as unknown.
RENAMED: Mapping[str, str] = {}
# Nobody else's variables begin like this.
OURS = ("FCM_", "IMGPROXY_", "PURGE_", "PUSH_", "RATELIMIT_", "TAGWIRE_")
# Read where it is needed, without a schema.
ELSEWHERE = {"TAGWIRE_DEBUG"}
FROM_FILE = "_FILE"
# Similarity of names that differ by a letter too many or too few, or by two swapped.
ALIKE = 0.85


def with_new_names(
    environ: Mapping[str, str], renamed: Mapping[str, str] = RENAMED
) -> dict[str, str]:
    """Return the environment with values of former names under today's, unless those are set."""
    ends = ("", FROM_FILE)
    brought = {
        f"{new}{end}": environ[f"{old}{end}"]
        for old, new in renamed.items()
        for end in ends
        if f"{old}{end}" in environ and not any(environ.get(f"{new}{each}") for each in ends)
    }
    return {**environ, **brought}


def warnings(
    given: Iterable[str], known: Iterable[str], renamed: Mapping[str, str] = RENAMED
) -> list[str]:
    """Return one line for each given name that is a former one, or looks like ours and is none."""
    names = {*known, *ELSEWHERE}
    found = (_warning(each.removesuffix(FROM_FILE), each, names, renamed) for each in sorted(given))
    return [line for line in found if line]


def _warning(name: str, given: str, known: set[str], renamed: Mapping[str, str]) -> str:
    if name in known or given in known:
        return ""
    if name in renamed:
        return (
            f"{given}: it is called {renamed[name]} now; the former name ends with the next version"
        )
    if alike := get_close_matches(name, known, 1, ALIKE):
        return f"{given}: no such setting; {alike[0]} is alike"
    return f"{given}: no such setting" if name.startswith(OURS) else ""
