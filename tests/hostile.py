"""What a stranger may send, as hypothesis strategies: texts, headers, queries and bodies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

# Each of these broke something once, here or elsewhere: sizes of QR codes and of index keys,
# characters that no header, database, XML or URL carries, texts that grow when they are folded,
# numbers and dates out of range, and the syntax of everything that a text may be put into.
TEXTS = (
    "",
    " ",
    "x",
    "\0",
    "a\0b",
    "\ud800",
    "\udcff",
    "\ufffd",
    "\ufeff",
    "\ufffe",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "a\r\nSet-Cookie: a=b",
    "\n",
    "\t",
    "%",
    "%00",
    "%ff",
    "%25%30%30",
    "+",
    "a" * 2300,
    "a" * 2800,
    "a b" * 1000,
    "é" * 1500,
    "中" * 1100,
    "𝄞" * 700,
    "ﷺ" * 200,
    "ﬃ" * 300,
    "İ" * 200,
    "e" + "\u0301" * 900,
    "👩‍👩‍👧‍👦" * 60,
    "/" * 2000,
    "a/" * 900,
    "../" * 40 + "etc/passwd",
    "//evil.example",
    "/\\evil.example",
    "https://[::1",
    "https://[v1.a]/",
    "https://user:pw@news.test/",
    "https://news.test:99999/tag/x",
    "https://" + "a" * 300 + ".example/",
    "https://xn--" + "a" * 70 + ".example/",
    "https://news.test/tag/" + "a" * 2300,
    "https://news.test/article/" + "é" * 800,
    "https://news.test/?q=" + "a" * 2300,
    "testnews://tag/" + "a" * 2300,
    "/tag/" + "a" * 2300,
    "/tag/" + "é" * 700,
    "/search?q=" + "中" * 700,
    "/article/x/" + "a" * 2300,
    "/article/\ud800",
    "javascript:alert(1)",
    "'\"><script>alert(1)</script>",
    "{{7*7}}{%x%}%(a)s{0}",
    "' OR 1=1 --",
    "NEAR(a b) AND OR NOT * ^ -x:y",
    '"',
    "*" * 300,
    "(" * 500,
    "tag:",
    "tag:" + "a" * 2300,
    "source:x",
    "all",
    "-1",
    "0",
    "101",
    "9" * 5000,
    "1e400",
    "NaN",
    "-Infinity",
    "²",
    "٣",
    "0x10",
    "1_0",
    str(2**31),
    str(2**63),
    str(-(2**63) - 1),
    str(2**64),
    "0000-00-00",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "P9999999999D",
    "tw_claim=%ff&tw_claim=" + "a" * 2000,
    "eyJhIjoxfQ.x.y",
    "A" * 112,
    "_-" * 60,
)
NUMBERS = (
    *(0, -1, 1, 101, 2**31, 2**31 - 1, 2**32, 2**53, 2**63, 2**63 - 1, -(2**63) - 1, 2**64),
    *(10**30, 10**400, 0.5, -0.0, 1e300, 5e-324),
)
HEADER_TEXTS = (
    "",
    "*",
    "\xff\xfe",
    "a" * 7000,
    "a=b;" * 1500,
    ",".join(["a"] * 2000),
    ";;;,,,===",
    '"',
    'W/"x',
    'W/"\xff", "' + "x" * 3000 + '"',
    "bytes=0-0",
    "bytes=-1",
    "bytes=5-2",
    "bytes=0-0,1-1,-5",
    "bytes=" + "9" * 400 + "-",
    "bytes=" + "9" * 5000 + "-",
    "bytes=²-",
    "items=0-",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Sun, 06 Nov 0000 08:49:37 GMT",
    "Sun, 06 Nov 99999999999 08:49:37 GMT",
    "0",
    "-1",
    "9" * 5000,
    "en;q=nan",
    "en;q=1e400, *;q=-1",
    "en-" + "a" * 3000,
    "br;q=²",
    "identity;q=0, *;q=0",
    "application/json; charset=utf-7",
    "application/json; charset=\xff",
    "application/json; charset=idna",
    "application/json; charset=zlib",
    "application/vnd.x+json",
    "application/x-www-form-urlencoded; charset=nonsense",
    "multipart/form-data",
    "multipart/form-data; boundary=\xff",
    "text/html;" + "a=b;" * 500,
    "Bearer",
    "Bearer ",
    "Bearer \xff\xe9",
    "Bearer " + "a" * 5000,
    "Bearer a b",
    "Basic Og==",
    "fe80::1%eth0",
    "::ffff:1.2.3.4",
    "1.2.3.4, unknown, _hidden, [::1]:80",
    "https",
    "javascript",
    "evil.example",
    "news.test:99999",
    "[::1",
    "a..b",
    "news.test/../x",
    "Mozilla/5.0 (Linux; Android " + "9" * 500 + ")",
    "Mozilla/5.0 (iPhone; CPU iPhone OS \xff)",
    "Mozilla/5.0 (Linux; Android 14) Chrome/120.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604.1",
    "facebookexternalhit/1.1",
)
HEADERS = (
    *("Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization"),
    *("Cache-Control", "Content-Encoding", "Content-Type", "Cookie", "Expect", "Forwarded"),
    *("If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since"),
    *("Idempotency-Key", "Last-Event-ID", "Origin", "Prefer", "Range", "Referer", "User-Agent"),
    *("Sec-CH-UA-Mobile", "Sec-CH-UA-Platform", "X-Forwarded-For", "X-Forwarded-Host"),
    *("X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-HTTP-Method-Override"),
    *("X-Request-Id", "X-Real-IP"),
)
RAW_QUERIES = (
    b"%",
    b"%zz=%f",
    b"q=%ff%fe&to=%ff&url=%ff",
    b"&&&=&==&;",
    b"limit=1&limit=2&limit=",
    b"a=1&" * 900,
    b"q=\xff\xfe",
    b"to=/tag/" + b"a" * 2300,
    b"to=/tag/" + b"%E4%B8%AD" * 700,
    b"link=https://news.test/tag/" + b"a" * 2300,
    b"campaign=" + b"a" * 2300,
    b"cursor=%00",
)
RAW_BODIES = (
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"null",
    b"[]",
    b'"x"',
    b"[" * 60_000,
    b'{"a":' * 60_000,
    b'{"limit": NaN}',
    b'{"n": ' + b"9" * 5000 + b"}",
    b'{"n": 1e99999}',
    b'{"title": "\xff"}',
    b'{"title": "\\ud800"}',
    b'{"a": 1, "a": 2}',
    b"\xef\xbb\xbf{}",
    b"a=b&c=%ff",
    b"--x\r\n\r\n--x--",
)


def texts() -> st.SearchStrategy[str]:
    return st.sampled_from(TEXTS) | st.text(max_size=40)


def values() -> st.SearchStrategy[Any]:
    """Any JSON value in place of the one that was asked for."""
    leaves = st.none() | st.booleans() | st.sampled_from(NUMBERS) | texts()
    nested: st.SearchStrategy[Any] = (
        st.just({"a": {"b": [{"c": [None]}]}}) | st.just([[[[]]]]) | st.just(["x"] * 1200)
    )
    return (
        leaves
        | nested
        | st.lists(texts(), max_size=3)
        | st.dictionaries(texts(), leaves, max_size=2)
    )


def queries(names: list[str]) -> st.SearchStrategy[bytes]:
    """A query string of these names with hostile values, or one that is broken."""
    pair = st.tuples(st.sampled_from(names), texts()).map(
        lambda pair: f"{pair[0]}={encoded(pair[1])}".encode()
    )
    return st.lists(pair, max_size=4).map(b"&".join) | st.sampled_from(RAW_QUERIES)


def headers() -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(HEADER_TEXTS), max_size=3)


def encoded(text: str) -> str:
    """Percent-encoded, lone surrogates as the bytes that no decoder of UTF-8 takes."""
    return quote(text, safe="", errors="surrogatepass")


@dataclass(frozen=True)
class Bodies:
    """Bodies that a description asks for, whole or with one or two members that are hostile."""

    schemas: Mapping[str, Any] = field(repr=False)
    known: Mapping[str, str] = field(default_factory=dict, repr=False)

    def of(self, schema: Mapping[str, Any] | None) -> st.SearchStrategy[bytes]:
        raw = st.sampled_from(RAW_BODIES)
        if schema is None:
            return raw
        return self._whole(schema).map(lambda body: json.dumps(body).encode()) | raw

    def _whole(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        schema = self._resolved(schema)
        if variants := schema.get("oneOf", schema.get("anyOf")):
            return st.one_of([self._whole(each) for each in variants])
        properties: dict[str, Any] = schema.get("properties", {})
        if not properties:
            return self._value("", schema)
        required = set(schema.get("required", ()))
        asked = {name: self._value(name, properties[name]) for name in properties}
        return st.builds(
            lambda body, bad: {**body, **bad},
            st.fixed_dictionaries(
                {name: asked[name] for name in properties if name in required},
                optional={name: asked[name] for name in properties if name not in required},
            ),
            st.dictionaries(st.sampled_from([*properties]), values(), max_size=2),
        )

    def _value(self, name: str, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        schema = self._resolved(schema)
        if name in self.known:
            return st.just(self.known[name])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if "anyOf" in schema:
            return st.one_of([self._value("", each) for each in schema["anyOf"]])
        kind = schema.get("type", "string")
        return self._typed(kind[0] if isinstance(kind, list) else kind, schema)

    def _typed(self, kind: str, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        if kind == "object":
            return self._whole(schema) if schema.get("properties") else st.just({})
        if kind == "array":
            return st.lists(self._value("", schema.get("items", {})), min_size=1, max_size=2)
        if kind == "boolean":
            return st.booleans()
        if kind in {"integer", "number"}:
            return st.just(schema.get("minimum", 1))
        if schema.get("format") == "date-time":
            return st.just("2026-03-02T12:30:00Z")
        return st.sampled_from(["Harbour", "en", "https://news.test/tag/Harbour", "tag:Harbour"])

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = schema.get("$ref")
        return self.schemas[reference.rpartition("/")[2]] if reference else schema
