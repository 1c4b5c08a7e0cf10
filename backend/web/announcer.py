"""Tells the WebSub hub which lists for feed readers changed, read from the change stream.

How a publisher tells a hub is not in W3C's WebSub; hubs take what PubSubHubbub 0.3, 7.1, says:
`hub.mode=publish` and an `hub.url` for each.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from flask import Flask

from backend.core.chunks import chunks
from backend.core.db import db, release
from backend.http.context import AppContext
from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.response import FetchError
from backend.purge.extension import policy_for
from backend.purge.turns import TurnResult, Turns, refusal_of
from backend.tables.purge import HUB
from backend.web import paths, queries
from backend.web.queries import ChangedList

LOOP = "hub"
# A cache in front has to purge its copies first: the hub fetches at once what it is told of.
SETTLE_S = 5.0
# A list is announced at most once in this time, with all that changed in it.
REST = timedelta(seconds=15)
# Every subscriber has polled what changed before that.
OLDEST = timedelta(days=1)
LISTS_A_TURN = 200
ADDRESSES_A_CALL = 50
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class _Announcer:
    hub: str
    public_url: str
    policy: FetchPolicy
    clock: Callable[[], datetime]

    def tell(self, since: int, upto: int) -> TurnResult:
        """Tell the hub which lists changed; those beyond a turn's number come with the next."""
        session = db.session()
        changed = queries.lists_changed(session, since, self.clock() - OLDEST, LISTS_A_TURN)
        release()
        addresses = [self.public_url + path for each in changed for path in _documents(each)]
        for some in chunks(addresses, ADDRESSES_A_CALL):
            failure = self._call(some)
            if failure is not None:
                return failure
        return TurnResult(told_to=_told_to(changed, upto))

    def _call(self, addresses: Sequence[str]) -> TurnResult | None:
        named = [("hub.mode", "publish"), *(("hub.url", each) for each in addresses)]
        try:
            answer = fetch.post(self.hub, urlencode(named).encode(), _HEADERS, self.policy)
        except FetchError as error:
            return TurnResult(error=str(error))
        return refusal_of(answer, self.clock())


def announcer(app: Flask) -> Turns | None:
    """Make the reader of changes that tells the hub; None without a hub."""
    context: AppContext = app.extensions["tagwire"]
    settings = context.settings
    if settings.websub_hub is None:
        return None
    policy = policy_for(settings.websub_hub, settings, "hub")
    told = _Announcer(settings.websub_hub, settings.public_url, policy, context.clock)
    return Turns(
        reader=HUB,
        loop=LOOP,
        failed="hub not told",
        settle_s=SETTLE_S,
        tell=told.tell,
        clock=context.clock,
        rest=REST,
    )


def _told_to(changed: Sequence[ChangedList], upto: int) -> int:
    """Return the number told up to: of a cut turn the one below its last, which others may share.

    When all share one number, as after a new name, the rest is left to polling.
    """
    if len(changed) < LISTS_A_TURN:
        return upto
    return max(changed[0].version, changed[-1].version - 1)


def _documents(changed: ChangedList) -> Iterator[str]:
    """The addresses of a list for feed readers, in both forms."""
    of_kind = {
        "tag": paths.tag_path,
        "source": paths.source_path,
        "category": paths.category_path,
    }
    path = of_kind[changed.kind](changed.name) if changed.name else paths.HOME
    return (paths.feed_path(path, form) for form in paths.FORMS)
