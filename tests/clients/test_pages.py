"""Every kind of page is HTML in which the Nu checker, which W3C runs, finds nothing."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests.backend.feed.reading import take_down
from tests.backend.stories.telling import tell_all
from tests.clients import generators
from tests.clients.nu import findings
from tests.factories import publish

TAG = "Harbour"
# What no page may hand on as it came.
MESS = (
    "<h4>A</h4><h2></h2><h6>B <iframe src='https://www.youtube.com/embed/abcdefghijk'></iframe></h6>"
    "<p><a name='x'>x</a> <a href='https://a.example/#/b/#c d|<e>'>y</a></p><ul><ul><li>1</ul></ul>"
    "<table><td>1</table><pre>2</pre><img src='https://p.example/1.jpg' width='50%'>"
)
FIXED = (
    *(
        "/",
        "/search",
        "/search?q=minister",
        "/search?q=nothing&language=en",
        "/nowhere",
        "/following",
    ),
    *(f"/tag/{TAG}", "/source/herald", "/category/politics", "/saved", "/offline"),
    *("/simulator", "/simulator/messages", "/v1/docs"),
    *("/download", f"/download?to=/tag/{TAG}"),
)
LANGUAGES = ("en", "ar")


def test_the_checker_finds_nothing_on_any_page(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    generators.folder()
    client = make_app(DEMO="1").test_client()
    pages: dict[str, bytes] = {}
    for path in (*FIXED, *told(client)):
        for language in LANGUAGES:
            answer = client.get(path, headers={"Accept-Language": language})
            assert answer.mimetype == "text/html", (path, answer.status)
            pages[f"{path} in {language}"] = answer.data

    assert findings(pages, tmp_path) == []


def told(client: FlaskClient) -> list[str]:
    """The addresses of a story, of one of its articles, of a messy one and of one that is gone."""
    first = tell_all(client, 2, tags=[TAG], category="Politics", breaking=True)[0]
    mess = publish(client, body_html=MESS, body_text=None, tags=["R&D", TAG], language="ar")["id"]
    gone = publish(client, external_id="gone", tags=[TAG])["id"]
    take_down(client, "gone")
    story = client.get(f"/v1/articles/{first}").get_json()["story"]["id"]
    pages = [f"/story/{story}", *(f"/article/{each}" for each in (first, mess, gone))]
    return [client.get(each).headers.get("Location", each) for each in pages]
