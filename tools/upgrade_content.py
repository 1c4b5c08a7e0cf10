"""What a newsroom does in the databases of `tests/upgrades`, and what is asked of it afterwards.

Of every version the same: a step that a version does not know yet is left out. Only HTTP is
spoken, because that is what stays the same while everything behind it changes.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

SITE = "http://news.test"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)
FINAL = {"sent", "expired", "failed", "recalled"}
FINAL_WITHIN_S = 60
BUSY_S = 60
# Keys and people are made on the server itself.
COMMANDS = (
    "keys create --role publisher --name wire --source herald",
    "users create Ann --role editor",
)
# By these a version says that it does not know a step, or some member of it.
UNKNOWN = {404, 405, 422}

Call = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Step:
    """A call of the API; `{name}` stands for a member that was kept from an earlier answer."""

    method: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)
    caller: str = "editor"
    keep: dict[str, str] = field(default_factory=dict)


def _article(number: str, title: str, *tags: str, keep: str = "", **more: Any) -> Step:
    source, _, external_id = number.partition("/")
    body = {
        "title": title,
        "url": f"https://{source}.example/{external_id}",
        "body_text": f"{title}. The harbour master said so on Tuesday morning.",
        "published_at": f"2025-06-12T08:0{external_id}:00Z",
        "tags": list(tags),
    }
    kept = {keep: "id"} if keep else {}
    return Step("PUT", f"/v1/newsroom/articles/{number}", body | more, keep=kept)


def _phone(name: str, platform: str, value: str) -> Step:
    body = {"platform": platform, "address": {"kind": "token", "value": value}}
    kept = {name: "id", f"{name}_secret": "secret"}
    return Step("POST", "/v1/installations", body, "nobody", kept)


def _follow(phone: str, topic: str) -> Step:
    return Step("PUT", f"/v1/installations/{{{phone}}}/topics/{topic}", {}, phone)


FILLING = (
    *(_phone("ann", "android", "address-of-ann"), _phone("bob", "ios", "address-of-bob")),
    _article("herald/1", "Ferries stop for the storm", "Harbour", "Storm", keep="ferries"),
    _article("herald/2", "Harbour opens again", "Harbour", category="Local", language="en"),
    _article("ledger/3", "All ferries stop in the storm", "Harbour", "Storm"),
    _article("ledger/4", "Talks begin in the capital", "NorthKorea-Russia", category="Politics"),
    _article("ledger/5", "항구가 다시 열립니다", "Harbour", language="ko", keep="korean"),
    _article("ledger/6", "Taken down again", "Harbour", keep="gone"),
    _article("herald/8", "Danish minister Henrik Solberg resigns over leaked submarine contract",
             "Denmark", language="en"),
    _article("ledger/9", "Solberg quits as Danish minister in submarine contract row",
             "Denmark", language="en"),
    _article("paper/9", "Submarine affair costs Danish minister Henrik Solberg his job",
             "Denmark", language="en"),
    _article("herald/7", "Under embargo", "Harbour", embargo_until="2099-01-01T00:00:00Z"),
    Step("PATCH", "/v1/newsroom/articles/herald/2", {"title": "Harbour is open again"}),
    Step("DELETE", "/v1/newsroom/articles/ledger/6"),
    Step("POST", "/v1/newsroom/tags/Storm/aliases", {"alias": "Gale"}),
    *(_follow("ann", "tag:Harbour"), _follow("ann", "source:herald")),
    _follow("bob", "tag:Harbour"),
    Step("PATCH", "/v1/installations/{bob}/preferences",
         {"daily_limit": 5, "muted_sources": ["ledger"]}, "bob"),
    Step("PUT", "/v1/newsroom/sources/paper", {"name": "Paper", "home_url": "https://p.example/"}),
    Step("POST", "/v1/newsroom/links", {"url": f"{SITE}/tag/Harbour", "campaign": "poster"},
         keep={"link": "code"}),
    Step("POST", "/v1/newsroom/webhooks",
         {"url": "https://hooks.example/news", "events": ["article.published"]}),
    Step("POST", "/v1/newsroom/drafts", {"name": "Fog", "content": {"title": "Fog"}}),
    Step("POST", "/v1/newsroom/notifications",
         {"title": "Bridge closed", "body": "Until noon.", "urgency": "breaking",
          "topics": ["tag:Harbour"]}, keep={"alert": "id"}),
    _article("paper/0", "Storm reaches the coast", "Storm", "Harbour", breaking=True),
)  # fmt: skip
AFTER_THE_ALERT = (
    Step("POST", "/v1/installations/{ann}/events",
         {"events": [{"type": "opened", "notification_id": "{alert}"}]}, "ann"),
)  # fmt: skip
ASKED = tuple(
    Step("GET", path, caller=caller)
    for caller, paths in {
        "nobody": (
            *("/v1/tags/Harbour/articles?limit=2", "/v1/tags/Storm/articles", "/v1/tags/Gale"),
            *("/v1/tags/NorthKorea-Russia/articles", "/v1/tags", "/v1/sources", "/v1/categories"),
            *("/v1/sources/herald/articles", "/v1/categories/politics/articles"),
            *("/v1/breaking/articles", "/v1/articles/{ferries}", "/v1/articles/{korean}"),
            *(
                "/v1/articles/{gone}",
                "/v1/search?q=ferries",
                "/v1/search?q=%ED%95%AD%EA%B5%AC",
                "/l/{link}",
            ),
            *("/v1/tags/Harbour/articles?cursor={next}", "/tag/Harbour", "/article/{ferries}"),
            f"/v1/deeplinks/resolve?url={SITE}/tag/Storm",
        ),
        "ann": (
            *("/v1/feed", "/v1/installations/{ann}", "/v1/installations/{ann}/topics"),
            *("/v1/installations/{ann}/preferences", "/v1/installations/{ann}/notifications"),
        ),
        "bob": ("/v1/installations/{bob}/preferences",),
        "editor": (
            *("/v1/newsroom/notifications/{alert}", "/v1/newsroom/links", "/v1/newsroom/webhooks"),
            *("/v1/newsroom/sources", "/v1/newsroom/stories", "/v1/newsroom/drafts"),
        ),
    }.items()
    for path in paths
)


@dataclass(slots=True)
class Newsroom:
    """Fills a version over `call(method, path, body, secret, agent)`, then asks it."""

    call: Call
    editor: str
    kept: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def fill(self) -> None:
        for step in FILLING:
            self._do(step)
        self._wait_for_the_alert()
        for step in AFTER_THE_ALERT:
            self._do(step)
        self._download()
        listed = self._answer(Step("GET", "/v1/tags/Harbour/articles?limit=2")).json
        self.kept["next"] = listed["next_cursor"]

    def ask(self) -> Iterator[dict[str, Any]]:
        """Yield each question that the version can be asked, with its answer."""
        for step in ASKED:
            if not set(re.findall(r"{(\w+)}", step.path)) <= self.kept.keys():
                continue
            answer = self._answer(step)
            path = step.path.format(**self.kept)
            asked = {"path": path, "secret": self.secret(step.caller), "status": answer.status}
            if answer.status not in UNKNOWN:
                yield asked | _said(answer)

    def secret(self, caller: str) -> str:
        known = {"nobody": "", "editor": self.editor}
        return known[caller] if caller in known else self.kept[f"{caller}_secret"]

    def _do(self, step: Step) -> None:
        answer = self._answer(step)
        if answer.status in UNKNOWN:
            self.unknown.append(f"{step.method} {step.path}")
            return
        assert answer.status < 400, (step, answer.status, answer.text)  # noqa: S101
        self.kept |= {name: answer.json[member] for name, member in step.keep.items()}

    def _answer(self, step: Step) -> Any:
        """Call a step; retry while the database is busy with what the poller and worker do."""
        path = step.path.format(**self.kept)
        body = _filled(step.body, self.kept) if step.method in {"POST", "PUT", "PATCH"} else None
        until = time.monotonic() + BUSY_S
        while True:
            secret = self.secret(step.caller)
            answer = self.call(step.method, path, json_body=body, secret=secret)
            if answer.status != 503 or time.monotonic() > until:
                return answer
            time.sleep(0.5)

    def _wait_for_the_alert(self) -> None:
        until = time.monotonic() + FINAL_WITHIN_S
        asked = Step("GET", "/v1/newsroom/notifications/{alert}")
        while (found := self._answer(asked).json)["state"] not in FINAL:
            assert time.monotonic() < until, found  # noqa: S101
            time.sleep(0.2)

    def _download(self) -> None:
        """Visit the store by way of the link, as a reader does, and claim it as the app."""
        path = "/download?to=/tag/Harbour&campaign=poster"
        answer = self.call("GET", path, agent=ANDROID)
        referrer = parse_qs(urlsplit(answer.headers["Location"]).query)["referrer"][0]
        body = {"install_referrer": referrer}
        self._do(Step("POST", "/v1/deeplinks/claim", body, "nobody"))


def _filled(value: Any, kept: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, kept) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, kept) for each in value]
    return value.format(**kept) if isinstance(value, str) else value


def _said(answer: Any) -> dict[str, Any]:
    if "json" in (answer.headers["Content-Type"] or ""):
        return {"body": answer.json}
    return {"location": answer.headers["Location"]} if answer.headers["Location"] else {}
