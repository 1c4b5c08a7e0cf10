"""What an address is kept under: what its route reads, and nothing else that a link carries."""

import re
from urllib.parse import urlencode

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule

from backend.feed.fast_path import feed_pages
from backend.feed.kept_routes import is_kept

WORDS = st.text("abcxyzäш 0-_.~&=%+/,", min_size=1, max_size=12)


def example(rule: Rule) -> str:
    """A path that the rule matches."""
    examples = {"path": "a/b", "int": "1", "": "a"}
    return re.sub(r"<(?:(\w+):)?\w+>", lambda found: examples[found[1] or ""], rule.rule)


def test_every_kept_address_is_told_by_its_path_what_its_route_reads(app: Flask) -> None:
    routes = feed_pages(app).routes
    adapter = app.url_map.bind("news.test")

    assert {"/", "/v1/tags/trending", "/tag/<path:spelling>.rss", "/v1/openapi.json"} <= {
        rule.rule for rule in routes.rules()
    }
    for rule in routes.rules():
        assert is_kept(rule.endpoint)
        assert adapter.match(example(rule))[0] == rule.endpoint
        assert routes.names(example(rule)) == routes.reads(rule.endpoint), rule


@given(others=st.dictionaries(WORDS, WORDS, max_size=4), values=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_what_a_route_does_not_read_is_no_part_of_the_key(
    app: Flask, others: dict[str, str], values: st.DataObject
) -> None:
    routes = feed_pages(app).routes
    for rule in routes.rules():
        path, names = example(rule), sorted(routes.reads(rule.endpoint))
        read = {name: values.draw(WORDS) for name in names}
        ignored = {name: value for name, value in others.items() if name not in names}

        key = routes.key(path, urlencode(read))

        assert routes.key(path, urlencode(ignored | read)) == key
        assert routes.key(path, urlencode(read | ignored)) == key
        for name in names:
            changed = urlencode(read | {name: f"{read[name]}x"})
            assert routes.key(path, changed) != key


def test_a_query_that_flask_may_read_otherwise_is_a_key_as_it_is(app: Flask) -> None:
    routes = feed_pages(app).routes

    for query in ("q=%00", "q=a;b", "q=%ff", "q=ä"):
        assert routes.key("/v1/search", query) == query
