"""The matchers answer as the platforms do: recorded and documented vectors, and properties."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplinks.association.android import android_outcome
from deeplinks.association.apple import apple_outcome

DATA = Path(__file__).parent / "data"
APPLE: list[dict[str, Any]] = json.loads((DATA / "aasa_vectors.json").read_text())
ANDROID: list[dict[str, Any]] = json.loads((DATA / "dal_vectors.json").read_text())


def document(vector: dict[str, Any]) -> dict[str, Any]:
    """The whole file that a vector is a rule of."""
    entry: dict[str, Any] = {"appIDs": ["ABCDE12345.test.news"]}
    for name, key in (("components", "components"), ("paths", "paths")):
        if name in vector:
            entry[key] = vector[name]
    if "details_defaults" in vector:
        entry["defaults"] = vector["details_defaults"]
    applinks: dict[str, Any] = {"details": [entry]}
    if "applinks_defaults" in vector:
        applinks["defaults"] = vector["applinks_defaults"]
    if "substitutionVariables" in vector:
        applinks["substitutionVariables"] = vector["substitutionVariables"]
    return {"applinks": applinks}


@pytest.mark.parametrize("vector", APPLE, ids=lambda vector: str(vector["id"]))
def test_apple_vectors(vector: dict[str, Any]) -> None:
    host = vector.get("domain") or vector["url"].split("/")[2].split("?")[0]

    assert apple_outcome(document(vector), vector["url"], host) == vector["outcome"]


@pytest.mark.parametrize("vector", ANDROID, ids=lambda vector: str(vector["id"]))
def test_android_vectors(vector: dict[str, Any]) -> None:
    found = android_outcome(vector["dynamic_app_link_components"], vector["url"])

    assert found == vector["outcome"]


@pytest.mark.parametrize(
    ("components", "url", "outcome"),
    [
        ([{}], "https://a.example/x", "match"),
        ([{"comment": "only words"}], "https://a.example/x", "match"),
        ([{"/": "/$(nosuch)/x"}], "https://a.example/$(nosuch)/x", "no_match"),
        ([{"/": "/$(Digit)"}], "https://a.example/1", "no_match"),
        ([{"/": "/$(lower)", "caseSensitive": False}], "https://a.example/A", "match"),
        ([{"?": {"a": "?*"}}], "https://a.example/x?a", "no_match"),
        ([{"?": {"a": "1"}}], "https://a.example/x?a=1&a=1", "match"),
        ([{"?": "a=1"}], "https://a.example/x?a=1&utm_source=n", "no_match"),
        ([{"/": "/a%2fb"}], "https://a.example/a%2Fb", "no_match"),
        ([{"/": "/tag/*", "exclude": "yes"}], "https://a.example/tag/1", "match"),
        ([{"/": "/tag/*"}], "https://b.example/tag/1", "no_match"),
        ([{"/": "/tag/*"}], "HTTPS://A.EXAMPLE:8443/tag/1", "match"),
        ([{"/": "/tag/*"}], "ftp://a.example/tag/1", "no_match"),
    ],
)
def test_apple_corner_cases(components: list[Any], url: str, outcome: str) -> None:
    assert apple_outcome(document({"components": components}), url, "a.example") == outcome


def test_details_may_be_a_dictionary_of_apps_and_several_apps_are_asked() -> None:
    keyed = {"applinks": {"details": {"A.x": {"paths": ["/a/*"]}}}}
    two = {
        "applinks": {
            "details": [
                {"appID": "A.x", "paths": ["NOT /a/*", "*"]},
                {"appIDs": ["B.y"], "components": [{"/": "/a/*"}]},
            ]
        }
    }

    assert apple_outcome(keyed, "https://a.example/a/1", "a.example") == "match"
    assert apple_outcome(two, "https://a.example/a/1", "a.example") == "match"


@pytest.mark.parametrize(
    ("pattern", "path", "opens"),
    [
        ("/a*c", "/abc", True),
        ("/a*b", "/axbxb", False),
        ("/a?c", "/abc", True),
        ("/a?*", "/a", False),
        ("/a*?", "/ab", True),
        ("*", "/", True),
    ],
)
def test_android_stars_do_not_try_again(pattern: str, path: str, opens: bool) -> None:
    found = android_outcome([{"/": pattern}], f"https://a.example{path}")

    assert (found == "open") is opens


@pytest.mark.parametrize(
    "rule", [{}, {"/": 7}, {"?": {}}, {"?": "a=1"}, {"?": {"a": ""}}, {"exclude": "no", "/": "/x"}]
)
def test_one_malformed_rule_discards_all_of_them(rule: dict[str, Any]) -> None:
    assert android_outcome([{"/": "*"}, rule], "https://a.example/x") == "manifest_scope"


@given(st.permutations(["a=1", "b=2", "c=", "utm_source=x"]))
def test_the_order_of_query_items_never_matters(items: list[str]) -> None:
    url = "https://a.example/x?" + "&".join(items)
    rules = [{"?": {"a": "1", "b": "?*"}}]

    assert apple_outcome(document({"components": rules}), url, "a.example") == "match"
    assert android_outcome(rules, url) == "open"


@given(st.lists(st.sampled_from(["/a", "/b/*", "*"]), max_size=4), st.text("abc/", max_size=6))
def test_nothing_below_an_unconditional_rule_changes_anything(rest: list[str], path: str) -> None:
    url = f"https://a.example/{path}"
    below = [{"/": pattern} for pattern in rest]
    head = [{"/": "/b/*", "exclude": True}, {"/": "*"}]

    for rules in (head, head + below):
        expected = apple_outcome(document({"components": head}), url, "a.example")
        assert apple_outcome(document({"components": rules}), url, "a.example") == expected
        assert android_outcome(rules, url) == android_outcome(head, url)
