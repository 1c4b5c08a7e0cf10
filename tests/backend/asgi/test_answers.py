"""What the front answers itself is what Flask would have answered."""

from collections.abc import Callable

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.rate_limits import EXTENSION, REGISTRATIONS, Limits
from backend.http.unrouted import unrouted
from tests.at_front import Asked, at_once
from tests.factories import publish, register

# A page of another site asks: that is left to Flask, which says the same where no site may.
ELSEWHERE = {"Origin": "https://other.example"}
UNROUTED = [
    Asked("GET", "/v1/nothing"),
    Asked("GET", "/v1/nothing?page=2"),
    Asked("QWERTYUIOP", "/v1/config"),
    Asked("POST", "/v1/sources", {"a": 1}),
    Asked("GET", "/wp-login.php"),
    Asked("PUT", "/"),
]


def test_what_no_route_has_is_answered_from_memory_as_flask_answers_it(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(RATELIMIT_ENABLED="1")
    for asked in UNROUTED:
        first, again = at_once(app, asked)[0], at_once(app, asked)[0]

        assert first.status in {404, 405}
        assert again.shared == first.shared, asked
        assert again.headers["x-request-id"] != first.headers["x-request-id"]
        assert again.headers["ratelimit"].startswith('"reads"' if asked.method == "GET" else '"w')
        path, _, query = asked.path.partition("?")
        environ = {"PATH_INFO": path, "REQUEST_METHOD": asked.method, "QUERY_STRING": query}
        assert unrouted(app).answer(environ) is not None


@pytest.mark.parametrize(
    ("path", "query", "host"),
    [
        ("/v1/nothing\0", "", "news.test"),
        ("/v1/nothing\xff", "", "news.test"),
        ("/v1/nothing", "a=%00", "news.test"),
        ("/v1/nothing", "", "Old.example:80"),
        ("/v1/sources", "", "news.test"),
    ],
)
def test_what_flask_says_otherwise_is_left_to_it(
    app: Flask, path: str, query: str, host: str
) -> None:
    at_once(app, Asked("GET", "/v1/nothing"))
    unrouted(app).other_hosts = frozenset({"old.example"})
    environ = {"PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": host}

    assert unrouted(app).answer({**environ, "REQUEST_METHOD": "GET"}) is None


def test_a_home_feed_leaves_the_front_as_its_view_answers_it(
    app: Flask, client: FlaskClient
) -> None:
    for number in range(3):
        publish(client, tags=["Harbour"], title=f"Ships {number} wait")
    phone = register(client, "tag:Harbour")
    for path in ("/v1/feed", "/v1/feed?limit=2&fields=id,title"):
        ours = at_once(app, Asked("GET", path, headers=phone.auth))[0]
        view = at_once(app, Asked("GET", path, headers={**phone.auth, **ELSEWHERE}))[0]
        known = {**phone.auth, "If-None-Match": ours.headers["etag"]}

        assert ours.shared == view.shared
        assert at_once(app, Asked("GET", path, headers=known))[0].status == 304


@pytest.mark.parametrize(
    ("path", "secret", "status"),
    [("/v1/feed", "x" * 43, 401), ("/v1/feed?limit=x", None, 422), ("/v1/feed?until=x", None, 400)],
)
def test_a_home_feed_is_refused_by_its_view(
    app: Flask, client: FlaskClient, path: str, secret: str | None, status: int
) -> None:
    phone = register(client, "breaking")
    auth = {"Authorization": f"Bearer {secret or phone.secret}"}

    assert at_once(app, Asked("GET", path, headers=auth))[0].status == status


def test_registrations_are_written_together_as_their_view_writes_one(app: Flask) -> None:
    draft = {"platform": "ios", "locale": "ko"}
    view = at_once(app, Asked("POST", "/v1/installations", draft, ELSEWHERE))[0]
    wrong = Asked("POST", "/v1/installations", {"platform": "pager"})
    *answers, refused = at_once(app, *[Asked("POST", "/v1/installations", draft)] * 5, wrong)
    found = [_registered(each.body) for each in (view, *answers)]

    assert [each.status for each in answers] == [201] * 5
    assert all(each.keys() == found[0].keys() for each in found)
    assert len({each["secret"] for each in found}) == 6
    assert {(each["platform"], each["locale"]) for each in found} == {("ios", "ko")}
    assert refused.status == 422
    for each in found:
        auth = {"Authorization": f"Bearer {each['secret']}"}
        read = Asked("GET", f"/v1/installations/{each['id']}", headers=auth)
        assert _registered(at_once(app, read)[0].body)["id"] == each["id"]


@pytest.mark.parametrize("character", ["\x7f", "\ufdd0", "\uffff"])
def test_a_text_that_no_page_may_hold_is_refused_however_a_registration_comes(
    app: Flask, character: str
) -> None:
    draft = {"platform": "ios", "locale": f"en{character}"}
    ours, flask = at_once(
        app,
        Asked("POST", "/v1/installations", draft),
        Asked("POST", "/v1/installations", draft, headers=ELSEWHERE),
    )

    assert ours.status == flask.status == 422
    assert orjson.loads(ours.body) == orjson.loads(flask.body)


def test_a_registration_over_its_limit_is_refused_at_once_as_flask_refuses_it(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(RATELIMIT_ENABLED="1")
    limits: Limits = app.extensions[EXTENSION]
    for _ in range(REGISTRATIONS.calls):
        limits.hit(REGISTRATIONS, limits.of_address("127.0.0.1"))
    path, draft = "/v1/installations", {"platform": "ios"}

    ours, flask = at_once(
        app, Asked("POST", path, draft), Asked("POST", path, draft, headers=ELSEWHERE)
    )

    assert ours.status == flask.status == 429
    assert orjson.loads(ours.body) | {"detail": ""} == orjson.loads(flask.body) | {"detail": ""}
    for name in ("content-type", "cache-control", "ratelimit-policy"):
        assert ours.headers[name] == flask.headers[name]
    assert ours.headers["ratelimit"].startswith('"registrations";r=0;t=')
    assert 1 <= int(ours.headers["retry-after"]) <= 60


def _registered(body: bytes) -> dict[str, str]:
    found: dict[str, str] = orjson.loads(body)
    return found


def test_healthz_is_answered_without_flask(app: Flask, client: FlaskClient) -> None:
    ours, flask = at_once(app, Asked("GET", "/healthz"))[0], client.get("/healthz?a=1")

    assert (ours.status, ours.body) == (200, flask.data)
    assert "ratelimit" not in ours.headers
