"""Messages that the stand-in took, as the page of the test bench."""

from collections.abc import Sequence
from itertools import chain, islice

from push.bench.page import MOST, Received, bench_page, policy
from push.standin.answers import Reply
from push.standin.push_service import PushService
from push.standin.push_service import Taken as TakenForBrowser
from push.standin.validation import Taken

PATH = "/standin/"
_ABOUT = (
    "What the stand-in for FCM took, as it was sent, and what its push service for browsers took, "
    "with its headers."
)


def page(phones: Sequence[Taken], browsers: PushService) -> Reply:
    """Render the newest messages to phones and browsers, by the time of their acceptance."""
    newest = chain(_of_phones(phones), _of_browsers(browsers))
    received = sorted(newest, key=lambda one: one.at, reverse=True)[:MOST]
    shown = bench_page(received, len(phones) + len(browsers.taken), about=_ABOUT)
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy()}
    return Reply(200, shown.encode(), {**headers, "Cache-Control": "no-store"})


def _of_phones(phones: Sequence[Taken]) -> list[Received]:
    return [
        Received(
            name=str(len(phones) - back),
            phone=taken.request.target,
            at=taken.at,
            message={"message": taken.request.message},
        )
        for back, taken in enumerate(islice(reversed(phones), MOST))
    ]


def _of_browsers(browsers: PushService) -> list[Received]:
    taken_there = browsers.taken
    return [
        Received(
            name=f"web-{len(taken_there) - back}",
            phone=taken.name,
            at=taken.at,
            message=browsers.readable(taken),
            told=_headers(taken),
        )
        for back, taken in enumerate(islice(reversed(taken_there), MOST))
    ]


def _headers(taken: TakenForBrowser) -> dict[str, str]:
    topic = {"Topic": taken.topic} if taken.topic else {}
    return {"TTL": str(taken.ttl_s), "Urgency": taken.urgency, **topic}
