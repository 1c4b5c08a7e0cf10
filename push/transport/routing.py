"""Two transports as one: phones go through Firebase, browsers to their push services."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from backend.audience.subscription import WEBPUSH
from push.transport.outcome import Answer, Outcome, classify
from push.transport.payload import Alert, Template
from push.transport.sender import Answered, Outgoing, Sender
from push.transport.webpush_message import WebPushTemplate, web_push_template
from push.transport.webpush_outcome import classify_web_push

Render = Callable[..., Template | WebPushTemplate]
TURN_S = 0.01


def is_to_browser(message: Outgoing) -> bool:
    return isinstance(message.template, WebPushTemplate)


def outcome_of(message: Outgoing, answer: Answer, now: datetime) -> Outcome:
    """Classify an answer by the rules of the service that gave it."""
    meaning = classify_web_push if is_to_browser(message) else classify
    return meaning(answer, now)


def rendered(
    render: Render,
    alert: Alert,
    *,
    kind: str,
    platform: str,
    now: datetime,
    validate_only: bool = False,
) -> Template | WebPushTemplate:
    """Render the body for addresses of a kind; `render` makes those of Firebase's kinds."""
    if kind == WEBPUSH:
        return web_push_template(alert, now=now, validate_only=validate_only)
    return render(alert, kind=kind, platform=platform, now=now, validate_only=validate_only)


class RoutedSender:
    """A sender over two transports; that of browsers is opened with the first message to one."""

    def __init__(self, phones: Sender, open_browsers: Callable[[], Sender]) -> None:
        self._phones, self._open_browsers = phones, open_browsers
        self._browsers: Sender | None = None
        self.room = phones.room
        self._under_way = Counter[bool]()  # by whether they are to browsers

    def submit(self, messages: Sequence[Outgoing]) -> None:
        to_browsers = [message for message in messages if is_to_browser(message)]
        to_phones = [message for message in messages if not is_to_browser(message)]
        self._under_way.update({True: len(to_browsers), False: len(to_phones)})
        if to_phones:
            self._phones.submit(to_phones)
        if to_browsers:
            self._browsers = self._browsers or self._open_browsers()
            self._browsers.submit(to_browsers)

    def collect(self, wait_s: float) -> Answered:
        """Collect from the transport with messages in flight; from both, wait less at each."""
        if self._browsers is None or not self._under_way[True]:
            return self._counted(self._phones.collect(wait_s))
        if not self._under_way[False]:
            return self._counted(self._browsers.collect(wait_s))
        found = self._browsers.collect(min(wait_s, TURN_S))
        return self._counted(found + self._phones.collect(0 if found else min(wait_s, TURN_S)))

    def _counted(self, answers: Answered) -> Answered:
        self._under_way.subtract(is_to_browser(message) for message, _ in answers)
        return answers

    def close(self) -> None:
        self._phones.close()
        if self._browsers is not None:
            self._browsers.close()
