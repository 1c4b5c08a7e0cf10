"""What a new OpenAPI document breaks for clients that were made from an older one. Pure.

A request may ask for no more than before, and an answer may promise no less. New members and new
values in answers break nobody: clients must ignore what they do not know.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import gt, lt
from typing import Any, Literal

Document = Mapping[str, Any]
Schema = Mapping[str, Any]
Way = Literal["request", "answer"]

METHODS = ("get", "put", "post", "patch", "delete")
_ANY = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
# A request that was in bounds before has to be in bounds now.
_LOWEST = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_HIGHEST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_NO_BOUND = {"minLength": 0, "minItems": 0}


def breaking(old: Document, new: Document) -> list[str]:
    """List each thing that breaks as a line: the operation, the place in it, and what happened."""
    found = [*_Comparison(old, new).everything()]
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class _Comparison:
    old: Document
    new: Document

    def everything(self) -> Iterator[str]:
        for section in ("paths", "webhooks"):
            after = dict(_operations(self.new.get(section, {})))
            for (path, method), was in _operations(self.old.get(section, {})):
                now = after.get((path, method))
                name = f"{method.upper()} {path}" if section == "paths" else f"webhook {path}"
                said = ["removed"] if now is None else self._operation(section, was, now)
                yield from (f"{name}: {each}" for each in said)
        yield from self._names()

    def _names(self) -> Iterator[str]:
        """Yield the named schemas that are gone: generated code has a class for each."""
        olds, news = (
            each.get("components", {}).get("schemas", {}) for each in (self.old, self.new)
        )
        yield from (f"schema {name}: removed or renamed" for name in olds if name not in news)

    def _operation(self, section: str, was: Schema, now: Schema) -> Iterator[str]:
        for member, title in (("operationId", "operationId"), ("tags", "tag")):
            if was.get(member) and was[member] != now.get(member):
                yield f"{title} was {_shown(was[member])}, is {_shown(now.get(member))}"
        yield from _security(was, now)
        yield from self._parameters(was, now)
        # A webhook is our request, so that its body is what clients read.
        yield from self._body(was, now, "request" if section == "paths" else "answer")
        yield from self._answers(was, now)

    def _parameters(self, was: Schema, now: Schema) -> Iterator[str]:
        olds, news = self._by_name(self.old, was), self._by_name(self.new, now)
        for key, parameter in olds.items():
            place = f"{key[0]} parameter {key[1]}"
            if key not in news:
                yield f"{place}: removed"
                continue
            if news[key].get("required") and not parameter.get("required"):
                yield f"{place}: newly required"
            yield from self._schemas(
                parameter.get("schema", {}), news[key].get("schema", {}), "request", place
            )
        for key, parameter in news.items():
            if key not in olds and parameter.get("required"):
                yield f"{key[0]} parameter {key[1]}: newly required"

    @staticmethod
    def _by_name(document: Document, operation: Schema) -> dict[tuple[str, str], Schema]:
        listed = [_resolved(document, each) for each in operation.get("parameters", ())]
        return {(each["in"], each["name"]): each for each in listed}

    def _body(self, was: Schema, now: Schema, way: Way) -> Iterator[str]:
        before = _resolved(self.old, was.get("requestBody", {}))
        after = _resolved(self.new, now.get("requestBody", {}))
        if after.get("required") and not before.get("required"):
            yield "body: newly required"
        yield from self._contents(before, after, way, "body")

    def _answers(self, was: Schema, now: Schema) -> Iterator[str]:
        for status, answer in was.get("responses", {}).items():
            if not str(status).startswith("2"):
                continue
            if status not in now.get("responses", {}):
                yield f"answer {status}: removed"
                continue
            before = _resolved(self.old, answer)
            after = _resolved(self.new, now["responses"][status])
            gone = set(before.get("headers", {})) - set(after.get("headers", {}))
            yield from (f"answer {status}: header {name}: removed" for name in sorted(gone))
            yield from self._contents(before, after, "answer", f"answer {status}")

    def _contents(self, before: Schema, after: Schema, way: Way, place: str) -> Iterator[str]:
        for kind, content in before.get("content", {}).items():
            if kind not in after.get("content", {}):
                yield f"{place}: {kind} removed"
                continue
            now = after["content"][kind]
            yield from self._schemas(content.get("schema", {}), now.get("schema", {}), way, place)

    def _schemas(
        self, was: Schema, now: Schema, way: Way, place: str, above: frozenset[str] = frozenset()
    ) -> Iterator[str]:
        """Compare two schemas within the named ones `above`; a tree ends where it repeats."""
        names = frozenset(_references(was))
        if names & above:
            return
        above |= names
        before, after = _flat(self.old, was), _flat(self.new, now)
        yield from _values(before, after, way, place)
        yield from self._members(before, after, way, place, above)
        if "items" in before and "items" in after:
            yield from self._schemas(before["items"], after["items"], way, f"{place}[]", above)
        yield from self._variants(before, after, way, place, above)

    def _members(
        self, before: Schema, after: Schema, way: Way, place: str, above: frozenset[str]
    ) -> Iterator[str]:
        olds, news = before.get("properties", {}), after.get("properties", {})
        required = set(after.get("required", ())) - set(before.get("required", ()))
        optional = set(before.get("required", ())) - set(after.get("required", ()))
        for name, member in olds.items():
            at = f"{place}.{name}"
            if name not in news:
                yield f"{at}: removed"
            else:
                yield from self._schemas(member, news[name], way, at, above)
                if way == "answer" and name in optional:
                    yield f"{at}: may be absent now"
        if way == "request":
            yield from (f"{place}.{name}: newly required" for name in sorted(required))
            if after.get("additionalProperties") is False and _is_open(before):
                yield f"{place}: other members are refused now"

    def _variants(
        self, before: Schema, after: Schema, way: Way, place: str, above: frozenset[str]
    ) -> Iterator[str]:
        olds, news = self._choices(self.old, before), self._choices(self.new, after)
        if olds and not news:
            yield f"{place}: no choice any more"
        elif news and not olds:
            yield f"{place}: became a choice"
        for name, variant in olds.items() if news else ():
            if name in news:
                yield from self._schemas(variant, news[name], way, f"{place}({name})", above)
            elif way == "request":
                yield f"{place}({name}): removed"

    @staticmethod
    def _choices(document: Document, schema: Schema) -> dict[str, Schema]:
        listed = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        return {_variant_name(document, each): each for each in listed}


def _operations(section: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Schema]]:
    """Each operation with the parameters of its path."""
    for path, item in section.items():
        for method in METHODS:
            if method in item:
                listed = [*item.get("parameters", ()), *item[method].get("parameters", ())]
                yield (path, method), {**item[method], "parameters": listed}


def _security(was: Schema, now: Schema) -> Iterator[str]:
    """Yield the roles that may not call any more. The names at a scheme are roles, each of which is
    enough; `{}` or nothing is anybody.
    """
    olds, news = _callers(was), _callers(now)
    if "anybody" in news:
        return
    yield from (f"{name} may not call it any more" for name in sorted(olds - news))


def _callers(operation: Schema) -> set[str]:
    ways = operation.get("security") or [{}]
    named = {
        f"{scheme} {role}".strip()
        for way in ways
        for scheme, roles in way.items()
        for role in roles or [""]
    }
    return named | ({"anybody"} if {} in ways else set())


def _values(before: Schema, after: Schema, way: Way, place: str) -> Iterator[str]:
    """Compare types, lists of values, formats and bounds of one schema."""
    olds, news = _types(before), _types(after)
    lost, more = (
        (olds - news, "is refused now") if way == "request" else (news - olds, "is possible now")
    )
    yield from (f"{place}: {name} {more}" for name in sorted(lost))
    yield from _lists(before, after, way, place)
    if before.get("format") != after.get("format") and (way == "answer" or after.get("format")):
        yield f"{place}: format was {before.get('format')}, is {after.get('format')}"
    if way == "request":
        yield from _narrowed(before, after, place)


def _lists(before: Schema, after: Schema, way: Way, place: str) -> Iterator[str]:
    olds, news = _enum(before), _enum(after)
    if way == "request" and news is not None:
        if olds is None:
            yield f"{place}: only some values are taken now"
        else:
            yield from (
                f"{place}: value {value!r} is refused now" for value in olds if value not in news
            )
    if way == "answer" and olds is not None and news is None:
        yield f"{place}: its values are no longer listed"


def _narrowed(before: Schema, after: Schema, place: str) -> Iterator[str]:
    for names, is_tighter in ((_LOWEST, gt), (_HIGHEST, lt)):
        for name in names:
            was, now = before.get(name, _NO_BOUND.get(name)), after.get(name)
            if now is not None and (was is None or is_tighter(now, was)):
                yield f"{place}: {name} was {before.get(name)}, is {now}"
    if after.get("pattern") and after["pattern"] != before.get("pattern"):
        yield f"{place}: pattern was {before.get('pattern')}, is {after['pattern']}"


def _types(schema: Schema) -> frozenset[str]:
    said = schema.get("type")
    if said is None:
        return _ANY
    found = {said} if isinstance(said, str) else set(said)
    return frozenset(found | {"integer"} if "number" in found else found)


def _enum(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    found = schema.get("enum")
    return None if found is None else [value for value in found if value is not None]


def _is_open(schema: Schema) -> bool:
    return schema.get("additionalProperties", True) is not False


def _variant_name(document: Document, variant: Schema) -> str:
    """A named schema's name, else its fixed member or its type."""
    if "$ref" in variant:
        return str(variant["$ref"]).rpartition("/")[2]
    members = _flat(document, variant).get("properties", {})
    fixed = [str(each["const"]) for each in members.values() if "const" in each]
    return fixed[0] if fixed else _shown(variant.get("title") or variant.get("type"))


def _resolved(document: Document, found: Schema) -> Schema:
    while "$ref" in found:
        target: Any = document
        for step in found["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        found = target
    return found


def _flat(document: Document, schema: Schema) -> Schema:
    """Follow references, merge `allOf`, and make "something or null" a nullable type."""
    found = dict(_resolved(document, schema))
    for part in found.pop("allOf", ()):
        inner = _flat(document, part)
        members = {**found.get("properties", {}), **inner.get("properties", {})}
        required = [*found.get("required", ()), *inner.get("required", ())]
        found = {**inner, **found, "properties": members, "required": required}
    return _without_null_variant(document, found)


def _without_null_variant(document: Document, found: dict[str, Any]) -> Schema:
    word, other = _other_than_null(found)
    if other is None:
        return found
    inner = _flat(document, other)
    rest = {name: value for name, value in found.items() if name != word}
    return {**inner, **rest, "type": sorted(_types(inner) | {"null"})}


def _other_than_null(schema: Schema) -> tuple[str, Schema | None]:
    for word in ("anyOf", "oneOf"):
        others = [each for each in schema.get(word, ()) if each.get("type") != "null"]
        if len(others) == 1 and len(schema[word]) == 2:
            return word, others[0]
    return "", None


def _references(schema: Schema) -> Iterator[str]:
    """Yield the references to named schemas that `_flat` merges into one."""
    if "$ref" in schema:
        yield schema["$ref"]
    _, other = _other_than_null(schema)
    for part in (*schema.get("allOf", ()), *([] if other is None else [other])):
        yield from _references(part)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
