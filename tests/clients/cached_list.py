"""A list as an app keeps it, in Python: what `docs/app/first-hour.md` tells every client to do.

`clients/vectors` are made with it, so that another client can be tried without a server.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from flask.testing import FlaskClient

Article = dict[str, Any]
START_AGAIN = {"/problems/cursor-expired", "/problems/bad-cursor"}


class Refused(Exception):
    """An answer that is no success; its text is the type of the problem."""


class TooMuch(Exception):
    """More happened than is worth being caught up with."""


@dataclass(frozen=True)
class Sizes:
    """How much is asked for at once, and how often."""

    limit: int
    batch: int
    most_calls: int


@dataclass
class Recorder:
    """Asks the server, and writes down what was asked and answered."""

    client: FlaskClient
    path: str
    asked: list[dict[str, Any]] = field(default_factory=list)

    def get(self, call: str, **query: Any) -> dict[str, Any]:
        end = {"page": "articles", "changes": "changes"}[call]
        answer = self.client.get(f"{self.path}/{end}", query_string=query)
        body: dict[str, Any] = answer.get_json()
        self.asked.append(
            {"call": call, "query": query, "status": answer.status_code, "body": body}
        )
        if answer.status_code != 200:
            raise Refused(body["type"])
        return body


@dataclass(frozen=True)
class Held:
    pinned: list[Article]
    articles: list[Article]
    next: str | None
    newest: str | None
    sync: str


def _held(page: dict[str, Any]) -> Held:
    cursors = (page["next_cursor"], page["newest_cursor"], page["sync_cursor"])
    return Held(page["pinned"], page["articles"], *cursors)


@dataclass
class CachedList:
    get: Callable[..., dict[str, Any]]
    sizes: Sizes
    held: Held | None = None

    def refresh(self) -> None:
        if self.held is None:
            self.held = self._first_page()
            return
        try:
            self.held = self._caught_up(self.held)
        except TooMuch:
            self.held = self._first_page()
        except Refused as refused:
            if str(refused) not in START_AGAIN:
                raise
            self.held = self._first_page()

    def older(self) -> None:
        if self.held is None or self.held.next is None:
            return
        page = self.get("page", limit=self.sizes.limit, cursor=self.held.next)
        articles = self.held.articles + page["articles"]
        self.held = replace(self.held, articles=articles, next=page["next_cursor"])

    def _first_page(self) -> Held:
        return _held(self.get("page", limit=self.sizes.limit))

    def _caught_up(self, held: Held) -> Held:
        held, unknown = self._changed(held)
        held = self._newer(held)
        if unknown - {each["id"] for each in held.articles}:
            return self._walked_again(held)
        return held

    def _changed(self, held: Held) -> tuple[Held, set[str]]:
        articles = {each["id"]: each for each in held.articles}
        pinned = {each["id"]: each for each in held.pinned}
        unknown: set[str] = set()
        sync = held.sync
        for _ in range(self.sizes.most_calls):
            page = self.get("changes", limit=self.sizes.batch, cursor=sync)
            for change in page["changes"]:
                _apply(change, articles, pinned, unknown)
            sync = page["sync_cursor"]
            if not page["has_more"]:
                return Held(
                    list(pinned.values()), list(articles.values()), held.next, held.newest, sync
                ), unknown
        raise TooMuch

    def _newer(self, held: Held) -> Held:
        if held.newest is None:
            return held
        first = self.get("page", limit=self.sizes.limit, until=held.newest)
        above, _ = self._walk(first, lambda _: bool(first["gap"]))
        newest = first["newest_cursor"] or held.newest
        return replace(held, articles=above + held.articles, pinned=first["pinned"], newest=newest)

    def _walked_again(self, held: Held) -> Held:
        last = held.articles[-1]["id"] if held.articles else None
        most = len(held.articles) + self.sizes.limit
        first = self.get("page", limit=self.sizes.batch)
        articles, next_cursor = self._walk(
            first,
            lambda walked: len(walked) < most and last not in {each["id"] for each in walked},
        )
        return replace(_held(first), articles=articles, next=next_cursor)

    def _walk(
        self, first: dict[str, Any], is_wanted: Callable[[list[Article]], bool]
    ) -> tuple[list[Article], str | None]:
        """On from a page to the end, while more is wanted."""
        articles: list[Article] = list(first["articles"])
        cursor: str | None = first["next_cursor"]
        calls = 1
        while cursor is not None and is_wanted(articles):
            if calls >= self.sizes.most_calls:
                raise TooMuch
            page = self.get("page", limit=self.sizes.batch, cursor=cursor)
            articles += page["articles"]
            cursor, calls = page["next_cursor"], calls + 1
        return articles, cursor


def _apply(
    change: dict[str, Any],
    articles: dict[str, Article],
    pinned: dict[str, Article],
    unknown: set[str],
) -> None:
    if change["op"] == "remove":
        articles.pop(change["id"], None)
        pinned.pop(change["id"], None)
        unknown.discard(change["id"])
    elif change["op"] == "upsert":
        article = change["article"]
        if article["id"] in pinned:
            pinned[article["id"]] = article
        if article["id"] in articles:
            articles[article["id"]] = article  # stays in its place
        else:
            unknown.add(article["id"])
