"""Every documented rule of both platforms' matching, one line an example, and documents as bad as
they come.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplinks.association.android import android_outcome
from deeplinks.association.apple import apple_outcome

HOST = "a.example"
FOOD = {"food": ["burrito", "pizza", "su?hi*"], "path": ["a*", "$(digit)"], "Digit": ["x"]}


def outcome(
    rules: Any, rest: str = "/x", *, host: str = HOST, url: str = "", **applinks: Any
) -> str:
    """What a file with these rules for one app says of an address on its host."""
    entry = {"appIDs": ["ABCDE12345.test.news"], "components": rules}
    document = {"applinks": {"details": [entry], **applinks}}
    return apple_outcome(document, url or f"https://{HOST}{rest}", host)


@pytest.mark.parametrize(
    ("rule", "matching", "other"),
    [
        # Wildcards cover the whole text and cross slashes.
        ({"/": "/a/*/c"}, ["/a/b/c", "/a/b/b/c", "/a//c", "/a/c/c"], ["/a/c", "/a/b/cd"]),
        ({"/": "/a?c"}, ["/abc", "/a/c"], ["/ac", "/abbc"]),
        ({"/": "/a?*c"}, ["/abc", "/abbc", "/a/c"], ["/ac"]),
        ({"/": "*"}, ["", "/", "/a/b"], []),
        ({"/": "/*"}, ["", "/", "/a/b"], []),
        ({"/": "*.html"}, ["/a.html", "/a/b.html"], ["/a.htm", "/a.html.gz"]),
        ({"/": "*a*b*a*"}, ["/aba", "/xaxbxax"], ["/ab", "/bab"]),
        ({"/": "/a.c"}, ["/a.c"], ["/abc"]),
        ({"/": "/[a]+(b)"}, ["/[a]+(b)"], ["/a(b)"]),
        # Slashes at either end, and the parent of `/*`.
        ({"/": "a"}, ["/a", "/a/"], ["/ab", "/b/a"]),
        ({"/": "///a//"}, ["/a", "/a/", "/a///"], []),
        ({"/": "/a/b/*"}, ["/a/b", "/a/b/", "/a/b/c"], ["/a", "/a/bc"]),
        ({"/": "/a/?*"}, ["/a/b"], ["/a", "/a/", "/a//"]),
        ({"/": "/id/??"}, ["/id/42", "/id/42/"], ["/id/4", "/id/4/", "/id/421"]),
        ({"/": "/a/b"}, ["/a/b"], ["/a//b"]),
        ({"/": ""}, ["", "/"], ["/a"]),
        # A query as text is compared as a whole, as written.
        ({"?": "a=1"}, ["/x?a=1"], ["/x", "/x?a=1&b=2", "/x?b=2&a=1"]),
        ({"?": "a=1*"}, ["/x?a=1", "/x?a=1&utm_source=n"], ["/x?b&a=1"]),
        ({"?": ""}, ["/x", "/x?"], ["/x?a"]),
        ({"?": "?*"}, ["/x?a"], ["/x", "/x?"]),
        # A query as a dictionary: by name, every occurrence, absent reads as empty.
        ({"?": {"a": "1"}}, ["/x?a=1", "/x?b=2&a=1&c"], ["/x", "/x?a=2", "/x?A=1", "/x?ba=1"]),
        ({"?": {"a": "*"}}, ["/x", "/x?a", "/x?a=", "/x?a=1"], []),
        ({"?": {"a": ""}}, ["/x", "/x?a", "/x?a="], ["/x?a=1"]),
        ({"?": {"a": "?*"}}, ["/x?a=1", "/x?a=1&a=2"], ["/x", "/x?a", "/x?a=1&a="]),
        ({"?": {"a": "1"}}, ["/x?a=1&a=1"], ["/x?a=1&a=2", "/x?a=2&a=1", "/x?a=1&a"]),
        ({"?": {"a": "1=2"}}, ["/x?a=1=2"], ["/x?a=1"]),
        ({"?": {"a": "1", "b": "2"}}, ["/x?b=2&a=1"], ["/x?a=1", "/x?a=1&b=1"]),
        ({"?": {}}, ["/x", "/x?a=1"], []),
        ({"?": {"a": "1", "b": None}}, ["/x", "/x?a=2"], []),
        # Fragments.
        ({"#": "a"}, ["/x#a"], ["/x", "/x#ab", "/x#A"]),
        ({"#": "?*"}, ["/x#a"], ["/x", "/x#"]),
        ({"#": "a/*"}, ["/x#a/", "/x#a/b"], ["/x#a"]),
        ({"/": "/x", "?": {"a": "1"}, "#": "b"}, ["/x?a=1#b"], ["/x?a=1", "/x#b", "/y?a=1#b"]),
        # Case.
        ({"/": "/Ab"}, ["/Ab"], ["/ab", "/AB"]),
        ({"/": "/Ab", "caseSensitive": False}, ["/Ab", "/ab", "/AB"], ["/abc"]),
        ({"?": {"a": "Bc"}, "caseSensitive": False}, ["/x?a=bC"], ["/x?a=b"]),
        ({"?": "A=Bc", "caseSensitive": False}, ["/x?a=bC"], ["/x?a=b"]),
        ({"#": "Top", "caseSensitive": False}, ["/x#tOP"], ["/x#to"]),
        ({"/": "/a%2fb", "caseSensitive": False}, ["/a%2Fb", "/a%2fb"], ["/a/b"]),
        # Escapes: as written, or the address (never the pattern) decoded.
        ({"/": "/%EB%B6%81"}, ["/%EB%B6%81", "/북"], ["/%eb%b6%81"]),
        ({"/": "/a%20b"}, ["/a%20b", "/a b"], ["/a+b"]),
        ({"/": "/북", "percentEncoded": False}, ["/%EB%B6%81", "/%eb%b6%81", "/북"], ["/a"]),
        ({"/": "/a%20b", "percentEncoded": False}, ["/a%2520b"], ["/a%20b"]),
        ({"/": "/a/?*", "percentEncoded": False}, ["/a%2Fb"], ["/a%2F"]),
        ({"?": {"a": "b&c"}, "percentEncoded": False}, ["/x?a=b%26c"], ["/x?a=b&c"]),
        ({"?": {"ä": "1"}, "percentEncoded": False}, ["/x?%C3%A4=1"], ["/x"]),
        ({"?": "a=b c", "percentEncoded": False}, ["/x?a=b%20c"], ["/x?a=b+c"]),
        ({"#": "북", "percentEncoded": False}, ["/x#%EB%B6%81"], ["/x"]),
        ({"/": "/é"}, [], ["/%C3%a9", "/e"]),
        # Variables.
        ({"/": "/$(food)"}, ["/pizza", "/sushi", "/suxhibar"], ["/taco", "/$(food)", "/shi"]),
        ({"/": "/$(food)/$(food)"}, ["/pizza/burrito"], ["/pizza"]),
        ({"/": "/*$(food)*e"}, ["/a/pizza/e", "/pizzae"], ["/pizza"]),
        ({"/": "/$(Food)"}, [], ["/pizza", "/$(Food)"]),
        ({"/": "/$(FOOD)", "caseSensitive": False}, [], ["/pizza"]),
        ({"/": "/$(food)", "caseSensitive": False}, ["/PIZZA", "/SuSHI"], ["/taco"]),
        ({"/": "/$(path)"}, ["/a", "/a/b"], ["/1", "/$(digit)"]),
        ({"/": "/$(Digit)"}, ["/x"], ["/1"]),
        ({"?": {"a": "$(food)"}}, ["/x?a=pizza"], ["/x", "/x?a=taco"]),
        ({"#": "$(food)"}, ["/x#pizza"], ["/x"]),
        ({"/": "/$(alpha)"}, ["/a", "/Z"], ["/1", "/ab", "/"]),
        ({"/": "/$(upper)"}, ["/A"], ["/a"]),
        ({"/": "/$(lower)"}, ["/a"], ["/A"]),
        ({"/": "/$(upper)$(lower)", "caseSensitive": False}, ["/ab", "/BA"], ["/1a"]),
        ({"/": "/$(alnum)"}, ["/a", "/1"], ["/-"]),
        ({"/": "/$(digit)$(digit)"}, ["/42"], ["/4", "/4a"]),
        ({"/": "/$(xdigit)"}, ["/f", "/F", "/9"], ["/g"]),
        ({"/": "/$(lang)_$(region)"}, ["/en_US", "/ko_KR", "/mn_GB"], ["/EN_us", "/xx_US"]),
        ({"/": "/$(lang)", "caseSensitive": False}, ["/EN"], ["/xx"]),
        ({"/": "/$5$("}, ["/$5$("], ["/5"]),
        # What means nothing is passed over, and an empty rule covers everything.
        ({}, ["", "/x", "/x?a#b"], []),
        ({"path": "/y", "case_sensitive": True}, ["/x"], []),
        ({"/": 7, "?": 8, "#": ["a"]}, ["/x", "/y?a#b"], []),
        ({"/": "/x", "exclude": "yes"}, ["/x"], []),
    ],
)
def test_what_one_rule_covers(rule: dict[str, Any], matching: list[str], other: list[str]) -> None:
    for rest in matching:
        assert outcome([rule], rest, substitutionVariables=FOOD) == "match", rest
    for rest in other:
        assert outcome([rule], rest, substitutionVariables=FOOD) == "no_match", rest


@pytest.mark.parametrize(
    ("url", "host", "expected"),
    [
        ("https://a.example/x", "A.Example", "match"),
        ("HTTPS://A.EXAMPLE/x", "a.example", "match"),
        ("http://a.example/x", "a.example", "match"),
        ("https://a.example:8443/x", "a.example", "match"),
        ("https://a.example:8443/x", "a.example:8443", "match"),
        ("https://me:secret@a.example/x", "a.example", "match"),
        ("https://b.a.example/x", "a.example", "no_match"),
        ("https://a.example.evil/x", "a.example", "no_match"),
        ("https://a.example@evil/x", "a.example", "no_match"),
        ("ftp://a.example/x", "a.example", "no_match"),
        ("testnews://a.example/x", "a.example", "no_match"),
        ("//a.example/x", "a.example", "no_match"),
        ("/x", "a.example", "no_match"),
        ("https:", "a.example", "no_match"),
        ("https://[::1/x", "a.example", "no_match"),
    ],
)
def test_only_the_file_of_the_addresss_own_host_decides(url: str, host: str, expected: str) -> None:
    assert outcome([{"/": "/x"}], url=url, host=host) == expected


def defaults(domain: Any, app: Any, rules: list[Any], rest: str) -> str:
    entry = {"appIDs": ["A.b"], "defaults": app, "components": rules}
    document = {"applinks": {"defaults": domain, "details": [entry]}}
    return apple_outcome(document, f"https://{HOST}{rest}", HOST)


@pytest.mark.parametrize(
    ("domain", "app", "rules", "rest", "expected"),
    [
        ({"caseSensitive": False}, {}, [{"/": "/A"}], "/a", "match"),
        ({"caseSensitive": False}, {"caseSensitive": True}, [{"/": "/A"}], "/a", "no_match"),
        ({}, {"caseSensitive": True}, [{"/": "/A", "caseSensitive": False}], "/a", "match"),
        ({"percentEncoded": False}, {}, [{"/": "/é"}], "/%C3%A9", "match"),
        ({"/": "/a/*"}, {}, [{"?": {"b": "1"}}], "/c?b=1", "no_match"),
        ({"/": "/a/*"}, {}, [{"?": {"b": "1"}}], "/a/c?b=1", "match"),
        ({"/": "/a/*"}, {"/": "/c"}, [{}], "/c", "match"),
        ({"?": {"b": "1"}}, {}, [{"/": "/a"}], "/a", "no_match"),
        ({"?": {"b": "1"}}, {}, [{"/": "/a", "?": {"c": "1"}}], "/a?c=1", "match"),
        ({"#": "top"}, {}, [{"/": "/a"}], "/a", "no_match"),
        ({"exclude": True}, {}, [{"/": "/a"}], "/a", "exclude"),
        ({"exclude": True}, {}, [{"/": "/a", "exclude": False}], "/a", "match"),
        ({"exclude": True}, {"exclude": False}, [{"/": "/a"}], "/a", "match"),
        (None, [], [{"/": "/a"}], "/a", "match"),
    ],
)
def test_every_key_is_inherited_from_the_app_and_then_the_domain(
    domain: Any, app: Any, rules: list[Any], rest: str, expected: str
) -> None:
    assert defaults(domain, app, rules, rest) == expected


def details(given: Any, rest: str = "/a") -> str:
    return apple_outcome({"applinks": {"details": given}}, f"https://{HOST}{rest}", HOST)


OPEN, SHUT = [{"/": "/a"}], [{"/": "/a", "exclude": True}]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([{"appID": "A.b", "components": OPEN}], "match"),
        ([{"appIDs": ["A.b", "A.c"], "components": SHUT}], "exclude"),
        ([{"appIDs": [], "appID": "A.b", "components": OPEN}], "no_match"),
        ([{"appID": "A.b", "components": OPEN}, {"appID": "A.b", "components": SHUT}], "match"),
        ([{"appID": "A.b", "components": SHUT}, {"appID": "A.b", "components": OPEN}], "exclude"),
        ([{"appID": "A.b", "components": SHUT}, {"appID": "A.c", "components": OPEN}], "match"),
        ([{"appID": "A.b", "components": OPEN, "paths": ["NOT *"]}], "match"),
        ([{"appID": "A.b", "paths": ["NOT /a", "*"]}], "exclude"),
        ([{"appID": "A.b", "paths": ["/a/*", "NOT *"]}], "match"),
        ([{"appID": "A.b", "paths": ["NOT /b", "/A"]}], "no_match"),
        ([{"appID": "A.b", "paths": []}], "no_match"),
        ({"A.b": {"paths": ["/a"]}}, "match"),
        ({"A.b": {"paths": ["NOT /a"]}, "A.c": {"components": OPEN}}, "match"),
        ([], "no_match"),
    ],
)
def test_apps_are_asked_one_by_one_in_every_form_of_file(given: Any, expected: str) -> None:
    assert details(given) == expected


def test_a_pattern_of_many_stars_is_answered_at_once() -> None:
    pattern = "/" + "*a" * 40 + "*b"

    assert outcome([{"/": pattern}], "/" + "a" * 2000) == "no_match"
    assert android_outcome([{"/": pattern}], f"https://{HOST}/" + "a" * 2000) == "no_match"


@pytest.mark.parametrize(
    ("rule", "matching", "other"),
    [
        ({"/": "/a"}, ["/a", "/a?b#c"], ["/a/", "/A", "/ab"]),
        ({"/": "/a*"}, ["/a", "/a/b", "/abc"], ["/b"]),
        ({"/": "/a/*"}, ["/a/", "/a/b/c"], ["/a"]),
        ({"/": "/a/?*"}, ["/a/b", "/a/b/c"], ["/a", "/a/"]),
        ({"/": "*/b"}, ["/b"], ["/a/b", "/a"]),
        ({"/": "*.html"}, ["/a.html"], ["/a.b.html"]),
        ({"/": "/%EB%B6%81"}, ["/%EB%B6%81", "/북"], ["/%eb%b6%81"]),
        ({"#": "a*"}, ["/x#a", "/x#ab"], ["/x", "/x#b"]),
        ({"?": {"a": "1"}}, ["/x?a=1", "/x?b&a=1", "/x?a=2&a=1"], ["/x", "/x?a=2", "/x?A=1"]),
        ({"?": {"a": "*"}}, ["/x?a=1", "/x?a=", "/x?a"], ["/x", "/x?b=1"]),
        ({"?": {"a": "?*"}}, ["/x?a=1"], ["/x?a=", "/x?a", "/x"]),
        ({"?": {"a": "b c"}}, ["/x?a=b%20c", "/x?a=b+c"], ["/x?a=b"]),
        ({"?": {"a": "1", "b": "2"}}, ["/x?b=2&c&a=1"], ["/x?a=1"]),
        ({"/": "/x", "?": {"a": "1"}, "#": "b"}, ["/x?a=1#b"], ["/x?a=1", "/x#b", "/y?a=1#b"]),
        ({"/": "/x", "comment": "words"}, ["/x"], ["/y"]),
    ],
)
def test_what_one_rule_of_android_covers(
    rule: dict[str, Any], matching: list[str], other: list[str]
) -> None:
    for rest in matching:
        assert android_outcome([rule], f"https://{HOST}{rest}") == "open", rest
        excluding = [{**rule, "exclude": True}, {"/": "*"}]
        assert android_outcome(excluding, f"https://{HOST}{rest}") == "exclude", rest
    for rest in other:
        assert android_outcome([rule], f"https://{HOST}{rest}") == "no_match", rest


@pytest.mark.parametrize("url", ["ftp://a.example/x", "https://[::1/x", "", "/x", "intent://x"])
def test_android_opens_web_addresses_only(url: str) -> None:
    assert android_outcome([{"/": "*"}], url) == "no_match"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("applinks", "details", "components", "paths", "defaults", "appIDs", "appID"),
                    *("substitutionVariables", "/", "?", "#", "exclude", "caseSensitive", "a"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
ADDRESSES = st.sampled_from(["", "https://", "https://a.example/?a=%zz#\udcff", "https://[x"]) | (
    st.text(max_size=12).map("https://a.example/".__add__)
)


@given(JSON, ADDRESSES)
def test_no_document_and_no_address_is_an_error(document: Any, url: str) -> None:
    in_place: tuple[Any, ...] = (
        document,
        {"applinks": document},
        {"applinks": {"details": document}},
        {"applinks": {"details": [{"appID": "A.b", "components": document, "paths": document}]}},
        {"applinks": {"details": [{"components": [document]}], "defaults": document}},
        {"applinks": {"details": {"A.b": document}, "substitutionVariables": document}},
    )

    for each in in_place:
        assert apple_outcome(each, url, HOST) in {"match", "exclude", "no_match"}
    for each in (document, [document], [{"/": document}], [{"?": document}]):
        found = android_outcome(each, url)
        assert found in {"open", "exclude", "no_match", "manifest_scope"}
