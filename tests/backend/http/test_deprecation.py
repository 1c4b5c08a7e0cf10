"""What apps should leave says so, since when and until when."""

from datetime import UTC, datetime

from flask import Flask, Response
from flask_smorest import Blueprint

from backend.http.auth import public
from backend.http.deprecation import deprecated, deprecated_routes
from backend.http.fast_path import FastPath, FastResponse

SINCE = datetime(2026, 1, 31, 12, tzinfo=UTC)
SUNSET = datetime(2027, 1, 31, tzinfo=UTC)
GUIDE = "https://news.test/guide"


@deprecated(since=SINCE, sunset=SUNSET, guide=GUIDE)
@public
def old() -> Response:
    """The old way"""
    return Response("{}", headers={"Link": '</v1/old?cursor=2>; rel="next"'})


@deprecated(since=SINCE, guide=GUIDE)
@public
def undated() -> Response:
    """It will be answered for now"""
    return Response("{}")


def with_old_routes(app: Flask) -> Flask:
    blueprint = Blueprint("old", __name__, description="What apps should leave")
    for path, view in (("/v1/old", old), ("/v1/undated", undated)):
        blueprint.get(path)(blueprint.response(200)(view))
    app.extensions["tagwire.api"].register_blueprint(blueprint)
    return app


def test_a_deprecated_operation_says_since_when_until_when_and_what_instead(app: Flask) -> None:
    answer = with_old_routes(app).test_client().get("/v1/old")

    assert answer.headers["Deprecation"] == "@1769860800"
    assert answer.headers["Sunset"] == "Sun, 31 Jan 2027 00:00:00 GMT"
    assert answer.headers.getlist("Link") == [
        '</v1/old?cursor=2>; rel="next"',
        '<https://news.test/guide>; rel="deprecation"; type="text/html"',
    ]


def test_without_an_end_there_is_no_sunset(app: Flask) -> None:
    answer = with_old_routes(app).test_client().get("/v1/undated")

    assert answer.headers["Deprecation"] == "@1769860800"
    assert "Sunset" not in answer.headers


def test_other_operations_say_nothing(app: Flask) -> None:
    answer = with_old_routes(app).test_client().get("/v1/config")

    assert not {"Deprecation", "Sunset", "Link"} & set(answer.headers.keys())


def test_the_document_marks_it(app: Flask) -> None:
    paths = with_old_routes(app).test_client().get("/v1/openapi.json").get_json()["paths"]

    assert paths["/v1/old"]["get"]["deprecated"] is True
    assert "deprecated" not in paths["/v1/config"]["get"]


def test_what_is_deprecated_is_not_answered_before_the_headers_are_set(app: Flask) -> None:
    path = FastPath(with_old_routes(app), app.wsgi_app)
    path.handlers.append(lambda environ: FastResponse(environ["PATH_INFO"], "200 OK", ()))

    def asked(address: str) -> bool:
        return path.respond({"REQUEST_METHOD": "GET", "PATH_INFO": address}) is not None

    assert not asked("/v1/old")
    assert asked("/v1/new")
    assert deprecated_routes(app) == {"/v1/old", "/v1/undated"}
