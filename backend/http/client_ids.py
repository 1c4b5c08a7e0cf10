"""Ids that clients choose (idempotency): the same content, the same answer; other content 409."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from backend.core.problems import Conflict

_DIGEST_BYTES = 8
_SAYS_NOTHING: tuple[Any, ...] = (None, False, "", [], {})


def digests_of(content: Mapping[str, Any]) -> dict[str, str]:
    """A short digest of each member of a request, to be kept beside the id.

    A member that says nothing is left out, so that one that is added later with its default
    makes no old request another one. A list of texts is a set: its order says nothing.
    """
    said = {name: value for name, value in content.items() if value not in _SAYS_NOTHING}
    return {name: _digest(value) for name, value in sorted(said.items())}


def refuse_other_content(kept: Mapping[str, str], given: Mapping[str, str]) -> None:
    """Refuse a repeated request that differs from the first one with its id.

    An id from before digests were stored is accepted: its first request is not known.

    Raises:
        Conflict: names the members that differ.
    """
    if not kept:
        return
    names = sorted(name for name in {*kept, *given} if kept.get(name) != given.get(name))
    if names:
        raise Conflict(
            f"This id stands for a request with other content: {', '.join(names)}.",
            errors={name: ["It differs from the first request with this id."] for name in names},
        )


def _digest(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = sorted(set(value))
    dumped = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(dumped, digest_size=_DIGEST_BYTES).hexdigest()
